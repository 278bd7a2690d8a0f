package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ErrUnavailable says that tcpdump or tshark is missing, or that this user may not capture.
var ErrUnavailable = errors.New("capturing is not possible here")

// startLimit is how long tcpdump may take to listen, and to end.
const startLimit = 30 * time.Second

// Recording is a running capture.
type Recording struct {
	path string
	cmd  *exec.Cmd
	dead chan struct{}
	once sync.Once
	err  error

	mu  sync.Mutex
	out bytes.Buffer
}

// Start records what passes an interface and a filter (pcap-filter(7)) until Stop, or until the test ends. It returns once
// packets are being taken. The test is skipped loudly where capturing is not possible, and fails there with CI set.
func Start(t testing.TB, iface, filter string) *Recording {
	t.Helper()
	r, err := New(filepath.Join(t.TempDir(), "capture.pcap"), iface, filter)
	if errors.Is(err, ErrUnavailable) && os.Getenv("CI") == "" {
		t.Skip("SKIPPED, NOT TESTED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.stop() }) // a second stop; the first one's error was told
	return r
}

// New is Start without a test, into a file of the caller's.
func New(file, iface, filter string) (*Recording, error) {
	program, err := exec.LookPath("tcpdump")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r := &Recording{path: file, dead: make(chan struct{})}
	// In immediate mode, without which the last packets are lost at the end, each packet takes as much of the buffer as the longest may,
	// and on a loopback twice: this is room for 10 s of a call's packets, should the machine stall. No TCP segment here is longer.
	r.cmd = exec.Command(program, "-i", iface, "-U", "--immediate-mode", "-B", "65536", "-s", "32000", "-n", "-Z", "root", "-w", file, filter)
	r.cmd.Stdout, r.cmd.Stderr = r, r
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("tcpdump: %w", err)
	}
	go func() { _ = r.cmd.Wait(); close(r.dead) }() // its exit code says less than its words
	limit := time.After(startLimit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(r.said(), "listening on") {
		select {
		case <-tick.C:
		case <-r.dead:
			return nil, fmt.Errorf("%w: tcpdump: %s", ErrUnavailable, r.said())
		case <-limit:
			_ = r.cmd.Process.Kill()
			<-r.dead
			return nil, fmt.Errorf("tcpdump does not listen: %s", r.said())
		}
	}
	return r, nil
}

// Write takes tcpdump's words.
func (r *Recording) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.Write(b)
}

func (r *Recording) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.String()
}

// Stop ends the recording and returns its file. Packets that were lost on the way into the file fail the test.
func (r *Recording) Stop(t testing.TB) string {
	t.Helper()
	file, err := r.stop()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// SoFar writes the packets that are in the file by now to another one, which ends with the test, and returns it: while a recording goes
// on, its last packet may be there in part.
func (r *Recording) SoFar(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	const fileHeader, packetHeader = 24, 16
	end := min(fileHeader, len(b))
	for end+packetHeader <= len(b) {
		next := end + packetHeader + int(binary.NativeEndian.Uint32(b[end+8:])) // tcpdump writes in the machine's order
		if next > len(b) {
			break
		}
		end = next
	}
	file := filepath.Join(t.TempDir(), "so-far.pcap")
	if err := os.WriteFile(file, b[:end], 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (r *Recording) stop() (string, error) {
	r.once.Do(func() {
		_ = r.cmd.Process.Signal(syscall.SIGINT) // it may have ended already; its words tell
		select {
		case <-r.dead:
		case <-time.After(startLimit):
			_ = r.cmd.Process.Kill()
			<-r.dead
		}
		if s := r.said(); !strings.Contains(s, "\n0 packets dropped by kernel") {
			r.err = fmt.Errorf("tcpdump lost packets: %s", s)
		}
	})
	return r.path, r.err
}
