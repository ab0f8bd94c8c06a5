package own

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// The parts of a folder are found under their usual names, whatever the case.
func TestFolderParts(t *testing.T) {
	s := size{2, 2, 1}
	for _, tt := range []struct{ train, validation, test string }{
		{"Training", "", "Testing"},
		{"Train", "Val", "Test"},
		{"TRAIN", "validation", "TEST"},
		{"training_set", "dev", "test_set"},
		{"train-images", "eval", "Test Data"},
	} {
		t.Run(tt.train, func(t *testing.T) {
			dir, wrote := t.TempDir(), map[string][]example{}
			for i, part := range []string{tt.train, tt.validation, tt.test} {
				if part != "" {
					wrote[part] = drawn(uint64(i), 4+2*i, s, "cat", "dog")
					writeFolder(t, filepath.Join(dir, part), s, wrote[part])
				}
			}
			d := opened(t, "folder:"+dir, Options{})
			if got := strings.Join(d.Classes, ","); got != "cat,dog" {
				t.Fatalf("classes %s, want cat,dog", got)
			}
			checkPart(t, d, d.Train, byFolder(wrote[tt.train]))
			checkPart(t, d, d.Test, byFolder(wrote[tt.test]))
			if tt.validation != "" {
				checkPart(t, d, d.Validation, byFolder(wrote[tt.validation]))
			}
		})
	}
	t.Run("train and eval alone", func(t *testing.T) {
		dir := t.TempDir()
		writeFolder(t, filepath.Join(dir, "train"), s, drawn(1, 4, s, "a", "b"))
		writeFolder(t, filepath.Join(dir, "eval"), s, drawn(2, 2, s, "a", "b"))
		writeFolder(t, filepath.Join(dir, "extra"), s, drawn(2, 2, s, "a", "b"))
		d := opened(t, "folder:"+dir, Options{})
		if d.Test == nil || d.Test.Len() != 2 {
			t.Errorf("test part %v, want eval/", d.Test)
		}
		for _, want := range []string{"eval/ is tested on", "beside train/, which are not used: extra"} {
			if !strings.Contains(fmt.Sprint(d.Notes), want) {
				t.Errorf("notes %q, want %q", d.Notes, want)
			}
		}
	})
}

func TestBrokenParts(t *testing.T) {
	s := size{2, 2, 1}
	of := func(folders ...string) func(*testing.T, string) string {
		return func(t *testing.T, dir string) string {
			for _, f := range folders {
				writeFolder(t, filepath.Join(dir, "d", f), s, drawn(1, 4, s, "a", "b"))
			}
			return "d"
		}
	}
	for _, b := range []broken{
		{"parts of unknown names", of("seg_train", "seg_test"), Options{},
			[]string{"seg_test, seg_train", "a, b", "train/"}},
		{"parts within the training part", of("train/one", "train/two"), Options{}, []string{"one, two", "a, b"}},
		{"two of one part", of("Train", "training", "test"), Options{}, []string{"Train and training", "want one train/"}},
	} {
		b.run(t, "folder")
	}
}
