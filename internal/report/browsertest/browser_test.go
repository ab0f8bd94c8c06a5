package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// missing skips a test that lacks something, and fails it where everything must be there.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	text := fmt.Sprintf(format, args...)
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: run report/browsertest/install, which CI does", text)
	}
	t.Skip(text)
}

// chromium returns the path of the browser.
func chromium(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("XSAM_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "no Chromium in PATH and XSAM_CHROMIUM is not set: the pages are not looked at in a browser")
	return ""
}

// axe returns the text of axe-core.
func axe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("XSAM_AXE")
	if path == "" {
		missing(t, "XSAM_AXE is not set: accessibility is not checked with axe-core")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tab is a browser tab and what its console said.
type tab struct {
	t       *testing.T
	ctx     context.Context
	mutex   sync.Mutex
	console []string
}

// browser starts a browser with one empty tab of the given width.
func browser(t *testing.T, width int64) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.Flag("hide-scrollbars", true))
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	b.do(chromedp.EmulateViewport(width, 900))
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mutex.Lock()
			b.console = append(b.console, m.String()+" "+m.URL)
			b.mutex.Unlock()
		}
	}()
	return b
}

// patience is the longest that one step in the browser may take on a busy machine.
const patience = time.Minute

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// command makes a step of a command of the DevTools protocol.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// open loads a page in a colour scheme.
func (b *tab) open(address, scheme string) {
	b.t.Helper()
	b.do(command(emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
		chromedp.Navigate(address))
}

// evaluate returns what an expression is in the page.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// press types keys.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// focus puts the focus on an element.
func (b *tab) focus(id string) {
	b.t.Helper()
	evaluate[bool](b, fmt.Sprintf("document.getElementById(%q).focus(), true", id))
}

// show scrolls to an element.
func (b *tab) show(id string) {
	b.t.Helper()
	evaluate[bool](b, fmt.Sprintf("document.getElementById(%q).scrollIntoView({behavior: 'instant', block: "+
		"'center'}), true", id))
}

// until waits for an expression to become true.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if evaluate[bool](b, expression) {
			return
		}
	}
	b.t.Fatalf("%s did not happen within 20 s: %s; the console said %q", what, expression, b.said())
}

// said is what the console said so far.
func (b *tab) said() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.console
}

// quiet fails when the console said anything.
func (b *tab) quiet() {
	b.t.Helper()
	if said := b.said(); len(said) > 0 {
		b.t.Errorf("the console says %q, want nothing", said)
	}
}

// picture keeps a picture of the page where XSAM_SCREENSHOTS says, in pieces that one can look at.
func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("XSAM_SCREENSHOTS")
	if dir == "" {
		return
	}
	const piece = 1600
	height, width := evaluate[float64](b, "document.documentElement.scrollHeight"), evaluate[float64](b, "innerWidth")
	for i, top := 0, 0.0; top < height; i, top = i+1, top+piece {
		params := page.CaptureScreenshotParams{CaptureBeyondViewport: new(true), Clip: &page.Viewport{Y: top, Width: width,
			Height: min(piece, height-top), Scale: 1}}
		b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			png, err := cdp.Call(ctx, t, page.CaptureScreenshot, params)
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%02d.png", name, i)), png.Data, 0o644)
		}))
	}
}

// violations runs axe-core and returns what it finds.
func (b *tab) violations(axe string) string {
	b.t.Helper()
	evaluate[bool](b, axe+"\n;true")
	return strings.TrimSpace(evaluate[string](b,
		`axe.run().then(r => r.violations.map(v => v.id + ': ' + v.help + '\n' + v.nodes.slice(0, 4).map(n => '  ' + n.target + ' ' + n.failureSummary).join('\n')).join('\n'))`))
}
