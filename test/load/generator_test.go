//go:build e2e || bench

package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/pion/rtp"
	"golang.org/x/sys/unix"

	"causeway/test/load/client"
)

// The generator: two threads, raw connected sockets, prepared buffers. One thread sends 50 packets a second for each call and
// direction, spread over 20 ms; the other waits for all sockets and reads. Each packet carries the time it was sent; when it arrived is the
// kernel's word (SO_TIMESTAMPNS), so that how long the generator takes to read it is not the gateway's delay.

// stream is one call's ends.
type stream struct {
	light  *client.Light
	access int            // connected socket towards the gateway's access port
	core   int            // towards the gateway's core port
	to     netip.AddrPort // that port
	seq    uint16
	marks  *marks // where sound is converted on its way

	in, out rtp.Header
	blind   bool // what comes is counted by its header only
}

// traffic is a set of streams through one gateway.
type traffic struct {
	streams []*stream
	ends    map[int32]*stream // by descriptor
	poll    int

	sent, received, broken atomic.Int64
	strange                atomic.Int64 // packets with the stamp of a stranger
	mu                     sync.Mutex   // guards the following
	delays                 []int32      // microseconds
	late                   []int32      // the same of converted sound
	keep                   bool

	sampled int   // SRTP of one call in so many is opened, and the delay taken; 0 for all
	sparse  int64 // only one packet of so many is sent, in each direction of each call; 0 for all

	turn atomic.Uint32 // of run: what is still under way from an earlier one does not count
}

func newTraffic(t *testing.T) *traffic {
	t.Helper()
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	g := &traffic{ends: map[int32]*stream{}, poll: poll}
	t.Cleanup(func() {
		for fd := range g.ends {
			_ = unix.Close(int(fd))
		}
		_ = unix.Close(poll)
	})
	return g
}

// newStream makes raw, connected sockets of a connected light client and an RTP socket, and closes the two.
func newStream(l *client.Light, far *net.UDPConn, to netip.AddrPort) (*stream, error) {
	s := &stream{light: l, to: to}
	var err error
	if s.access, err = raw(l.Conn, l.Peer); err != nil {
		return nil, err
	}
	if s.core, err = raw(far, to); err != nil {
		return nil, err
	}
	return s, nil
}

// take adds a call.
func (g *traffic) take(l *client.Light, far *net.UDPConn, to netip.AddrPort) error {
	s, err := newStream(l, far, to)
	if err != nil {
		return err
	}
	return g.add(s)
}

// set replaces the calls by others, which may be some of the same. Sockets of those that are gone are their owner's.
func (g *traffic) set(list []*stream) error {
	for fd, s := range g.ends {
		if !slices.Contains(list, s) {
			_ = unix.EpollCtl(g.poll, unix.EPOLL_CTL_DEL, int(fd), nil)
			delete(g.ends, fd)
		}
	}
	g.streams = g.streams[:0]
	for _, s := range list {
		if g.ends[int32(s.core)] == s {
			g.streams = append(g.streams, s)
		} else if err := g.add(s); err != nil {
			return err
		}
	}
	return nil
}

func (g *traffic) add(s *stream) error {
	for _, fd := range []int{s.access, s.core} {
		g.ends[int32(fd)] = s
		if err := unix.EpollCtl(g.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
			return fmt.Errorf("watch a socket: %w", err)
		}
	}
	s.blind = g.sampled > 1 && len(g.streams)%g.sampled != 0
	g.streams = append(g.streams, s)
	return nil
}

// raw takes a socket out of Go's poller.
func raw(conn *net.UDPConn, to netip.AddrPort) (fd int, err error) {
	control, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	err = errors.Join(control.Control(func(f uintptr) {
		if fd, err = unix.Dup(int(f)); err == nil {
			err = errors.Join(unix.Connect(fd, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}),
				unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
		}
	}), err)
	return fd, errors.Join(err, conn.Close())
}

