package xdp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// maxQueues bounds the queues of one interface: each has 16 MB of frames.
const maxQueues = 64

// Config of the engine.
type Config struct {
	// Addresses of ours whose ports may be served: one of an Ethernet interface each. Doubles do not matter.
	Addresses []netip.Addr
	// Generic takes interfaces whose driver cannot run the program itself; the kernel then runs it later, with less gain.
	Generic bool
}

// Engine moves packets past the kernel's sockets on all interfaces it serves. Receive is for one thread; all else is safe for concurrent
// use.
type Engine struct {
	devices  []*device
	stations []*station
	resolver *resolver
	once     sync.Once
}

// device is one interface.
type device struct {
	name    string
	index   int
	mac     [6]byte
	generic bool
	locals  []netip.Addr
	filter  *filter
	link    link.Link
	queues  []*queue
	state   atomic.Pointer[linkState] // nil while the interface is away

	mu sync.Mutex // guards filter.served
}

// linkState is what may change of an interface.
type linkState struct {
	mac [6]byte
	mtu int
}

// refresh reads the interface's state.
func (d *device) refresh() {
	l, err := net.InterfaceByIndex(d.index)
	if err != nil || len(l.HardwareAddr) != 6 || l.Flags&net.FlagUp == 0 {
		d.state.Store(nil)
		return
	}
	d.state.Store(&linkState{mac: [6]byte(l.HardwareAddr), mtu: l.MTU})
}

// New loads the program on the interfaces of all addresses. The error says why the machine does not allow it; nothing is left behind then.
// The caller calls Close.
func New(cfg Config) (e *Engine, err error) {
	e = &Engine{}
	defer func() {
		if err != nil {
			e.Close()
			e = nil
		}
	}()
	if e.devices, err = find(cfg.Addresses); err != nil {
		return e, err
	}
	if e.resolver, err = newResolver(); err != nil {
		return e, err
	}
	for _, d := range e.devices {
		if err := d.open(cfg.Generic); err != nil {
			return e, fmt.Errorf("interface %s: %w", d.name, plain(err))
		}
		for i, a := range d.locals {
			e.stations = append(e.stations, newStation(e, d, a, 1<<i))
		}
	}
	return e, nil
}

// find groups the addresses by interface.
func find(addresses []netip.Addr) (devices []*device, err error) {
	links, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list the interfaces: %w", err)
	}
	for _, a := range addresses {
		l, err := holder(links, a)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(devices, func(d *device) bool { return d.index == l.Index })
		if i < 0 {
			i = len(devices)
			devices = append(devices, &device{name: l.Name, index: l.Index, mac: [6]byte(l.HardwareAddr)})
		}
		d := devices[i]
		if !slices.Contains(d.locals, a) {
			d.locals = append(d.locals, a)
		}
		if len(d.locals) > maxLocals {
			return nil, fmt.Errorf("interface %s has more than %d of the addresses", d.name, maxLocals)
		}
	}
	if len(devices) == 0 {
		return nil, errors.New("no address to serve")
	}
	return devices, nil
}

// holder finds the Ethernet interface of an address.
func holder(links []net.Interface, a netip.Addr) (net.Interface, error) {
	if !a.IsValid() || a.IsUnspecified() {
		return net.Interface{}, errors.New("an unspecified address belongs to no interface: name the addresses")
	}
	for _, l := range links {
		addrs, err := l.Addrs()
		if err != nil {
			continue
		}
		for _, p := range addrs {
			if n, ok := p.(*net.IPNet); !ok || !n.IP.Equal(a.AsSlice()) {
				continue
			}
			switch {
			case l.Flags&net.FlagLoopback != 0:
				return l, fmt.Errorf("%s is an address of the loopback interface", a)
			case len(l.HardwareAddr) != 6:
				return l, fmt.Errorf("interface %s of %s is no Ethernet interface", l.Name, a)
			}
			return l, nil
		}
	}
	return net.Interface{}, fmt.Errorf("no interface has the address %s", a)
}

