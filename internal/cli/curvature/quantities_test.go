package curvature

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/runlog"
)

// The quantities of every kind of measurement, from records made by hand.
func TestQuantities(t *testing.T) {
	num := func(values ...float64) (list []runlog.Number) {
		for _, v := range values {
			list = append(list, runlog.Num(v))
		}
		return list
	}
	one := runlog.Num(1)
	tests := []struct {
		m    runlog.Measurement
		want string
	}{
		{runlog.Measurement{Operator: "hessian", LearningRate: runlog.Num(0.1), Momentum: runlog.Num(0.9),
			Spectrum: &runlog.Spectrum{Values: num(4, 2), Residuals: num(1e-3, 1e-4)}},
			"lambda1=4 lambda2=2 lambda1_over_lambda2=2 edge=20 edge_momentum=38"},
		{runlog.Measurement{Operator: "hessian", LearningRate: runlog.Num(0.1), Momentum: runlog.Num(0.5), Nesterov: true,
			Spectrum: &runlog.Spectrum{Values: num(4), Residuals: num(1e-3)}}, "lambda1=4 edge_nesterov=15"},
		{runlog.Measurement{Operator: "adam", LearningRate: runlog.Num(1), Spectrum: &runlog.Spectrum{Values: num(4),
			Residuals: num(0)}}, "lambda1=4 edge_adam=38"},
		{runlog.Measurement{Operator: "fisher", LearningRate: runlog.Num(1), Momentum: runlog.Num(0),
			Spectrum: &runlog.Spectrum{Values: num(4), Residuals: num(0)}}, "lambda1=4"},
		{runlog.Measurement{Trace: &runlog.Estimate{Value: one, StandardError: runlog.Num(0.5)}}, "trace=1"},
		{runlog.Measurement{Frobenius: &runlog.Estimate{Value: one}}, "frobenius=1"},
		{runlog.Measurement{Density: &runlog.Density{Nodes: [][]float64{{-1, -1e-6, 3}}, Weights: [][]float64{{0.25, 0.25,
			0.5}}}},
			"density_smallest=-1 density_largest=3 density_negative_percent=25"},
		{runlog.Measurement{Angles: &runlog.Angles{GradNorm: one, AngleDeg: num(60), AbsCos: num(0.5),
			Span: runlog.Num(0.5)}}, "grad_norm=1 angle1_deg=60 span=0.5"},
		{runlog.Measurement{Sharpness: []runlog.BallSharpness{{Ball: "sam", Rho: 0.05, Steps: 5, Rise: one}}},
			"rise_sam_5=1"},
		{runlog.Measurement{Layers: []runlog.LayerBlock{{Layer: "conv1", LambdaMax: one, Residual: runlog.Num(1e-3), Converged: true},
			{Layer: "conv2", LambdaMax: one}}}, "lambda_max conv1=1 not_converged conv2=NaN"},
		{runlog.Measurement{Settings: map[string]string{"top": "5"}, Spectrum: &runlog.Spectrum{Values: num(4, 2),
			Residuals: num(0, 0)}}, "lambda1=4 lambda2=2 lambda1_over_lambda2=2 not_converged=NaN"},
		{runlog.Measurement{Angles: &runlog.Angles{GradNorm: one}}, "grad_norm=1"},
		{runlog.Measurement{Landscape: &runlog.Landscape{X: []float64{0, 1}, Y: []float64{0}, Loss: [][]runlog.Number{{one,
			{}}}}}, "landscape_lowest=1 landscape_highest=1"},
	}
	for _, tt := range tests {
		var got []string
		for _, q := range quantities(tt.m) {
			got = append(got, fmt.Sprintf("%s=%.12g", q.key, q.value))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("quantities %q, want %q", got, tt.want)
		}
	}
}
