package runlog

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// place is this boot of this machine, and the namespace of processes in it, "" when it is not known.
func place() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
}

// birth is when a process began, in ticks since the machine did, "" when it is not known or has ended.
func birth(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	name := bytes.LastIndexByte(text, ')') // which may hold blanks
	const state, starttime = 0, 19         // the third and the 22nd field, of which the name is the second
	fields := strings.Fields(string(text[name+1:]))
	if len(fields) <= starttime || strings.ContainsAny(fields[state], "ZX") { // its parent has not taken note yet
		return ""
	}
	return fields[starttime]
}
