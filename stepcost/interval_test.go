package stepcost

import (
	"math"
	"testing"
)

func TestMedianInterval(t *testing.T) {
	tests := []struct {
		values            []float64
		median, low, high float64
	}{
		{nil, math.NaN(), math.NaN(), math.NaN()},
		{[]float64{3, 1, 2}, 2, math.NaN(), math.NaN()},
		// Of six values all lie on one side of the median with probability 2/2⁶ = 0.03.
		{[]float64{6, 2, 4, 3, 5, 1}, 3.5, 1, 6},
		// Of nine, P(at most 1 on a side) = 2·(1 + 9)/2⁹ = 0.04: the second smallest and the second largest.
		{[]float64{9, 8, 7, 6, 5, 4, 3, 2, 1}, 5, 2, 8},
	}
	same := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	for _, tt := range tests {
		got := MedianInterval(tt.values)
		if !same(got.Median.Float(), tt.median) || !same(got.Low.Float(), tt.low) || !same(got.High.Float(), tt.high) {
			t.Errorf("MedianInterval(%v) = %v [%v, %v], want %v [%v, %v]", tt.values, got.Median, got.Low, got.High,
				tt.median, tt.low, tt.high)
		}
	}
}
