package claims

import (
	"reflect"
	"testing"
)

// Of a run that is there twice the first counts, as in the table.
func TestARunThatIsThereTwice(t *testing.T) {
	runs := append(sam(), four("xsam", 0.05, 0.01, -0.1, [2]float64{-1, -1}, nil)...)
	once, err := Judge(runs)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := Judge(append(runs, four("xsam", 0.05, -0.5, 3, [2]float64{9, 9}, nil)[:1]...))
	if err != nil || !reflect.DeepEqual(once, twice) {
		t.Errorf("%v, error %v, want as without it %v", twice, err, once)
	}
}
