package stepcost

import (
	"encoding/json"
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"github.com/xsam-go/xsam/runlog"
)

// Result is what the steps of some methods cost.
type Result struct {
	Backend    string `json:"backend"`
	Device     string `json:"device"`
	CPUs       int    `json:"cpus"`
	Version    string `json:"version"`
	Data       string `json:"data"`
	Image      [3]int `json:"image"` // height, width, channels
	Classes    int    `json:"classes"`
	Model      string `json:"model"`
	Parameters int    `json:"parameters"`
	Batch      int    `json:"batch"`
	Devices    int    `json:"devices"` // over which each batch is spread
	DType      string `json:"dtype"`
	Base       string `json:"base"`
	Rounds     int    `json:"rounds"` // finished ones
	Rows       []Row  `json:"rows"`   // in the order of the recipes
	// PeakMemory is the highest resident memory of the process in bytes, less what it had before the first method was
	// prepared: that of a method where there is one alone. It is not known where there is no /proc.
	PeakMemory runlog.Number `json:"peak_memory_bytes,omitzero"`
	Warnings   []string      `json:"warnings,omitempty"`
}

// Row is what a step of one method costs.
type Row struct {
	Method string
	// StepSeconds is the time of a step: in each round the median of each kind of step, weighted with its share of the
	// schedule, then the median over the rounds.
	StepSeconds Interval
	// RoundSeconds are the times of a step in each round, RoundCPUSeconds the processor times.
	RoundSeconds, RoundCPUSeconds []float64
	// CPUSeconds is StepSeconds for processor time: the time that processors worked for the process, all threads
	// together. CPUVsSGD and CPUVsSAM are its quotients. Other processes on the machine lengthen it less than
	// StepSeconds.
	CPUSeconds, CPUVsSGD, CPUVsSAM Interval
	// CostVsSGD and CostVsSAM are medians of the quotients of two methods' times in the same round.
	CostVsSGD, CostVsSAM Interval
	// Gradients and Products are averages per step: gradients of the loss, and exact Hessian-vector products.
	// GradientEvaluations is both together, with a product counted as two gradients.
	Gradients, Products, GradientEvaluations runlog.Number
	// CompileSeconds is the time of the first step of each kind beyond that of later ones: building the graphs and
	// compiling them.
	CompileSeconds runlog.Number
	// PeakMemory is that of a process in which the method is alone, in bytes; see Result.PeakMemory.
	PeakMemory runlog.Number
	Memory     Memory
	Kinds      []Kind
}

// Kind is one of the kinds of step that a method's schedule is made of.
type Kind struct {
	Kind        string        `json:"kind"`
	Share       runlog.Number `json:"share,omitzero"` // of the steps
	StepSeconds runlog.Number `json:"step_seconds_median,omitzero"`
}

// MarshalJSON writes a row as one flat object; what is not known is absent.
func (r Row) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Method              string          `json:"method"`
		StepSeconds         runlog.Number   `json:"step_seconds_median,omitzero"`
		StepSecondsCI       []runlog.Number `json:"step_seconds_ci95,omitempty"`
		CostVsSGD           runlog.Number   `json:"step_cost_vs_sgd,omitzero"`
		CostVsSGDCI         []runlog.Number `json:"step_cost_vs_sgd_ci95,omitempty"`
		CostVsSAM           runlog.Number   `json:"step_cost_vs_sam,omitzero"`
		CostVsSAMCI         []runlog.Number `json:"step_cost_vs_sam_ci95,omitempty"`
		CPUSeconds          runlog.Number   `json:"cpu_seconds_median,omitzero"`
		CPUSecondsCI        []runlog.Number `json:"cpu_seconds_ci95,omitempty"`
		CPUVsSGD            runlog.Number   `json:"cpu_cost_vs_sgd,omitzero"`
		CPUVsSGDCI          []runlog.Number `json:"cpu_cost_vs_sgd_ci95,omitempty"`
		CPUVsSAM            runlog.Number   `json:"cpu_cost_vs_sam,omitzero"`
		CPUVsSAMCI          []runlog.Number `json:"cpu_cost_vs_sam_ci95,omitempty"`
		Gradients           runlog.Number   `json:"gradients,omitzero"`
		Products            runlog.Number   `json:"hessian_products,omitzero"`
		GradientEvaluations runlog.Number   `json:"gradient_evaluations,omitzero"`
		CompileSeconds      runlog.Number   `json:"compile_seconds,omitzero"`
		PeakMemory          runlog.Number   `json:"peak_memory_bytes,omitzero"`
		PlannedMemory       runlog.Number   `json:"planned_memory_bytes,omitzero"`
		Weights             float64         `json:"weights_bytes"`
		Eigenvector         float64         `json:"eigenvector_bytes"`
		State               float64         `json:"state_bytes"`
		Kinds               []Kind          `json:"kinds"`
		RoundSeconds        []float64       `json:"round_seconds"`
	}{
		r.Method, r.StepSeconds.Median, r.StepSeconds.bounds(), r.CostVsSGD.Median, r.CostVsSGD.bounds(),
		r.CostVsSAM.Median, r.CostVsSAM.bounds(),
		r.CPUSeconds.Median, r.CPUSeconds.bounds(), r.CPUVsSGD.Median, r.CPUVsSGD.bounds(), r.CPUVsSAM.Median,
		r.CPUVsSAM.bounds(),
		r.Gradients, r.Products, r.GradientEvaluations, r.CompileSeconds, r.PeakMemory,
		r.Memory.Planned, r.Memory.Weights, r.Memory.Eigenvector, r.Memory.State, r.Kinds,
		r.RoundSeconds,
	})
}

// Interval is a median with its 95 % interval, which is missing where there are too few values for one.
type Interval struct {
	Median runlog.Number `json:"median,omitzero"`
	Low    runlog.Number `json:"low,omitzero"`
	High   runlog.Number `json:"high,omitzero"`
}

// Known tells whether there is an interval, beside the median.
func (i Interval) Known() bool { return i.Low.Known() && i.High.Known() }

func (i Interval) bounds() []runlog.Number {
	if !i.Known() {
		return nil
	}
	return []runlog.Number{i.Low, i.High}
}

// leastForInterval is the number of values of which smallest and largest enclose the median with 95 % certainty:
// 1 − 2·½ⁿ ≥ 0.95.
const leastForInterval = 6

// MedianInterval summarises values without assuming a distribution: the interval is made of two of the values.
func MedianInterval(values []float64) Interval {
	if len(values) == 0 || slices.ContainsFunc(values, math.IsNaN) {
		return Interval{}
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds), 0.95)
	if len(values) < leastForInterval {
		s.Lo, s.Hi = math.NaN(), math.NaN()
	}
	return Interval{runlog.Num(s.Center), runlog.Num(s.Lo), runlog.Num(s.Hi)}
}
