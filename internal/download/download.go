package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// stallLimit ends a download that has brought nothing for so long; what came before is kept.
const stallLimit = time.Minute

// Fetch brings address, of at most so many bytes, into the file at path, continuing a file that is there, and checks
// its digest.
//
// go-xla has a function for this too; it cannot be cancelled or continued, ignores the server's status, and draws on
// standard output. A continued file with a wrong checksum is thrown away and fetched once more from the start; a
// fresh one is thrown away, and the error wraps ErrChecksum. When ctx is cancelled the error wraps its cause, and
// what came is kept.
func Fetch(ctx context.Context, client *http.Client, address, path string, most int64, want Digest,
	show *Progress) error {
	resumed := Size(path) > 0
	err := fetchRest(ctx, client, address, path, most, show)
	if errors.Is(err, errTooMuch) {
		os.Remove(path)
	}
	if err != nil {
		return err
	}
	err = want.Check(path)
	if errors.Is(err, ErrChecksum) {
		os.Remove(path)
		if resumed {
			return Fetch(ctx, client, address, path, most, want, show)
		}
	}
	return err
}

// errTooMuch is the error of a server that sends more than the published file has.
var errTooMuch = errors.New("the server sends more than the published file has")

// fetchRest appends to the file at path what it lacks of address.
func fetchRest(ctx context.Context, client *http.Client, address, path string, most int64, show *Progress) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(stallLimit, func() { cancel(fmt.Errorf("the server sent nothing for %v", stallLimit)) })
	defer stalled.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	have := Size(path)
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
	if have+max(0, response.ContentLength) > most {
		return fmt.Errorf("%w: %d bytes, want %d at most", errTooMuch, have+response.ContentLength, most)
	}
	file, err := os.OpenFile(path, mode, 0o644)
	if err != nil {
		return err
	}
	if response.ContentLength > 0 {
		show.total(have + response.ContentLength)
	}
	show.at(have)
	buffer := make([]byte, 1<<17)
	for {
		n, readErr := response.Body.Read(buffer)
		stalled.Reset(stallLimit)
		if have+int64(n) > most {
			file.Close()
			return fmt.Errorf("%w: want %d bytes at most", errTooMuch, most)
		}
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
