package datasets

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tarball packs entries, whose order is theirs.
func tarball(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	out := tar.NewWriter(zip)
	for _, e := range entries {
		content := []byte("the bytes of " + e.Name)
		if e.Typeflag == tar.TypeReg {
			e.Size = int64(len(content))
		}
		e.Mode = 0o644
		if err := out.WriteHeader(&e); err != nil {
			t.Fatal(err)
		}
		if e.Typeflag == tar.TypeReg {
			if _, err := out.Write(content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(out.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func plainFile(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg} }

func TestGetUnpacks(t *testing.T) {
	folder := "cifar-10-batches-bin"
	packed := tarball(t, tar.Header{Name: folder + "/", Typeflag: tar.TypeDir}, plainFile(folder+"/data_batch_1.bin"),
		plainFile(folder+"/test_batch.bin"))
	content := map[string][]byte{"cifar-10-binary.tar.gz": packed}
	published(t, "cifar10", source{unpacked: folder}, content)
	s, dir := newServer(t, content), t.TempDir()
	opts := GetOptions{Dir: dir, Mirror: s.URL + "/mirror/"}
	reports, err := Get(context.Background(), "cifar10", opts)
	if err != nil || len(reports) != 1 || reports[0] != (GetReport{Path: filepath.Join(dir, folder), Digest: "MD5"}) {
		t.Fatalf("Get = %+v, %v", reports, err)
	}
	got, err := os.ReadFile(filepath.Join(dir, folder, "test_batch.bin"))
	if err != nil || string(got) != "the bytes of "+folder+"/test_batch.bin" {
		t.Errorf("test_batch.bin holds %q (%v)", got, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "[^.]*")); len(left) != 1 {
		t.Errorf("%v in the data folder, want %s alone", left, folder)
	}
	if reports, err := Get(context.Background(), "cifar10", opts); err != nil || !reports[0].Already ||
		len(s.ranges) != 1 {
		t.Errorf("Get again = %+v, %v after %d requests, want nothing fetched", reports, err, len(s.ranges))
	}
}

// An archive cannot write outside its folder.
func TestUnpackStaysInside(t *testing.T) {
	tests := []struct {
		name  string
		entry tar.Header
	}{
		{"a path upwards", plainFile("../escaped")},
		{"a path upwards from inside", plainFile("data/../../escaped")},
		{"an absolute path", plainFile("/escaped")},
		{"another folder", plainFile("elsewhere/escaped")},
		{"a folder in the folder", plainFile("data/deeper/escaped")},
		{"a symbolic link", tar.Header{Name: "data/link", Linkname: "../..", Typeflag: tar.TypeSymlink}},
		{"a hard link", tar.Header{Name: "data/link", Linkname: "/etc/passwd", Typeflag: tar.TypeLink}},
		{"the folder as a file", plainFile("data")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			above := t.TempDir()
			dir := filepath.Join(above, "dir")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			archive := filepath.Join(above, "a.tar.gz")
			if err := os.WriteFile(archive, tarball(t, plainFile("data/good"), tt.entry), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := unpack(context.Background(), archive, dir, "data"); err == nil || !strings.Contains(err.Error(),
				tt.entry.Name) {
				t.Errorf("error %v, want one that names %s", err, tt.entry.Name)
			}
			left, _ := filepath.Glob(filepath.Join(above, "*"))
			inside, _ := filepath.Glob(filepath.Join(dir, "*"))
			if len(left) != 2 || len(inside) != 0 {
				t.Errorf("left behind: %v, %v, want the archive alone", left, inside)
			}
		})
	}
}
