package netsim

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// inside is set in the environment of the test process that has a network namespace of its own.
const inside = "NETSIM_NETWORK_NAMESPACE"

// Isolated is m.Run in a network namespace of its own, loopback up, which ends with its process. Without root nothing is isolated, and
// Inside is false.
func Isolated(m *testing.M) int { return IsolatedRun(m.Run) }

// IsolatedRun is Isolated for tests that do more than m.Run; run is called in the process with the namespace only.
func IsolatedRun(run func() int) int {
	if Inside() {
		if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "network namespace: %v: %s\n", err, out)
			return 1
		}
		return run()
	}
	if os.Geteuid() != 0 {
		return run()
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

// Wire is an Ethernet cable (veth) from this process's network namespace to another one, where nothing runs but what a test puts there.
type Wire struct {
	Near, Far string // the interfaces' names

	holder *exec.Cmd // the process that keeps the far namespace
	space  *os.File
}

// NewWire lays a cable between interfaces "near0" and "far0"; near and far are addresses with prefix lengths, such as 10.9.0.1/24, for its ends. It needs Isolated; without
// root the test is skipped, loudly, or fails with CI set.
func NewWire(t testing.TB, near, far []string) *Wire {
	t.Helper()
	return NewNamedWire(t, "near0", "far0", near, far)
}

// NewNamedWire is NewWire where there are several.
func NewNamedWire(t testing.TB, nearName, farName string, near, far []string) *Wire {
	t.Helper()
	if !Inside() {
		const text = "a network namespace needs root"
		if os.Getenv("CI") != "" {
			t.Fatal(text)
		}
		t.Skip("SKIPPED, NOT TESTED: " + text)
	}
	w := &Wire{Near: nearName, Far: farName}
	w.holder = exec.Command("cat") // which ends when this process does, however it does: its input is a pipe from here
	w.holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	hold, err := w.holder.StdinPipe()
	if err == nil {
		err = w.holder.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("ip", "link", "del", w.Near).Run()
		_ = hold.Close()
		_ = w.holder.Wait()
		if w.space != nil {
			_ = w.space.Close()
		}
	})
	if w.space, err = os.Open(fmt.Sprintf("/proc/%d/ns/net", w.holder.Process.Pid)); err != nil {
		t.Fatal(err)
	}
	w.Here(t, "ip", "link", "add", w.Near, "type", "veth", "peer", "name", w.Far, "netns", strconv.Itoa(w.holder.Process.Pid))
	for _, end := range []struct {
		run       func(testing.TB, ...string) string
		name      string
		addresses []string
	}{{w.Here, w.Near, near}, {w.There, w.Far, far}} {
		end.run(t, "ip", "link", "set", "lo", "up")
		for _, a := range end.addresses {
			command := []string{"ip", "addr", "add", a, "dev", end.name}
			if strings.Contains(a, ":") {
				command = append(command, "nodad")
			}
			end.run(t, command...)
		}
		end.run(t, "ip", "link", "set", end.name, "up")
	}
	w.Ready(t)
	return w
}

// Ready waits until the cable carries packets: the kernel notices a while after an end has come up that the other one is there, and until
// then it drops what is sent.
func (w *Wire) Ready(t testing.TB) {
	t.Helper()
	up := func(run func(testing.TB, ...string) string, name string) bool {
		return strings.Contains(run(t, "ip", "-o", "link", "show", name), "state UP")
	}
	for end := time.Now().Add(30 * time.Second); !up(w.Here, w.Near) || !up(w.There, w.Far); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the cable does not come up")
		}
	}
}

// Here runs a command in this namespace and returns what it says.
func (w *Wire) Here(t testing.TB, command ...string) string {
	t.Helper()
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v: %s", command, err, out)
	}
	return string(out)
}

// There runs a command in the far namespace and returns what it says.
func (w *Wire) There(t testing.TB, command ...string) string {
	t.Helper()
	return w.Here(t, append(w.enter(), command...)...)
}

// Command is a command that will run in the far namespace.
func (w *Wire) Command(command ...string) *exec.Cmd {
	all := append(w.enter(), command...)
	return exec.Command(all[0], all[1:]...)
}

func (w *Wire) enter() []string {
	return []string{"nsenter", "-n/proc/" + strconv.Itoa(w.holder.Process.Pid) + "/ns/net"}
}

// Listen opens a UDP socket in the far namespace. It may be used from anywhere.
func (w *Wire) Listen(addr netip.AddrPort) (*net.UDPConn, error) {
	type result struct {
		conn *net.UDPConn
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its goroutine
		if err := unix.Setns(int(w.space.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- result{nil, fmt.Errorf("enter the far namespace: %w", err)}
			return
		}
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
		done <- result{conn, err}
	}()
	r := <-done
	return r.conn, r.err
}
