package runlog

import (
	"encoding/json"
	"math"
	"testing"
)

func TestNumber(t *testing.T) {
	type holder struct {
		X Number `json:"x,omitzero"`
	}
	tests := []struct {
		name string
		x    Number
		want string
	}{
		{"the zero value is missing, hence absent", Number{}, `{}`},
		{"a measured 0 is written", Num(0), `{"x":0}`},
		{"a number is written", Num(0.25), `{"x":0.25}`},
		{"NaN is missing", Num(math.NaN()), `{}`},
		{"+Inf is missing", Num(math.Inf(1)), `{}`},
		{"−Inf is missing", Num(math.Inf(-1)), `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(holder{tt.x})
			if err != nil || string(text) != tt.want {
				t.Fatalf("Marshal(%v) = %s, %v, want %s", tt.x, text, err, tt.want)
			}
			var back holder
			if err := json.Unmarshal(text, &back); err != nil || back.X != tt.x {
				t.Errorf("Unmarshal(%s) = %v, %v, want %v", text, back.X, err, tt.x)
			}
		})
	}
	t.Run("null is missing, also over an older value", func(t *testing.T) {
		h := holder{Num(3)}
		if err := json.Unmarshal([]byte(`{"x":null}`), &h); err != nil || h.X.Known() {
			t.Errorf(`Unmarshal({"x":null}) = %v, %v, want a missing number`, h.X, err)
		}
	})
	t.Run("a missing number computes as NaN", func(t *testing.T) {
		if x := (Number{}).Float(); !math.IsNaN(x) {
			t.Errorf("Float() of a missing number = %v, want NaN", x)
		}
	})
	t.Run("text is not a number", func(t *testing.T) {
		if err := json.Unmarshal([]byte(`{"x":"3"}`), new(holder)); err == nil {
			t.Error(`Unmarshal({"x":"3"}) succeeded, want an error`)
		}
	})
}

// The keys of the two files are their interface to every other tool.
func TestKeys(t *testing.T) {
	one := Num(1)
	tests := []struct {
		name string
		v    any
		want []string
	}{
		{"record", Record{Kind: Train, Step: 1, Epoch: one, Loss: one, Accuracy: one, LambdaMax: one, LambdaResidual: one,
			AngleDeg: one,
			AbsCos:   one, GradNorm: one, StepSeconds: one, GradientEvaluations: one},
			[]string{"kind", "step", "epoch", "loss", "accuracy", "lambda_max", "lambda_residual", "angle_deg", "abs_cos",
				"grad_norm",
				"step_seconds", "gradient_evaluations"}},
		{"record of the curvature along training", Record{Kind: Curvature, LambdaMax: one, LambdaResidual: one,
			Lambda5: one, Lambda5Residual: one,
			Trace: one, TraceError: one, LambdaStop: StopResidual, Products: 1, Seconds: one},
			[]string{"kind", "step", "lambda_max", "lambda_residual", "lambda5", "lambda5_residual", "trace", "trace_error",
				"lambda_stop",
				"products", "seconds"}},
		{"summary", Summary{Parameters: 1, Epochs: one, TrainLoss: one, TrainAccuracy: one, TestLoss: one,
			TestAccuracy: one, LambdaMax: one,
			LambdaResidual: one, AngleDeg: one, StepSecondsMedian: one, GradientEvaluationsPerStep: one, WallSeconds: one},
			[]string{"method", "seed", "data", "model", "backend", "parameters", "epochs", "steps", "train_loss",
				"train_accuracy", "test_loss",
				"test_accuracy", "lambda_max", "lambda_residual", "angle_deg", "step_seconds_median",
				"gradient_evaluations_per_step",
				"wall_seconds", "finished", "version"}},
		{"summary with curvature along training", Summary{CurvatureSeconds: one, CurvatureShare: one},
			[]string{"method", "seed", "data", "model", "backend", "steps", "finished", "version", "curvature_seconds",
				"curvature_share"}},
		{"summary of a run that knows nothing", Summary{}, []string{"method", "seed", "data", "model", "backend", "steps",
			"finished", "version"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(tt.v)
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			for _, key := range tt.want {
				if _, ok := got[key]; !ok {
					t.Errorf("%s has no key %q", text, key)
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("%s has %d keys, want the %d of %v", text, len(got), len(tt.want), tt.want)
			}
		})
	}
}

func TestName(t *testing.T) {
	for _, tt := range []struct{ method, want string }{
		{"xsam-lite", "xsam-lite-seed3"},
		{"sam:rho=0.1", "sam_rho=0.1-seed3"},
		{`a/b\c`, "a_b_c-seed3"},
	} {
		if got := Name(tt.method, 3); got != tt.want {
			t.Errorf("Name(%q, 3) = %q, want %q", tt.method, got, tt.want)
		}
	}
}
