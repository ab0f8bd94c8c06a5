package live

import (
	"fmt"
	"net/http"
	"time"
)

// aliveEvery is the time between signs of life on a stream, by which proxies and browsers know that it stands.
const aliveEvery = 15 * time.Second

// events streams an event "changed" whenever the text that state returns is another one, until the client goes away
// or the server ends. The first event comes at once: a browser that connects again may have missed one.
func (s *Server) events(w http.ResponseWriter, r *http.Request, state func() string) {
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := fmt.Fprint(w, "retry: 2000\n\n"); err != nil || stream.Flush() != nil {
		return
	}
	look, alive := time.NewTicker(s.Interval), time.NewTicker(aliveEvery)
	defer look.Stop()
	defer alive.Stop()
	last, number := state(), 1
	text := event(number)
	for {
		s.limit(w)
		if _, err := fmt.Fprint(w, text); err != nil || stream.Flush() != nil {
			return
		}
		for text = ""; text == ""; {
			select {
			case <-r.Context().Done():
				return
			case <-alive.C:
				text = ": alive\n\n"
			case <-look.C:
				if now := state(); now != last {
					last, number = now, number+1
					text = event(number)
				}
			}
		}
	}
}

func event(number int) string {
	return fmt.Sprintf("event: changed\nid: %d\ndata: %d\n\n", number, number)
}
