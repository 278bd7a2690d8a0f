package rig

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// inside is set in the environment of the test process that runs in a network namespace.
const inside = "TEST_NETWORK_NAMESPACE"

// Isolated is Main in a network namespace of its own, which ends with its process: the machine's other traffic is neither heard nor
// disturbed, and what the gateway sends to anybody else is seen. Loopback and an interface "far0" are up; far0 has the addresses, all
// of one /24 or, IPv6, one /64, and the default route. Without root nothing is isolated, and Inside is false.
func Isolated(m *testing.M, addresses ...string) int {
	if Inside() {
		if err := bringUp(addresses); err != nil {
			fmt.Fprintln(os.Stderr, "network namespace:", err)
			return 1
		}
		return Main(m)
	}
	if os.Geteuid() != 0 {
		return m.Run() // each test says that it is skipped
	}
	// The gateway is built here once, where modules that are not there yet can still be fetched.
	if out, err := exec.Command("go", "build", "-o", os.DevNull, "causeway/cmd/causeway").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	runtime.LockOSThread() // Pdeathsig follows the thread
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	if cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "network namespace:", err)
		return 1
	}
	return cmd.ProcessState.ExitCode()
}

// Inside reports that this process has its own network namespace.
func Inside() bool { return os.Getenv(inside) != "" }

// bringUp makes the loopback and a pair of virtual interfaces: browsers gather no candidates on a loopback alone.
func bringUp(addresses []string) error {
	commands := []string{"link set lo up", "link add far0 type veth peer name far1", "link set far0 up", "link set far1 up"}
	six := false
	for _, a := range addresses {
		if strings.Contains(a, ":") {
			commands, six = append(commands, "addr add "+a+"/64 dev far0 nodad"), true
			continue
		}
		commands = append(commands, "addr add "+a+"/24 dev far0")
	}
	commands = append(commands, "route add default dev far0")
	if six {
		commands = append(commands, "-6 route add default dev far0")
	}
	for _, c := range commands {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", c, err, out)
		}
	}
	return nil
}

// Needs skips a test, loudly, or fails it with CI set, where it has no namespace or lacks a foreign program.
func Needs(t *testing.T, programs ...string) {
	t.Helper()
	if !Inside() {
		Missing(t, "a network namespace needs root")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			Missing(t, p+" is not installed (make deps-test)")
		}
	}
}

// Missing skips a test, loudly, or fails it with CI set: what it needs is not there.
func Missing(t *testing.T, text string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(text)
	}
	t.Skip("SKIPPED, NOT TESTED: " + text)
}