// open loads and attaches the program, then puts a socket behind each queue.
func (d *device) open(generic bool) (err error) {
	d.refresh()
	n := receiveQueues(d.name)
	if n > maxQueues {
		return fmt.Errorf("it has %d receive queues; at most %d can be served (ethtool -L)", n, maxQueues)
	}
	if d.filter, err = newFilter(d.mac, d.locals, n); err != nil {
		return err
	}
	d.link, err = link.AttachXDP(link.XDPOptions{Program: d.filter.program, Interface: d.index, Flags: link.XDPDriverMode})
	if err != nil && generic {
		d.generic = true
		d.link, err = link.AttachXDP(link.XDPOptions{Program: d.filter.program, Interface: d.index, Flags: link.XDPGenericMode})
	}
	if err != nil {
		return fmt.Errorf("attach the program to the driver: %w", err)
	}
	for i := range n {
		q, err := openQueue(d.index, i)
		if i > 0 && n == maxQueues && errors.Is(err, unix.EINVAL) {
			break // the driver did not tell how many there are: so many
		}
		if err != nil {
			return err
		}
		d.queues = append(d.queues, q)
		if err := d.filter.attach(i, q.fd); err != nil {
			return err
		}
	}
	return nil
}

// receiveQueues counts an interface's receive queues: the card spreads packets over them, so each needs its socket. maxQueues where the
// driver does not tell; the system refuses those that are too many.
func receiveQueues(name string) int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return maxQueues
	}
	defer func() { _ = unix.Close(fd) }()
	channels := struct{ cmd, maxReceive, maxSend, maxOther, maxCombined, receive, send, other, combined uint32 }{cmd: unix.ETHTOOL_GCHANNELS}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&channels)}
	copy(request.name[:unix.IFNAMSIZ-1], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return maxQueues
	}
	return max(1, int(channels.receive)+int(channels.combined))
}

func (d *device) close() {
	if d.link != nil {
		_ = d.link.Close() // the kernel has everything again
	}
	for _, q := range d.queues {
		q.close()
	}
	if d.filter != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.filter.close()
	}
}

// Close gives all packets back to the kernel. Nothing may use the engine afterwards but Way.Close. Safe to call twice.
func (e *Engine) Close() {
	e.once.Do(func() {
		if e.resolver != nil {
			e.resolver.close()
		}
		for _, d := range e.devices {
			d.close()
		}
	})
}

// String names interfaces and modes, for one log line: "eth0 (driver, copy, 2 queues)".
func (e *Engine) String() string {
	var parts []string
	for _, d := range e.devices {
		mode, frames := "driver", "copy"
		if d.generic {
			mode = "generic"
		}
		if !slices.ContainsFunc(d.queues, func(q *queue) bool { return !q.zero }) {
			frames = "zero copy"
		}
		parts = append(parts, fmt.Sprintf("%s (%s, %s, %d queues)", d.name, mode, frames, len(d.queues)))
	}
	return strings.Join(parts, ", ")
}

// Descriptors are readable while packets wait.
func (e *Engine) Descriptors() (list []int) {
	for _, d := range e.devices {
		for _, q := range d.queues {
			list = append(list, q.fd)
		}
	}
	return list
}

// Receive hands over at most a turn of datagrams of one descriptor, and reports how many there were and whether more may wait. b is valid
// until each returns.
func (e *Engine) Receive(descriptor int, each func(b []byte, local, from netip.AddrPort)) (taken int, more bool) {
	for _, d := range e.devices {
		for _, q := range d.queues {
			if q.fd == descriptor {
				taken = q.take(func(frame []byte) {
					if local, from, b, ok := parse(frame); ok && len(b) > 0 {
						each(b, local, from)
					}
				})
				return taken, taken == turnSize
			}
		}
	}
	return 0, false
}

// Flush lets go what Send took.
func (e *Engine) Flush() {
	for _, d := range e.devices {
		d.queues[0].flush()
	}
}

// Serve takes the media that comes to one of our addresses from now on, instead of the socket that is bound to it; false when its
// interface is not served. What is sent from there has the code point dscp, 0..63 (RFC 2474).
func (e *Engine) Serve(local netip.AddrPort, dscp int) (*Way, bool) {
	for _, s := range e.stations {
		if s.addr == local.Addr() {
			s.serve(local.Port(), true)
			return &Way{station: s, port: local.Port(), dscp: uint8(dscp & 63)}, true //nolint:gosec // six bits
		}
	}
	return nil, false
}

// Stats counts packets; each figure only grows.
type Stats struct {
	Received, Sent uint64
	Dropped        uint64 // by the kernel, which had no place for them
}

// Stats returns the counters.
func (e *Engine) Stats() (s Stats) {
	for _, d := range e.devices {
		for _, q := range d.queues {
			s.Received += q.received.Load()
			s.Sent += q.sent.Load()
			s.Dropped += q.drops()
		}
	}
	return s
}
