package udp

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"causeway/media/packet"
)

// Handler takes one datagram on the loop's thread. b is the handler's until it
// returns and has packet.BufferSize octets of capacity; from is unmapped. A
// handler must not block.
type Handler func(b []byte, from netip.AddrPort, now time.Time)

// Options of a socket.
type Options struct {
	DSCP      int  // 0..63, put on every datagram sent (RFC 2474)
	Receive   int  // receive buffer, octets; 0 leaves the system's
	ReusePort bool // several loops read the same address (SO_REUSEPORT)
	// Burst is how many datagrams are read before the other sockets get their turn; 0 means one. A socket of one call hardly
	// ever has a second one, and looking for it costs a system call. A socket that all calls share needs as many as all other sockets
	// together get in a turn (TurnSize), or it starves beside them when the thread cannot serve everything.
	Burst int
	// Bypass lets the loop's bypass, if it has one, serve the socket's address.
	Bypass bool
}

// closedBit in Socket.writers forbids further writes; the other bits count the
// writes in progress.
const closedBit = 1 << 30

// Stats of a socket; each figure only grows.
type Stats struct {
	Oversize   uint64 // datagrams longer than packet.MaxDatagram, dropped
	SendErrors uint64 // datagrams the system did not take
}

// Socket is one UDP socket of a loop.
type Socket struct {
	loop       *Loop
	fd         int
	generation int32
	v6         bool
	local      netip.AddrPort
	handle     Handler
	burst      int
	peer       atomic.Pointer[netip.AddrPort] // of Connect
	way        atomic.Pointer[Way]            // past the system; nil without

	writers    atomic.Int32
	asked      atomic.Bool
	gone       chan struct{}
	oversize   atomic.Uint64
	sendErrors atomic.Uint64
}

// Open binds addr (port 0 lets the system choose) and starts delivering to
// handle when the loop runs. An unspecified IPv6 address takes IPv4 too.
func (l *Loop) Open(addr netip.AddrPort, opt Options, handle Handler) (*Socket, error) {
	v6 := !addr.Addr().Unmap().Is4()
	family := unix.AF_INET
	if v6 {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open UDP socket: %w", err)
	}
	s := &Socket{loop: l, fd: fd, v6: v6, handle: handle, burst: max(opt.Burst, 1), gone: make(chan struct{})}
	s.generation = generation()
	if err = s.prepare(addr, opt); err == nil {
		err = l.add(s)
	}
	if err == nil && opt.Bypass && l.bypass != nil {
		l.bypass.add(s, opt.DSCP)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return s, nil
}

// generation is any number unlikely to be that of the descriptor's last owner.
func generation() int32 { return int32(time.Now().UnixNano() & 0x7fffffff) } //nolint:gosec // 31 bits

func (s *Socket) prepare(addr netip.AddrPort, opt Options) error {
	if opt.ReusePort {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return fmt.Errorf("share UDP port: %w", err)
		}
	}
	if opt.Receive > 0 {
		// With CAP_NET_ADMIN net.core.rmem_max does not matter; without, the system caps it there, and less is not an error.
		if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, opt.Receive) != nil {
			_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, opt.Receive)
		}
	}
	if err := s.mark(opt.DSCP); err != nil {
		return err
	}
	var err error
	if s.v6 {
		both := 1
		if addr.Addr().IsUnspecified() {
			both = 0
		}
		if err = unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, both); err != nil {
			return fmt.Errorf("choose IP versions: %w", err)
		}
		err = unix.Bind(s.fd, &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()})
	} else {
		err = unix.Bind(s.fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().Unmap().As4()})
	}
	if err != nil {
		return fmt.Errorf("bind UDP %s: %w", addr, err)
	}
	return s.learnLocal()
}

// mark sets the DiffServ code point (RFC 2474; RFC 8837 for voice: EF).
func (s *Socket) mark(dscp int) error {
	if dscp == 0 {
		return nil
	}
	var err error
	if s.v6 {
		err = unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, dscp<<2)
	} else {
		err = unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_TOS, dscp<<2)
	}
	if err != nil {
		return fmt.Errorf("set DSCP %d: %w", dscp, err)
	}
	return nil
}

func (s *Socket) learnLocal() error {
	sa, err := unix.Getsockname(s.fd)
	if err != nil {
		return fmt.Errorf("read bound address: %w", err)
	}
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		s.local = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)) //nolint:gosec // a port
	case *unix.SockaddrInet6:
		s.local = netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port)) //nolint:gosec // a port
	}
	return nil
}

// Local is the bound address.
func (s *Socket) Local() netip.AddrPort { return s.local }

