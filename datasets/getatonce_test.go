package datasets

import (
	"archive/tar"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// Of many calls at a time one fetches, and the others find it done.
func TestGetAtOnce(t *testing.T) {
	folder := "set-batches"
	packed := tarball(t, tar.Header{Name: folder + "/", Typeflag: tar.TypeDir}, plainFile(folder+"/data_batch_1.bin"))
	published(t, "cifar10", source{folder: "cifar10", unpacked: folder}, map[string][]byte{"a.tar.gz": packed})
	s, dir := newServer(t, map[string][]byte{"a.tar.gz": packed}), t.TempDir()
	const calls = 8
	errs := make(chan error, calls)
	for range calls {
		go func() {
			_, err := Get(context.Background(), "cifar10", GetOptions{Dir: dir, Mirror: s.URL + "/mirror"})
			errs <- err
		}()
	}
	for range calls {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if len(s.ranges) != 1 {
		t.Errorf("%d downloads, want one", len(s.ranges))
	}
	if text, err := os.ReadFile(filepath.Join(dir, folder, "data_batch_1.bin")); err != nil || len(text) == 0 {
		t.Errorf("%q, %v, want the unpacked file", text, err)
	}
}
