package experiment

import (
	"github.com/xsam-go/xsam"
)

// SetMethod sets Method and Config from a label, "sam:rho=0.1", with the settings in common laid over the preset before: see xsam.Method.
func (r *Recipe) SetMethod(label string, common map[string]string) error {
	config, err := xsam.Method(label, common)
	if err != nil {
		return err
	}
	r.Method, r.Config = label, config
	return nil
}
