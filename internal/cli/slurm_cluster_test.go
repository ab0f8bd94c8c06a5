//go:build linux

package cli

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xsam-go/xsam/internal/cli/internal/exit"
	"github.com/xsam-go/xsam/internal/testbackend"
)

// asCommand, in the environment, makes the test's binary the command xsam: tasks of Slurm call it as one.
const asCommand = "CLI_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		Main()
	}
	os.Exit(m.Run())
}

// cluster is a Slurm of one node, which is this machine, with everything of its own: keys, ports, folders.
type cluster struct {
	dir  string
	node string
}

// slurmConf is its configuration. More tasks at a time than there are processors are allowed, jobs have at most ten
// tasks, and no control group, account or message passing is asked for. It counts graphics processors, too.
const slurmConf = `ClusterName=test
SlurmctldHost=%[1]s(127.0.0.1)
SlurmctldPort=%[3]d
SlurmdPort=%[4]d
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[2]s/munge.socket
StateSaveLocation=%[2]s/state
SlurmdSpoolDir=%[2]s/spool
SlurmctldPidFile=%[2]s/slurmctld.pid
SlurmdPidFile=%[2]s/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=20
MaxArraySize=11
GresTypes=gpu
NodeName=%[1]s NodeAddr=127.0.0.1 CPUs=4 Gres=gpu:4 State=UNKNOWN
PartitionName=gpu Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`

// daemons are its programs, each after those that it needs.
var daemons = []string{"munged", "slurmctld", "slurmd"}

// startCluster starts one, which ends with the test. Without Slurm the test is skipped, where nothing says that it must
// be there.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	if !testbackend.Thorough() {
		t.Skip("it starts a Slurm of its own for a minute or two: with CI set, or XSAM_THOROUGH=1")
	}
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	for _, name := range append([]string{"sbatch"}, daemons...) {
		if _, err := exec.LookPath(name); err != nil || os.Getuid() != 0 {
			text := fmt.Sprintf("want Slurm, and root to start it (%v): .ci/install slurmctld slurmd slurm-client munge", err)
			if os.Getenv("CI") != "" {
				t.Fatal(text)
			}
			t.Skip(text)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{dir: t.TempDir()}
	c.node, _, _ = strings.Cut(host, ".")
	key := make([]byte, 1024)
	rand.Read(key)
	for name, contents := range map[string][]byte{
		"munge.key": key,
		"gres.conf": fmt.Appendf(nil, "Name=gpu File=%s/gpu[0-3]\n", c.dir), // which nobody opens
		"gpu0":      nil, "gpu1": nil, "gpu2": nil, "gpu3": nil,
		"slurm.conf": fmt.Appendf(nil, slurmConf, c.node, c.dir, freePort(t), freePort(t)),
	} {
		if err := os.WriteFile(filepath.Join(c.dir, name), contents, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"state", "spool"} {
		if err := os.Mkdir(filepath.Join(c.dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SLURM_CONF", filepath.Join(c.dir, "slurm.conf"))
	in := func(name string) string { return filepath.Join(c.dir, name) }
	c.daemon(t, "munged", "--foreground", "--force", "--socket="+in("munge.socket"), "--key-file="+in("munge.key"),
		"--pid-file="+in("munged.pid"), "--log-file="+in("munged.log"), "--seed-file="+in("munge.seed"))
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(in("munge.socket")); err == nil {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("munged is not ready: %s", c.logs())
		}
	}
	c.daemon(t, "slurmctld", "-D", "-c")
	c.daemon(t, "slurmd", "-D")
	c.wait(t, "an idle node", func() bool { return strings.Contains(c.call(t, "sinfo", "-h", "-o", "%T"), "idle") })
	t.Cleanup(func() { // before the daemons end
		c.call(t, "scancel", "--me")
		c.wait(t, "an empty queue", func() bool { return c.call(t, "squeue", "-h") == "" })
	})
	return c
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// daemon starts a program that ends with the test.
func (c *cluster) daemon(t *testing.T, name string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(c.dir, name+".out"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		kill.Stop()
		log.Close()
	})
}

// logs are the ends of what the daemons have printed.
func (c *cluster) logs() string {
	var b strings.Builder
	for _, name := range daemons {
		text, _ := os.ReadFile(filepath.Join(c.dir, name+".out"))
		fmt.Fprintf(&b, "\n%s: …%s", name, text[max(0, len(text)-1500):])
	}
	return b.String()
}

// call runs one of Slurm's commands and returns what it prints.
func (c *cluster) call(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Logf("%s %v: %v: %s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// wait waits until something holds.
func (c *cluster) wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(time.Minute); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("no %s after a minute\n%s\n%s", what, c.call(t, "squeue", "-r"), c.logs())
		}
	}
}

// state is that of a task, and the process of its script.
func (c *cluster) state(t *testing.T, task string) string {
	t.Helper()
	return c.call(t, "squeue", "-h", "-r", "-t", "all", "-j", task, "-o", "%T")
}

// waitFor waits until a task is in a state.
func (c *cluster) waitFor(t *testing.T, task, state string) {
	t.Helper()
	c.wait(t, task+" "+state, func() bool { return c.state(t, task) == state })
}

// hurry has a task start at once that Slurm holds back for two minutes, since it was put back into the queue.
func (c *cluster) hurry(t *testing.T, task string) {
	t.Helper()
	c.waitFor(t, task, "PENDING")
	c.call(t, "scontrol", "update", "JobId="+task, "StartTime=now+2") // at once it is taken for the one that was killed
	c.waitFor(t, task, "RUNNING")
}

// xsam is a call of the command, as a process of its own.
type call struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

// start starts xsam.
func (c *cluster) start(t *testing.T, args ...string) *call {
	t.Helper()
	x := &call{Cmd: exec.Command(os.Args[0], args...)}
	x.Env = append(os.Environ(), asCommand+"=1", "GLIBC_TUNABLES=")
	x.Stdout, x.Stderr = &x.stdout, &x.stderr
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	return x
}

// ends waits for its end with a code, and returns what it has printed.
func (x *call) ends(t *testing.T, code int) (stdout, stderr string) {
	t.Helper()
	kill := time.AfterFunc(3*time.Minute, func() { _ = x.Process.Kill() })
	defer kill.Stop()
	_ = x.Wait()
	if got := x.ProcessState.ExitCode(); got != code {
		t.Fatalf("%v: exit %d, want %d: %s%s", x.Args[1:], got, code, x.stdout.String(), x.stderr.String())
	}
	if code != exit.Done && x.stdout.Len() > 0 {
		t.Errorf("%v: stdout %q, want nothing", x.Args[1:], x.stdout.String())
	}
	return x.stdout.String(), x.stderr.String()
}
