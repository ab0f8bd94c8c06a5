// Package keepmemory starts a command again with glibc's allocator set for training, so that a step does not pay for
// its memory anew: docs/decisions/006. It is for commands of this project; a library does not start a program again.
package keepmemory
