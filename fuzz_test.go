package xsam_test

import (
	"testing"

	"github.com/xsam-go/xsam"
)

// A label is a configuration that is valid, or an error.
func FuzzMethod(f *testing.F) {
	for _, label := range []string{"xsam", "sam:rho=0.1", "xsam:", "xsam:rho=0.1:alpha=2", "xsam:rho=NaN", ":", "sgd:rho=1"} {
		f.Add(label)
	}
	f.Fuzz(func(t *testing.T, label string) {
		c, err := xsam.Method(label, nil)
		if err == nil {
			err = c.Validate()
		}
		if err == nil && label == "" {
			t.Error("an empty label was taken")
		}
	})
}
