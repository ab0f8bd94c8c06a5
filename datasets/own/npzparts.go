package own

import (
	"fmt"
	"regexp"
	"strings"
)

// npzName is the name of an array of a part, in small letters: x alone, or with the part.
var npzName = regexp.MustCompile(`^([xy])(_train|_val|_valid|_validation|_dev|_test)?$`)

// npzPair is the names of the arrays of a part as they are stored: of the examples and of the labels.
type npzPair struct{ x, y string }

// npzParts finds the arrays of the training, validation and test part, whatever their case, and those that are none.
// "x" and "y" alone are one part. It refuses two arrays in one place, and what may be a part under another name.
func npzParts(path string, there []string) (parts [3]npzPair, unused []string, err error) {
	for _, name := range there {
		small := strings.ToLower(name)
		m := npzName.FindStringSubmatch(small)
		if m == nil {
			if strings.HasPrefix(small, "x_") || strings.HasPrefix(small, "y_") {
				return parts, nil, fmt.Errorf("datasets: %s holds %s, which would not be used: want x_train, y_train, x_val, "+
					"y_val, x_test, y_test: rename or remove it", path, name)
			}
			unused = append(unused, name)
			continue
		}
		pair := &parts[1]
		switch m[2] {
		case "", "_train":
			pair = &parts[0]
		case "_test":
			pair = &parts[2]
		}
		to := &pair.x
		if m[1] == "y" {
			to = &pair.y
		}
		if *to != "" {
			return parts, nil, fmt.Errorf("datasets: %s holds %s and %s: which one is it? Remove or rename one", path, *to,
				name)
		}
		*to = name
	}
	if parts[0].x == "" {
		return parts, nil, fmt.Errorf("datasets: %s holds %s: want x_train, y_train, x_test, y_test, or x and y", path,
			orNothing(there))
	}
	for _, pair := range parts {
		switch {
		case pair.x != "" && pair.y == "":
			return parts, nil, noPartner(path, "y", pair.x)
		case pair.x == "" && pair.y != "":
			return parts, nil, noPartner(path, "x", pair.y)
		}
	}
	return parts, unused, nil
}

// noPartner is the error of an array whose partner begins with another letter and is not there.
func noPartner(path, letter, name string) error {
	return fmt.Errorf("datasets: %s holds no %s beside %s: want both", path, letter+name[1:], name)
}
