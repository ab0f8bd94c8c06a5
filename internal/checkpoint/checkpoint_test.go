package checkpoint

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"

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
func written(t testing.TB, firsts ...float32) (saver Saver, paths []string) {
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
	c, refused, err := Newest(folder, thisRun, store)
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
	c, refused, err := Newest(saver.Folder, thisRun, first)
	if err != nil || len(refused) > 0 || c == nil || !c.Unsigned || c.Text("/text") != "kept" {
		t.Fatalf("of GoMLX's own: %+v, refused %v, error %v, want one without a manifest", c, refused, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
