package udp

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"causeway/media/packet"
)

// Bypass is a way of datagrams past the system's sockets, such as AF_XDP. The sockets stay bound: whatever the bypass does not take comes
// and goes by them, and nobody above notices which way a datagram took.
type Bypass interface {
	// Descriptors are readable while datagrams wait.
	Descriptors() []int
	// Receive hands over some datagrams of one descriptor; more tells that others may wait. b is valid until each returns.
	Receive(descriptor int, each func(b []byte, local, from netip.AddrPort)) (taken int, more bool)
	// Flush lets go what ways took.
	Flush()
	// Serve takes what comes to local from now on; false when it does not serve that address. What is sent has the code point dscp.
	Serve(local netip.AddrPort, dscp int) (Way, bool)
}

// Way is what a Bypass has for one socket. Safe for concurrent use.
type Way interface {
	// Send takes a datagram, without keeping b, or leaves it to the socket. It takes effect with Flush.
	Send(b []byte, to netip.AddrPort) bool
	Close()
}

// bypassed is a loop's side of its bypass.
type bypassed struct {
	Bypass

	loop    *Loop
	serving atomic.Bool // the thread is in a turn and will flush at its end
	each    func(b []byte, local, from netip.AddrPort)
	now     time.Time // of the turn

	mu      sync.Mutex                         // of those who write the following
	sockets [1 << 16]atomic.Pointer[[]*Socket] // by port; different addresses may share one
}

// bypassMark is the generation of a bypass's descriptors; sockets have others.
const bypassMark = -1

// newBypassed puts the bypass's descriptors under the loop's eyes.
func newBypassed(l *Loop, b Bypass) (*bypassed, error) {
	p := &bypassed{Bypass: b, loop: l}
	p.each = p.datagram
	for _, fd := range b.Descriptors() {
		ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd), Pad: bypassMark} //nolint:gosec // descriptors are small
		if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add lets the bypass serve a socket's address.
func (p *bypassed) add(s *Socket, dscp int) {
	way, ok := p.Serve(s.local, dscp)
	if !ok {
		return
	}
	p.edit(s.local.Port(), func(list []*Socket) []*Socket { return append(slices.Clone(list), s) })
	s.way.Store(&way)
}

// remove gives the address back to the socket.
func (p *bypassed) remove(s *Socket) {
	way := s.way.Swap(nil)
	if way == nil {
		return
	}
	(*way).Close()
	p.edit(s.local.Port(), func(list []*Socket) []*Socket {
		return slices.DeleteFunc(slices.Clone(list), func(o *Socket) bool { return o == s })
	})
}

// edit replaces the list of one port.
func (p *bypassed) edit(port uint16, change func([]*Socket) []*Socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var old []*Socket
	if list := p.sockets[port].Load(); list != nil {
		old = *list
	}
	if list := change(old); len(list) > 0 {
		p.sockets[port].Store(&list)
	} else {
		p.sockets[port].Store(nil)
	}
}

// receive serves one readable descriptor. One that is broken, as when its interface was removed, is looked at no more: it would be
// readable for ever. The sockets serve on.
func (p *bypassed) receive(ev *unix.EpollEvent, now time.Time) (taken int, more bool) {
	p.now = now
	taken, more = p.Receive(int(ev.Fd), p.each)
	if ev.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0 && taken == 0 {
		_ = unix.EpollCtl(p.loop.epoll, unix.EPOLL_CTL_DEL, int(ev.Fd), nil)
	}
	return taken, more
}

// datagram hands one datagram to its socket's handler, in the loop's buffer, as if it had been read from there.
func (p *bypassed) datagram(b []byte, local, from netip.AddrPort) {
	list := p.sockets[local.Port()].Load()
	if list == nil {
		return // closed meanwhile
	}
	for _, s := range *list {
		if s.local != local || s.writers.Load()&closedBit != 0 {
			continue
		}
		if len(b) > packet.MaxDatagram {
			s.oversize.Add(1)
			return
		}
		slot := p.loop.batch.next()
		s.deliver(slot[:copy(slot, b)], from, p.now)
		return
	}
}

// flushAfter is called by writers behind their last packet: inside a turn the thread will flush, outside nobody else does.
func (p *bypassed) flushAfter() {
	if !p.serving.Load() {
		p.Flush()
	}
}

// begin and end enclose a turn. The order in end matters: a writer that still saw the turn has its packet flushed here.
func (p *bypassed) begin() { p.serving.Store(true) }

func (p *bypassed) end() {
	p.serving.Store(false)
	p.Flush()
}

// isMedia tells RTP, RTCP and their secured forms by the first octet (RFC 7983 7). All else goes by the socket: it is rare, and keeps the
// system's knowledge of the neighbours alive.
func isMedia(b []byte) bool { return len(b) > 0 && b[0]>>6 == 2 }
