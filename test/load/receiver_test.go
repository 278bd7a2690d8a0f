//go:build e2e || bench

package load

import (
	"encoding/binary"
	"errors"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reading is what one recvmsg needs: the packet, and when the kernel had it.
type reading struct {
	msg     unix.Msghdr
	iov     unix.Iovec
	b       [2048]byte
	control [64]byte
}

func newReading() *reading {
	r := new(reading)
	r.iov.Base = &r.b[0]
	r.iov.SetLen(len(r.b))
	r.msg.Iov, r.msg.Control = &r.iov, &r.control[0]
	r.msg.SetIovlen(1)
	return r
}

// from reads one packet without waiting. at is Unix nanoseconds.
func (r *reading) from(fd int32) (b []byte, at int64, ok bool) {
	r.msg.SetControllen(len(r.control))
	n, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.msg)), unix.MSG_DONTWAIT)
	if errno != 0 {
		return nil, 0, false
	}
	head := (*unix.Cmsghdr)(unsafe.Pointer(&r.control[0]))
	if r.msg.Controllen < uint64(unix.CmsgLen(16)) || head.Level != unix.SOL_SOCKET || head.Type != unix.SCM_TIMESTAMPNS {
		return r.b[:n], time.Now().UnixNano(), true
	}
	when := (*unix.Timespec)(unsafe.Pointer(&r.control[unix.CmsgLen(0)]))
	return r.b[:n], when.Nano(), true
}

// read takes everything that comes until stop, once a millisecond: one that waits is woken by each packet, which its sender, the gateway,
// is charged for, as it is not where packets leave the machine.
func (g *traffic) read(stop <-chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	events, r := make([]unix.EpollEvent, 256), newReading()
	for {
		ts := unix.NsecToTimespec(int64(time.Millisecond))
		_ = unix.Nanosleep(&ts, nil)
		for n := len(events); n == len(events); {
			var err error
			if n, err = unix.EpollWait(g.poll, events, 0); err != nil && !errors.Is(err, unix.EINTR) {
				return
			}
			for _, e := range events[:max(n, 0)] {
				for b, at, ok := r.from(e.Fd); ok; b, at, ok = r.from(e.Fd) {
					g.arrived(g.ends[e.Fd], int(e.Fd), b, at)
				}
			}
		}
		select {
		case <-stop:
			return
		default:
		}
	}
}

// arrived counts RTP. RTCP is passed over (RFC 5761 4), checks are answered.
func (g *traffic) arrived(s *stream, fd int, b []byte, now int64) {
	switch {
	case len(b) < turnAt+4:
	case b[0] < 4:
		if res, ok := s.light.Response(b, s.light.Peer); ok {
			_, _ = unix.Write(fd, res)
		}
	case b[1] >= 192 && b[1] <= 223:
	case s.blind && fd == s.access:
		g.received.Add(1)
	default:
		if fd == s.access {
			var err error
			if b, err = s.light.In.DecryptRTP(b[:0], b, &s.in); err != nil {
				g.broken.Add(1)
				return
			}
		}
		if s.marks != nil {
			g.marked(s, b, now)
			return
		}
		switch binary.BigEndian.Uint32(b[turnAt:]) {
		case g.turn.Load():
		case strangers:
			g.strange.Add(1)
			return
		default:
			return
		}
		g.received.Add(1)
		if g.keep {
			g.delays = append(g.delays, int32((now-int64(binary.BigEndian.Uint64(b[stampAt:])))/1000)) //nolint:gosec // seconds at most
		}
	}
}
