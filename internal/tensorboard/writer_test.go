package tensorboard

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// PythonVariable names a Python interpreter that has TensorBoard; with it the files are read by TensorBoard itself.
const PythonVariable = "XSAM_TENSORBOARD_PYTHON"

// point is one scalar as a reader sees it.
type point struct {
	Step  int64   `json:"step"`
	Value float64 `json:"value"`
}

// parse reads event files without any code of the package: the framing by hand, with a CRC worked out bit by bit, and
// the protocol buffers by their wire format. Like TensorBoard it forgets what comes at or after the step of a start
// event.
func parse(t *testing.T, dir string) map[string][]point {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*tfevents*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	points := map[string][]point{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; len(content) > 0; n++ {
			size := binary.LittleEndian.Uint64(content)
			data := content[12 : 12+size]
			if got, want := binary.LittleEndian.Uint32(content[8:]), slowMasked(content[:8]); got != want {
				t.Fatalf("%s record %d: checksum of the length %#x, want %#x", path, n, got, want)
			}
			if got, want := binary.LittleEndian.Uint32(content[12+size:]), slowMasked(data); got != want {
				t.Fatalf("%s record %d: checksum of the data %#x, want %#x", path, n, got, want)
			}
			content = content[16+size:]
			take(t, fields(t, data), n, points)
		}
	}
	return points
}

// take adds what the n-th event of a file says.
func take(t *testing.T, event map[int][]any, n int, points map[string][]point) {
	t.Helper()
	if n == 0 {
		if got := string(event[3][0].([]byte)); got != "brain.Event:2" {
			t.Fatalf("file version %q, want brain.Event:2", got)
		}
		return
	}
	step := int64(event[2][0].(uint64))
	if event[7] != nil {
		if status := fields(t, event[7][0].([]byte))[1][0].(uint64); status != 1 {
			t.Fatalf("session status %d, want 1, START", status)
		}
		for tag := range points {
			points[tag] = slices.DeleteFunc(points[tag], func(p point) bool { return p.Step >= step })
		}
		return
	}
	for _, value := range fields(t, event[5][0].([]byte))[1] {
		v := fields(t, value.([]byte))
		tag := string(v[1][0].([]byte))
		if v[2] == nil { // no scalar
			continue
		}
		points[tag] = append(points[tag], point{step, float64(math.Float32frombits(v[2][0].(uint32)))})
	}
}

// fields splits a protocol buffer into the values of each field number.
func fields(t *testing.T, b []byte) map[int][]any {
	t.Helper()
	all := map[int][]any{}
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		b = b[n:]
		number := int(key >> 3)
		switch key & 7 {
		case 0:
			x, n := binary.Uvarint(b)
			all[number], b = append(all[number], x), b[n:]
		case 1:
			all[number], b = append(all[number], binary.LittleEndian.Uint64(b)), b[8:]
		case 2:
			size, n := binary.Uvarint(b)
			all[number], b = append(all[number], b[n:n+int(size)]), b[n+int(size):]
		case 5:
			all[number], b = append(all[number], binary.LittleEndian.Uint32(b)), b[4:]
		default:
			t.Fatalf("wire type %d of field %d", key&7, number)
		}
	}
	return all
}

func add(t *testing.T, w *Writer, step int64, tag string, value float64) {
	t.Helper()
	if err := w.Add(step, Scalar{tag, value}, Scalar{"not a number", math.NaN()}); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string, done, wantLast int64) *Writer {
	t.Helper()
	w, last, err := Open(dir, done)
	if err != nil {
		t.Fatal(err)
	}
	if last != wantLast {
		t.Errorf("Open at step %d says that the files reach step %d, want %d", done, last, wantLast)
	}
	return w
}

// interrupted writes two sessions: one that was killed after step 30, with a torn record behind, and one that went on
// from step 20.
func interrupted(t *testing.T, dir string) {
	t.Helper()
	w := open(t, dir, 0, 0)
	for _, step := range []int64{10, 20, 30} {
		add(t, w, step, "train/loss", 100/float64(step))
	}
	if _, err := w.file.Write(frame([]byte("cut off"))[:9]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = open(t, dir, 20, 20)
	for _, step := range []int64{30, 40} {
		add(t, w, step, "train/loss", 100/float64(step))
	}
	add(t, w, 40, "test/accuracy", 0.5)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

var wantPoints = map[string][]point{
	"train/loss":    {{10, 10}, {20, 5}, {30, float64(float32(100.0 / 30))}, {40, 2.5}},
	"test/accuracy": {{40, 0.5}},
}

func TestAnInterruptedRunReadsAsOne(t *testing.T) {
	dir := t.TempDir()
	interrupted(t, dir)
	if got := parse(t, dir); !reflect.DeepEqual(got, wantPoints) {
		t.Errorf("the files hold %v, want %v", got, wantPoints)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, filePattern)); len(files) != 2 {
		t.Errorf("files %v, want one a session", files)
	}
	open(t, dir, 0, 0).Close() // from the start
	if got := parse(t, dir); len(got["train/loss"]) != 0 {
		t.Errorf("a run from the start keeps %v", got)
	}
}

// A spoilt byte ends what can be kept; everything behind it goes.
func TestASpoiltFileIsCut(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir, 0, 0)
	add(t, w, 1, "a", 1)
	info, err := w.file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	add(t, w, 2, "a", 2)
	add(t, w, 3, "a", 3)
	w.Close()
	path := w.file.Name()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[info.Size()+20] ^= 1
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, dir, 3, 1).Close()
	if got, want := parse(t, dir), map[string][]point{"a": {{1, 1}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}

// readEvents prints the scalars of a folder as TensorBoard's own reader sees them.
const readEvents = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
a = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
a.Reload()
print(json.dumps({t: [{"step": s.step, "value": s.value} for s in a.Scalars(t)] for t in a.Tags()["scalars"]}))
`

func TestTensorBoardReadsIt(t *testing.T) {
	python := os.Getenv(PythonVariable)
	if python == "" {
		t.Skipf("%s is not set", PythonVariable)
	}
	dir := t.TempDir()
	interrupted(t, dir)
	out, err := exec.Command(python, "-c", readEvents, dir).Output()
	if err != nil {
		t.Fatalf("%s: %v", python, err)
	}
	var got map[string][]point
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if !reflect.DeepEqual(got, wantPoints) {
		t.Errorf("TensorBoard reads %v, want %v", got, wantPoints)
	}
}
