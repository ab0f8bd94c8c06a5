package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/optim"
	"github.com/xsam-go/xsam/report/internal/fixture"
	"github.com/xsam-go/xsam/runlog"
)

var methods = []string{"sgd", "sam", "xsam", "xsam-lite"}

// load reads the runs under dir.
func load(t *testing.T, dir string) *Comparison {
	t.Helper()
	fsys := os.DirFS(dir)
	runs, err := List(fsys, ".")
	if err != nil {
		t.Fatal(err)
	}
	return Load(fsys, filepath.Base(dir), runs)
}

func pageOf(t *testing.T, o Options, comparisons ...*Comparison) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHTML(&b, comparisons, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var tags = regexp.MustCompile(`<[^>]*>`)

// words is the text of a page.
func words(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}

// The numbers on the page are those of package compare, in both forms.
func TestNumbersAreThoseOfCompare(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 5, Epochs: 20}))
	var md bytes.Buffer
	if err := WriteMarkdown(&md, []*Comparison{c}, Options{}); err != nil {
		t.Fatal(err)
	}
	forms := map[string]string{"html": words(pageOf(t, Options{}, c)), "md": md.String()}
	for _, baseline := range []string{"sam", "sgd"} {
		table := compare.New(c.Summaries(), compare.Options{Methods: methods, Baseline: baseline})
		for _, row := range table.Rows {
			want := []string{row.TestAccuracy.Percent(), row.LambdaMax.String(), row.TrainLoss.String(), row.TestLoss.String(), row.StepCost.String()}
			if d := row.AccuracyDifference; d != nil {
				want = append(want, d.Estimate.Scaled(100).Signed(), d.PText(), row.LambdaDifference.Estimate.Signed(), row.LambdaDifference.PText())
			}
			for form, text := range forms {
				for _, w := range want {
					if form == "md" {
						w = escape(w)
					}
					if !strings.Contains(text, w) {
						t.Errorf("%s: %s against %s: %q is not on the page", form, row.Method, baseline, w)
					}
				}
			}
		}
	}
}

func TestHeadline(t *testing.T) {
	two := func(seeds int) *Comparison {
		return load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: seeds, Epochs: 3}))
	}
	full := two(5)
	table := full.table("")
	xsam := rowOf(table, "xsam")
	want := "xsam against sam on digits with mlp: test accuracy " + string(xsam.AccuracyDifference.Verdict) + ", " + xsam.AccuracyDifference.Estimate.Scaled(100).Signed() + " points, " +
		xsam.AccuracyDifference.PText() + "; λmax " + string(xsam.LambdaDifference.Verdict) + ", " + xsam.LambdaDifference.Estimate.Signed() + ", " + xsam.LambdaDifference.PText()
	if got := full.headline(table); !strings.HasPrefix(got.Text, want) || !strings.HasSuffix(got.Text, "(paired t-test over 5 seeds, Holm's correction over 2 methods).") || got.Provisional {
		t.Errorf("headline %+v, want %q with the test behind it", got, want)
	}
	single := two(1)
	if got := single.headline(single.table("")).Text; !strings.Contains(got, "test accuracy cannot be tested") {
		t.Errorf("headline of one seed %q, want that it cannot be tested", got)
	}
	for i := range full.Runs {
		full.Runs[i].Summary.Finished = false
	}
	if got := full.headline(full.table("")); !strings.HasPrefix(got.Text, "No verdict") || !got.Provisional {
		t.Errorf("headline without finished runs %+v, want no verdict", got)
	}
	if got := (&Comparison{}).headline(compare.New(nil, compare.Options{})).Text; got != "There is no run to report on." {
		t.Errorf("headline of nothing: %q", got)
	}
}

