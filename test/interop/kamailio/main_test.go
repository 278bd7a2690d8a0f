//go:build interop

package kamailio

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"causeway/test/rig"
)

// inside is set in the environment of the test process that runs in the namespace.
const inside = "TEST_KAMAILIO_NAMESPACE"

// Addresses of the namespace. They are fixed: nobody else is there.
const (
	gatewayIP  = "10.99.0.1" // the machine's first address; browsers and baresip, which bind to any, have it as well
	pcscfIP    = "10.99.0.2"
	icscfIP    = "10.99.0.3"
	scscfIP    = "10.99.0.4"
	hssIP      = "10.99.0.5"
	sippIP     = "10.99.0.7"
	strangerIP = "10.99.0.8" // a gateway the core does not know
	callerIP   = "10.99.0.9" // a second SIPp
	network    = "10.99.0.0/24"
)

// TestMain starts the tests again in a network namespace of their own, which ends with that process.
func TestMain(m *testing.M) {
	if os.Getenv(inside) != "" {
		if err := addresses(); err != nil {
			fmt.Fprintln(os.Stderr, "network namespace:", err)
			os.Exit(1)
		}
		os.Exit(rig.Main(m))
	}
	if os.Geteuid() != 0 {
		os.Exit(m.Run()) // each test says that it is skipped
	}
	// The gateway is built here once, where modules that are not there yet can still be fetched.
	if out, err := exec.Command("go", "build", "-o", os.DevNull, "causeway/cmd/causeway").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		os.Exit(1)
	}
	runtime.LockOSThread() // Pdeathsig follows the thread
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	if cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "network namespace:", err)
		os.Exit(1)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}

// addresses brings up the loopback and a pair of virtual interfaces: browsers gather no candidates on a loopback alone.
func addresses() error {
	commands := []string{"link set lo up", "link add far0 type veth peer name far1", "link set far0 up", "link set far1 up"}
	for _, a := range []string{gatewayIP, pcscfIP, icscfIP, scscfIP, hssIP, sippIP, strangerIP, callerIP} {
		commands = append(commands, "addr add "+a+"/24 dev far0")
	}
	commands = append(commands, "route add default dev far0")
	for _, c := range commands {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", c, err, out)
		}
	}
	return nil
}

// requirements skips, or fails with CI set, where a test cannot run, and returns after checking every foreign program.
func requirements(t *testing.T, programs ...string) {
	t.Helper()
	if os.Getenv(inside) == "" {
		missing(t, "a network namespace needs root")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			missing(t, p+" is not installed (make deps-test)")
		}
	}
}

func missing(t *testing.T, text string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(text)
	}
	t.Skip("SKIPPED, NOT TESTED: " + text)
}
