//go:build !(linux && amd64)

package backend

import (
	"context"
	"errors"
)

// installCUDA fails: go-xla installs CUDA on 64-bit x86 Linux only.
func installCUDA(context.Context, InstallOptions) (string, error) {
	return "", errors.New("backend: CUDA can be installed on 64-bit x86 Linux only: give the path of a PJRT plugin " +
		"instead (--backend PATH)")
}
