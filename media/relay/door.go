package relay

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"causeway/media/demux"
	"causeway/media/tcp"
)

// Choices of ours.
const (
	strangerRate  = 50               // requests per second and source that are looked at without an allocation
	strangerBurst = 100              //
	grace         = 10 * time.Second // from a connection to its allocation, and from the end of one to another
	stall         = 5 * time.Second  // a browser that takes nothing for so long is gone
	breath        = 10 * time.Millisecond
)

// door is the UDP socket with a limit on strangers before it.
type door struct {
	net.PacketConn
	server  *Server
	limiter demux.Limiter
}

// ReadFrom returns the next datagram that may be looked at: anything of a browser with an allocation, of others requests only, and
// not too many.
func (d *door) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := d.PacketConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		addr := addrPort(from)
		switch {
		case d.server.knows(originOf(from, d.LocalAddr())):
			return n, from, nil
		case demux.Classify(b[:n]) != demux.STUN:
			d.server.counts.strangers.Add(1)
		case !d.limiter.Allow(addr.Addr(), time.Now()):
			d.server.counts.limited.Add(1)
		default:
			return n, from, nil
		}
	}
}

// gated is a listener with a limit on connections that have no allocation yet.
type gated struct {
	net.Listener
	server *Server
	gate   tcp.Gate

	mu   sync.Mutex // guards the following
	open map[*guest]struct{}
	shut bool
}

// guest is one connection.
type guest struct {
	net.Conn
	door  *gated
	from  origin
	timer *time.Timer
	once  sync.Once

	mu      sync.Mutex // guards the following
	trusted bool       // it had an allocation
	holds   bool       // it has one
	closed  bool
}

// Accept returns the next connection there is room for. An error is final for who calls it, so only the end of the listener is one; where
// the system is out of descriptors, it tries again a little later.
func (g *gated) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil:
			time.Sleep(breath)
			continue
		}
		from := originOf(c.RemoteAddr(), c.LocalAddr())
		if !g.gate.Enter(from.addr.Addr()) {
			g.server.counts.refused.Add(1)
			_ = c.Close()
			continue
		}
		k := &guest{Conn: c, door: g, from: from}
		k.timer = time.AfterFunc(grace, k.expire)
		if g.keep(k) {
			g.server.meet(k)
			return k, nil
		}
		_ = k.Close()
	}
}

func (g *gated) keep(k *guest) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return false
	}
	g.open[k] = struct{}{}
	return true
}

// Close ends the listener and its connections.
func (g *gated) Close() error {
	err := g.Listener.Close()
	g.mu.Lock()
	g.shut = true
	list := make([]*guest, 0, len(g.open))
	for k := range g.open {
		list = append(list, k)
	}
	g.mu.Unlock()
	for _, k := range list {
		_ = k.Close()
	}
	return err
}

// expire closes a connection that made no allocation in time.
func (k *guest) expire() {
	k.mu.Lock()
	stays := k.holds || k.closed
	k.mu.Unlock()
	if !stays {
		k.door.server.counts.expired.Add(1)
		_ = k.Close()
	}
}

// trust lets the connection stay: it has an allocation.
func (k *guest) trust() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.holds = true
	k.timer.Stop()
	if !k.trusted && !k.closed {
		k.trusted = true
		k.door.gate.Trust(k.from.addr.Addr())
	}
}

// doubt gives the connection its time anew: its allocation has ended.
func (k *guest) doubt() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.holds = false; !k.closed {
		k.timer.Reset(grace)
	}
}

// Write gives up on a browser that takes nothing: TURN over TCP cannot leave a message half written.
func (k *guest) Write(b []byte) (int, error) {
	_ = k.SetWriteDeadline(time.Now().Add(stall))
	n, err := k.Conn.Write(b)
	if err != nil {
		_ = k.Close()
	}
	return n, err
}

// Close ends the connection, once.
func (k *guest) Close() (err error) {
	k.once.Do(func() {
		err = k.Conn.Close()
		k.mu.Lock()
		trusted := k.trusted
		k.closed = true // expire has nothing to say any more
		k.timer.Stop()
		k.mu.Unlock()
		k.door.gate.Leave(k.from.addr.Addr(), trusted)
		k.door.server.part(k)
		k.door.mu.Lock()
		delete(k.door.open, k)
		k.door.mu.Unlock()
	})
	return err
}

// addrPort is an address of the net package as a value; the zero value for one that is neither UDP nor TCP.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmapped(a.AddrPort())
	case *net.TCPAddr:
		return unmapped(a.AddrPort())
	}
	return netip.AddrPort{}
}
