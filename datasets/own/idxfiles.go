package own

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// idxName is a name of a file of MNIST, of EMNIST ("emnist-letters-train-images-idx3-ubyte.gz"), and of their kin: a
// prefix, the part, and what is in it.
var idxName = regexp.MustCompile(
	`^(.*?)(?:[-_.]?(train|test|t10k|validation|valid|val)[-_.])?(images|labels)[-_.]idx([1-4])[-_.]ubyte(\.gz)?$`)

// idxPair is the files of a part.
type idxPair struct{ images, labels string }

// idxSet is the files of one set.
type idxSet struct {
	train, validation, test idxPair
	mapping                 string // EMNIST's list of characters, "" without
}

// paths lists the files that are there.
func (s idxSet) paths() (paths []string) {
	for _, path := range []string{s.train.images, s.train.labels, s.validation.images, s.validation.labels, s.test.images,
		s.test.labels, s.mapping} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

func idxPaths(path string) ([]string, error) {
	set, err := findIDX(path)
	return set.paths(), err
}

// findIDX looks for the files of one set in a folder, or of the set whose files begin with the path's last part.
func findIDX(path string) (idxSet, error) {
	dir, prefix := path, ""
	entries, err := os.ReadDir(dir)
	if err != nil {
		dir, prefix = filepath.Split(path)
		if entries, err = os.ReadDir(filepath.Clean(dir)); err != nil {
			return idxSet{}, fmt.Errorf("datasets: %s is no folder: want one with *-images-idx3-ubyte and "+
				"*-labels-idx1-ubyte, .gz or not", path)
		}
	}
	sets := map[string]*idxSet{}
	for _, e := range entries {
		m := idxName.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		name := strings.TrimRight(m[1], "-_.")
		if prefix != "" && name != prefix {
			continue
		}
		if sets[name] == nil {
			sets[name] = &idxSet{}
		}
		sets[name].add(m[2], m[3], filepath.Join(dir, e.Name()))
	}
	names := slices.Sorted(maps.Keys(sets))
	_, statErr := os.Stat(path)
	switch {
	case len(sets) == 0 && statErr != nil:
		return idxSet{}, fmt.Errorf("datasets: %s does not exist, and no *-images-idx3-ubyte begins so: want a folder with "+
			"*-images-idx3-ubyte and *-labels-idx1-ubyte, .gz or not", path)
	case len(sets) == 0:
		return idxSet{}, fmt.Errorf("datasets: %s holds no *-images-idx3-ubyte and *-labels-idx1-ubyte, .gz or not: "+
			"want them", path)
	case len(sets) > 1:
		return idxSet{}, fmt.Errorf("datasets: %s holds %d sets (%s): name one: idx:%s", path, len(sets),
			strings.Join(names, ", "), filepath.Join(path, names[0]))
	}
	set := *sets[names[0]]
	if set.train.images == "" && set.test.images != "" {
		return set, fmt.Errorf("datasets: %s holds images to test on and none to train on: want *train-images-idx3-ubyte",
			path)
	}
	for _, pair := range []idxPair{set.train, set.validation, set.test} {
		if (pair.images == "") != (pair.labels == "") {
			return set, fmt.Errorf("datasets: %s has no partner: want images and labels of each part in %s",
				pair.images+pair.labels, path)
		}
	}
	mapping := filepath.Join(dir, names[0]+"-mapping.txt")
	if _, err := os.Stat(mapping); err == nil && names[0] != "" {
		set.mapping = mapping
	}
	return set, nil
}

// add notes a file. Of one that is there both packed and not, the unpacked one counts.
func (s *idxSet) add(part, what, path string) {
	pair := map[string]*idxPair{"": &s.train, "train": &s.train, "test": &s.test, "t10k": &s.test}[part]
	if pair == nil {
		pair = &s.validation
	}
	to := &pair.images
	if what == "labels" {
		to = &pair.labels
	}
	if *to == "" || strings.HasSuffix(*to, ".gz") {
		*to = path
	}
}
