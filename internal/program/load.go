package program

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/checkpoint"
	"github.com/xsam-go/xsam/recipe"
)

// Load puts weights, running averages and, where there are any, Adam's moments of the newest checkpoint of a folder
// that is whole and of the run into the store, and returns the number of updates that led there, and warnings. ""
// stands for the weights that the recipe's seed draws. Nothing is written to the folder.
func (p *Program) Load(folder string, run recipe.Identity) (step int64, warnings []string, err error) {
	if err := p.draw(p.recipe.Seed); err != nil || folder == "" {
		return 0, nil, err
	}
	saved, refused, err := checkpoint.Newest(folder, run, p.Store)
	if err != nil {
		return 0, nil, err
	}
	if saved == nil {
		return 0, nil, noCheckpoint(folder, refused)
	}
	defer func() { err = errors.Join(err, saved.Close()) }()
	for _, r := range refused {
		warnings = append(warnings, fmt.Sprintf("%v: it is passed over, the one before it is taken, of step %d", r.Err,
			saved.Step))
	}
	if saved.Unsigned {
		warnings = append(warnings, saved.UnsignedWarning())
	}
	moments := model.JoinPath(model.RootScopePath, optimizer.AdamDefaultScope) + model.ScopeSeparator
	for path, value := range saved.All() {
		if p.Store.GetVariable(path) != nil || strings.HasPrefix(path, moments) {
			if err := p.put(path, value, false); err != nil {
				return 0, warnings, err
			}
		}
	}
	return saved.Step, warnings, nil
}

// noCheckpoint is the error of a folder without any that can be used.
func noCheckpoint(folder string, refused []checkpoint.Refused) error {
	err := fmt.Errorf("program: no whole checkpoint under %s: want the one that xsam train or compare leaves there; "+
		"train with --resume or again", folder)
	for _, r := range refused {
		err = fmt.Errorf("%w (%w)", err, r.Err)
	}
	return err
}
