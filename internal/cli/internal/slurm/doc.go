// Package slurm has tasks of Slurm make training runs: array jobs with a task a run, which goes on from its checkpoint
// whenever it is started again, and a wait for the records.
//
//	runs.go    runs that are submitted, and found again; wait.go: the wait for their records
//	submit.go  an array job and sbatch; options.go: what is passed on to it
//	script.go  what a task does
//	queue.go   what squeue says of tasks
//
// What is submitted is noted in the folder "slurm" beside the runs. A run is done when its record says so; Slurm is
// asked for what is still to come alone.
package slurm
