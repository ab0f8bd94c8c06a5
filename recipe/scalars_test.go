package recipe

import "testing"

// What decides the outcome is there, as a number, a text or a truth value; where files lie is not.
func TestScalars(t *testing.T) {
	r := Defaults("digits")
	r.Method, r.Seed, r.DataDir = "xsam", 7, "/somewhere"
	got, err := r.Scalars()
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"method": "xsam", "seed": 7.0, "lr": r.LearningRate, "nesterov": r.Nesterov} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	for _, place := range places {
		if _, ok := got[place]; ok {
			t.Errorf("%s is among the settings", place)
		}
	}
}
