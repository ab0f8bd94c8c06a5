package backend

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gomlx/go-xla/installer"
)

// installCUDA installs JAX's CUDA plugin and NVIDIA's libraries through go-xla.
func installCUDA(ctx context.Context, opts InstallOptions) (string, error) {
	if !installer.HasNvidiaGPU() {
		return "", errors.New("backend: no NVIDIA GPU was found (no /dev/nvidia*, no nvidia-smi): nothing to install " +
			"CUDA for")
	}
	lib, err := installer.DefaultHomeLibPath()
	if err != nil {
		return "", fmt.Errorf("backend: no folder to keep the CUDA plugin in: %w: set HOME", err)
	}
	dir := filepath.Join(lib, "go-xla")
	fmt.Fprintln(opts.Out,
		"xsam: installing the CUDA plugin and NVIDIA's libraries (several gigabytes) through go-xla, in", dir)
	err = installThrough(ctx, "the CUDA plugin", func() error {
		return installer.CudaAutoInstall(dir, true, installer.Quiet)
	})
	return filepath.Join(dir, "nvidia", installer.NVIDIAPJRTPluginFileName), err
}
