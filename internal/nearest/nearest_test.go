package nearest

import "testing"

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"seeds", "seeds", 0}, {"seed", "seeds", 1}, {"spectrmu", "spectrum", 1}, {"kitten", "sitting", 3},
		{"λmax", "lmax", 1}} {
		if got := Distance(tt.a, tt.b); got != tt.want || Distance(tt.b, tt.a) != got {
			t.Errorf("Distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"seeds", "seed", "epochs", "weight-decay"}
	for word, want := range map[string]string{
		"epoch": ": did you mean --epochs?", "wieght-decay": ": did you mean --weight-decay?", "frobnicate": "", "x": "",
		"weight": ": did you mean --weight-decay?",
	} {
		if got := DidYouMean("--", word, known); got != want {
			t.Errorf("DidYouMean(%q) = %q, want %q", word, got, want)
		}
	}
}
