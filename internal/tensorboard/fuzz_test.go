package tensorboard

import (
	"bytes"
	"testing"
)

// Whatever is in an event file, what is taken out of it lies within it.
func FuzzUnframe(f *testing.F) {
	f.Add(frame([]byte("an event")))
	f.Add(frame(nil))
	f.Add(startEvent(1, 2))
	f.Fuzz(func(t *testing.T, content []byte) {
		data, n, err := unframe(content)
		if err == nil {
			if n > len(content) || !bytes.Equal(frame(data), content[:n]) {
				t.Errorf("%d bytes of %d, with %d of data, want the frame of these", n, len(content), len(data))
			}
			content = data
		}
		_, _ = stepOf(content)
	})
}
