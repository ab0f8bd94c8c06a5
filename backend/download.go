package backend

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// stallLimit ends a download that has brought nothing for so long; what came before is kept.
const stallLimit = time.Minute

// errChecksum marks a file that is not the published one.
var errChecksum = errors.New("checksum mismatch")

// download fetches address into the file at path, continuing a file that is there, and checks its SHA-256.
//
// go-xla has a function for this too; it cannot be cancelled or continued, ignores the server's status, and draws on
// standard output. A continued file with a wrong checksum is thrown away and fetched once more from the start; a fresh one is
// thrown away and reported.
func download(ctx context.Context, client *http.Client, address, path, wantSHA256 string, show *progress) error {
	resumed := fileSize(path) > 0
	if err := fetchRest(ctx, client, address, path, show); err != nil {
		return err
	}
	err := checkSHA256(path, wantSHA256)
	if errors.Is(err, errChecksum) {
		os.Remove(path)
		if resumed {
			return download(ctx, client, address, path, wantSHA256, show)
		}
	}
	return err
}

// fetchRest appends to the file at path what it lacks of address.
func fetchRest(ctx context.Context, client *http.Client, address, path string, show *progress) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(stallLimit, func() { cancel(fmt.Errorf("the server sent nothing for %v", stallLimit)) })
	defer stalled.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	have := fileSize(path)
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	response, err := client.Do(request)
	if err != nil {
		return firstOf(context.Cause(ctx), err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	mode := os.O_CREATE | os.O_WRONLY
	switch {
	case response.StatusCode == http.StatusPartialContent:
		mode |= os.O_APPEND
	case response.StatusCode == http.StatusOK:
		mode |= os.O_TRUNC
		have = 0
	case response.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return nil // the file is whole, or not the published one: the checksum tells
	default:
		return fmt.Errorf("the server answered %s", response.Status)
	}
	file, err := os.OpenFile(path, mode, 0o644)
	if err != nil {
		return err
	}
	show.at(have)
	buffer := make([]byte, 1<<17)
	for {
		n, readErr := response.Body.Read(buffer)
		stalled.Reset(stallLimit)
		if _, err := file.Write(buffer[:n]); err != nil {
			file.Close()
			return err
		}
		have += int64(n)
		show.at(have)
		if readErr == io.EOF {
			return file.Close()
		}
		if readErr != nil {
			file.Close()
			return fmt.Errorf("after %d bytes: %w", have, firstOf(context.Cause(ctx), readErr))
		}
	}
}

// firstOf returns the first error that is one.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// progress shows how far a download is: a bar for a person, one line otherwise.
type progress struct{ bar *progressbar.ProgressBar }

func newProgress(out io.Writer, terminal bool, size int64, what string) *progress {
	fmt.Fprintf(out, "xsam: downloading the %s (%.0f MB, once)\n", what, float64(size)/1e6)
	if !terminal {
		return &progress{}
	}
	return &progress{progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(out),
		progressbar.OptionShowBytes(true),
		progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// at moves the bar to the given number of bytes. Drawing may fail without harm.
func (p *progress) at(bytes int64) {
	if p.bar != nil {
		_ = p.bar.Set64(bytes)
	}
}

// close takes the bar off the screen.
func (p *progress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// checkSHA256 compares a file's checksum with the published one; the error is an errChecksum if they differ.
func checkSHA256(path, want string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		return fmt.Errorf("%w: %s has SHA-256 %s, want %s", errChecksum, path, got, want)
	}
	return nil
}

// fileSize is 0 when there is no such file.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// hasSize tells whether path is there with exactly this many bytes.
func hasSize(path string, size int64) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

// syncFile makes sure that a file's bytes are on disk before its name says that it is whole.
func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = file.Sync()
	return errors.Join(err, file.Close())
}
