package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
)

// worker is a library's process. It stands still until a turn is asked of it.
type worker struct {
	cmd     *exec.Cmd
	ask     io.WriteCloser
	out     io.Reader
	answers *bufio.Scanner // the lines of out

	Library    string   `json:"library"`
	Parameters int      `json:"parameters"`
	Methods    []string `json:"methods"`
	Late       bool     `json:"late"` // it tells its times, and Parameters, after the last turn
	// seconds and cpu are times and processor times of a step in seconds, by method and round.
	seconds, cpu map[string][]float64
}

// startWorker starts a process, which builds and warms up its methods. The setting is its last argument. When ctx
// ends before that is done, so does the process.
func startWorker(ctx context.Context, cmd *exec.Cmd, s setting, stderr io.Writer) (*worker, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(cmd.Args[len(cmd.Args)-1])
	cmd.Args = append(cmd.Args, string(text))
	w := &worker{cmd: cmd, seconds: map[string][]float64{}, cpu: map[string][]float64{}}
	w.cmd.Stderr = stderr
	if w.out, err = w.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if w.ask, err = w.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	w.answers = bufio.NewScanner(w.out)
	w.answers.Buffer(nil, 1<<26) // times of many rounds are one line
	if err := w.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = w.cmd.Process.Kill() })
	defer stop()
	if err := w.read(w); err != nil {
		w.close()
		return nil, fmt.Errorf("%s did not start: %w", name, err)
	}
	return w, nil
}

// turn has every method of the worker train a few steps.
func (w *worker) turn() error {
	if _, err := io.WriteString(w.ask, "turn\n"); err != nil {
		return fmt.Errorf("%s: %w", w.Library, err)
	}
	var answer struct {
		Seconds map[string]float64 `json:"seconds"`
		CPU     map[string]float64 `json:"cpu_seconds"`
	}
	if err := w.read(&answer); err != nil {
		return fmt.Errorf("%s: %w", w.Library, err)
	}
	if w.Late {
		return nil
	}
	for _, method := range w.Methods {
		seconds, ok := answer.Seconds[method]
		if !ok {
			return fmt.Errorf("%s: no time of %s among %v", w.Library, method, answer.Seconds)
		}
		w.seconds[method] = append(w.seconds[method], seconds)
		w.cpu[method] = append(w.cpu[method], answer.CPU[method])
	}
	return nil
}

// finish takes in what the worker has kept for itself. No turn can follow.
func (w *worker) finish() error {
	if !w.Late {
		return nil
	}
	_ = w.ask.Close() // the worker's loop ends with its input
	var times lateTimes
	if err := w.read(&times); err != nil {
		return fmt.Errorf("%s: %w", w.Library, err)
	}
	w.Parameters, w.seconds, w.cpu = times.Parameters, times.Seconds, times.CPU
	return nil
}

// read takes in one line.
func (w *worker) read(to any) error {
	if !w.answers.Scan() {
		if err := w.answers.Err(); err != nil {
			return err
		}
		return fmt.Errorf("the process ended: see its messages above")
	}
	return json.Unmarshal(w.answers.Bytes(), to)
}

// close ends the process.
func (w *worker) close() {
	_ = w.ask.Close()                 // the worker ends with its input
	_, _ = io.Copy(io.Discard, w.out) // and may still have something to say
	_ = w.cmd.Wait()                  // how it ends says nothing about the times it gave
}
