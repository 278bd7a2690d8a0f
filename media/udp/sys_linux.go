package udp

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls below never block (MSG_DONTWAIT, timeout 0) or do so for milliseconds, so they go straight to
// the kernel without telling Go's scheduler.

// pollNow is epoll_wait with timeout 0; -1 on any error.
func pollNow(epoll int, events []unix.EpollEvent) int { return poll(epoll, events, 0) }

// poll is epoll_wait that holds its place in Go's scheduler as Nap does, for at most so many milliseconds; -1 on any error.
func poll(epoll int, events []unix.EpollEvent, most uintptr) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), most, 0, 0)
	if errno != 0 {
		return -1
	}
	return int(n)
}

// Nap sleeps on the thread itself, holding its place in Go's scheduler: giving that up and taking it back a thousand times a second
// costs more than the packets do. The program has one place more for each thread that does so. A signal of the scheduler (preemption)
// ends the sleep early.
func Nap(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
}

// processorTime is what a thread of this process has used so far; 0 when there is none. The clock's number is made of the thread's as
// pthread_getcpuclockid(3) does it: the complement, CPUCLOCK_PERTHREAD and CPUCLOCK_SCHED.
func processorTime(thread int32) time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(^thread<<3|4|2, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// recvFrom reads one datagram; n is its real length even where b is shorter
// (MSG_TRUNC).
func recvFrom(fd int, b []byte, peer *unix.RawSockaddrAny) (n int, errno syscall.Errno) {
	size := uint32(unix.SizeofSockaddrAny)
	r, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(peer)), uintptr(unsafe.Pointer(&size)))
	return int(r), errno
}

// sendTo sends one datagram. An IPv4 address on an IPv6 socket is mapped.
func sendTo(fd int, b []byte, to netip.AddrPort, v6 bool) syscall.Errno {
	if len(b) == 0 {
		return unix.EINVAL
	}
	if v6 {
		sa := unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: to.Addr().As16()}
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], to.Port())
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
			uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
			uintptr(unsafe.Pointer(&sa)), unix.SizeofSockaddrInet6)
		return errno
	}
	addr := to.Addr().Unmap()
	if !addr.Is4() {
		return unix.EAFNOSUPPORT
	}
	sa := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: addr.As4()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&sa.Port))[:], to.Port())
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
		uintptr(unsafe.Pointer(&sa)), unix.SizeofSockaddrInet4)
	return errno
}

// send sends one datagram to the peer of a connected socket.
func send(fd int, b []byte) syscall.Errno {
	if len(b) == 0 {
		return unix.EINVAL
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return errno
}

// sendAgain is send, once more where an earlier datagram's ICMP error was all that it reported.
func sendAgain(fd int, b []byte) syscall.Errno {
	errno := send(fd, b)
	if errno == unix.ECONNREFUSED {
		errno = send(fd, b)
	}
	return errno
}

// sendMany sends datagrams to an address each and returns how many the system took; an error is the first one's.
func sendMany(fd int, list []message) (int, syscall.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd),
		uintptr(unsafe.Pointer(&list[0])), uintptr(len(list)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

// receiveMany reads the datagrams that wait, at most as many as the list is long; sizes are real ones (MSG_TRUNC).
func receiveMany(fd int, list []message) (int, syscall.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd),
		uintptr(unsafe.Pointer(&list[0])), uintptr(len(list)), unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0)
	return int(n), errno
}

func sockaddr(to netip.AddrPort, v6 bool) unix.Sockaddr {
	if v6 {
		return &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	}
	return &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().Unmap().As4()}
}

// addrPort reads the peer's address; a mapped one becomes IPv4.
func addrPort(sa *unix.RawSockaddrAny) (netip.AddrPort, bool) {
	switch sa.Addr.Family {
	case unix.AF_INET:
		a := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&a.Port))[:])
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), port), true
	case unix.AF_INET6:
		a := (*unix.RawSockaddrInet6)(unsafe.Pointer(sa))
		port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&a.Port))[:])
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), port), true
	}
	return netip.AddrPort{}, false
}
