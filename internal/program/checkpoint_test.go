package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/xsam-go/xsam/recipe"
)

var thisRun = recipe.Identity{Sum: strings.Repeat("a", 64), Method: "sam", Seed: 3}

// newStore has two weights, a type of each kind and a variable without elements.
func newStore(first float32) *model.Store {
	store := model.NewStore()
	store.VariableWithValue("/a/weights", [][]float32{{first, 2}, {3, 4}})
	store.VariableWithValue("/a/biases", []float32{5})
	store.VariableWithValue("/none", tensors.FromShape(shapes.Make(dtypes.Float64, 2, 0))).SetTrainable(false)
	store.VariableWithValue("/flag", true).SetTrainable(false)
	store.SetParam("/text", "kept")
	return store
}

// written is a folder with a checkpoint of step 0 for each first weight, and the paths of their files.
func written(t *testing.T, firsts ...float32) (saver Saver, paths []string) {
	t.Helper()
	saver = Saver{Folder: filepath.Join(t.TempDir(), "checkpoint"), Run: thisRun, Keep: 2}
	for _, first := range firsts {
		path, err := saver.Save(newStore(first), nil)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return saver, paths
}

// newest reads the newest checkpoint and returns its first weight.
func newest(t *testing.T, folder string, store *model.Store) (first float32, refused []Refused) {
	t.Helper()
	c, refused, err := NewestCheckpoint(folder, thisRun, store)
	if err != nil || c == nil {
		t.Fatalf("checkpoint %v, refused %v, error %v, want one", c, refused, err)
	}
	defer c.Close()
	if c.Text("/text") != "kept" {
		t.Errorf("parameter %q, want that which was saved", c.Text("/text"))
	}
	to := model.NewStore()
	if err := c.Restore(to); err != nil {
		t.Fatal(err)
	}
	return to.GetVariable("/a/weights").MustValue().Value().([][]float32)[0][0], refused
}

func TestCheckpointIsReadBack(t *testing.T) {
	saver, paths := written(t, 1, 7, 9)
	if first, refused := newest(t, saver.Folder, newStore(0)); first != 9 || len(refused) > 0 {
		t.Errorf("first weight %v, refused %v, want 9 and none", first, refused)
	}
	files, err := filepath.Glob(filepath.Join(saver.Folder, "*"))
	if err != nil || len(files) != 6 || strings.HasPrefix(files[0], paths[0]) {
		t.Errorf("files %q (%v), want the newest two checkpoints of three files", files, err)
	}
}

// What is written is GoMLX's format: its own reader takes it, and what its own writer makes is read here.
func TestGoMLXReadsAndWritesTheSame(t *testing.T) {
	saver := Saver{Folder: filepath.Join(t.TempDir(), "checkpoint"), Run: thisRun, Keep: 2}
	first := model.NewStore()
	first.VariableWithValue("/a/weights", []float32{1, 2})
	first.SetParam("/text", "kept")
	if _, err := saver.Save(first, nil); err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	handler, err := checkpoint.Load(store).Dir(saver.Folder).WithCompression(checkpoint.BinUncompressed).Done()
	if err != nil {
		t.Fatal(err)
	}
	if got := store.GetVariable("/a/weights").MustValue().Value().([]float32); got[1] != 2 {
		t.Errorf("GoMLX reads %v, want 1 2", got)
	}
	if err := handler.Save(); err != nil {
		t.Fatal(err)
	}
	c, refused, err := NewestCheckpoint(saver.Folder, thisRun, first)
	if err != nil || len(refused) > 0 || c == nil || !c.Unsigned || c.Text("/text") != "kept" {
		t.Fatalf("of GoMLX's own: %+v, refused %v, error %v, want one without a manifest", c, refused, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// Whatever happens to a file of the newest checkpoint, it is named and the one before is taken.
func TestDamagedCheckpointsAreRefused(t *testing.T) {
	type damage struct {
		name string
		do   func(path string) error
	}
	rewrite := func(change func([]byte) []byte) func(string) error {
		return func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, change(bytes.Clone(text)), 0o644)
		}
	}
	damages := []damage{
		{"zeros", rewrite(func(b []byte) []byte { return make([]byte, len(b)) })},
		{"empty", rewrite(func(b []byte) []byte { return nil })},
		{"half of it", rewrite(func(b []byte) []byte { return b[:len(b)/2] })},
		{"one byte less", rewrite(func(b []byte) []byte { return b[:len(b)-1] })},
		{"one byte more", rewrite(func(b []byte) []byte { return append(b, 0) })},
		{"twice", rewrite(func(b []byte) []byte { return append(b, b...) })},
		{"a folder in its place", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) }},
	}
	for _, suffix := range checkpointSuffixes {
		all := damages
		if suffix != manifestSuffix {
			all = append(all, damage{"gone", os.Remove})
		}
		for _, d := range all {
			t.Run(suffix+" "+d.name, func(t *testing.T) {
				saver, paths := written(t, 1, 9)
				if err := d.do(paths[1] + suffix); err != nil {
					t.Fatal(err)
				}
				first, refused := newest(t, saver.Folder, newStore(0))
				if first != 1 || len(refused) != 1 || !strings.Contains(refused[0].Err.Error(), paths[1]) ||
					strings.Contains(refused[0].Err.Error(), "\n") {
					t.Fatalf("first weight %v, refused %v, want 1 and one line that names %s", first, refused, paths[1])
				}
				if err := refused[0].MoveAside(); err != nil {
					t.Fatal(err)
				}
				if first, refused := newest(t, saver.Folder, newStore(0)); first != 1 || len(refused) > 0 {
					t.Errorf("once it is moved aside: first weight %v, refused %v, want 1 and none", first, refused)
				}
				if path, err := saver.Save(newStore(5), nil); err != nil || !strings.Contains(path, "-n0000002-") {
					t.Errorf("the next checkpoint is %s (%v), want a number that was not used", path, err)
				}
				if aside, err := filepath.Glob(paths[1] + "*.damaged"); err != nil || len(aside) == 0 {
					t.Errorf("%v (%v), want the damaged files to be kept", aside, err)
				}
			})
		}
	}
}

