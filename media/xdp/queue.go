package xdp

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Choices of ours. At 100 000 packets/s a ring of 4096 lasts 40 ms; 2048 were seen to run over when the thread was not served for a while.
const (
	ringSize   = 4096
	frameSize  = 2048 // of which the kernel leaves 256 free when it receives
	frames     = 2 * ringSize
	turnSize   = 256 // datagrams handed over between two looks at anything else
	sendBuffer = 8 << 20
)

// queue is the AF_XDP socket of one queue of an interface: memory for frames, shared with the kernel, and four rings of their places.
//
//	kernel ──receive──▶ us ──fill──▶ kernel       the first half of the frames
//	us ──send──▶ kernel ──completion──▶ us        the second half
//
// The packet thread alone uses receive and fill; the lock guards send and completion.
type queue struct {
	fd     int
	index  int
	memory []byte // of the frames
	maps   [][]byte
	zero   bool // the driver reads and writes our frames itself

	receive, fill ring

	mu         sync.Mutex // guards the following
	send, done ring
	free       []uint64 // places of frames to send with
	pending    bool     // something was put on the send ring since the kernel was told

	received, sent atomic.Uint64
}

// ring is one side's view of a ring shared with the kernel.
type ring struct {
	producer, consumer, flags *uint32
	entries                   unsafe.Pointer
	mine                      uint32 // producer or consumer, whichever is ours
	theirs                    uint32 // as last seen
}

func (r *ring) address(i uint32) *uint64 {
	return (*uint64)(unsafe.Add(r.entries, uintptr(i&(ringSize-1))*8))
}

func (r *ring) descriptor(i uint32) *unix.XDPDesc {
	return (*unix.XDPDesc)(unsafe.Add(r.entries, uintptr(i&(ringSize-1))*unsafe.Sizeof(unix.XDPDesc{})))
}

func (r *ring) wantsWakeup() bool { return atomic.LoadUint32(r.flags)&unix.XDP_RING_NEED_WAKEUP != 0 }

// openQueue makes the socket of one queue and lends the kernel the frames to receive with.
func openQueue(ifindex, index int) (q *queue, err error) {
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open AF_XDP socket: %w", err)
	}
	q = &queue{fd: fd, index: index}
	defer func() {
		if err != nil {
			q.close()
			q = nil
		}
	}()
	if err := q.register(); err != nil {
		return q, err
	}
	if err := q.mapRings(); err != nil {
		return q, err
	}
	for i := range uint32(ringSize) {
		*q.fill.address(i) = uint64(i) * frameSize
		q.free = append(q.free, uint64(ringSize+i)*frameSize)
	}
	q.fill.mine = ringSize
	atomic.StoreUint32(q.fill.producer, ringSize)
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
	}
	addr := &unix.SockaddrXDP{Ifindex: uint32(ifindex), QueueID: uint32(index), Flags: unix.XDP_USE_NEED_WAKEUP} //nolint:gosec // small
	if err := unix.Bind(fd, addr); err != nil {
		return q, fmt.Errorf("bind AF_XDP socket to queue %d: %w", index, err)
	}
	var options uint32
	size := uint32(unsafe.Sizeof(options))
	if _, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_XDP, unix.XDP_OPTIONS, uintptr(unsafe.Pointer(&options)), uintptr(unsafe.Pointer(&size)), 0); errno == 0 {
		q.zero = options&unix.XDP_OPTIONS_ZEROCOPY != 0
	}
	return q, nil
}

// register gives the kernel the memory and the sizes of the rings.
func (q *queue) register() (err error) {
	q.memory, err = unix.Mmap(-1, 0, frames*frameSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE)
	if err != nil {
		return fmt.Errorf("take memory for frames: %w", err)
	}
	reg := unix.XDPUmemReg{Addr: uint64(uintptr(unsafe.Pointer(&q.memory[0]))), Len: uint64(len(q.memory)), Size: frameSize}
	// Kernels before 6.8 do not know the field of the metadata's length and take the shorter form only.
	for _, size := range []uintptr{unsafe.Sizeof(reg), unsafe.Offsetof(reg.Tx_metadata_len)} {
		_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(q.fd), unix.SOL_XDP, unix.XDP_UMEM_REG, uintptr(unsafe.Pointer(&reg)), size, 0)
		if err = nil; errno == 0 {
			break
		}
		if err = errno; !errors.Is(errno, unix.EINVAL) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("share memory for frames: %w", err)
	}
	for _, option := range []int{unix.XDP_UMEM_FILL_RING, unix.XDP_UMEM_COMPLETION_RING, unix.XDP_RX_RING, unix.XDP_TX_RING} {
		if err := unix.SetsockoptInt(q.fd, unix.SOL_XDP, option, ringSize); err != nil {
			return fmt.Errorf("size a ring: %w", err)
		}
	}
	return nil
}

