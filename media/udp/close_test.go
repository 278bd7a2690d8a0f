package udp

import (
	"errors"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestASocketClosedBehindItsLoop: its loop has closed it already; closing it again touches nothing, least of all the descriptors the loop
// had, which may belong to somebody else by then.
func TestASocketClosedBehindItsLoop(t *testing.T) {
	l, err := NewLoop(LoopOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run() }()
	s, err := l.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{}, func([]byte, netip.AddrPort, time.Time) {})
	if err != nil {
		t.Fatal(err)
	}
	for l.thread.Load() == 0 {
		runtime.Gosched()
	}
	l.Close()
	if err := <-ended; err != nil && !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	other := -1 // takes the number that the loop's wake-up descriptor had
	for range 64 {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		if fd == l.wake {
			other = fd
			break
		}
	}
	if other < 0 {
		t.Skip("something else of this program has taken the number")
	}
	s.Close()
	var b [8]byte
	if n, err := unix.Read(other, b[:]); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("closing the socket wrote %d octets into another descriptor: %v", n, b)
	}
}
