package keepmemory_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/xsam-go/xsam/internal/keepmemory"
)

// unsettledEnviron is the environment with no word of the allocator, whether Restart or somebody else put it there.
func unsettledEnviron() []string {
	return slices.DeleteFunc(os.Environ(), func(setting string) bool {
		return strings.HasPrefix(setting, "GLIBC_TUNABLES=") || strings.HasPrefix(setting, "XSAM_MEMORY_KEPT=")
	})
}

// The program that is started again has the same arguments and environment and the settings, and goes on; one whose
// environment says something of the allocator is not started again.
func TestKeepMemory(t *testing.T) {
	const child, tunables = "XSAM_TEST_KEEP_MEMORY", "GLIBC_TUNABLES"
	if os.Getenv(child) != "" {
		before, chosen := os.LookupEnv(tunables)
		if !chosen {
			keepmemory.Restart()
			t.Fatal("Restart returned")
		}
		keepmemory.Restart()
		fmt.Printf("%d arguments, %s\n", len(os.Args), before)
		for _, setting := range keepmemory.EnvironOfOthers() {
			if strings.HasPrefix(setting, tunables) {
				fmt.Println("others:", setting)
			}
		}
		return
	}
	tests := []struct {
		name, set string
		want      []string
		others    bool // whether programs of others are told, too
	}{
		{"started again", "", []string{"2 arguments, glibc.malloc.", "hugetlb=1", "mmap_max=0", "trim_threshold=",
			"top_pad="}, false},
		{"left alone", tunables + "=glibc.malloc.arena_max=1", []string{"2 arguments, glibc.malloc.arena_max=1\n"}, true},
		{"left alone when empty", tunables + "=", []string{"2 arguments, \n"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestKeepMemory$")
			cmd.Env = append(unsettledEnviron(), child+"=1")
			if tt.set != "" {
				cmd.Env = append(cmd.Env, tt.set)
			}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("got %q, want it to contain %q", out, want)
				}
			}
			if got := strings.Contains(string(out), "others:"); got != tt.others {
				t.Errorf("got %q: environment of others says something of the allocator: %v, want %v", out, got, tt.others)
			}
		})
	}
}
