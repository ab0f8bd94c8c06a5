package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// TestFormsAreRecipes sets every form with every setting that is tried, on every problem.
func TestFormsAreRecipes(t *testing.T) {
	t.Setenv("XSAM_DATA", t.TempDir())
	for _, p := range problems {
		for _, f := range screened {
			r := p.recipe()
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
	if got, want := len(screened), 38; got != want {
		t.Errorf("%d forms, want %d, as the protocol says", got, want)
	}
}

// TestFurther: an own radius beyond what is drawn, as asam's, is an end too.
func TestFurther(t *testing.T) {
	base := problems[0].recipe()
	for _, f := range []form{"sam", "asam", "xsam-lite", "xsam --alpha 0 --mix-v 0.5"} {
		points := f.points(base.LearningRate, 5)
		var radii []float64
		for _, p := range points {
			r, err := f.radius(base, p)
			if err != nil || r <= 0 {
				t.Fatalf("%s: radius %v, %v", f, r, err)
			}
			radii = append(radii, r)
		}
		for i, at := range radii {
			more, err := f.further(base, points, i)
			if err != nil {
				t.Fatal(err)
			}
			top, bottom := at == slices.Max(radii), at == slices.Min(radii)
			if (len(more) == 2) != (top || bottom) {
				t.Errorf("%s: radius %v of %v: %d more points", f, at, radii, len(more))
			}
			for _, q := range more {
				r, err := f.radius(base, q)
				if err != nil || top && r <= at || bottom && r >= at || q.Rate != points[i].Rate {
					t.Errorf("%s: from radius %v to %v, rate %v to %v, %v", f, at, r, points[i].Rate, q.Rate, err)
				}
			}
		}
	}
	if more, err := form("sgd").further(base, form("sgd").points(0.1, 5), 1); err != nil || len(more) > 0 {
		t.Errorf("more radii for a method without one: %v, %v", more, err)
	}
}

// TestChoice: the rivals go on in any case, and besides them the best three of each kind, none of more than 2 gradients.
func TestChoice(t *testing.T) {
	out := t.TempDir()
	s := search{out: out}
	chosen, err := pick("screen", nil)
	if err != nil {
		t.Fatal(err)
	}
	gradients := map[form]float64{"xsam-paper": 5.7, "sgd": 1, "msam": 1, "looksam": 1.2, "late-sam": 1.2}
	for i, f := range screened {
		cost := gradients[f]
		if cost == 0 {
			cost = 2
		}
		if f.method() == "xsam-lite" || f.settings()["ascent-along"] != "" {
			cost = 1.2
		}
		for _, p := range chosen {
			for seed := range screenSeeds { // the later in the list, the better
				write(t, s.place("screen", p, f), f, seed, 0.5+0.01*float64(i), cost)
			}
		}
	}
	got, err := s.confirmed()
	want := append(slices.Clone(rivals), "xsam-lite --refresh-every 3", "xsam-lite --bound quarter",
		"xsam-lite --correction projection", "xsam --refresh-every 10", "xsam --bound quarter", "xsam --ascent-of weights")
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("chosen %q, %v, want %q", got, err, want)
	}
	p := chosen[0]
	write(t, s.place("screen", p, "sam"), "sam:rho=0.1", 7, 0.5, 2)
	if _, err := s.confirmed(); err == nil || !strings.Contains(err.Error(), "of sam:rho=0.1") {
		t.Errorf("runs of two settings in one folder: %v, want an error that names them", err)
	}
}

// TestVerdict: a form meets it on as many problems as are wanted, unless it loses seeds.
func TestVerdict(t *testing.T) {
	y := tally{forms: []form{"sam", "msam", "xsam-lite"}, passed: map[form]int{"msam": 3, "xsam-lite": 4}, whole: 6}
	for _, tt := range []struct {
		wanted int
		lost   map[form]bool
		want   string
	}{
		{3, nil, "3 of 6: msam, xsam-lite"},
		{4, nil, "4 of 6: xsam-lite"},
		{3, map[form]bool{"msam": true}, "3 of 6: xsam-lite"},
		{5, nil, "5 of 6: none"},
	} {
		want := "msam on 3, xsam-lite on 4, of 6 finished problems; wanted are " + tt.want
		if got := y.text(tt.wanted, tt.lost); got != want {
			t.Errorf("%d wanted, lost %v:\n got %s\nwant %s", tt.wanted, tt.lost, got, want)
		}
	}
	if got := (tally{whole: 2}).text(3, nil); got != "none, of 2 finished problems; wanted are 3 of 6: none" {
		t.Error(got)
	}
}

// write writes the record of a finished run.
func write(t *testing.T, folder string, method form, seed int, accuracy, gradients float64) {
	t.Helper()
	label, _, _ := strings.Cut(string(method), " ")
	dir := filepath.Join(folder, runlog.Name(label, int64(seed)))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := runlog.WriteConfig(dir, map[string]any{"method": label, "seed": seed, "data": "glyphs"}); err != nil {
		t.Fatal(err)
	}
	err := runlog.WriteSummary(dir, runlog.Summary{Method: label, Seed: int64(seed), Finished: true,
		ValidationAccuracy: runlog.Num(accuracy), GradientEvaluationsPerStep: runlog.Num(gradients)})
	if err != nil {
		t.Fatal(err)
	}
}
