package live

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/xsam-go/xsam/internal/report"
	"github.com/xsam-go/xsam/plots"
)

// figure answers with a figure as a file.
func (s *Server) figure(w http.ResponseWriter, a address) {
	for _, f := range report.Files(s.loadAll(a.names)...) {
		if f.Name != a.figure {
			continue
		}
		var content bytes.Buffer
		if err := f.Encode(&content, a.format, plots.DefaultSize()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		kinds := map[string]string{"svg": "image/svg+xml", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}
		w.Header().Set("Content-Type", kinds[a.format])
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.Name+"."+a.format))
		w.Write(content.Bytes()) //nolint:errcheck // the client went away
		return
	}
	notFound(w)
}
