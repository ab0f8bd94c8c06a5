package experiment

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	tests := []struct {
		name    string
		elapsed time.Duration
		skipped []float64 // of the runs before, and of the current one: shares done before the clock started
		share   float64   // of the current run, done now
		want    time.Duration
	}{
		{"nothing done, nothing known", 10 * time.Second, []float64{0}, 0, -1},
		{"too early to tell", time.Millisecond, []float64{0}, 0.5, -1},
		{"half of the first of two equal runs in 10 s", 10 * time.Second, []float64{0}, 0.5, 30 * time.Second},
		{"the first was there already: half of the second in 10 s", 10 * time.Second, []float64{1, 0}, 0.5, 10 * time.Second},
		{"resumed at a half, now three quarters", 10 * time.Second, []float64{0.5}, 0.75, 50 * time.Second},
		{"all done", 10 * time.Second, []float64{0, 0}, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &clock{started: time.Now().Add(-tt.elapsed), weights: []float64{3, 3}}
			for i, share := range tt.skipped {
				c.run = i
				c.skip(share)
			}
			got := c.remaining(tt.share)
			if difference := got - tt.want; difference < 0 && tt.want < 0 || difference < -time.Second ||
				difference > time.Second { // the test takes time too
				t.Errorf("remaining(%v) after %v = %v, want %v", tt.share, tt.elapsed, got, tt.want)
			}
		})
	}
}
