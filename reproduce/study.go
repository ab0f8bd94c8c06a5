package reproduce

import (
	"fmt"
	"strings"
)

// Study is one experiment of the paper: a data set and a model.
type Study struct {
	Name  string // "<data>-<model>"
	Data  string // as package datasets calls it
	Model string // as package models calls it
	Small string // the model that takes its place at the small scale
}

// Studies lists the experiments.
func Studies() []Study {
	var all []Study
	for _, data := range []string{"cifar10", "cifar100", "fashion-mnist"} {
		for _, model := range [][2]string{
			{"resnet18", "resnet8"}, {"resnet34", "resnet8"}, {"alexnet", "alexnet-narrow"},
			{"vgg11-bn", "vgg11-bn-narrow"}, {"wrn28-10", "wrn16-1"},
		} {
			all = append(all, Study{Name: data + "-" + model[0], Data: data, Model: model[0], Small: model[1]})
		}
	}
	return all
}

// Names lists the names of the experiments.
func Names() []string {
	var names []string
	for _, s := range Studies() {
		names = append(names, s.Name)
	}
	return names
}

// Find returns the experiment called name.
func Find(name string) (Study, error) {
	for _, s := range Studies() {
		if s.Name == name {
			return s, nil
		}
	}
	return Study{}, fmt.Errorf("reproduce: no recipe %q: want one of %s", name, strings.Join(Names(), ", "))
}

// image is the size of the images of the studies' data sets, as stored.
func (s Study) image() (side, channels, classes int) {
	switch s.Data {
	case "fashion-mnist":
		return 28, 1, 10
	case "cifar100":
		return 32, 3, 100
	default:
		return 32, 3, 10
	}
}

// fullTest is the number of test images that each of the data sets is published with.
const fullTest = 10_000

// fullTrain is the number of training images that the data set is published with.
func (s Study) fullTrain() int {
	if s.Data == "fashion-mnist" {
		return 60_000
	}
	return 50_000
}
