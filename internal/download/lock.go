package download

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/gofrs/flock"
)

// Lock waits until no other process holds the file at path, and says on out that it waits, and for what. The lock ends
// with the process, however that ends.
func Lock(ctx context.Context, path string, out io.Writer, what string) (unlock func(), err error) {
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err == nil && !locked {
		fmt.Fprintf(out, "xsam: waiting for another process that is installing %s\n", what)
		_, err = lock.TryLockContext(ctx, 100*time.Millisecond)
	}
	return func() { _ = lock.Close() }, err
}
