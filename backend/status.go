package backend

import (
	"os"

	"github.com/gomlx/compute"

	"github.com/xsam-go/xsam/internal/download"
)

// Found says which engines a computer has, without loading or downloading any.
type Found struct {
	Setting   string // $GOMLX_BACKEND, "" when not set
	XLAFlags  string // $XLA_FLAGS, "" when not set
	GPU       bool   // an NVIDIA GPU is there
	NoInstall bool   // GOMLX_NO_AUTO_INSTALL is set
	Plugins   []Plugin
}

// Plugin is one of XLA's plugins, installed or not.
type Plugin struct {
	Engine  string // "xla:cpu" or "xla:cuda"
	Path    string // where it is, or where it would be installed; "" when nobody can say
	Source  string // the package and version it comes from
	Bytes   int64  // its size; 0 when it is not installed
	SHA256  string // the checksum that it must have; "" when none is known, and nothing is checked
	Checked error  // nil, or what is wrong with the file
}

// Installed tells whether the plugin is on disk.
func (p Plugin) Installed() bool { return p.Bytes > 0 }

// Word says how far a plugin is known to be what was published.
func (p Plugin) Word() string {
	if p.SHA256 == "" {
		return "not checked: no checksum of it is known"
	}
	return "SHA-256 " + p.SHA256 + " as published"
}

// InUse says which engine is taken when none is named.
func (found Found) InUse() string {
	if found.Setting != "" && found.Setting != "auto" {
		return found.Setting + ", as GOMLX_BACKEND says"
	}
	usable := map[string]bool{}
	for _, p := range found.Plugins {
		usable[p.Engine] = p.Installed() && p.Checked == nil
	}
	switch {
	case found.GPU && usable["xla:cuda"]:
		return "xla:cuda"
	case usable["xla:cpu"]:
		return "xla:cpu"
	case found.NoInstall:
		return "go, slower than XLA: no plugin is installed, and GOMLX_NO_AUTO_INSTALL is set"
	default:
		return "xla:cpu, whose plugin the first command downloads"
	}
}

// Status looks for XLA's plugins, and reads the pinned one through to check it.
func Status() Found {
	m := thisMachine()
	return Found{
		Setting:   os.Getenv(compute.ConfigEnvVar),
		XLAFlags:  os.Getenv(xlaFlagsEnv),
		GPU:       m.gpu(),
		NoInstall: m.noInstall,
		Plugins:   []Plugin{cpuStatus(m), cudaStatus(m)},
	}
}

func cpuStatus(m machine) Plugin {
	p := Plugin{Engine: "xla:cpu", Source: "go-xla", Path: m.cpuPlugin()}
	if p.Path == "" {
		p.Path = goXLACPUPath()
		if pinnedWorksHere() {
			p.Path, p.Checked = pinnedPath()
		}
	}
	p.Bytes = download.Size(p.Path)
	if isPinned(p.Path) {
		p.Source = pinnedCPU.name + " " + pinnedCPU.version
		p.SHA256 = pinnedCPU.pluginSHA256
		if p.Installed() {
			p.Checked = pinnedCPU.readThrough(p.Path)
		}
	}
	return p
}

func cudaStatus(m machine) Plugin {
	path := m.cudaPlugin()
	return Plugin{Engine: "xla:cuda", Source: "JAX", Path: path, Bytes: download.Size(path)}
}