// Every part of the page that the data allows is there, with its table, and refers to nothing outside.
func TestStructure(t *testing.T) {
	dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 5, Epochs: 20, Curvature: true})
	page := pageOf(t, Options{Command: func(*Comparison) string { return "xsam compare --data digits" }}, load(t, dir))
	for _, id := range []string{
		"verdict", "methods", "early", "training", "curvature", "cost", "recipe", "train-loss", "test-accuracy", "lambda", "angle", "step-time", "early-loss", "stability",
		"accuracy-lambda", "accuracy-time", "accuracy-gradients", "spectrum", "density", "layers", "lambda-measured", "line-1", "surface-1", "surface-4",
	} {
		if strings.Count(page, `id="c1-`+id+`"`) != 1 {
			t.Errorf("there is no part %s, or several", id)
		}
	}
	for _, text := range []string{"xsam compare --data digits", "2/η, η from 0.05, cosine", "rise of the loss, sam ρ = 0.05", "label_noise", "1 dense_0, 2 dense_1, 3 readout"} {
		if !strings.Contains(words(page), text) {
			t.Errorf("%q is not on the page", text)
		}
	}
	if figures, numbers := strings.Count(page, `<figure class="figure"`), strings.Count(page, "<summary>Numbers"); figures != numbers {
		t.Errorf("%d charts and %d tables behind them", figures, numbers)
	}
	for _, outside := range []string{"http://", "https://", " src=", "@import", "url("} {
		if strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), outside) {
			t.Errorf("the page holds %q, a reference to something else", outside)
		}
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "Inf ") {
		t.Error("the page holds NaN or Inf")
	}
	if ids := regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1); true {
		seen := map[string]bool{}
		for _, id := range ids {
			if seen[id[1]] {
				t.Errorf("two elements have the id %q", id[1])
			}
			seen[id[1]] = true
		}
	}
}

// Names come from files that anyone may have written.
func TestHTMLInNames(t *testing.T) {
	evil := `sam:<script>alert("1")</script>&'`
	dir := t.TempDir()
	fixture.WriteRun(t, filepath.Join(dir, "evil"), evil, 0, 0, fixture.Runs{Epochs: 3})
	c := load(t, dir)
	c.Name = "<img src=x onerror=alert(1)>"
	page := pageOf(t, Options{Sections: func(*Comparison) []Section {
		return []Section{{Title: "<b>claims</b>", Claims: []Claim{{Claim: "<i>a</i>", Verdict: "<u>b</u>", Detail: "<s>c</s>"}}}}
	}}, c)
	for _, bad := range []string{"<script>alert", "<img", "<b>", "<i>", "<u>", "<s>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q as it came", bad)
		}
	}
	if !strings.Contains(words(page), evil) {
		t.Errorf("the name %q does not show", evil)
	}
	var md bytes.Buffer
	if err := WriteMarkdown(&md, []*Comparison{c}, Options{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(md.String(), "<script>") || strings.Contains(md.String(), "<img") {
		t.Errorf("the Markdown holds HTML: %s", md.String())
	}
}

// Whatever is broken costs a message that names the file, and not the page.
func TestBrokenRuns(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   []string // on the page
		runs   int
	}{
		{"no summary", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "xsam-seed0", runlog.SummaryFile)) },
			[]string{"seed 0 is not finished and left out: it has no summary.json", "Runs are missing yet"}, 6},
		{"broken summary", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "xsam-seed0", runlog.SummaryFile), "{")
		},
			[]string{"xsam-seed0/summary.json cannot be read and the run counts as unfinished", "seed 0 is not finished and left out: its summary.json cannot be read"}, 6},
		{"broken line of metrics", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sam-seed1", runlog.MetricsFile), "{\"kind\":\"train\",\"step\":1,\"epoch\":1,\"loss\":1}\nnonsense\n{\"kind\":\"train\",\"step\":2,\"epoch\":2,\"loss\":1}\n")
		}, []string{"sam-seed1/metrics.jsonl: no valid record in line 2, left out"}, 6},
		{"a line that is being written", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sam-seed1", runlog.MetricsFile), "{\"kind\":\"train\",\"step\":1,\"epoch\":1,\"loss\":1}\n{\"kind\":\"tra")
		}, nil, 6},
		{"broken config", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sgd-seed0", runlog.ConfigFile), "nonsense")
		},
			[]string{"sgd-seed0/config.json is no valid recipe and its run is left out"}, 5},
		{"a config of something else", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sgd-seed0", runlog.ConfigFile), "{}")
		},
			[]string{"sgd-seed0/config.json names no method and its run is left out"}, 5},
		{"metrics that are a folder", func(t *testing.T, dir string) {
			file := filepath.Join(dir, "sgd-seed0", runlog.MetricsFile)
			os.Remove(file)
			os.Mkdir(file, 0o755)
		}, []string{"sgd-seed0/metrics.jsonl is no regular file"}, 6},
		{"broken line of curvature", func(t *testing.T, dir string) {
			fixture.Damage(t, filepath.Join(dir, "sgd-seed0", runlog.MeasurementsFile), "[]\n")
		},
			[]string{"sgd-seed0/curvature.jsonl: no valid record in line 1"}, 6},
		{"measurements without their parts", func(t *testing.T, dir string) {
			for _, m := range []string{"spectrum", "trace", "frobenius", "density", "angle", "sharpness", "layers", "landscape"} {
				if err := runlog.AppendMeasurement(filepath.Join(dir, "sgd-seed0"), runlog.Measurement{Measure: m, Operator: "hessian", Step: 1, Reason: "limit"}); err != nil {
					t.Fatal(err)
				}
			}
		}, []string{"sgd-seed0: spectrum of the hessian at step 1 did not converge: limit"}, 6},
		{"nothing but a config", func(t *testing.T, dir string) {
			for _, f := range []string{runlog.MetricsFile, runlog.SummaryFile} {
				os.Remove(filepath.Join(dir, "sgd-seed0", f))
			}
		}, []string{"not finished"}, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: 2, Epochs: 3})
			tt.damage(t, dir)
			c := load(t, dir)
			page := words(pageOf(t, Options{}, c))
			if len(c.Runs) != tt.runs {
				t.Errorf("%d runs, want %d", len(c.Runs), tt.runs)
			}
			for _, w := range tt.want {
				if !strings.Contains(page, w) {
					t.Errorf("%q is not on the page", w)
				}
			}
			if tt.want == nil && len(c.AllProblems()) > 0 {
				t.Errorf("problems %q, want none", c.AllProblems())
			}
		})
	}
}

