package checkpoint

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

	"github.com/gomlx/gomlx/ml/model"

	"github.com/xsam-go/xsam/recipe"
)

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
	for _, suffix := range allSuffixes {
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
	for _, suffix := range allSuffixes {
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
				c, refused, err := Newest(saver.Folder, thisRun, newStore(0))
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
		c, refused, err := Newest(saver.Folder, tt.run, model.NewStore())
		if err != nil || c != nil || len(refused) != 1 || !errors.Is(refused[0].Err, ErrUnusable) ||
			!strings.Contains(refused[0].Err.Error(), tt.want) || !strings.Contains(refused[0].Err.Error(), paths[0]) {
			t.Errorf("%v: %v, refused %v, error %v, want none, with %q", tt.run, c, refused, err, tt.want)
		}
	}
}