const (
	packet  = 172 // G.711, 20 ms
	stampAt = 12  // where the payload starts: when it was sent
	turnAt  = 20  // in which run

	strangers = 0xdeadbeef // in the place of the run: nobody may ever receive it
)

// run sends for a while and returns after the last packets have come.
func (g *traffic) run(d time.Duration, keep bool) {
	g.mu.Lock()
	g.delays, g.late, g.keep = g.delays[:0], g.late[:0], keep
	g.mu.Unlock()
	g.turn.Add(1)
	g.sent.Store(0)
	g.received.Store(0)
	stop := make(chan struct{})
	var readers, senders sync.WaitGroup
	readers.Go(func() { g.read(stop) })
	senders.Go(func() { g.send(d) })
	senders.Wait()
	for n := int64(-1); n != g.received.Load(); time.Sleep(50 * time.Millisecond) { // what is under way
		n = g.received.Load()
	}
	close(stop)
	readers.Wait()
}

// send paces in steps of a millisecond.
func (g *traffic) send(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b := make([]byte, 256)
	began := time.Now()
	for step := int64(0); ; step++ {
		at := time.Duration(step) * time.Millisecond
		if at >= d {
			return
		}
		if wait := at - time.Since(began); wait > 0 {
			ts := unix.NsecToTimespec(int64(wait))
			_ = unix.Nanosleep(&ts, nil)
		}
		if g.sparse > 0 && step/20%g.sparse != 0 {
			continue
		}
		for i := int(step % 20); i < len(g.streams); i += 20 {
			g.both(g.streams[i], b)
		}
	}
}

// both sends one packet in each direction.
func (g *traffic) both(s *stream, b []byte) {
	s.seq++
	fill := func(ssrc uint32, law byte) {
		b[0], b[1] = 0x80, law
		binary.BigEndian.PutUint16(b[2:], s.seq)
		binary.BigEndian.PutUint32(b[4:], uint32(s.seq)*160)
		binary.BigEndian.PutUint32(b[8:], ssrc)
		binary.BigEndian.PutUint64(b[stampAt:], uint64(time.Now().UnixNano()))
		binary.BigEndian.PutUint32(b[turnAt:], g.turn.Load())
		if s.marks != nil {
			s.marks.put(b[stampAt:packet], s.seq, law)
		}
	}
	fill(4711, 0)
	if sealed, err := s.light.Out.EncryptRTP(b[:0], b[:packet], &s.out); err == nil {
		g.write(s.access, sealed)
	}
	fill(4712, s.law())
	g.write(s.core, b[:packet])
}

func (g *traffic) write(fd int, b []byte) {
	if _, _, errno := syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))); errno == 0 {
		g.sent.Add(1)
	}
}

// quantiles of the one-way delay, in milliseconds.
func (g *traffic) quantiles() (p50, p99, p999 float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.delays) == 0 {
		return 0, 0, 0
	}
	slices.Sort(g.delays)
	ms := func(q float64) float64 { return float64(quantile(g.delays, q)) / 1000 }
	return ms(0.5), ms(0.99), ms(0.999)
}

// converted is the median delay of converted sound, in milliseconds.
func (g *traffic) converted() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.late) == 0 {
		return 0
	}
	slices.Sort(g.late)
	return float64(quantile(g.late, 0.5)) / 1000
}

// marked counts a packet whose sound was converted: its number is in how loud it is.
func (g *traffic) marked(s *stream, b []byte, now int64) {
	if len(b) < packet {
		return
	}
	g.received.Add(1)
	sent, ok := s.marks.sent(b[stampAt:packet], b[1]&127)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.keep && ok {
		g.late = append(g.late, int32((now-sent)/1000))
	}
}

// law is the payload type that the far side sends and gets: 8, A-law, where sound is converted, else 0.
func (s *stream) law() byte {
	if s.marks != nil {
		return 8
	}
	return 0
}
