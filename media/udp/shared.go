package udp

import (
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// Shared is one address that all threads of a group read, each by a socket of its own (SO_REUSEPORT). A small program in the kernel
// chooses the socket by the datagram's source, so a source stays with one thread. It also makes it possible to close a socket without
// losing anything: first it gets no more datagrams, then it is read until it is empty, then it goes.
type Shared struct {
	open func(loop *Loop, addr netip.AddrPort) (*Socket, error)

	mu      sync.Mutex // guards the following
	addr    netip.AddrPort
	sockets []*Socket // of thread 0, 1, ...
	past    Stats     // of the sockets closed before
}

// Local is the bound address.
func (s *Shared) Local() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Stats sums the sockets' counters, those closed before included.
func (s *Shared) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.past
	for _, socket := range s.sockets {
		sum.add(socket.Stats())
	}
	return sum
}

func (s *Stats) add(more Stats) {
	s.Oversize += more.Oversize
	s.SendErrors += more.SendErrors
}

// join opens the address on one thread more. It gets nothing before steer says so.
func (s *Shared) join(loop *Loop) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	socket, err := s.open(loop, s.addr)
	if err != nil {
		return err
	}
	s.addr = socket.Local() // port 0 was chosen by the system: share that one
	s.sockets = append(s.sockets, socket)
	return nil
}

// leave closes the newest socket, which steer has emptied.
func (s *Shared) leave() {
	s.mu.Lock()
	last := s.sockets[len(s.sockets)-1]
	s.sockets = s.sockets[:len(s.sockets)-1]
	s.mu.Unlock()
	last.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past.add(last.Stats())
}

// steer spreads the sources over the first n sockets.
func (s *Shared) steer(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sockets[0].steer(n)
}

// netHeader is where a socket filter finds the IP header (SKF_NET_OFF, linux/filter.h).
const netHeader = 0xfff00000

// steering is the program: the source's port and the last 32 bits of its address, multiplied (Fibonacci hashing), modulo n. IPv4 options
// are read in place of the port; such datagrams are steered all the same, and always alike.
func steering(n int) []unix.SockFilter {
	const ld, ldh, ldb = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
	return []unix.SockFilter{
		{Code: ldb, K: netHeader},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: 0xf0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 0x60, Jt: 4},
		{Code: ldh, K: netHeader + 20}, // IPv4: the port behind a header of 20 octets
		{Code: unix.BPF_MISC | unix.BPF_TAX},
		{Code: ld, K: netHeader + 12},
		{Code: unix.BPF_JMP | unix.BPF_JA, K: 3},
		{Code: ldh, K: netHeader + 40}, // IPv6
		{Code: unix.BPF_MISC | unix.BPF_TAX},
		{Code: ld, K: netHeader + 20},
		{Code: unix.BPF_ALU | unix.BPF_XOR | unix.BPF_X},
		{Code: unix.BPF_ALU | unix.BPF_MUL | unix.BPF_K, K: 0x9e3779b1},
		{Code: unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K, K: 16},
		{Code: unix.BPF_ALU | unix.BPF_MOD | unix.BPF_K, K: uint32(n)}, //nolint:gosec // at most 64
		{Code: unix.BPF_RET | unix.BPF_A},
	}
}

// steer gives the program to the sockets that share s's address.
func (s *Socket) steer(n int) error {
	if s.writers.Add(1)&closedBit != 0 {
		s.writers.Add(-1)
		return ErrClosed
	}
	defer s.writers.Add(-1)
	program := steering(n)
	err := unix.SetsockoptSockFprog(s.fd, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}) //nolint:gosec // 15
	if err != nil {
		return fmt.Errorf("spread sources over %d sockets: %w", n, err)
	}
	return nil
}
