// Package live serves the report of a folder of comparisons and keeps the pages in browsers up to date while runs go
// on.
//
//	server.go   requests, and what is refused
//	pages.go    the pages, made once and kept
//	address.go  what an address names
//	folder.go   which comparisons there are, read through an os.Root that no path and no link leaves
//	card.go     how far they are
//	figure.go   a figure of a comparison as a file
//	events.go   the stream of events that tells a page to load itself again
//
// It reads and never writes. Of a request nothing but the names of comparisons, of a figure and of a format are used,
// and they must be among those that there are.
package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/xsam-go/xsam/internal/report"
)

// Server answers requests about one folder. Make it with New and close it when done.
type Server struct {
	// Options are laid on every page; Title, Events and Back are the server's own.
	Options report.Options
	// Interval is the time between two looks at the folder while a page is open.
	Interval time.Duration
	// Patience is how long a client may take to read what it is sent. One that does not is left.
	Patience time.Duration

	root   *os.Root
	name   string
	hosts  []string // the names under which the server may be asked for; nil for any
	mutex  sync.Mutex
	cached map[string]*cachedPage // by address

	cardsMutex sync.Mutex
	cards      map[string]*cachedCard // by name of the comparison
}

// New opens the folder dir.
func New(dir string) (*Server, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("live: cannot open the folder of the runs: %w", err)
	}
	return &Server{Interval: time.Second, Patience: 30 * time.Second, root: root, name: dir,
		cached: map[string]*cachedPage{}, cards: map[string]*cachedCard{}}, nil
}

// Close closes the folder.
func (s *Server) Close() error { return s.root.Close() }

// Listen opens an address. On a loopback address the server answers to the names of this machine alone, so that no
// page of another site can reach it by a name of its own (DNS rebinding).
func (s *Server) Listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("live: address %q: want host:port, 127.0.0.1:8080 for instance: %w", address, err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("live: cannot listen on %s: %w: choose another address with --addr, 127.0.0.1:0 for any "+
			"free port", address, err)
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		s.hosts = []string{"localhost", "127.0.0.1", "::1", host}
	}
	return l, nil
}

// Serve answers requests until ctx ends; then it closes the streams and returns nil.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends the streams with ctx
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    1 << 16,
		ErrorLog:          log.New(io.Discard, "", 0), // clients that went away
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("live: the server cannot go on: %w", err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := server.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	return err
}

// ServeHTTP answers one request. There is no other way to a file than through a name that the folder lists.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", report.ContentSecurityPolicy(true))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	s.limit(w)
	if !s.knows(r.Host) {
		http.Error(w, fmt.Sprintf("This server is not called %q: ask for http://127.0.0.1 with its port.", r.Host),
			http.StatusMisdirectedRequest)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "This server is read-only: it answers GET and HEAD.", http.StatusMethodNotAllowed)
		return
	}
	switch path := r.URL.Path; path {
	case listPath:
		s.list(w, r)
	case eventsPath:
		s.events(w, r, s.listState)
	default:
		a, ok := s.parse(path)
		switch {
		case !ok:
			notFound(w)
		case a.events:
			s.events(w, r, func() string { return s.states(a.names) })
		case a.figure != "":
			s.figure(w, a)
		default:
			s.page(w, a)
		}
	}
}

func notFound(w http.ResponseWriter) {
	http.Error(w, "There is no such page: / lists the comparisons.", http.StatusNotFound)
}

// knows tells whether a Host header names this server.
func (s *Server) knows(host string) bool {
	if s.hosts == nil {
		return true
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	for _, h := range s.hosts {
		if strings.EqualFold(h, host) {
			return true
		}
	}
	return false
}

// list answers with the comparisons of the folder, or leads to its own where there is no other.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	names, err := s.comparisons()
	if len(names) == 1 && names[0] == here {
		http.Redirect(w, r, pagePath, http.StatusSeeOther)
		return
	}
	problem := ""
	switch {
	case err != nil:
		problem = "The folder cannot be read: " + err.Error()
	case len(names) == 0 && s.trials():
		problem = "There are no runs here yet: settings are being tried for them. They appear when these are chosen."
	case len(names) == 0:
		problem = "There are no runs here yet. They appear when xsam compare --out writes into a folder below this one."
	}
	var items []report.Card
	for _, name := range names {
		items = append(items, s.card(name))
	}
	var text bytes.Buffer
	if err := report.WriteList(&text, items, problem, report.Options{Title: "X-SAM comparisons",
		Events: eventsPath}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.write(w, text.Bytes())
}
