package keepmemory

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

const tunablesEnv = "GLIBC_TUNABLES"

// restartedEnv says that the program was started again: glibc takes its tunables out of the environment of privileged
// programs.
const restartedEnv = "XSAM_MEMORY_KEPT"

// tunables are settings of glibc's allocator under which a step does not pay for its memory anew: XLA allocates the
// buffers of each step and frees them afterwards, and left to itself the allocator returns them to the system, which
// clears every page of 4 kB again for the next step. docs/decisions/006-kept-memory.md has the figures.
var tunables = strings.Join([]string{
	"glibc.malloc.hugetlb=1",                  // ask for pages of 2 MB, where the system gives them to those who ask
	"glibc.malloc.mmap_max=0",                 // large blocks, too, come from memory that is kept
	"glibc.malloc.trim_threshold=17179869184", // of which nothing is returned while fewer than 16 GB of it are free
	"glibc.malloc.top_pad=67108864",           // and which grows by 64 MB at a time
}, ":")

// Restart starts the program again, in place of itself, with glibc's allocator set for training; a program cannot ask
// for large pages once it runs. And it binds the calling goroutine to the first thread of the process: the buffer of
// a step is allocated by the thread that calls for the step, and glibc keeps what is larger than 64 MB for its first
// thread only. It is for the first line of main.
//
// It does not start the program where the environment already says something of the allocator (GLIBC_TUNABLES, if
// only empty), as it does in the program that was started again. Where the start fails all goes on, more slowly.
func Restart() {
	if syscall.Gettid() == os.Getpid() { // as on the first line of main
		runtime.LockOSThread()
	}
	if _, chosen := os.LookupEnv(tunablesEnv); chosen {
		return
	}
	if _, restarted := os.LookupEnv(restartedEnv); restarted {
		return
	}
	self, err := os.Executable()
	if err != nil || strings.HasPrefix(filepath.Base(self), "ld-") { // the loader, where that was told to load the program
		return
	}
	_ = syscall.Exec(self, os.Args, append(os.Environ(), tunablesEnv+"="+tunables,
		restartedEnv+"=1")) // returns on failure only
}

// EnvironOfOthers returns the environment without what Restart added to it, for programs that choose their allocator
// themselves.
func EnvironOfOthers() []string {
	return slices.DeleteFunc(os.Environ(), func(setting string) bool {
		return setting == tunablesEnv+"="+tunables || strings.HasPrefix(setting, restartedEnv+"=")
	})
}
