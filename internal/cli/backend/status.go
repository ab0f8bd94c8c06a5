package backend

import (
	"fmt"
	"io"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

// printStatus prints what there is.
func printStatus(w io.Writer, found backend.Found) error {
	fmt.Fprintf(w, "in use    %s\n\n", found.InUse())
	for _, p := range found.Plugins {
		state := "not installed"
		switch {
		case p.Installed() && p.Checked != nil:
			state = fmt.Sprintf("installed, but broken: %v", p.Checked)
		case p.Installed():
			state = fmt.Sprintf("installed, %d bytes, %s", p.Bytes, p.Word())
		}
		fmt.Fprintf(w, "%-9s %s\n", p.Engine, state)
		if p.Source != "" {
			fmt.Fprintf(w, "          from %s\n", p.Source)
		}
		if p.Path != "" {
			fmt.Fprintf(w, "          at %s\n", p.Path)
		}
	}
	fmt.Fprintf(w, "%-9s always there\n\n", "go")
	noInstall := "not set"
	if found.NoInstall {
		noInstall = "set: nothing is downloaded by itself"
	}
	fmt.Fprintf(w, "NVIDIA GPU             %s\n", yesNo(found.GPU))
	fmt.Fprintf(w, "GOMLX_BACKEND          %s\n", orNotSet(found.Setting))
	fmt.Fprintf(w, "GOMLX_NO_AUTO_INSTALL  %s\n", noInstall)
	_, err := fmt.Fprintf(w, "XLA_FLAGS              %s\n", orNotSet(found.XLAFlags))
	return err
}

// printJSON prints what there is for programs.
func printJSON(w io.Writer, found backend.Found) error {
	type plugin struct {
		Engine    string `json:"engine"`
		Installed bool   `json:"installed"`
		Problem   string `json:"problem,omitempty"`
		Path      string `json:"path,omitempty"`
		Source    string `json:"source,omitempty"`
		Bytes     int64  `json:"bytes,omitzero"`
		SHA256    string `json:"sha256,omitempty"`
	}
	out := struct {
		InUse     string   `json:"in_use"`
		Plugins   []plugin `json:"plugins"`
		GPU       bool     `json:"nvidia_gpu"`
		Setting   string   `json:"gomlx_backend,omitempty"`
		NoInstall bool     `json:"no_auto_install"`
		XLAFlags  string   `json:"xla_flags,omitempty"`
	}{found.InUse(), []plugin{}, found.GPU, found.Setting, found.NoInstall, found.XLAFlags}
	for _, p := range found.Plugins {
		one := plugin{p.Engine, p.Installed(), "", p.Path, p.Source, p.Bytes, p.SHA256}
		if p.Installed() && p.Checked != nil {
			one.Problem = p.Checked.Error()
		}
		out.Plugins = append(out.Plugins, one)
	}
	return show.JSON(w, out)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func orNotSet(s string) string {
	if s == "" {
		return "not set"
	}
	return s
}
