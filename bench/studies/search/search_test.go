package main

import (
	"testing"

	"github.com/xsam-go/xsam/tuning"
)

// TestFormsAreRecipes sets every form with every setting that is tried, on every problem.
func TestFormsAreRecipes(t *testing.T) {
	t.Setenv("XSAM_DATA", t.TempDir())
	for _, p := range problems {
		for _, f := range screened {
			r := p.recipe(0)
			for _, point := range f.points(r.LearningRate, confirmTrials) {
				if err := r.SetMethod(point.Label(f.method()), f.settings()); err != nil {
					t.Fatalf("%s, %s: %v", p.name, f, err)
				}
				if err := r.Validate(); err != nil {
					t.Errorf("%s, %s: %v", p.name, f, err)
				}
			}
		}
	}
	if got, want := len(screened), 33; got != want {
		t.Errorf("%d forms, want %d, as the protocol says", got, want)
	}
}

func TestFurther(t *testing.T) {
	points := form("sam").points(0.1, 5)
	low, high := 1, 1
	for i := range points[1:] {
		if number(points[i+1].Values["rho"]) > number(points[high].Values["rho"]) {
			high = i + 1
		}
		if number(points[i+1].Values["rho"]) < number(points[low].Values["rho"]) {
			low = i + 1
		}
	}
	for i, p := range points {
		more := further(points, tuning.Trial{Trial: i, Method: p.Label("sam")})
		if want := i == low || i == high; (len(more) == 2) != want {
			t.Errorf("point %d of ρ %q: %d more points", i, p.Values["rho"], len(more))
		}
		for _, q := range more {
			if at, was := number(q.Values["rho"]), number(p.Values["rho"]); i == high && at <= was || i == low && at >= was {
				t.Errorf("from ρ %g to %g", was, at)
			}
		}
	}
	if more := further(points, tuning.Trial{Trial: high, Method: "sgd"}); len(more) > 0 {
		t.Error("more radii for a method without one")
	}
}