// A record that is not finite, or grids that do not fit, draw nothing and break nothing.
func TestOddNumbers(t *testing.T) {
	dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:2], Seeds: 2, Epochs: 3})
	var lines strings.Builder
	for i, loss := range []float64{1e308, -1e308, 0, 5e-324, 1e300} {
		text, _ := json.Marshal(runlog.Record{Kind: runlog.Train, Step: int64(i + 1), Epoch: runlog.Num(float64(i + 1)), Loss: runlog.Num(loss)})
		lines.Write(append(text, '\n'))
	}
	fixture.Damage(t, filepath.Join(dir, "sgd-seed0", runlog.MetricsFile), lines.String())
	odd := runlog.Measurement{Measure: runlog.MeasureLandscape, Landscape: &runlog.Landscape{Directions: []string{"a", "b"}, X: []float64{1, 1}, Y: []float64{0, 1}, Loss: [][]runlog.Number{{runlog.Num(1)}, {}}}}
	if err := runlog.AppendMeasurement(filepath.Join(dir, "sgd-seed0"), odd); err != nil {
		t.Fatal(err)
	}
	if page := pageOf(t, Options{}, load(t, dir)); strings.Contains(page, "NaN") {
		t.Error("the page holds NaN")
	}
}

type brokenWriter struct{}

var errDisk = errors.New("disk full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errDisk }

func TestWriteErrors(t *testing.T) {
	for name, write := range map[string]func(io.Writer, []*Comparison, Options) error{"html": WriteHTML, "md": WriteMarkdown} {
		if err := write(brokenWriter{}, []*Comparison{{}}, Options{}); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v, want %v", name, err, errDisk)
		}
	}
}

