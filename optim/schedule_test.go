package optim_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/xsam-go/xsam/optim"
)

func TestScheduleFactors(t *testing.T) {
	half := math.Sqrt2 / 2 // cos(π/4)
	tests := []struct {
		name     string
		schedule optim.Schedule
		want     map[int]float64
	}{
		{"constant", optim.Constant(), map[int]float64{0: 1, 1: 1, 1_000_000: 1}},
		{"cosine: 1 at first, ½ half way, 0 at the end and after it", optim.Cosine(4),
			map[int]float64{0: 1, 1: (1 + half) / 2, 2: 0.5, 3: (1 - half) / 2, 4: 0, 5: 0, 1000: 0}},
		{"cosine over one step", optim.Cosine(1), map[int]float64{0: 1, 1: 0}},
		{"step: the factor falls at the milestone itself", optim.Step([]int{2, 5}, 0.5),
			map[int]float64{0: 1, 1: 1, 2: 0.5, 4: 0.5, 5: 0.25, 100: 0.25}},
		{"step with gamma 0 stops", optim.Step([]int{3}, 0), map[int]float64{2: 1, 3: 0}},
		{"step without milestones", optim.Step(nil, 0.5), map[int]float64{0: 1, 9: 1}},
		{"warm-up starts above 0 and ends at 1", optim.LinearWarmup(4, optim.Constant()),
			map[int]float64{0: 0.25, 1: 0.5, 2: 0.75, 3: 1, 4: 1}},
		{"warm-up of one step is none", optim.LinearWarmup(1, optim.Constant()), map[int]float64{0: 1, 1: 1}},
		{"warm-up of no steps is none", optim.LinearWarmup(0, optim.Cosine(4)), map[int]float64{0: 1, 2: 0.5}},
		{"warm-up multiplies and does not shift", optim.LinearWarmup(4, optim.Cosine(4)),
			map[int]float64{0: 0.25, 2: 0.75 * 0.5, 4: 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for step, want := range tt.want {
				if got := tt.schedule.Factor(step); math.Abs(got-want) > 1e-15 { // a cosine rounds in the last place
					t.Errorf("Factor(%d) = %v, want %v", step, got, want)
				}
			}
		})
	}
}

func TestScheduleInTheGraphIsTheOneOnTheHost(t *testing.T) {
	schedules := map[string]optim.Schedule{
		"constant": optim.Constant(),
		"cosine":   optim.Cosine(37),
		"step":     optim.Step([]int{3, 10, 30}, 0.1),
		"warm-up":  optim.LinearWarmup(7, optim.Cosine(37)),
		"both":     optim.LinearWarmup(5, optim.Step([]int{20}, 0.3)),
	}
	for name, schedule := range schedules {
		t.Run(name, func(t *testing.T) {
			eachType(t, func(t *testing.T, b compute.Backend, dtype dtypes.DType) {
				exec, err := graph.NewExec(b, func(step *graph.Node) *graph.Node {
					return graph.ConvertDType(schedule.FactorGraph(graph.ConvertDType(step, dtype)), dtypes.Float64)
				})
				if err != nil {
					t.Fatal(err)
				}
				defer exec.Finalize()
				for step := range 50 {
					out := exec.MustCall(int64(step))[0]
					got, want := out.Value().(float64), schedule.Factor(step)
					out.MustFinalizeAll()
					if math.Abs(got-want) > rounding(dtype) {
						t.Fatalf("at step %d the graph says %v, the host %v", step, got, want)
					}
				}
			})
		})
	}
}

func TestSchedulesRefuse(t *testing.T) {
	for name, f := range map[string]func(){
		"cosine over 0 steps":          func() { optim.Cosine(0) },
		"milestone 0":                  func() { optim.Step([]int{0}, 0.1) },
		"milestones that fall":         func() { optim.Step([]int{5, 3}, 0.1) },
		"negative gamma":               func() { optim.Step([]int{5}, -1) },
		"gamma NaN":                    func() { optim.Step([]int{5}, math.NaN()) },
		"warm-up of -1 steps":          func() { optim.LinearWarmup(-1, optim.Constant()) },
		"a base that wants its loss":   func() { optim.Scheduled(lossOnly{}, optim.Constant()) },
		"a milestone that comes twice": func() { optim.Step([]int{5, 5}, 0.1) },
	} {
		if err := exceptions.TryCatch[error](f); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