// Stats returns the socket's counters.
func (s *Socket) Stats() Stats {
	return Stats{Oversize: s.oversize.Load(), SendErrors: s.sendErrors.Load()}
}

// read takes what is there, at most a burst of datagrams, and returns how many there were.
func (s *Socket) read(now time.Time) (taken int) {
	if s.burst > 1 {
		return s.readMany(now)
	}
	if s.writers.Load()&closedBit != 0 {
		return 0
	}
	l := s.loop
	slot := l.batch.next()
	n, errno := recvFrom(s.fd, slot[:packet.MaxDatagram], &l.peer)
	if errno != 0 || n == 0 {
		return 0 // an ICMP error of an earlier datagram, which reading clears, or nothing
	}
	if n > packet.MaxDatagram {
		s.oversize.Add(1)
		return 0
	}
	from, ok := addrPort(&l.peer)
	if !ok {
		return 0
	}
	s.deliver(slot[:n], from, now)
	return 1
}

// deliver hands over the datagram in the batch's next slot, which is kept when it is to be sent on.
func (s *Socket) deliver(b []byte, from netip.AddrPort, now time.Time) {
	t := &s.loop.batch
	before := t.n
	s.handle(b, from, now)
	if t.n > before {
		t.used++
	}
}

// readMany is read of a socket that all calls share.
func (s *Socket) readMany(now time.Time) (taken int) {
	t := &s.loop.batch
	for read := 0; read < s.burst && s.writers.Load()&closedBit == 0; {
		t.next()
		first, asked := t.used, min(s.burst-read, batchSize-t.used)
		n, errno := t.receive(s.fd, asked)
		if errno == unix.EAGAIN {
			return taken
		}
		if errno != 0 {
			read++ // an ICMP error of an earlier datagram; reading clears it
			continue
		}
		t.used += n
		for i := range n {
			size := int(t.headers[i].size)
			from, ok := addrPort((*unix.RawSockaddrAny)(unsafe.Pointer(&t.names[i])))
			switch {
			case size > packet.MaxDatagram:
				s.oversize.Add(1)
			case size > 0 && ok && s.writers.Load()&closedBit == 0:
				taken++
				s.handle(t.slot(first + i)[:size], from, now)
			}
		}
		if read += n; n < asked {
			return taken
		}
	}
	return taken
}

// WriteTo sends b to an address of the socket's family, without blocking: a
// full send buffer loses the packet, as the network would. Safe for concurrent
// use and beside Close. What a handler was given is sent with others at the end of the turn: after WriteTo it is no longer the handler's,
// and an error shows in Stats alone.
func (s *Socket) WriteTo(b []byte, to netip.AddrPort) error {
	if s.writers.Add(1)&closedBit != 0 {
		s.writers.Add(-1)
		return ErrClosed
	}
	if way := s.way.Load(); way != nil && isMedia(b) && (*way).Send(b, to) {
		s.loop.bypass.flushAfter()
		s.writers.Add(-1)
		return nil
	}
	p := s.peer.Load()
	connected := p != nil && *p == to
	if t := s.batchOf(b); t != nil {
		if connected {
			to = netip.AddrPort{}
		} else if !s.v6 && !to.Addr().Unmap().Is4() {
			return s.sent(unix.EAFNOSUPPORT)
		}
		if t.put(s, b, to) {
			return nil
		}
	}
	if connected {
		return s.sent(sendAgain(s.fd, b))
	}
	return s.sent(sendTo(s.fd, b, to, s.v6))
}

// sent accounts for a datagram whose sending is over.
func (s *Socket) sent(errno syscall.Errno) error {
	s.writers.Add(-1)
	if errno != 0 {
		s.sendErrors.Add(1)
		return errno
	}
	return nil
}

// Connect makes to the socket's one peer: sending there costs less, and the system drops what comes from anybody else before it wakes
// this program. It may be called again for another peer. What came before from others may still be delivered.
func (s *Socket) Connect(to netip.AddrPort) error {
	if s.writers.Add(1)&closedBit != 0 {
		s.writers.Add(-1)
		return ErrClosed
	}
	defer s.writers.Add(-1)
	s.peer.Store(nil)
	if err := unix.Connect(s.fd, sockaddr(to, s.v6)); err != nil {
		return fmt.Errorf("connect to %s: %w", to, err)
	}
	s.peer.Store(&to)
	return nil
}

// Close stops the socket and waits until its handler runs no more and the port
// is free. Safe to call twice. It must not be called from a handler.
func (s *Socket) Close() {
	s.writers.Or(closedBit)
	if s.asked.CompareAndSwap(false, true) {
		s.loop.ask(s)
	}
	<-s.gone
}
