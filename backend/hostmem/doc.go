// Package hostmem makes a program keep the memory that XLA's CPU engine frees, so that the next step finds it in place. It is
// imported for its effect:
//
//	import _ "github.com/xsam-go/xsam/backend/hostmem"
//
// XLA allocates the buffers of a step anew in every step. The C library (glibc) gives blocks of megabytes back to the system
// as soon as they are free, and the system clears every page of them before the next step may use it: 890,000 page faults
// and a tenth of the processor time in a short training of resnet8 at batch 128, a seventh of that with this package; see
// docs/decisions/004-memory-of-a-step.md.
//
// The effect is one on the whole process: its C allocations come from one heap (M_ARENA_MAX 1), large ones too (M_MMAP_MAX 0),
// and what was once used is not given back to the system before the end (M_TRIM_THRESHOLD −1). It has to happen before any
// second thread allocates, so it takes place while the program is loaded, and this is why it is a package of its own: who does
// not import it is not touched. Go's own memory is not affected.
//
// Nothing is done where the user chose otherwise, with one of the environment variables MALLOC_ARENA_MAX, MALLOC_MMAP_MAX_,
// MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ or GLIBC_TUNABLES, if only set to nothing; and on systems without glibc or
// programs built without cgo.
package hostmem
