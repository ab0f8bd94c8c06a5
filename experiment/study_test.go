package experiment

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/internal/testbackend"
	"github.com/xsam-go/xsam/objective"
	"github.com/xsam-go/xsam/optim"
	"github.com/xsam-go/xsam/runlog"
)

// sines yields so many batches of 8 points x with labels sin 3x, each pass in an order of the seed.
type sines struct {
	seed    int64
	batches int
}

func (sines) Name() string { return "sines" }

func (s sines) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		random := rand.New(rand.NewPCG(uint64(s.seed), 0))
		for range s.batches {
			x, y := make([]float32, 8), make([]float32, 8)
			for i := range x {
				x[i] = 2*random.Float32() - 1
				y[i] = float32(math.Sin(3 * float64(x[i])))
			}
			if !yield(train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, 8, 1)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(y, 8, 1)}}, nil) {
				return
			}
		}
	}
}

// curve is a small net with dropout, so that a random state belongs to the run.
func curve(scope *model.Scope, x *graph.Node) *graph.Node {
	x = activation.Apply(activation.TypeTanh, layers.Dense(scope.In("hidden"), x, true, 8))
	x = layers.Dropout(scope.In("dropout"), x, graph.Scalar(x.Graph(), x.DType(), 0.1))
	return layers.Dense(scope.In("out"), x, true, 1)
}

// meanAbsolute is |y − ŷ|, less of which is better.
func meanAbsolute(_ *model.Scope, labels, predictions []*graph.Node) *graph.Node {
	return graph.ReduceAllMean(graph.Abs(graph.Sub(labels[0], predictions[0])))
}

// tinyStudy makes runs of 3 epochs of 4 steps.
func tinyStudy() Study {
	s := NewStudy("sines", "curve")
	s.Objective = objective.New(curve, loss.MeanSquaredError)
	s.Base = func() optimizer.Interface { return optim.SGD(0.05).Momentum(0.9).Done() }
	s.Train = func(seed int64) (train.Dataset, error) { return sines{seed, 3}, nil } // ends before an epoch does
	s.Test = sines{1000, 2}
	s.Metric = Metric{Name: "mean absolute error", Better: Lower,
		Of: metric.NewMeanMetric("absolute", "abs", "error", meanAbsolute, nil)}
	s.Epochs, s.StepsPerEpoch, s.EvaluateEvery = 3, 4, 2
	s.Methods, s.Seeds, s.SampleBatches = []string{"sam", "xsam:alpha=0.5"}, 2, 2
	s.Parameters = map[string]string{"refresh-every": "3"}
	s.Settings = map[string]string{"lr": "0.05"}
	return s
}

