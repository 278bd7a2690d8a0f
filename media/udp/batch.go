package udp

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"causeway/media/packet"
)

// batchSize is how many datagrams are read and handled before what they became is sent: a choice of ours. Receiving, our own work and
// sending each run long enough in the processor's caches, and whoever receives finds the next packet there before it goes to sleep, so that
// sending need not wake it for each.
const batchSize = 64

// slotSize keeps the buffers from meeting in the same places of the cache.
const slotSize = packet.BufferSize + 192

// batch is what a thread has read and not yet sent. Only the thread uses it.
//
//	slots  │ 0: sent to core │ 1: dropped, free again │ 2: sent to browser │ free ...
//	queue    {core socket, slot 0}, {access socket, slot 2, address}        -> flush
type batch struct {
	slots [batchSize * slotSize]byte
	used  int // slots whose datagrams wait in the queue, or were read with others and are to be handled
	queue [batchSize]waiting
	n     int // of the queue

	headers [batchSize]message // for sendmmsg and recvmmsg
	vectors [batchSize]unix.Iovec
	names   [batchSize]unix.RawSockaddrInet6
}

// message is struct mmsghdr.
type message struct {
	unix.Msghdr
	size uint32
	_    [4]byte
}

// waiting is a datagram to be sent. Its socket counts a writer as long.
type waiting struct {
	socket *Socket
	b      []byte
	to     netip.AddrPort // zero: to the peer the socket is connected to
}

// slot is the room of one datagram.
func (t *batch) slot(i int) []byte { return t.slots[i*slotSize:][:packet.BufferSize:packet.BufferSize] }

// next is the first free slot, after sending where there is none.
func (t *batch) next() []byte {
	if t.used == batchSize {
		t.flush()
	}
	return t.slot(t.used)
}

// owns reports whether b lies in a slot. Nobody but a handler has such a buffer, so whoever shows one runs on the loop's thread.
func (t *batch) owns(b []byte) bool {
	if cap(b) == 0 {
		return false
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	first := uintptr(unsafe.Pointer(&t.slots))
	return at >= first && at < first+uintptr(len(t.slots))
}

// circle is the loops of a group: what one of them has read may go out by a socket of another. Safe for concurrent use.
type circle struct {
	loops atomic.Pointer[[]*Loop]
}

// set replaces the loops.
func (c *circle) set(loops []*Loop) { c.loops.Store(&loops) }

// batchOf is the batch of the thread that a handler's buffer belongs to, nil for any other buffer. s is the socket it is to be sent by.
func (s *Socket) batchOf(b []byte) *batch {
	if t := &s.loop.batch; t.owns(b) {
		return t
	}
	c := s.loop.opt.circle
	if c == nil {
		return nil
	}
	for _, l := range *c.loops.Load() {
		if t := &l.batch; t.owns(b) {
			return t
		}
	}
	return nil
}

// put queues a datagram; false when it has to be sent at once.
func (t *batch) put(s *Socket, b []byte, to netip.AddrPort) bool {
	if t.n == batchSize || len(b) == 0 {
		return false
	}
	t.queue[t.n] = waiting{s, b, to}
	t.n++
	return true
}

// flush sends the queue: what goes by sockets of many peers with one call for each such socket, the rest one by one.
func (t *batch) flush() {
	for i := range t.queue[:t.n] {
		w := &t.queue[i]
		switch {
		case w.socket == nil: // went with an earlier one
		case w.to.IsValid():
			t.flushTo(w.socket, i)
		default:
			_ = w.socket.sent(sendAgain(w.socket.fd, w.b)) // counted
			*w = waiting{}
		}
	}
	t.n, t.used = 0, 0
}

// flushTo sends all that waits for socket s from entry first on.
func (t *batch) flushTo(s *Socket, first int) {
	n := 0
	for i := first; i < t.n; i++ {
		w := &t.queue[i]
		if w.socket != s || !w.to.IsValid() {
			continue
		}
		size := putSockaddr(&t.names[n], w.to, s.v6)
		t.vectors[n].Base = &w.b[0]
		t.vectors[n].SetLen(len(w.b))
		t.headers[n].Msghdr = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&t.names[n])), Namelen: size, Iov: &t.vectors[n]}
		t.headers[n].SetIovlen(1)
		n++
		*w = waiting{}
	}
	for at := 0; at < n; {
		done, errno := sendMany(s.fd, t.headers[at:n])
		if errno != 0 { // the first of them was not taken
			s.sendErrors.Add(1)
			done = 1
		}
		at += done
	}
	s.writers.Add(-int32(n)) //nolint:gosec // at most batchSize
}

// putSockaddr writes an address as the system wants it on a socket of the family, and returns its size. An IPv4 address on an IPv6
// socket is mapped.
func putSockaddr(name *unix.RawSockaddrInet6, to netip.AddrPort, v6 bool) uint32 {
	if v6 {
		*name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.Addr().As16()}
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&name.Port))[:], to.Port())
		return unix.SizeofSockaddrInet6
	}
	in := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
	*in = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.Addr().Unmap().As4()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&in.Port))[:], to.Port())
	return unix.SizeofSockaddrInet4
}

// receive reads up to n datagrams of a socket into the free slots and returns how many; sizes and senders are in headers and names.
func (t *batch) receive(fd, n int) (int, syscall.Errno) {
	for i := range n {
		t.vectors[i].Base = &t.slot(t.used + i)[0]
		t.vectors[i].SetLen(packet.MaxDatagram)
		t.headers[i].Msghdr = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&t.names[i])), Namelen: unix.SizeofSockaddrInet6, Iov: &t.vectors[i]}
		t.headers[i].SetIovlen(1)
	}
	return receiveMany(fd, t.headers[:n])
}
