package own

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// partNames are the names of the folders of each part, in small letters and without what partSuffix takes off.
var partNames = map[string]string{
	"train": "train", "training": "train",
	"val": "val", "valid": "val", "validation": "val", "dev": "val", "eval": "val",
	"test": "test", "testing": "test",
}

// partSuffix is what may stand behind the name of a part: "training_set", "test images".
var partSuffix = regexp.MustCompile(`[-_ ]?(set|data|images)$`)

// partOf is the part that a folder is named after: train, val, test, or "".
func partOf(name string) string {
	name = strings.ToLower(name)
	if part, ok := partNames[name]; ok {
		return part
	}
	return partNames[partSuffix.ReplaceAllString(name, "")]
}

// folderParts are the folders of the parts, "" for one that is not there, and the folders that are no part. Where two
// are of one part it returns an error beside the first of them.
func folderParts(root string, top []string) (train, validation, test string, others []string, err error) {
	found := map[string]string{}
	for _, name := range top {
		part := partOf(name)
		if part == "" {
			others = append(others, name)
			continue
		}
		if before, twice := found[part]; twice {
			err = fmt.Errorf("datasets: %s has the folders %s and %s: want one %s/: remove or rename one", root, before, name,
				part)
			continue
		}
		found[part] = name
	}
	at := func(part string) string {
		if found[part] == "" {
			return ""
		}
		return filepath.Join(root, found[part])
	}
	return at("train"), at("val"), at("test"), others, err
}

// checkNested refuses folders of classes that hold nothing but the same folders, as parts of a set do whose names are
// not known: their names would be learnt as classes.
func (f *folder) checkNested(base string, classes []string) error {
	var first []string
	for i, class := range classes {
		inside, files, err := f.list(filepath.Join(base, class))
		if err != nil {
			return err
		}
		if len(files) > 0 || len(inside) < 2 || i > 0 && !slices.Equal(inside, first) {
			return nil
		}
		first = inside
	}
	if len(classes) < 2 {
		return nil
	}
	return fmt.Errorf("datasets: %s has the folders %s, each with nothing but the folders %s: which are the classes? "+
		"Want train/, test/ and perhaps val/ around them, or the images of a class in its folder itself", base,
		orNothing(classes), orNothing(first))
}
