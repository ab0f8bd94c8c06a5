package download

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress shows how far a download is: a bar for a person, one line otherwise.
type Progress struct{ bar *progressbar.ProgressBar }

// NewProgress says on out what is downloaded, with its size in bytes if that is known (else 0), and draws a bar there
// if terminal is set.
func NewProgress(out io.Writer, terminal bool, size int64, what string) *Progress {
	amount := "once"
	if size > 0 {
		amount = fmt.Sprintf("%.0f MB, once", float64(size)/1e6)
	}
	fmt.Fprintf(out, "xsam: downloading the %s (%s)\n", what, amount)
	if !terminal {
		return &Progress{}
	}
	if size == 0 {
		size = -1 // a spinner until the server says how much there is
	}
	return &Progress{progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(out),
		progressbar.OptionShowBytes(true),
		progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// total tells the bar the number of bytes that the server has announced.
func (p *Progress) total(bytes int64) {
	if p.bar != nil {
		p.bar.ChangeMax64(bytes)
	}
}

// at moves the bar to the given number of bytes. Drawing may fail without harm.
func (p *Progress) at(bytes int64) {
	if p.bar != nil {
		_ = p.bar.Set64(bytes)
	}
}

// Close takes the bar off the screen.
func (p *Progress) Close() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
