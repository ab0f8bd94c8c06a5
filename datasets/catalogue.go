package datasets

import (
	"fmt"
	"slices"
	"strings"
)

// entry is one data set that Load knows.
type entry struct {
	name         string
	about        string // one line
	wants        string // the files it is read from, "" for a drawn set
	classNames   []string
	normal       string // the normalisation that "" stands for
	augmentation Augmentation
	testFromPool int // of a set stored in one piece: how many images are tested on by default; else 0
	read         func(Options) (pool, test images, err error)
	find         func(dir string) []string // its files under dir, nil if they are not all there
}

// catalogue lists the data sets; glyphs, which needs no files, comes first. Digits and signs are not mirrored when
// augmented, since their mirror images are other signs; clothes and photographs are.
var catalogue = []entry{
	{
		name: "glyphs", about: "signs drawn with strokes, 16×16 grey, ten classes, drawn on the spot from the seed",
		classNames: signNames(), normal: standard, augmentation: Augmentation{Pad: 2},
		read: drawGlyphs, find: func(string) []string { return nil },
	},
	{
		name: "digits", about: "handwritten digits of scikit-learn, 8×8 grey, 1,797 images", wants: "digits.csv",
		classNames: numerals, normal: centered, augmentation: Augmentation{Pad: 1}, testFromPool: digitsTest,
		read: readDigits,
		find: func(dir string) []string {
			if path := digitsFile(dir); path != "" {
				return []string{path}
			}
			return nil
		},
	},
	idxEntry("mnist", "handwritten digits, 28×28 grey, 60,000 + 10,000 images", numerals, Augmentation{Pad: 2},
		"mnist", "MNIST", "MNIST/raw"),
	idxEntry("fashion-mnist", "clothes, 28×28 grey, 60,000 + 10,000 images", clothes, Augmentation{Pad: 4, Flip: true},
		"fashion-mnist", "fashion_mnist", "fashion", "FashionMNIST", "FashionMNIST/raw"),
	cifarEntry(cifar10, "photographs, 32×32 colour, ten classes, 50,000 + 10,000 images or part of them", things),
	cifarEntry(cifar100, "photographs, 32×32 colour, a hundred classes, 50,000 + 10,000 images or part of them",
		hundredThings),
}

func idxEntry(name, about string, classes []string, a Augmentation, subfolders ...string) entry {
	return entry{
		name: name, about: about, wants: "{train,t10k}-{images-idx3,labels-idx1}-ubyte",
		classNames: classes, normal: standard, augmentation: a,
		read: func(o Options) (pool, test images, err error) { return readIDX(name, subfolders, o) },
		find: func(dir string) []string { return idxFiles(dir, subfolders) },
	}
}

func cifarEntry(c cifarForm, about string, classes []string) entry {
	return entry{
		name: c.name, about: about, wants: strings.Join(slices.Concat(c.trainFiles, c.testFiles), ", ") +
			"; or train-*.bin, test-*.bin",
		classNames: classes, normal: standard, augmentation: Augmentation{Pad: 4, Flip: true},
		read: c.read,
		find: func(dir string) []string {
			train, test := c.files(dir)
			return slices.Concat(train, test)
		},
	}
}

// lookup finds a data set by its name.
func lookup(name string) (*entry, error) {
	for i := range catalogue {
		if catalogue[i].name == name {
			return &catalogue[i], nil
		}
	}
	return nil, fmt.Errorf("datasets: no data set %q: want one of %s, or your own: %s", name, strings.Join(Names(), ", "),
		OwnForms())
}

// Names lists the data sets that Load knows.
func Names() []string {
	var names []string
	for _, e := range catalogue {
		names = append(names, e.name)
	}
	return names
}

// Info describes a data set.
type Info struct {
	Name       string
	About      string   // one line
	Drawn      bool     // it is drawn by this package and needs no files
	Wants      string   // the files it is read from, each with .gz behind or not
	Found      []string // those files under the folder that was asked about; none unless they are all there
	ClassNames []string
}

// List describes every data set and looks for its files under dir, in the places where Load would.
func List(dir string) []Info {
	var all []Info
	for _, e := range catalogue {
		info := Info{Name: e.name, About: e.about, Drawn: e.wants == "", Wants: e.wants, ClassNames: e.classNames}
		if dir != "" {
			info.Found = e.find(dir)
		}
		all = append(all, info)
	}
	return all
}