// A flipped bit of any byte of the newest checkpoint shows.
func TestFlippedBitsAreFound(t *testing.T) {
	saver, paths := written(t, 1, 9)
	for _, suffix := range checkpointSuffixes {
		whole, err := os.ReadFile(paths[1] + suffix)
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			flipped := bytes.Clone(whole)
			flipped[at] ^= 1 << (at % 8)
			if err := os.WriteFile(paths[1]+suffix, flipped, 0o644); err != nil {
				t.Fatal(err)
			}
			first, refused := newest(t, saver.Folder, newStore(0))
			if first != 1 || len(refused) != 1 || !strings.Contains(refused[0].Err.Error(), paths[1]) {
				t.Errorf("bit %d of byte %d of %s: first weight %v, refused %v, want 1 and the file's name", at%8, at, suffix,
					first, refused)
			}
		}
		if err := os.WriteFile(paths[1]+suffix, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if first, refused := newest(t, saver.Folder, newStore(0)); first != 9 || len(refused) > 0 {
		t.Errorf("put right again: first weight %v, refused %v, want 9", first, refused)
	}
}

// Descriptions that lie are refused before memory is taken for them, with a manifest that vouches for them or without.
func TestLyingDescriptionsAreRefused(t *testing.T) {
	const bin = 16 + 4 + 1 + 8
	tests := []struct {
		name string
		want string
		lie  func(v []map[string]any)
	}{
		{"a negative dimension", "dimensions [-2 -2]", func(v []map[string]any) { v[0]["Dimensions"] = []int{-2, -2} }},
		{"dimensions whose product overflows", "that memory can hold", func(v []map[string]any) {
			v[0]["Dimensions"] = []int{1 << 31, 1 << 31, 1 << 31}
		}},
		{"a huge dimension", "want 1099511627776 at 0", func(v []map[string]any) { v[0]["Dimensions"] = []int{1 << 38} }},
		{"a huge dimension and length", "want 1099511627776 at 0, of 29", func(v []map[string]any) {
			v[0]["Dimensions"], v[0]["Length"] = []int{1 << 38}, 1<<40
		}},
		{"no type", "want that of a number", func(v []map[string]any) { delete(v[0], "DType") }},
		{"a type that is none", "DType", func(v []map[string]any) { v[0]["DType"] = "float77" }},
		{"a type of less than a byte", "want that of a number", func(v []map[string]any) { v[0]["DType"] = "Int4" }},
		{"a negative position", "want 16 at 0", func(v []map[string]any) { v[0]["Pos"] = -1 }},
		{"a gap", "want 4 at 16", func(v []map[string]any) { v[1]["Pos"] = 20 }},
		{"a variable twice", "twice", func(v []map[string]any) { v[1]["ParameterName"] = v[0]["ParameterName"] }},
		{"no name", "want var:", func(v []map[string]any) { delete(v[1], "ParameterName") }},
		{"another shape of the same size", "want (Float32)[2, 2]", func(v []map[string]any) { v[0]["Dimensions"] = []int{4} }},
		{"a missing weight", "has no /a/biases", func(v []map[string]any) { v[1]["ParameterName"] = "var:/a/other" }},
		{"a step that is no number", "want one Int64", func(v []map[string]any) {
			for i := range v {
				if v[i]["ParameterName"] == "var:/global_step" {
					v[i]["DType"] = "Float64"
				}
			}
		}},
	}
	for _, tt := range tests {
		for _, signed := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, signed %v", tt.name, signed), func(t *testing.T) {
				saver, paths := written(t, 9)
				index := paths[0] + descriptionSuffix
				text, err := os.ReadFile(index)
				if err != nil {
					t.Fatal(err)
				}
				var d map[string]any
				if err := json.Unmarshal(text, &d); err != nil {
					t.Fatal(err)
				}
				var variables []map[string]any
				for _, v := range d["Variables"].([]any) {
					variables = append(variables, v.(map[string]any))
				}
				tt.lie(variables)
				if text, err = json.Marshal(d); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(index, text, 0o644); err != nil {
					t.Fatal(err)
				}
				m, err := readManifest(paths[0])
				if err != nil || m.Data.Bytes != bin {
					t.Fatalf("manifest %+v (%v), want %d bytes of data", m, err, bin)
				}
				m.Description = fileSum{int64(len(text)), sumOf(text)}
				text, err = m.encode()
				if err == nil && signed {
					err = os.WriteFile(paths[0]+manifestSuffix, text, 0o644)
				} else if err == nil {
					err = os.Remove(paths[0] + manifestSuffix)
				}
				if err != nil {
					t.Fatal(err)
				}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				c, refused, err := NewestCheckpoint(saver.Folder, thisRun, newStore(0))
				runtime.ReadMemStats(&after)
				if err != nil || c != nil || len(refused) != 1 || !strings.Contains(refused[0].Err.Error(), tt.want) ||
					!strings.Contains(refused[0].Err.Error(), index) {
					t.Errorf("checkpoint %v, refused %v, error %v, want none, with %q and the file's name", c, refused, err, tt.want)
				}
				if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
					t.Errorf("%d bytes of memory were taken for it", taken)
				}
			})
		}
	}
}

