package flags

import (
	"fmt"
	"io"

	"github.com/xsam-go/xsam/models/onnx"
	"github.com/xsam-go/xsam/recipe"
)

// PrintNotes says what of a network of the user's own is not taken as it stands, unless quiet is set.
func PrintNotes(w io.Writer, r recipe.Recipe, quiet bool) {
	if quiet || !r.IsONNX() {
		return
	}
	file, err := onnx.Read(r.ModelPath())
	if err != nil {
		return // the run says it
	}
	for _, note := range file.Notes(r.Head) {
		fmt.Fprintf(w, "%s: %s\n", r.Model, note)
	}
}
