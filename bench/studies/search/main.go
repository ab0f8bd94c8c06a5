// Command search makes the runs of docs/studies/search-protocol.md, and their tables:
//
//	XSAM_DATA=folder go -C bench run ./studies/search screen OUT [PROBLEM...]    stage 1
//	XSAM_DATA=folder go -C bench run ./studies/search confirm OUT [PROBLEM...]   stage 2, with the forms the screen chose
//	go -C bench run ./studies/search table OUT                                   what is finished of both
//
// Runs can be stopped with Ctrl-C at any time and go on when the command is called again. Two processes may work on
// different problems.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/xsam-go/xsam/backend"
	"github.com/xsam-go/xsam/experiment"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "search:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("arguments %q: want screen, confirm or table, and a folder", args)
	}
	stage, out := args[0], args[1]
	if stage == "table" {
		return tables(os.Stdout, out)
	}
	if stage != "screen" && stage != "confirm" {
		return fmt.Errorf("stage %q: want screen, confirm or table", stage)
	}
	chosen, err := pick(stage, args[2:])
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	engine, err := backend.Open(ctx, backend.Options{Out: os.Stderr})
	if err != nil {
		return err
	}
	defer engine.Finalize()
	s := search{out: out, makeRuns: experiment.Here(ctx, engine, experiment.Options{
		Existing: experiment.Resume, Warn: func(text string) { tell("! %s", text) },
	})}
	if stage == "screen" {
		return s.screen(chosen)
	}
	return s.confirm(chosen)
}

// search makes the runs of both stages.
type search struct {
	out      string
	makeRuns experiment.Maker
}

// tell says on standard error what is done now.
func tell(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