// mapRings maps the four rings.
func (q *queue) mapRings() error {
	var off unix.XDPMmapOffsets
	size := uint32(unsafe.Sizeof(off))
	if _, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(q.fd), unix.SOL_XDP, unix.XDP_MMAP_OFFSETS, uintptr(unsafe.Pointer(&off)), uintptr(unsafe.Pointer(&size)), 0); errno != 0 {
		return fmt.Errorf("ask where the rings are: %w", errno)
	}
	for _, r := range []struct {
		ring  *ring
		at    unix.XDPRingOffset
		page  int64
		entry uint64
	}{
		{&q.receive, off.Rx, unix.XDP_PGOFF_RX_RING, uint64(unsafe.Sizeof(unix.XDPDesc{}))},
		{&q.send, off.Tx, unix.XDP_PGOFF_TX_RING, uint64(unsafe.Sizeof(unix.XDPDesc{}))},
		{&q.fill, off.Fr, unix.XDP_UMEM_PGOFF_FILL_RING, 8},
		{&q.done, off.Cr, unix.XDP_UMEM_PGOFF_COMPLETION_RING, 8},
	} {
		b, err := unix.Mmap(q.fd, r.page, int(r.at.Desc+ringSize*r.entry), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE) //nolint:gosec // some kilobytes
		if err != nil {
			return fmt.Errorf("map a ring: %w", err)
		}
		q.maps = append(q.maps, b)
		base := unsafe.Pointer(&b[0])
		r.ring.producer = (*uint32)(unsafe.Add(base, r.at.Producer))
		r.ring.consumer = (*uint32)(unsafe.Add(base, r.at.Consumer))
		r.ring.flags = (*uint32)(unsafe.Add(base, r.at.Flags))
		r.ring.entries = unsafe.Add(base, r.at.Desc)
	}
	return nil
}

// take hands at most a turn of received frames over, and gives them back to the kernel. Only the packet thread calls it.
func (q *queue) take(each func(frame []byte)) (taken int) {
	r := &q.receive
	r.theirs = atomic.LoadUint32(r.producer)
	n := min(r.theirs-r.mine, turnSize)
	if n == 0 {
		return 0
	}
	for i := range n {
		d := r.descriptor(r.mine + i)
		place := d.Addr
		if end := place + uint64(d.Len); end <= uint64(len(q.memory)) && end >= place {
			each(q.memory[place:end])
		}
		*q.fill.address(q.fill.mine + i) = place &^ (frameSize - 1) // as many as were lent: there is always room
	}
	r.mine += n
	atomic.StoreUint32(r.consumer, r.mine)
	q.fill.mine += n
	atomic.StoreUint32(q.fill.producer, q.fill.mine)
	if q.fill.wantsWakeup() {
		_, _, _ = unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(q.fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
	}
	q.received.Add(uint64(n))
	return int(n)
}

// put lets write fill a frame and puts it on the send ring; false when there is no frame: the kernel has not sent the last ones yet.
func (q *queue) put(h *hop, b []byte, e ends) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.free) == 0 {
		q.reclaim()
		if len(q.free) == 0 {
			return false
		}
	}
	place := q.free[len(q.free)-1]
	q.free = q.free[:len(q.free)-1]
	n := h.write(q.memory[place:place+frameSize], b, e)
	*q.send.descriptor(q.send.mine) = unix.XDPDesc{Addr: place, Len: uint32(n)} //nolint:gosec // below frameSize
	q.send.mine++
	atomic.StoreUint32(q.send.producer, q.send.mine)
	q.pending = true
	q.sent.Add(1)
	return true
}

// reclaim takes the frames back that the kernel has sent; the caller holds the lock.
func (q *queue) reclaim() {
	r := &q.done
	r.theirs = atomic.LoadUint32(r.producer)
	for ; r.mine != r.theirs; r.mine++ {
		q.free = append(q.free, *r.address(r.mine)&^(frameSize-1))
	}
	atomic.StoreUint32(r.consumer, r.mine)
}

// flush tells the kernel of what was put on the send ring.
func (q *queue) flush() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.pending {
		return
	}
	q.pending = false
	q.reclaim()
	// Without zero copy the call sends 32 frames itself and says EAGAIN while there are more, or while the interface takes none; a bound
	// keeps a stopped one from holding the thread.
	for range ringSize / 32 {
		if !q.send.wantsWakeup() {
			break
		}
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(q.fd), 0, 0, unix.MSG_DONTWAIT, 0, 0)
		if errno != unix.EAGAIN && errno != unix.EBUSY {
			break
		}
		if atomic.LoadUint32(q.send.consumer) == q.send.mine {
			break
		}
		q.reclaim()
		q.pending = true
	}
	if atomic.LoadUint32(q.send.consumer) == q.send.mine {
		q.pending = false
	}
	q.reclaim()
}

// close gives everything back.
func (q *queue) close() {
	_ = unix.Close(q.fd)
	for _, m := range q.maps {
		_ = unix.Munmap(m)
	}
	if q.memory != nil {
		_ = unix.Munmap(q.memory)
	}
	q.maps, q.memory = nil, nil
}

// drops counts what the kernel dropped for want of room.
func (q *queue) drops() uint64 {
	var st unix.XDPStatistics
	size := uint32(unsafe.Sizeof(st))
	if _, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(q.fd), unix.SOL_XDP, unix.XDP_STATISTICS, uintptr(unsafe.Pointer(&st)), uintptr(unsafe.Pointer(&size)), 0); errno != 0 {
		return 0
	}
	return st.Rx_dropped + st.Rx_ring_full
}
