package xdp

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"causeway/media/demux"
)

// station is one address of ours on its interface, and how the others are reached from it.
type station struct {
	engine *Engine
	addr   netip.Addr
	device *device
	bit    byte                           // in the device's map of ports
	hops   *demux.Table[netip.Addr, *hop] // nil for those that go by the kernel
}

func newStation(e *Engine, d *device, addr netip.Addr, bit byte) *station {
	hash := func(a netip.Addr) uint8 { return demux.HashAddr(netip.AddrPortFrom(a, 0)) }
	return &station{engine: e, addr: addr, device: d, bit: bit, hops: demux.NewTable[netip.Addr, *hop](hash)}
}

// marks are what the packet threads and the resolver tell each other of a hop.
type marks struct {
	to   netip.Addr
	used atomic.Bool // since the resolver looked last
	gone atomic.Bool // another one, or none, stands in the table now
	// nudge lets one packet go by the kernel: it asks a neighbour that was not heard of lately whether it is still there.
	nudge atomic.Bool
}

// Way is the way of one address and port of ours past the kernel. Safe for concurrent use.
type Way struct {
	station *station
	port    uint16
	dscp    uint8
	last    atomic.Pointer[hop] // the one most packets want: most ports have one peer
	once    sync.Once
}

// Send sends a datagram with payload b, which it does not keep, to an address; false when the kernel's socket must: the next hop is not
// known, the datagram is too long for one packet, or the interface is busy. It takes effect with Flush.
func (w *Way) Send(b []byte, to netip.AddrPort) bool {
	h := w.last.Load()
	if h == nil || h.to != to.Addr() || h.gone.Load() {
		if h = w.find(to.Addr()); h == nil {
			return false
		}
	}
	if len(b) > h.most {
		return false
	}
	if !h.used.Load() {
		h.used.Store(true)
	}
	if h.nudge.Load() {
		h.nudge.Store(false)
		return false
	}
	return h.queue.put(h, b, ends{from: w.port, to: to.Port(), dscp: w.dscp})
}

func (w *Way) find(to netip.Addr) *hop {
	h, ok := w.station.hops.Load(to)
	if !ok {
		w.station.engine.resolver.ask(w.station, to)
	}
	if h != nil {
		if old := w.last.Load(); old == nil || old.gone.Load() {
			w.last.Store(h)
		}
	}
	return h
}

// Close lets the kernel have the port's datagrams again. Safe to call twice.
func (w *Way) Close() {
	w.once.Do(func() { w.station.serve(w.port, false) })
}

// serve turns a port on or off in the map that the program reads.
func (s *station) serve(port uint16, on bool) {
	d := s.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.filter.served == nil {
		return // the engine is closed
	}
	if on {
		d.filter.served[port] |= s.bit
	} else {
		d.filter.served[port] &^= s.bit
	}
}
