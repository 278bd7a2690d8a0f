package access

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"causeway/media/packet"
)

// feedDepth is the number of datagrams a handshake may lag behind; a ClientHello
// of a browser takes two, a flight with certificates up to five.
const feedDepth = 16

// feed is the net.PacketConn pion/dtls reads from and writes to: the packet
// thread puts datagrams in, writes go to the nominated address.
type feed struct {
	write func(b []byte) error
	in    chan *packet.Buffer
	done  chan struct{}
	ready chan struct{} // closed when the reader may have what was put in
	once  sync.Once
	quiet atomic.Bool // what is written goes nowhere

	mu      sync.Mutex // guards the following
	expired chan struct{}
	cut     bool
}

func newFeed(write func(b []byte) error) *feed {
	return &feed{
		write: write, in: make(chan *packet.Buffer, feedDepth),
		done: make(chan struct{}), ready: make(chan struct{}), expired: make(chan struct{}),
	}
}

// open lets the reader have what is put in. Call it once.
func (f *feed) open() { close(f.ready) }

// put hands one datagram over; false when the queue is full (DTLS repeats).
func (f *feed) put(b *packet.Buffer) bool {
	select {
	case <-f.done:
	default:
		select {
		case f.in <- b:
			return true
		default:
		}
	}
	b.Release()
	return false
}

// ReadFrom waits for a datagram, the deadline or Close.
func (f *feed) ReadFrom(b []byte) (int, net.Addr, error) {
	f.mu.Lock()
	expired := f.expired
	f.mu.Unlock()
	select {
	case <-f.ready:
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	case <-f.done:
		return 0, nil, net.ErrClosed
	}
	select {
	case buf := <-f.in:
		n := copy(b, buf.Bytes())
		buf.Release()
		return n, f.LocalAddr(), nil
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	case <-f.done:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo sends to the nominated address whatever addr says.
func (f *feed) WriteTo(b []byte, _ net.Addr) (int, error) {
	// A datagram that cannot be sent is lost, not an error: DTLS repeats its
	// flights, and the pair may be nominated again meanwhile.
	if !f.quiet.Load() {
		_ = f.write(b)
	}
	return len(b), nil
}

// hush lets nothing be written any more, and reports whether the feed was open.
func (f *feed) hush() bool {
	f.quiet.Store(true)
	select {
	case <-f.done:
		return false
	default:
		return true
	}
}

// Close wakes the reader.
func (f *feed) Close() error {
	f.once.Do(func() { close(f.done) })
	return nil
}

// LocalAddr is a placeholder: DTLS has no use for addresses here.
func (f *feed) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(netip.AddrPort{}) }

// SetDeadline sets the read deadline; writes never wait.
func (f *feed) SetDeadline(t time.Time) error { return f.SetReadDeadline(t) }

// SetReadDeadline knows two values, as pion uses it: a time in the past ends
// waiting reads, the zero time allows reading again.
func (f *feed) SetReadDeadline(t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch past := !t.IsZero(); {
	case past && !f.cut:
		close(f.expired)
		f.cut = true
	case !past && f.cut:
		f.expired = make(chan struct{})
		f.cut = false
	}
	return nil
}

// SetWriteDeadline does nothing: writes never wait.
func (f *feed) SetWriteDeadline(time.Time) error { return nil }
