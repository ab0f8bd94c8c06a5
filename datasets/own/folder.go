package own

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The names of files that are read as pictures, and of those that are pictures of other kinds.
var (
	pictures      = []string{".png", ".jpg", ".jpeg", ".gif"}
	otherPictures = []string{".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif", ".jp2", ".ppm", ".pgm", ".npy"}
)

// folder is what a folder of pictures holds.
type folder struct {
	root                    string
	train, validation, test []picture
	classes                 []string
	split                   bool // into train/ and others
	open                    bool // classes need no example in the training part
	ignored                 int  // files that are no pictures, hidden ones not counted
	notes                   []string
}

// picture is a file with its class.
type picture struct {
	path  string
	class int32
}

func folderFiles(path string) ([]string, error) {
	f, err := findPictures(path, false)
	return f.files(), err
}

// files are the pictures of all parts.
func (f *folder) files() (paths []string) {
	for _, p := range slices.Concat(f.train, f.validation, f.test) {
		paths = append(paths, p.path)
	}
	return paths
}

// findPictures lists the pictures under a folder: those of train/, val/ and test/, or what they are usually called,
// where train/ has classes in it.
func findPictures(root string, open bool) (*folder, error) {
	f := &folder{root: root, open: open}
	top, _, err := f.list(root)
	if err != nil {
		return f, err
	}
	train, validation, test, others, twice := folderParts(root, top)
	base := root
	if train != "" {
		if inside, _, err := f.list(train); err != nil {
			return f, err
		} else if len(inside) > 0 {
			f.split, base = true, train
		}
	}
	if f.split && twice != nil {
		return f, twice
	}
	if f.classes, _, err = f.list(base); err != nil {
		return f, err
	}
	if len(f.classes) > MaxClasses {
		return f, tooManyClasses(root, len(f.classes))
	}
	if err := f.checkNested(base, f.classes); err != nil {
		return f, err
	}
	if f.train, err = f.part(base); err != nil || !f.split {
		return f, err
	}
	if len(others) > 0 {
		f.notes = append(f.notes, "folders beside "+filepath.Base(train)+"/, which are not used: "+orNothing(others))
	}
	if test == "" && validation != "" {
		f.notes = append(f.notes, filepath.Base(validation)+"/ is tested on, for there is no test/")
		validation, test = "", validation
	}
	if validation != "" {
		if f.validation, err = f.part(validation); err != nil {
			return f, err
		}
	}
	if test != "" {
		f.test, err = f.part(test)
	}
	return f, err
}

// list returns the folders and the files in a folder, in the order of their names, without hidden ones. Links count as
// what they lead to.
func (f *folder) list(dir string) (folders, files []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("datasets: %s does not exist: want a folder with a subfolder for each class", dir)
	} else if err != nil {
		return nil, nil, fmt.Errorf("datasets: %s is no folder that can be read (%w): want one with a subfolder for each "+
			"class", dir, err)
	}
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case err == nil && info.IsDir():
			folders = append(folders, e.Name())
		default: // a link that leads nowhere is a file that cannot be read
			files = append(files, e.Name())
		}
	}
	return folders, files, nil
}

// part lists the pictures of the classes in a folder.
func (f *folder) part(dir string) (all []picture, err error) {
	classes, beside, err := f.list(dir)
	if err != nil {
		return nil, err
	}
	f.ignored += len(beside)
	if len(classes) == 0 {
		return nil, fmt.Errorf("datasets: %s has no subfolder: want one for each class, with its images in it", dir)
	}
	for _, class := range classes {
		at := slices.Index(f.classes, class)
		if at < 0 && f.open {
			at, f.classes = len(f.classes), append(f.classes, class)
		} else if at < 0 {
			return nil, unknownClass(f.root, class, filepath.Join(dir, class))
		}
		before := len(all)
		if all, err = f.gather(all, filepath.Join(dir, class), int32(at), 0); err != nil {
			return nil, err
		}
		if len(all) == before {
			return nil, fmt.Errorf("datasets: %s holds no PNG, JPEG or GIF: want images of the class, or no such folder",
				filepath.Join(dir, class))
		}
	}
	return all, nil
}

// gather adds the pictures of a class, also from folders in its folder.
func (f *folder) gather(to []picture, dir string, class int32, depth int) ([]picture, error) {
	folders, files, err := f.list(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		switch extension := strings.ToLower(filepath.Ext(name)); {
		case slices.Contains(pictures, extension), slices.Contains(otherPictures, extension):
			to = append(to, picture{filepath.Join(dir, name), class})
		default:
			f.ignored++
		}
	}
	if len(to) > MaxFiles || depth > maxDepth {
		return nil, fmt.Errorf("datasets: %s holds more than %d files, or folders more than %d deep: want fewer", f.root,
			MaxFiles, maxDepth)
	}
	for _, name := range folders {
		if to, err = f.gather(to, filepath.Join(dir, name), class, depth+1); err != nil {
			return nil, err
		}
	}
	return to, nil
}