func TestCompareRecordsAMetricThatIsNoAccuracy(t *testing.T) {
	dir := t.TempDir()
	table, err := Compare(context.Background(), testbackend.GoEngine(t), tinyStudy(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if table.Metric != "mean absolute error" || table.Better != "lower" || table.Baseline != "sam" || len(table.Rows) != 2 {
		t.Fatalf("table %+v, want sam and xsam with the metric mean absolute error, lower", table)
	}
	for _, r := range table.Rows {
		if r.N != 2 || !(r.TestMetric.Mean > 0) || !(r.LambdaMax.N == 2) || r.TestAccuracy.N != 0 {
			t.Errorf("row %+v, want 2 runs with metric and λmax and no accuracy", r)
		}
	}
	var text, csv, page bytes.Buffer
	if err := errors.Join(table.WriteText(&text), table.WriteCSV(&csv), table.WriteJSON(&page)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"test mean absolute error", "(lower is better)", "test loss"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "accuracy") {
		t.Errorf("the table speaks of an accuracy that there is none of:\n%s", text.String())
	}
	if !strings.Contains(csv.String(), "test_metric_mean") || !strings.Contains(page.String(), `"metric_better": "lower"`) {
		t.Errorf("CSV and JSON lack the metric:\n%s\n%s", csv.String(), page.String())
	}
	run, err := runlog.ReadRun(filepath.Join(dir, runlog.Name("xsam:alpha=0.5", 1)))
	if err != nil || len(run.Problems) > 0 {
		t.Fatalf("ReadRun: %v, %v", err, run)
	}
	if kinds := kindsOf(run.Records); !slices.Equal(kinds, tinyRecords) {
		t.Errorf("records %q, want %q", kinds, tinyRecords)
	}
	s := run.Summary
	if s.Steps != 12 || s.Parameters != 8+8+8+1 || s.LambdaExamples != 16 || s.Metric != "mean absolute error" {
		t.Errorf("summary %+v, want 12 steps, 25 parameters, λmax on 2 batches of 8", s)
	}
	if strings.Contains(string(run.Raw), `"momentum"`) {
		t.Errorf("config.json speaks of a base optimizer that it cannot know:\n%s", run.Raw)
	}
}

// A run that was interrupted after every step is the same, to the bit, as one that was not.
func TestCompareResumesWithTheSameBits(t *testing.T) {
	study := tinyStudy()
	study.Methods = study.Methods[1:]
	outcomes := func(interrupt bool) (all []runlog.Summary) {
		dir := t.TempDir()
		for {
			ctx, cancel := context.WithCancel(context.Background())
			o := Options{Existing: Resume, Progress: func(p Progress) {
				if interrupt && p.Stage == Training && p.Step%5 == 0 {
					cancel()
				}
			}}
			table, err := Compare(ctx, testbackend.GoEngine(t), study, dir, o)
			cancel()
			if err == nil {
				return table.Runs
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
	}
	whole, parts := outcomes(false), outcomes(true)
	for i := range whole {
		for _, s := range []*runlog.Summary{&whole[i], &parts[i]} {
			s.WallSeconds, s.StepSecondsMedian = runlog.Number{}, runlog.Number{}
		}
		if !reflect.DeepEqual(whole[i], parts[i]) {
			t.Errorf("seed %d:\n%+v in parts, want as in one piece\n%+v", whole[i].Seed, parts[i], whole[i])
		}
	}
	if len(whole) == 2 && whole[0].TestLoss == whole[1].TestLoss {
		t.Errorf("both seeds end with test loss %v: want weights and data of the seed", whole[0].TestLoss)
	}
}

func TestCompareRefuses(t *testing.T) {
	engine, dir := testbackend.GoEngine(t), t.TempDir()
	tests := []struct {
		name   string
		change func(*Study)
		want   string
	}{
		{"no objective", func(s *Study) { s.Objective = nil }, "Study.Objective is nil"},
		{"no base", func(s *Study) { s.Base = nil }, "Study.Base is nil"},
		{"no data", func(s *Study) { s.Train = nil }, "Study.Train is nil"},
		{"no methods", func(s *Study) { s.Methods = nil }, "Study.Methods is empty"},
		{"unknown method", func(s *Study) { s.Methods = []string{"sham"} }, "sham"},
		{"a method twice", func(s *Study) { s.Methods = []string{"sam", "sam"} }, "sam twice"},
		{"no epochs", func(s *Study) { s.Epochs = 0 }, "epochs = 0"},
		{"no steps", func(s *Study) { s.StepsPerEpoch = 0 }, "steps per epoch = 0"},
		{"no seeds", func(s *Study) { s.Seeds = 0 }, "0 seeds"},
		{"no sample", func(s *Study) { s.SampleBatches = 0 }, "sample batches = 0"},
		{"a metric without direction", func(s *Study) { s.Metric.Better = "" }, "want experiment.Higher"},
		{"a metric without test data", func(s *Study) { s.Test = nil }, "without Study.Test"},
		{"no name", func(s *Study) { s.Data = "" }, "want a name"},
		{"data without batches", func(s *Study) {
			s.Train = func(int64) (train.Dataset, error) { return sines{}, nil }
		}, "yields no batch"},
		{"data that fail", func(s *Study) {
			s.Train = func(int64) (train.Dataset, error) { return nil, errors.New("no such file") }
		}, "no such file"},
		{"data that are nil", func(s *Study) {
			s.Train = func(int64) (train.Dataset, error) { return nil, nil }
		}, "there are none"},
		{"a base that panics", func(s *Study) {
			s.Base = func() optimizer.Interface { panic(errors.New("no such base")) }
		}, "no such base"},
		{"a base that is nil", func(s *Study) { s.Base = func() optimizer.Interface { return nil } }, "base optimizer"},
		{"a model that panics", func(s *Study) {
			s.Objective = objective.New(func(*model.Scope, *graph.Node) *graph.Node { panic("no such layer") },
				loss.MeanSquaredError)
		}, "no such layer"},
		{"an accuracy above 1", func(s *Study) {
			s.Metric = Accuracy(metric.NewMeanMetric("percent", "%", "percent",
				func(_ *model.Scope, labels, predictions []*graph.Node) *graph.Node {
					return graph.Scalar(labels[0].Graph(), labels[0].DType(), 80)
				}, nil))
		}, "want a fraction"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			study := tinyStudy()
			tt.change(&study)
			_, err := Compare(context.Background(), engine, study, filepath.Join(dir, tt.name), Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "no epochs")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a study that is refused left %v, want nothing", err)
	}
}

// Another setting is another run.
func TestCompareGoesOnWithTheSameSettingsAlone(t *testing.T) {
	study, dir, engine := tinyStudy(), t.TempDir(), testbackend.GoEngine(t)
	study.Methods, study.Seeds, study.Epochs = []string{"sgd"}, 1, 1
	if _, err := Compare(context.Background(), engine, study, dir, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Compare(context.Background(), engine, study, dir, Options{}); !errors.Is(err, ErrExists) {
		t.Errorf("error %v, want ErrExists", err)
	}
	study.Settings = map[string]string{"lr": "0.1"}
	_, err := Compare(context.Background(), engine, study, dir, Options{Existing: Resume})
	if err == nil || !strings.Contains(err.Error(), "another recipe") {
		t.Errorf("error %v, want one that names the other setting", err)
	}
}
