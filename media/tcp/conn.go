package tcp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"causeway/media/packet"
)

// Choices of ours.
const (
	header      = 2                // RFC 4571 2
	grace       = 10 * time.Second // from the connection to the first valid check
	stall       = 5 * time.Second  // a browser that takes nothing for so long is gone
	maxPending  = 16 << 10         // octets that wait for a slow one: two seconds of speech
	sendBuffer  = 32 << 10         // the system's, so that what is late is dropped here and not played late
	readBuffer  = 2 << 10
	renewMargin = 5 * time.Second // how rarely the read deadline is moved
)

// Errors of WriteTo.
var (
	ErrClosed = errors.New("connection is closed")
	ErrSlow   = errors.New("browser reads too slowly")
)

// Conn is one connection. Safe for concurrent use.
type Conn struct {
	listener *Listener
	inner    *net.TCPConn
	remote   netip.AddrPort
	trusted  atomic.Bool
	closed   atomic.Bool

	mu      sync.Mutex // guards the following
	raw     syscall.RawConn
	attempt func(fd uintptr) // sends frame; made once, so that sending allocates nothing
	frame   []byte
	sent    int
	failed  bool
	room    [header + packet.BufferSize]byte
	pending []byte // waits for the writer
	writing bool   // the writer runs
}

func newConn(l *Listener, inner *net.TCPConn, remote netip.AddrPort) (*Conn, error) {
	raw, err := inner.SyscallConn()
	if err != nil {
		return nil, err
	}
	_ = inner.SetWriteBuffer(sendBuffer) // the system's own choice does too
	c := &Conn{listener: l, inner: inner, remote: remote, raw: raw}
	c.attempt = func(fd uintptr) {
		n, err := unix.SendmsgN(int(fd), c.frame, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		c.sent, c.failed = max(n, 0), err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR)
	}
	return c, nil
}

// Remote is the browser's address as seen here.
func (c *Conn) Remote() netip.AddrPort { return c.remote }

// Trust says that a valid check came: the connection may stay. To be called from Sink.Frame.
func (c *Conn) Trust() {
	if c.trusted.CompareAndSwap(false, true) {
		c.listener.gate.Trust(c.remote.Addr())
		_ = c.inner.SetReadDeadline(time.Now().Add(c.listener.opt.Idle))
	}
}

// Trusted reports whether a valid check came.
func (c *Conn) Trusted() bool { return c.trusted.Load() }

// Close ends the connection without waiting; Sink.Gone follows. Safe to call twice.
func (c *Conn) Close() {
	if c.closed.CompareAndSwap(false, true) {
		_ = c.inner.Close()
	}
}

// read serves the connection until it ends.
func (c *Conn) read() {
	sink := c.listener.sink(c)
	defer sink.Gone()
	defer c.end()
	_ = c.inner.SetReadDeadline(time.Now().Add(grace))
	in := bufio.NewReaderSize(c.inner, readBuffer)
	var buf packet.Buffer
	renewed := time.Now()
	for {
		n, err := c.next(in, buf.Data[:packet.MaxDatagram])
		now := time.Now()
		if err != nil {
			c.count(err)
			return
		}
		sink.Frame(buf.Data[:n], now)
		if c.closed.Load() {
			return
		}
		if c.trusted.Load() && now.Sub(renewed) > renewMargin {
			renewed = now
			_ = c.inner.SetReadDeadline(now.Add(c.listener.opt.Idle))
		}
	}
}

// end closes the connection. The lock makes sure that no writer starts behind this goroutine's back.
func (c *Conn) end() {
	c.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listener.forget(c)
}

var (
	errOversize = errors.New("frame longer than a datagram")
	errEmpty    = errors.New("empty frame from a stranger")
)

func (c *Conn) count(err error) {
	switch {
	case errors.Is(err, errOversize):
		c.listener.counts.oversize.Add(1)
	case errors.Is(err, os.ErrDeadlineExceeded) && !c.trusted.Load():
		c.listener.counts.expired.Add(1)
	}
}

// next reads one frame. Empty ones mean nothing and are passed over (RFC 4571 2).
func (c *Conn) next(in *bufio.Reader, b []byte) (int, error) {
	for {
		head, err := in.Peek(header)
		if err != nil {
			return 0, err
		}
		n := int(binary.BigEndian.Uint16(head))
		_, _ = in.Discard(header) // was peeked
		switch {
		case n > len(b):
			return 0, errOversize
		case n > 0:
			_, err := io.ReadFull(in, b[:n])
			return n, err
		case !c.trusted.Load():
			return 0, errEmpty
		}
	}
}

// WriteTo sends one datagram, without blocking: what a slow browser does not take waits, and what finds no room there is lost, as
// on any network. The address is the connection's own, whatever is given.
func (c *Conn) WriteTo(b []byte, _ netip.AddrPort) error {
	if len(b) == 0 || len(b) > packet.BufferSize {
		return unix.EMSGSIZE
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return ErrClosed
	}
	binary.BigEndian.PutUint16(c.room[:], uint16(len(b))) //nolint:gosec // checked above
	frame := c.room[:header+copy(c.room[header:], b)]
	if c.writing {
		return c.queue(frame)
	}
	c.frame, c.sent, c.failed = frame, 0, false
	if err := c.raw.Control(c.attempt); err != nil || c.failed {
		c.Close()
		return ErrClosed
	}
	if c.sent == len(frame) {
		return nil
	}
	// A frame that was begun has to be finished, or the framing is lost.
	c.pending = append(c.pending, frame[c.sent:]...)
	c.writing = true
	c.listener.done.Go(c.write)
	return nil
}

// queue keeps a frame for the writer. The caller holds the lock.
func (c *Conn) queue(frame []byte) error {
	if len(c.pending)+len(frame) > maxPending {
		c.listener.counts.dropped.Add(1)
		return ErrSlow
	}
	c.pending = append(c.pending, frame...)
	return nil
}

// write empties what waits and ends when nothing does.
func (c *Conn) write() {
	var spare []byte
	for {
		c.mu.Lock()
		out := c.pending
		if c.pending = spare[:0]; len(out) == 0 || c.closed.Load() {
			c.pending, c.writing = nil, false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		_ = c.inner.SetWriteDeadline(time.Now().Add(stall))
		if _, err := c.inner.Write(out); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				c.listener.counts.slow.Add(1)
			}
			c.Close()
		}
		spare = out
	}
}
