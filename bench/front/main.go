// Command front evaluates the runs of docs/studies/front-protocol.md, which says what each gradient spent on X-SAM's
// schedule buys.
//
//	go -C bench run ./front choose DIR             stage 1: a table of all settings, and the six that go on
//	go -C bench run ./front verdicts DIR…          stage 2: differences from SAM on each problem, and the verdicts
//	go -C bench run ./front tuned VALIDATION TEST  each method's best setting by validation, tested against SAM's
//
// A DIR holds the runs of one problem, as --out of xsam compare makes it. choose draws pictures with --out FOLDER.
// Everything is printed as Markdown.
//
//	main.go     the three verbs
//	choose.go   the rule of stage 1
//	verdicts.go differences at equal radius and at equal training loss, and the verdicts
//	tuned.go    differences with every method tuned
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/xsam-go/xsam/compare"
	"github.com/xsam-go/xsam/runlog"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "front:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	const usage = "want choose [--out FOLDER] DIR, verdicts DIR…, or tuned VALIDATION TEST"
	if len(args) == 0 {
		return errors.New(usage)
	}
	flags := flag.NewFlagSet("front "+args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "", "`folder` for the pictures of choose; without it none are drawn")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	dirs := flags.Args()
	switch {
	case args[0] == "choose" && len(dirs) == 1:
		return choose(dirs[0], *out, stdout)
	case args[0] == "verdicts" && len(dirs) > 0:
		return verdicts(dirs, stdout)
	case args[0] == "tuned" && len(dirs) == 2:
		return tuned(dirs[0], dirs[1], stdout)
	}
	return fmt.Errorf("%q: %s", args, usage)
}

// load reads the runs under a folder. It fails where there are none.
func load(dir string) ([]runlog.Summary, error) {
	runs, err := runlog.ReadRuns(dir)
	if err == nil && len(runs) == 0 {
		err = fmt.Errorf("%s holds no runs: give a folder that xsam compare --out wrote", dir)
	}
	return runlog.Summaries(runs), err
}

// row returns the row of a method, or an error that names what is missing.
func row(t *compare.Table, method string) (compare.Row, error) {
	for _, r := range t.Rows {
		if r.Method == method && r.N > 0 {
			return r, nil
		}
	}
	return compare.Row{}, fmt.Errorf("no finished run of %s", method)
}
