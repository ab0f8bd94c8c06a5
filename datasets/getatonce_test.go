package datasets

import (
	"archive/tar"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Of many calls at a time one fetches and unpacks, and the others find it done; also where the archive is there already.
func TestGetAtOnce(t *testing.T) {
	folder := "set-batches"
	packed := tarball(t, tar.Header{Name: folder + "/", Typeflag: tar.TypeDir}, plainFile(folder+"/data_batch_1.bin"))
	published(t, "cifar10", source{folder: "cifar10", unpacked: folder}, map[string][]byte{"a.tar.gz": packed})
	for name, downloads := range map[string]int{"nothing is there": 1, "the archive is there": 0} {
		t.Run(name, func(t *testing.T) {
			s, dir := newServer(t, map[string][]byte{"a.tar.gz": packed}), t.TempDir()
			if downloads == 0 {
				archive := filepath.Join(dir, "cifar10", "a.tar.gz")
				if err := errors.Join(os.Mkdir(filepath.Dir(archive), 0o755), os.WriteFile(archive, packed, 0o644)); err != nil {
					t.Fatal(err)
				}
			}
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
			if len(s.ranges) != downloads {
				t.Errorf("%d downloads, want %d", len(s.ranges), downloads)
			}
			if text, err := os.ReadFile(filepath.Join(dir, folder, "data_batch_1.bin")); err != nil || len(text) == 0 {
				t.Errorf("%q, %v, want the unpacked file", text, err)
			}
		})
	}
}
