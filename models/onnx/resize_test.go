package onnx_test

import "testing"

// Position i of an axis that is twice as long is (i + ½)/2 − ½ of the old one, or i/2 ("asymmetric"), or i·(n−1)/(2n−1)
// ("align_corners").
func TestResize(t *testing.T) {
	tests := []struct {
		name     string
		x        []float64
		scale    float64
		settings map[string]any
		want     []float64
	}{
		{"linear", []float64{1, 3}, 2, map[string]any{"mode": "linear"}, []float64{1, 1.5, 2.5, 3}},
		{"linear, with the corners", []float64{1, 4}, 2, map[string]any{"mode": "linear",
			"coordinate_transformation_mode": "align_corners"}, []float64{1, 2, 3, 4}},
		// Keys' convolution with a = −¾ at ±¼ from a position: −0.10546875, 0.87890625, 0.26171875, −0.03515625.
		{"cubic", []float64{1, 3}, 2, map[string]any{"mode": "cubic"}, []float64{0.7890625, 1.453125, 2.546875, 3.2109375}},
		{"nearest", []float64{1, 3}, 2, map[string]any{"coordinate_transformation_mode": "asymmetric",
			"nearest_mode": "floor"}, []float64{1, 1, 3, 3}},
		{"nearest above", []float64{1, 3}, 2, map[string]any{"coordinate_transformation_mode": "asymmetric",
			"nearest_mode": "ceil"}, []float64{1, 3, 3, 3}},
		{"half as much again", []float64{1, 2, 3}, 1.5, map[string]any{"coordinate_transformation_mode": "asymmetric",
			"nearest_mode": "floor"}, []float64{1, 1, 2, 3}},
	}
	for _, tt := range tests {
		f := made{width: int64(len(tt.x)), constants: []constant{floats("scales", 1, 1, 1, tt.scale)},
			nodes: []operation{{"", "Resize", "x - scales", "y", tt.settings}}}
		if got := f.makes(t, len(tt.want), tt.x)[0]; !near(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	f := made{width: 3, constants: []constant{floats("scales", 1, 1, 1, 0.5)},
		nodes: []operation{{"up", "Resize", "x - scales", "y", map[string]any{"mode": "linear", "antialias": 1}}}}
	f.refused(t, 1, "node up (Resize)", "antialias")
}