// A whole checkpoint of another seed, method or recipe is not taken, and says whose it is.
func TestCheckpointOfAnotherRunIsRefused(t *testing.T) {
	saver, paths := written(t, 9)
	for _, tt := range []struct {
		run  recipe.Identity
		want string
	}{
		{recipe.Identity{Sum: strings.Repeat("b", 64), Method: "sam", Seed: 4}, "sam, seed 3; want sam, seed 4"},
		{recipe.Identity{Sum: strings.Repeat("b", 64), Method: "sgd", Seed: 3}, "sam, seed 3; want sgd, seed 3"},
		{recipe.Identity{Sum: strings.Repeat("b", 64), Method: "sam", Seed: 3}, "want sam, seed 3, of another recipe"},
	} {
		c, refused, err := NewestCheckpoint(saver.Folder, tt.run, model.NewStore())
		if err != nil || c != nil || len(refused) != 1 || !errors.Is(refused[0].Err, ErrUnusable) ||
			!strings.Contains(refused[0].Err.Error(), tt.want) || !strings.Contains(refused[0].Err.Error(), paths[0]) {
			t.Errorf("%v: %v, refused %v, error %v, want none, with %q", tt.run, c, refused, err, tt.want)
		}
	}
}

// A run deletes what it wrote itself, and nothing else.
func TestSaverDeletesItsOwnAlone(t *testing.T) {
	saver, paths := written(t, 1)
	if err := os.Remove(paths[0] + manifestSuffix); err != nil { // as an earlier version leaves it
		t.Fatal(err)
	}
	other := saver
	other.Run.Sum = strings.Repeat("b", 64)
	foreign, err := other.Save(newStore(2), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := saver.Save(newStore(3), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{paths[0], foreign} {
		if _, err := os.Stat(path + dataSuffix); err != nil {
			t.Errorf("a checkpoint of others is gone: %v", err)
		}
	}
	if all, err := listCheckpoints(saver.Folder); err != nil || len(all) != 4 {
		t.Errorf("checkpoints %v (%v), want the two of others and the newest two", all, err)
	}
}

// A crash at any point of a save leaves the checkpoint before, and the next save works.
func TestCrashWhileSaving(t *testing.T) {
	saver, paths := written(t, 1, 9)
	base := filepath.Join(saver.Folder, unfinished)
	moves := []string{manifestSuffix, dataSuffix, descriptionSuffix}
	for done := range len(moves) { // so many files had their name when it came
		for i, suffix := range moves {
			from, to := paths[1]+suffix, base+suffix
			if i < done {
				continue
			}
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}
		if first, refused := newest(t, saver.Folder, newStore(0)); first != 1 || len(refused) != min(done, 1) {
			t.Errorf("%d renamed: first weight %v, refused %v, want 1", done, first, refused)
		}
		for _, suffix := range moves[done:] {
			if err := os.Rename(base+suffix, paths[1]+suffix); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(base+dataSuffix, make([]byte, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := saver.Save(newStore(4), nil); err != nil {
		t.Fatal(err)
	}
	if first, refused := newest(t, saver.Folder, newStore(0)); first != 4 || len(refused) > 0 {
		t.Errorf("after the next save: first weight %v, refused %v, want 4", first, refused)
	}
}

// A folder that cannot be written to, and a disk that is full, are errors that name it, and leave the one before.
func TestSaveFails(t *testing.T) {
	saver, _ := written(t, 1)
	if err := os.Symlink("/dev/full", filepath.Join(saver.Folder, unfinished+dataSuffix)); err != nil {
		t.Skip(err)
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	_, err := saver.Save(newStore(2), nil)
	if err == nil || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), saver.Folder) {
		t.Errorf("error %v, want one that says why and where", err)
	}
	if first, _ := newest(t, saver.Folder, newStore(0)); first != 1 {
		t.Errorf("first weight %v, want that of the checkpoint before", first)
	}
}

// A reader is not disturbed by the run that goes on.
func TestReadingWhileOthersAreSaved(t *testing.T) {
	saver, _ := written(t, 1, 1)
	done := make(chan error, 1)
	go func() {
		for i := range 200 {
			if _, err := saver.Save(newStore(float32(i)), nil); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
		if c, refused, err := NewestCheckpoint(saver.Folder, thisRun, model.NewStore()); err != nil || c == nil ||
			len(refused) > 0 {
			t.Fatalf("checkpoint %v, refused %v, error %v, want one", c, refused, err)
		}
	}
}

func TestKeepSnapshot(t *testing.T) {
	saver, paths := written(t, 1)
	folder := filepath.Join(t.TempDir(), "epoch-0002")
	step := optimizer.GetGlobalStep(newStore(1))
	keep := func(path string) {
		t.Helper()
		if err := KeepSnapshot(path, folder, thisRun, step); err != nil {
			t.Fatal(err)
		}
	}
	keep(paths[0])
	later, err := saver.Save(newStore(2), nil)
	if err != nil {
		t.Fatal(err)
	}
	keep(later) // the same step of the same run
	if first, _ := newest(t, folder, newStore(0)); first != 1 {
		t.Errorf("first weight %v, want that of the snapshot that was there", first)
	}
	data, err := filepath.Glob(filepath.Join(folder, "*"+dataSuffix))
	if err != nil || len(data) != 1 {
		t.Fatal(data, err)
	}
	if err := errors.Join(os.Remove(data[0]), os.WriteFile(data[0], []byte("damaged"), 0o644)); err != nil {
		t.Fatal(err)
	}
	keep(later)
	if first, refused := newest(t, folder, newStore(0)); first != 2 || len(refused) > 0 {
		t.Errorf("first weight %v, refused %v, want the new one in place of the damaged", first, refused)
	}
	if _, err := os.Stat(folder + ".damaged"); err != nil {
		t.Errorf("the damaged one is not kept: %v", err)
	}
}
