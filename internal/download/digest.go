package download

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrChecksum marks a file that is not the published one.
var ErrChecksum = errors.New("checksum mismatch")

// Digest is the checksum that a file is published with. Exactly one of the fields is set, in hexadecimal digits.
type Digest struct {
	SHA256 string
	// MD5 is for files whose authors publish nothing better. It finds damage, not forgery.
	MD5 string
}

// Name is the name of the checksum, for people.
func (d Digest) Name() string {
	if d.SHA256 != "" {
		return "SHA-256"
	}
	return "MD5"
}

// Check compares the checksum of the file at path with the published one; the error wraps ErrChecksum if they differ.
func (d Digest) Check(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	want := d.SHA256
	if want == "" {
		sum, want = md5.New(), d.MD5
	}
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("%w: %s has %s %s, want %s", ErrChecksum, path, d.Name(), got, want)
	}
	return nil
}
