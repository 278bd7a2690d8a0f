package access

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v3"

	"causeway/media/demux"
	"causeway/media/ice"
	"causeway/media/tcp"
)

// StreamLine is set in the number of a line that is served by ICE-TCP; the other bits are the access address's.
const StreamLine = 0x80

// RelayLine is set in the number of a line when the built-in TURN server brought the datagram.
const RelayLine = 0x40

// Relayed takes one datagram that the built-in TURN server relays: from is its client's relayed address, line the number of the access
// address it is for. b is the port's until it returns and has packet.BufferSize octets of capacity.
func (p *Port) Relayed(b []byte, from netip.AddrPort, line uint8, back Writer, now time.Time) {
	msg := p.scratch.Get().(*stun.Message) //nolint:errcheck // the pool holds nothing else
	defer p.scratch.Put(msg)
	p.datagram(msg, b, route{from, line | RelayLine}, back, now)
}

// maxBadChecks is how many checks in vain a connection may bring before a right one; a browser whose role is in conflict
// needs a second one.
const maxBadChecks = 8

// Listen serves ICE-TCP on addr. line is the number of the access address. The caller closes the listener.
func (p *Port) Listen(addr netip.AddrPort, line uint8, dscp int) (*tcp.Listener, error) {
	opt := tcp.Options{DSCP: dscp, Idle: 2 * p.timeouts.Consent}
	return tcp.Listen(addr, opt, func(c *tcp.Conn) tcp.Sink {
		return &stream{port: p, conn: c, from: route{c.Remote(), line | StreamLine}}
	})
}

// stream is one connection: it belongs to the first leg that a check over it was right for.
type stream struct {
	port *Port
	conn *tcp.Conn
	from route
	leg  atomic.Pointer[Leg]

	// Used by the connection's goroutine alone.
	msg stun.Message
	bad int
}

// Frame takes one datagram (RFC 6544 10: what runs over UDP runs over TCP alike).
func (s *stream) Frame(b []byte, now time.Time) {
	kind, leg := demux.Classify(b), s.leg.Load()
	switch {
	case kind == demux.STUN:
		s.check(b, now)
	case leg == nil: // media or a ClientHello before a check
		s.port.counts.strangers.Add(1)
		s.conn.Close()
	case kind == demux.Unknown:
		s.port.counts.unknown.Add(1)
	default:
		leg.take(kind, b, now)
	}
}

func (s *stream) check(b []byte, now time.Time) {
	if leg := s.leg.Load(); leg != nil && ice.IsAnswer(b) {
		if !s.port.answer(&s.msg, b, s.from, s, now) {
			s.port.counts.badChecks.Add(1)
		}
		return
	}
	leg, ok := s.port.check(&s.msg, b, s.from, s, now)
	switch {
	case ok && !s.conn.Trusted():
		s.leg.Store(leg)
		s.conn.Trust()
	case !ok:
		s.port.counts.badChecks.Add(1)
		if s.bad++; s.bad >= maxBadChecks && !s.conn.Trusted() {
			s.conn.Close()
		}
	}
}

// mine reports whether the connection may serve a leg: it serves one in its life.
func (s *stream) mine(l *Leg) bool {
	owner := s.leg.Load()
	return owner == nil || owner == l
}

// WriteTo sends to the browser.
func (s *stream) WriteTo(b []byte, to netip.AddrPort) error { return s.conn.WriteTo(b, to) }

// Gone tells the leg.
func (s *stream) Gone() {
	if leg := s.leg.Load(); leg != nil {
		leg.gone(s.from)
	}
}

// gone forgets a connection that ended. The nominated one stays named: the browser may connect anew, and its next check then
// moves the pair without waiting (agent.rebound).
func (l *Leg) gone(from route) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ice.drop(from)
}

// hold makes the leg the owner of a route on which a right check came; false when it is another's.
func (l *Leg) hold(from route, via Writer, now time.Time) bool {
	if s, ok := via.(*stream); ok {
		return s.mine(l)
	}
	return l.port.claim(from, l, now)
}

// release gives a route up.
func (l *Leg) release(p peer) {
	if s, ok := p.via.(*stream); ok {
		s.conn.Close()
		return
	}
	l.port.disclaim(p.route, l)
}
