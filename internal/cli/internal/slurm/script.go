package slurm

import (
	"fmt"
	"strings"

	"github.com/xsam-go/xsam/internal/cli/internal/show"
)

// opening and ending are the script of a job around the commands of its tasks. Signals reach the shell alone (the
// notice of --signal=B, scancel --batch) or all processes of a task (a preemption, scontrol requeue): xsam saves at the
// first and takes no notice of the second. What has saved is put back into the queue, but for what Slurm puts there
// itself or its user has cancelled: that is no longer RUNNING. A task is named by array and number, since the number of
// one of them is that of the whole array too.
const (
	opening = `#!/bin/sh
# Written by xsam: a task makes the run of its number, and goes on with it when it is started again.
cd %s || exit
case $SLURM_ARRAY_TASK_ID in
`
	ending = `*) echo "no run has the number $SLURM_ARRAY_TASK_ID" >&2; exit 2 ;;
esac
run= stop=
trap 'stop=1; kill -TERM "$run" 2>/dev/null' TERM
"$@" &
run=$!
[ -z "$stop" ] || kill -TERM "$run" # that came before there was a run to stop
wait "$run"
code=$?
while kill -0 "$run" 2>/dev/null; do # a signal came, and wait ended before the run
	wait "$run"
	code=$?
done
task=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
case $code in
130 | 143) # stopped by a signal
	if [ "$(squeue --noheader --jobs="$task" --format=%T)" = RUNNING ]; then
		scontrol requeue "$task"
	fi
	;;
esac
exit "$code"
`
)

// script is that of a job whose tasks call the program, each with its arguments, in a folder.
func script(folder, program string, commands []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, opening, show.Quoted(folder))
	for i, arguments := range commands {
		fmt.Fprintf(&b, "%d) set -- %s %s ;;\n", i+1, show.Quoted(program), arguments)
	}
	b.WriteString(ending)
	return b.String()
}
