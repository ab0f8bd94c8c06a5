package live

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/runlog"
)

// cachedCard is a card with the state of the files that it shows. Its lock is held while it is made.
type cachedCard struct {
	mutex sync.Mutex
	state string
	card  report.Card
}

// card says how far a comparison is. Its runs are read once for each state of their files, and all of them when the
// last one has ended.
func (s *Server) card(name string) report.Card {
	s.cardsMutex.Lock()
	if s.cards[name] == nil {
		s.cards[name] = &cachedCard{}
	}
	cached := s.cards[name]
	s.cardsMutex.Unlock()
	cached.mutex.Lock()
	defer cached.mutex.Unlock()
	o := s.outline(name)
	state := fmt.Sprint(o, s.state(name)) // before reading: what is written meanwhile shows as a change afterwards
	if cached.state == state || o.training > 0 && cached.card.Facts != "" {
		return o.on(cached.card)
	}
	card := report.Card{Name: s.title(name), Address: address{names: []string{name}}.page()}
	switch {
	case o.problem != "" || len(o.runs) == 0:
	case o.finished == o.planned:
		c := s.load(name)
		card.Facts, card.Verdict = strings.Join(c.Facts(), " · "), c.Verdict()
	default:
		c := report.Load(s.root.FS(), name, o.runs[:1])
		card.Facts = strings.Join(c.Facts(), " · ")
	}
	cached.state, cached.card = state, card
	return o.on(card)
}

// outline is how far a comparison is, from what is there and what is not.
type outline struct {
	problem                     string
	runs                        []string // their directories
	finished, planned, training int
}

func (s *Server) outline(name string) (o outline) {
	fsys := s.root.FS()
	var err error
	if o.runs, err = runlog.List(fsys, folder(name)); err != nil {
		o.problem = "It cannot be read: " + err.Error()
		return o
	}
	o.planned = len(o.runs)
	there := map[string]bool{}
	for _, r := range o.runs {
		there[path.Base(r)] = true
		if _, err := fs.Stat(fsys, path.Join(r, runlog.SummaryFile)); err == nil {
			o.finished++
		}
		if info, err := fs.Stat(fsys, path.Join(r, runlog.ClaimFile)); err == nil &&
			time.Since(info.ModTime()) < runlog.StaleAfter {
			o.training++
		}
	}
	for _, name := range runlog.Planned(fsys, folder(name)) {
		if !there[name] {
			o.planned++
		}
	}
	return o
}

// on writes the outline on a card.
func (o outline) on(c report.Card) report.Card {
	c.Problem, c.Finished, c.Planned = o.problem, o.finished, o.planned
	if o.finished < o.planned {
		c.Verdict = "" // of fewer runs
	}
	switch {
	case o.training > 0:
		c.State = "going on"
	case o.finished < o.planned:
		c.State = "stands still"
	}
	return c
}
