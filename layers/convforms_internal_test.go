package layers

import "testing"

func TestDivide(t *testing.T) {
	const mb = 1 << 20
	tests := []struct {
		name            string
		n, bytes, parts int
	}{
		{"small: one sum", 128, 2 * mb, 1},
		{"128 images of 14×14×32 in float32: 2 parts of 1.6 MB", 128, 128 * 14 * 14 * 32 * 4, 2},
		{"128 images of 28×28×16 in float32: 4 parts of 1.6 MB", 128, 128 * 28 * 28 * 16 * 4, 4},
		{"only divisors: 100 images of 12.4 MB, 7 do not divide, 10 do", 100, 124 * mb / 10, 10},
		{"at most 10, and of the divisors 8", 128, 64 * mb, 8},
		{"a prime number of images cannot be cut", 127, 64 * mb, 1},
		{"one image", 1, 64 * mb, 1},
	}
	for _, tt := range tests {
		if got := divide(tt.n, tt.bytes); got != tt.parts {
			t.Errorf("%s: divide(%d, %d) = %d, want %d", tt.name, tt.n, tt.bytes, got, tt.parts)
		}
	}
}
