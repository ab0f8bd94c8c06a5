package datasets

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

// What a packed file stands for takes no more memory than a file of the sets, whatever it claims.
func TestUnpacked(t *testing.T) {
	pack := func(n int) []byte {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(make([]byte, n)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return packed.Bytes()
	}
	lying := pack(2000)
	copy(lying[len(lying)-4:], []byte{1, 0, 0, 0}) // as 4 GiB and a byte would
	for _, tt := range []struct {
		name   string
		stored []byte
		want   string
	}{
		{"within the limit", pack(1000), ""},
		{"above it", pack(1001), "it claims 1001 bytes, unpacked: want 1000 at most"},
		{"above it, and says otherwise", lying, "it goes on after 1000 bytes"},
		{"cut short", pack(1000)[:20], "it claims"},
		{"cut short, with a claim that may be", append(pack(1000)[:16], 100, 0, 0, 0), "unexpected EOF"},
	} {
		contents, err := unpacked(tt.stored, 1000)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %d bytes, error %v, want %q", tt.name, len(contents), err, tt.want)
		}
	}
}
