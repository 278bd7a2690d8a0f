//go:build interop

package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
)

// Far is where a far party's SDP wants its RTP. From the first packet on it sends silence back to where that came from.
type Far struct {
	conn *net.UDPConn
	Mute atomic.Bool // sends nothing more

	mu      sync.Mutex // guards the following
	packets int
	payload byte // type of the last one
	more    chan struct{}
}

// NewFar opens one on an even port of host; the test's end closes it.
func NewFar(t *testing.T, host string) *Far {
	t.Helper()
	t.Helper()
	for {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(host)})
		if err != nil {
			t.Fatal(err)
		}
		if conn.LocalAddr().(*net.UDPAddr).Port%2 != 0 { // RTP is on even ports
			_ = conn.Close()
			continue
		}
		f := &Far{conn: conn, more: make(chan struct{})}
		done := make(chan struct{})
		go func() { defer close(done); f.run() }()
		t.Cleanup(func() { _ = conn.Close(); <-done })
		return f
	}
}

// Port is where RTP has to go.
func (f *Far) Port() int { return f.conn.LocalAddr().(*net.UDPAddr).Port }

func (f *Far) run() {
	b := make([]byte, 1500)
	silence := append([]byte{0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, bytes.Repeat([]byte{0xd5}, 160)...)
	var seq uint16
	for {
		n, from, err := f.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // an ICMP error: the gateway's port has closed
		}
		if n < 12 {
			continue
		}
		f.mu.Lock()
		f.packets++
		f.payload = b[1] & 0x7f
		close(f.more)
		f.more = make(chan struct{})
		f.mu.Unlock()
		if f.Mute.Load() {
			continue
		}
		seq++
		silence[2], silence[3] = byte(seq>>8), byte(seq)
		stamp := uint32(seq) * 160
		silence[4], silence[5], silence[6], silence[7] = byte(stamp>>24), byte(stamp>>16), byte(stamp>>8), byte(stamp)
		_, _ = f.conn.WriteToUDPAddrPort(silence, netip.AddrPortFrom(from.Addr(), from.Port()))
	}
}

// Hears waits for n more packets and returns the last one's payload type.
func (f *Far) Hears(ctx context.Context, n int) (byte, error) {
	f.mu.Lock()
	want := f.packets + n
	for f.packets < want {
		more := f.more
		f.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return 0, fmt.Errorf("no RTP came to port %d: %w", f.Port(), ctx.Err())
		}
		f.mu.Lock()
	}
	defer f.mu.Unlock()
	return f.payload, nil
}
