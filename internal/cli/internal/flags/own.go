package flags

import (
	"github.com/xsam-go/xsam/datasets/own"
	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/recipe"
)

// IsOwn tells whether --data names data of the user's own.
func IsOwn(data string) bool {
	_, ok := own.Parse(data)
	return ok
}

// Locate finds the data of a recipe's own, if it has any, and notes what it holds.
func Locate(r *recipe.Recipe) error {
	if err := r.Locate(); err != nil {
		return err
	}
	if IsOwn(r.Data) {
		if err := r.ValidateData(); err != nil {
			return exit.Usage(err)
		}
	}
	return r.Fingerprint()
}
