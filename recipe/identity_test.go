package recipe

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestIdentity(t *testing.T) {
	text := func(change func(*Saved)) []byte {
		s := Saved{Recipe: recipe(t), Version: "v1", Backend: "go", CPUs: 2}
		change(&s)
		out, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	of := func(text []byte) Identity {
		t.Helper()
		id, err := IdentityOf(text)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	id := of(text(func(*Saved) {}))
	if id.Method != "xsam" || id.Seed != 0 || len(id.Sum) != 64 {
		t.Errorf("identity %+v, want xsam, seed 0, and a SHA-256", id)
	}
	tests := []struct {
		name   string
		change func(*Saved)
		same   bool
	}{
		{"another seed", func(s *Saved) { s.Seed = 1 }, false},
		{"another method", func(s *Saved) { s.Method = "sam" }, false},
		{"another learning rate", func(s *Saved) { s.LearningRate = 0.3 }, false},
		{"another data folder", func(s *Saved) { s.DataDir = "/elsewhere" }, true},
		{"another machine, version and engine", func(s *Saved) {
			s.Version, s.Backend, s.Device, s.Devices, s.CPUs, s.Go, s.Platform = "v2", "xla:cpu", "d", 2, 64, "go9", "x"
			s.BackendFallback, s.XLAFlags = "because", "--xla_of_mine"
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := of(text(tt.change)); (got.Sum == id.Sum) != tt.same {
				t.Errorf("%s: sum %s beside %s, want the same: %v", tt.name, got.Sum, id.Sum, tt.same)
			}
		})
	}
	t.Run("the large seeds differ from each other", func(t *testing.T) {
		a, b := of(text(func(s *Saved) { s.Seed = 1 << 53 })), of(text(func(s *Saved) { s.Seed = 1<<53 + 1 }))
		if a.Sum == b.Sum {
			t.Error("2^53 and 2^53 + 1 have the same sum")
		}
	})
	t.Run("the order of the keys and keys of other versions", func(t *testing.T) {
		a := of([]byte(`{"method":"sam","seed":3,"version":"1"}`))
		b := of([]byte(`{"seed": 3, "version": "2", "method": "sam"}`))
		c := of([]byte(`{"seed": 3, "method": "sam", "new": 1}`))
		if a.Sum != b.Sum || a.Sum == c.Sum {
			t.Errorf("sums %s, %s, %s: want the first two equal, the third not", a.Sum, b.Sum, c.Sum)
		}
	})
	t.Run("no JSON", func(t *testing.T) {
		if _, err := IdentityOf([]byte("{")); err == nil || !strings.Contains(err.Error(), "no valid recipe") {
			t.Errorf("error %v, want one", err)
		}
	})
}
