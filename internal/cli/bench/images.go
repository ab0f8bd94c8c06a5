package bench

import (
	"fmt"

	"github.com/xsam-go/xsam/datasets"
	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/recipe"
	"github.com/xsam-go/xsam/stepcost"
)

// size reads --image and --classes.
func (o *options) size() (size [3]int, err error) {
	var rest string
	n, _ := fmt.Sscanf(o.image+" end", "%dx%dx%d %s", &size[0], &size[1], &size[2], &rest)
	if n != 4 || rest != "end" || min(size[0], size[1], size[2]) < 1 {
		return size, exit.Usagef("--image %q: want height x width x channels, such as 28x28x1", o.image)
	}
	if max(size[0], size[1], size[2]) > own.MaxExample || size[0]*size[1] > own.MaxExample/size[2] {
		return size, exit.Usagef("--image %q: want %d numbers at most", o.image, own.MaxExample)
	}
	if o.classes < 2 || o.classes > own.MaxClasses {
		return size, exit.Usagef("--classes %d: want 2 to %d", o.classes, own.MaxClasses)
	}
	return size, nil
}

// images returns what is trained on: a few batches are enough.
func (o *options) images(r recipe.Recipe) (*datasets.Set, error) {
	const batches = 4
	if r.Data == stepcost.RandomData {
		size, err := o.size()
		if err != nil {
			return nil, err
		}
		if each := size[0] * size[1] * size[2]; r.Batch > own.MaxValues/(batches*each) {
			return nil, exit.Usagef("--batch %d of --image %s: want %d images at most", r.Batch, o.image,
				own.MaxValues/(batches*each))
		}
		return stepcost.RandomImages(size[0], size[1], size[2], o.classes, batches*r.Batch, r.DataSeed), nil
	}
	split, err := datasets.Load(r.Data, datasets.Options{Dir: r.DataDir})
	if err != nil {
		return nil, err
	}
	return split.Train.First(min(batches*r.Batch, split.Train.Len())), nil
}
