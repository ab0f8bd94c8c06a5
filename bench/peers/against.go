package main

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/xsam-go/xsam/internal/keepmemory"
	"github.com/xsam-go/xsam/stepcost"
)

// sources are those of this command. They take the place of what another revision has here, which may not know how to
// serve.
//
//go:embed *.go
var sources embed.FS

// build returns this command as it is with the rest of the module at another revision, "." being the running program
// itself.
func build(ctx context.Context, revision, dir string, stderr io.Writer) (path string, err error) {
	if revision == "." {
		return os.Executable()
	}
	tree, here := filepath.Join(dir, "tree"), filepath.Join("bench", "peers")
	if err := extract(ctx, revision, tree, stderr); err != nil {
		return "", err
	}
	if err := os.RemoveAll(filepath.Join(tree, here)); err != nil {
		return "", err
	}
	for _, from := range []fs.FS{sources, files} {
		if err := os.CopyFS(filepath.Join(tree, here), from); err != nil {
			return "", err
		}
	}
	path = filepath.Join(dir, "peers")
	fmt.Fprintf(stderr, "building %s\n", revision)
	module, pkg := tree, "./bench/peers"
	if _, err := os.Stat(filepath.Join(tree, "bench", "go.mod")); err == nil { // since then bench is a module of its own
		module, pkg = filepath.Join(tree, "bench"), "./peers"
	}
	compile := exec.CommandContext(ctx, "go", "build", "-o", path, pkg)
	compile.Dir, compile.Stderr, compile.Env = module, stderr, keepmemory.EnvironOfOthers()
	if err := compile.Run(); err != nil {
		return "", fmt.Errorf("this command does not build with the module at %s: %w: choose a later revision", revision, err)
	}
	return path, nil
}

// extract writes the files of a revision of the repository around the working folder into a new folder.
func extract(ctx context.Context, revision, dir string, stderr io.Writer) error {
	locate := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel")
	locate.Stderr = stderr
	root, err := locate.Output()
	if err != nil {
		return fmt.Errorf("-against %s: git finds no repository: %w: go into a clone of this module", revision, err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	archive := filepath.Join(dir, "revision.tar")
	if err := do(ctx, stderr, "git", "-C", string(root[:len(root)-1]), "archive", "--output", archive,
		revision); err != nil {
		return fmt.Errorf("-against %s: %w: want a revision that git knows", revision, err)
	}
	return do(ctx, stderr, "tar", "-x", "-C", dir, "-f", archive)
}

// serving is what a build of this module says of itself before its first turn, and times what it says after the last.
type serving struct {
	Library string   `json:"library"`
	Methods []string `json:"methods"`
	Late    bool     `json:"late"`
}

type lateTimes struct {
	Parameters int                  `json:"parameters"`
	Seconds    map[string][]float64 `json:"seconds"`
	CPU        map[string][]float64 `json:"cpu_seconds"`
}

// serve is the other process: it trains one round for each line of in, and says at the end of in what they took. The
// round that comes before the first line is one more of warm-up.
func serve(text string, in io.Reader, out, stderr io.Writer) error {
	var s setting
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	// An interrupt is for the process that asks; this one ends with its input.
	ctx, end := context.WithCancel(context.Background())
	defer end()
	lines, answers := bufio.NewScanner(in), json.NewEncoder(out)
	var answer any = serving{Library: "xsam, " + s.Against, Methods: s.Methods, Late: true}
	result, err := s.bench(ctx, stderr, stepcost.Options{Rounds: stepcost.Most, Between: func(context.Context) error {
		if err := answers.Encode(answer); err != nil {
			return err
		}
		answer = struct{}{}
		if !lines.Scan() {
			end()
		}
		return lines.Err()
	}})
	if result == nil || err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	times := lateTimes{result.Parameters, map[string][]float64{}, map[string][]float64{}}
	for _, row := range result.Rows {
		times.Seconds[row.Method], times.CPU[row.Method] = row.RoundSeconds[1:], row.RoundCPUSeconds[1:]
	}
	return answers.Encode(times)
}
