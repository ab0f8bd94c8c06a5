package backend

import (
	"os"
	"path/filepath"
)

// xlaFlagsEnv holds XLA's options. The plugin reads it with C's getenv when it makes its first client, and Go's
// os.Setenv sets C's environment too in a program with cgo, which go-xla needs anyway.
const xlaFlagsEnv = "XLA_FLAGS"

// PlanFlags returns an environment setting, "XLA_FLAGS=…", for another process with the same engine as this one. With
// it XLA writes into the folder dir what it makes of each program, the planned buffers among other things.
func PlanFlags(dir string) string {
	return xlaFlagsEnv + "=" + os.Getenv(xlaFlagsEnv) + " --xla_dump_to=" + dir + " --xla_dump_hlo_as_text"
}

// setDefault sets an environment variable unless it is set already, even to nothing.
func setDefault(key, value string) error {
	if _, chosen := os.LookupEnv(key); chosen {
		return nil
	}
	return os.Setenv(key, value)
}

// prepareCUDA tells XLA where NVIDIA's libraries are when the plugin lies in a JAX installation,
// SITE/jax_plugins/xla_cudaNN, whose libraries are in SITE/nvidia. go-xla looks for them beside the plugin only, and
// warns at length when they are not.
func prepareCUDA(plugin string) error {
	plugins := filepath.Dir(filepath.Dir(plugin))
	if filepath.Base(plugins) != "jax_plugins" {
		return nil
	}
	if err := setDefault("GOPJRT_CUDA_CHECKS", "no"); err != nil {
		return err
	}
	nvidia := filepath.Join(filepath.Dir(plugins), "nvidia")
	for _, sdk := range []string{"cu13", "cuda_nvcc"} { // CUDA 13, CUDA 12
		if dir := filepath.Join(nvidia, sdk); isDir(dir) {
			return setDefault(xlaFlagsEnv, "--xla_gpu_cuda_data_dir="+dir)
		}
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
