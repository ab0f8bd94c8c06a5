package live

import (
	"bytes"
	"net/http"
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

// page answers with the report of a comparison, or of two.
func (s *Server) page(w http.ResponseWriter, a address) {
	text, err := s.render(a)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.write(w, text)
}

// render makes the page, or takes the last one when no file has changed since.
func (s *Server) render(a address) ([]byte, error) {
	c := s.cachedPage(a.page())
	c.mutex.Lock()
	defer c.mutex.Unlock()
	state := s.states(a.names) // before reading: what is written meanwhile shows as a change afterwards
	if c.text != nil && c.state == state {
		return c.text, nil
	}
	var text bytes.Buffer
	comparisons := s.loadAll(a.names)
	if err := report.WriteHTML(&text, comparisons, s.pageOptions(a, comparisons)); err != nil {
		return nil, err
	}
	c.state, c.text = state, text.Bytes()
	return c.text, nil
}

// cachedPage is that of an address, empty at first.
func (s *Server) cachedPage(address string) *cachedPage {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.cached[address] == nil {
		s.cached[address] = &cachedPage{}
	}
	return s.cached[address]
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
