package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/xsam-go/xsam/internal/keepmemory"
)

//go:embed *.py requirements.txt requirements-cuda.txt
var files embed.FS

const requirements = "requirements.txt"

// wanted is the text of the requirements for a device.
func wanted(device string) ([]byte, error) {
	want, err := files.ReadFile(requirements)
	if err != nil || device != cuda {
		return want, err
	}
	more, err := files.ReadFile("requirements-cuda.txt")
	return append(want, more...), err
}

// environment returns the Python of an environment with what the requirements for a device ask for. It is built where
// it is not there yet or was built for other requirements. An empty dir stands for a folder in the user's cache.
func environment(ctx context.Context, dir, device string, stderr io.Writer) (python string, err error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no folder for the Python environment: %w: name one with -venv", err)
		}
		dir = filepath.Join(cache, "xsam", "peers")
		if device == cuda {
			dir += "-" + cuda
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	python = filepath.Join(dir, "bin", "python")
	want, err := wanted(device)
	if err != nil {
		return "", err
	}
	done := filepath.Join(dir, requirements) // a copy, written when all is installed
	if have, err := os.ReadFile(done); err == nil && string(have) == string(want) {
		return python, nil
	}
	fmt.Fprintf(stderr, "building a Python environment in %s; this takes minutes and about 6 GB\n", dir)
	pending := filepath.Join(dir, "pending-"+requirements)
	if err := do(ctx, stderr, "python3", "-m", "venv", dir); err != nil {
		return "", fmt.Errorf("%w: Python 3.11 or later with its venv module must be there", err)
	}
	if err := os.WriteFile(pending, want, 0o644); err != nil {
		return "", err
	}
	if err := do(ctx, stderr, python, "-m", "pip", "install", "--quiet", "--requirement", pending); err != nil {
		return "", fmt.Errorf("%w: the Python registry must be within reach", err)
	}
	return python, os.Rename(pending, done)
}

func do(ctx context.Context, stderr io.Writer, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = stderr, stderr, keepmemory.EnvironOfOthers()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, args[len(args)-1], err)
	}
	return nil
}

// temporary makes a folder for what the workers need; remove deletes it. What cannot be deleted is left to the system.
func temporary() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "xsam-peers-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// writeScripts puts the Python files into a folder.
func writeScripts(dir string) error {
	names, err := fs.Glob(files, "*.py")
	for _, name := range names {
		text, readErr := files.ReadFile(name)
		err = errors.Join(err, readErr, os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	return err
}
