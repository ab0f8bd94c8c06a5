package live

import (
	"bytes"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/xsam-go/xsam/internal/report"
)

// cachedPage is a page with the state of the files that it shows. Its lock is held while it is made: making one page
// stops no other.
type cachedPage struct {
	mutex sync.Mutex
	state string
	text  []byte
}

// page answers with the report of a comparison.
func (s *Server) page(w http.ResponseWriter, name string) {
	if !s.has(name) {
		notFound(w)
		return
	}
	text, err := s.render(name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.write(w, text)
}

// render makes the page, or takes the last one when no file has changed since.
func (s *Server) render(name string) ([]byte, error) {
	c := s.cachedPage(name)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	state := s.state(name) // before reading: what is written meanwhile shows as a change afterwards
	if c.text != nil && c.state == state {
		return c.text, nil
	}
	options := s.Options
	options.Title, options.Back, options.Events = s.title(name)+" – X-SAM live", listPath,
		pageEventsPath+url.PathEscape(name)
	var text bytes.Buffer
	if err := report.WriteHTML(&text, []*report.Comparison{s.load(name)}, options); err != nil {
		return nil, err
	}
	c.state, c.text = state, text.Bytes()
	return c.text, nil
}

// cachedPage is that of a comparison, empty at first.
func (s *Server) cachedPage(name string) *cachedPage {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.cached[name] == nil {
		s.cached[name] = &cachedPage{}
	}
	return s.cached[name]
}

// write sends a page.
func (s *Server) write(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.limit(w)
	w.Write(text) //nolint:errcheck,gosec // the client went away; html/template made the page
}

// limit gives the client its time for what is sent next.
func (s *Server) limit(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.Patience)) // a writer of tests knows none
}