func TestSchedule(t *testing.T) {
	tests := []struct {
		name        string
		config      Config
		step, steps float64
		want        float64
	}{
		{"constant", Config{LearningRate: 0.1, Schedule: "constant"}, 5, 10, 0.1},
		{"cosine starts at the rate", Config{LearningRate: 0.1, Schedule: "cosine"}, 0, 10, 0.1},
		{"cosine is half way at half", Config{LearningRate: 0.1, Schedule: "cosine"}, 5, 10, 0.05},
		{"cosine ends at 0", Config{LearningRate: 0.1, Schedule: "cosine"}, 10, 10, 0},
		{"step before half", Config{LearningRate: 0.1, Schedule: "step"}, 4, 10, 0.1},
		{"step after half", Config{LearningRate: 0.1, Schedule: "step"}, 5, 10, 0.01},
		{"step after three quarters", Config{LearningRate: 0.1, Schedule: "step"}, 7, 10, 0.001},
		{"step of two steps falls once", Config{LearningRate: 0.1, Schedule: "step"}, 1, 2, 0.01},
		{"warm-up", Config{LearningRate: 0.1, Schedule: "constant", WarmupSteps: 4}, 1, 10, 0.05},
	}
	for _, tt := range tests {
		if got := tt.config.rate(tt.step, tt.steps); math.Abs(got-tt.want) > 1e-15 { // rounding of a cosine and a product
			t.Errorf("%s: rate %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The formulas that are repeated here are those that training uses.
func TestScheduleIsThatOfTraining(t *testing.T) {
	const steps, warmup = 40, 4
	for name, schedule := range map[string]optim.Schedule{"constant": optim.Constant(), "cosine": optim.Cosine(steps), "step": optim.Step([]int{steps / 2, steps * 3 / 4}, 0.1)} {
		schedule = optim.LinearWarmup(warmup, schedule)
		for step := range steps {
			got, want := Config{LearningRate: 0.5, Schedule: name, WarmupSteps: warmup}.rate(float64(step), steps), 0.5*schedule.Factor(step)
			if math.Abs(got-want) > 1e-15 { // the order of the products
				t.Errorf("%s, step %d: rate %v, in training %v", name, step, got, want)
			}
		}
	}
}

// Twenty runs of the paper's 200 epochs, with every measurement, stay below 3 MiB.
func TestSize(t *testing.T) {
	dir := fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods, Seeds: 5, Epochs: 200, Curvature: true})
	page := pageOf(t, Options{}, load(t, dir))
	if most := 3 << 20; len(page) > most {
		t.Errorf("the page has %d bytes, want at most %d", len(page), most)
	}
	t.Logf("%d bytes", len(page))
}

// Of several measurements with the same settings the newest counts, and parts of interrupted ones do not.
func TestTheNewestMeasurementsCount(t *testing.T) {
	dir := t.TempDir()
	fixture.Write(t, dir, fixture.Runs{Methods: []string{"sam"}, Seeds: 1, Epochs: 2})
	runs, err := List(os.DirFS(dir), ".")
	if err != nil || len(runs) == 0 {
		t.Fatalf("runs %v (%v)", runs, err)
	}
	run := filepath.Join(dir, runs[0])
	before := len(Load(os.DirFS(dir), "before", runs[:1]).Runs[0].Measurements)
	trace := func(value float64, reason string) {
		m := runlog.Measurement{Measure: runlog.MeasureTrace, Seed: 77, Reason: reason, Trace: &runlog.Estimate{Value: runlog.Num(value)}}
		if err := runlog.AppendMeasurement(run, m); err != nil {
			t.Fatal(err)
		}
	}
	trace(1, "")
	trace(2, "")
	after := Load(os.DirFS(dir), "after", runs[:1]).Runs[0].Measurements
	if len(after) != before+1 || after[before].Trace.Value.Float() != 2 {
		t.Errorf("%d measurements, before %d: want one more, the newer", len(after), before)
	}
	trace(3, runlog.ReasonInterrupted)
	if after = Load(os.DirFS(dir), "after", runs[:1]).Runs[0].Measurements; len(after) != before+1 || after[before].Trace.Value.Float() != 2 {
		t.Errorf("%d measurements: want %d, without what an interruption left", len(after), before+1)
	}
}

// Runs that hold images out for validation look at no test image: the page shows the validation accuracy, by that name.
func TestValidationInPlaceOfTest(t *testing.T) {
	c := load(t, fixture.Write(t, t.TempDir(), fixture.Runs{Methods: methods[:3], Seeds: 2, Epochs: 3}))
	for i := range c.Runs {
		r := &c.Runs[i]
		r.Config.ValidationSize = 100
		r.Summary.ValidationAccuracy, r.Summary.TestAccuracy, r.Summary.TestLoss = r.Summary.TestAccuracy, runlog.Number{}, runlog.Number{}
		for j := range r.Records {
			if r.Records[j].Split == runlog.TestSplit {
				r.Records[j].Split = runlog.ValidationSplit
			}
		}
	}
	page := words(pageOf(t, Options{}, c))
	for _, want := range []string{"xsam against sam on digits with mlp: validation accuracy", "Validation accuracy per time", "Validation accuracy against λmax", c.table("").Rows[0].Accuracy().Percent()} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, unwanted := range []string{"test accuracy", "Test accuracy"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("the page of runs without test images says %q", unwanted)
		}
	}
}
