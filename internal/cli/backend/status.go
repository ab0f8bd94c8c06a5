package backend

import (
	"fmt"
	"io"

	"github.com/xsam-go/xsam/backend"
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
