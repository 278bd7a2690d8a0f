package access

import (
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v3"

	"causeway/media/demux"
	"causeway/media/ice"
	"causeway/media/packet"
	"causeway/media/udp"
)

// Timeouts of the access legs.
type Timeouts struct {
	ICE       time.Duration // from the browser's description to a nominated pair
	Handshake time.Duration // DTLS
	Consent   time.Duration // without a check (RFC 7675 5.1)
}

// Port is the access port: what all browsers' legs share. Safe for concurrent
// use.
type Port struct {
	identity *Identity
	timeouts Timeouts
	pool     *packet.Pool
	log      *slog.Logger

	users   *demux.Table[string, *Leg]
	routes  *demux.Table[route, *Leg]
	limiter demux.Limiter
	first   [16]atomic.Pointer[udp.Socket] // the oldest socket of each line
	prober  *prober                        // nil for lite agents
	scratch sync.Pool                      // of *stun.Message, for relayed checks
	counts  portCounts
}

type portCounts struct {
	strangers, limited, badChecks, unknown, forbidden, excess atomic.Uint64
}

// PortStats counts what belonged to no leg.
type PortStats struct {
	Strangers uint64 // DTLS, SRTP or SRTCP from an address that passed no check
	BadChecks uint64 // STUN without a known user, right integrity and fingerprint
	Limited   uint64 // STUN over the per-source rate
	Unknown   uint64 // datagrams of no protocol served here
	Forbidden uint64 // candidates that no check may be sent to
	Excess    uint64 // candidates beyond what one browser may have
}

// Choices of ours: a browser sends at most 20 checks a second while it starts (RFC 8445 14.2: one each 50 ms); a NAT may hide some
// dozens of browsers.
const (
	checkRate  = 1000 // checks per second and source that cost a look-up
	checkBurst = 500
)

// NewPort makes the shared part; Open adds sockets.
func NewPort(identity *Identity, timeouts Timeouts, pool *packet.Pool, log *slog.Logger) *Port {
	return &Port{
		identity: identity, timeouts: timeouts, pool: pool, log: log,
		limiter: demux.Limiter{Rate: checkRate, Burst: checkBurst},
		scratch: sync.Pool{New: func() any { return new(stun.Message) }},
		users:   demux.NewTable[string, *Leg](demux.HashString),
		routes:  demux.NewTable[route, *Leg](hashRoute),
	}
}

// Open binds one socket of the port on loop. line is the number, 0 to 15, of the access address it belongs to: routes of different lines
// are told apart, and events name the line.
func (p *Port) Open(loop *udp.Loop, addr netip.AddrPort, line uint8, opt udp.Options) (*udp.Socket, error) {
	r := &reader{port: p, line: line}
	s, err := loop.Open(addr, opt, r.datagram)
	if err != nil {
		return nil, err
	}
	r.via.Store(s)
	p.first[line].CompareAndSwap(nil, s)
	return s, nil
}

// Stats returns the counters.
func (p *Port) Stats() PortStats {
	return PortStats{
		Strangers: p.counts.strangers.Load(), BadChecks: p.counts.badChecks.Load(),
		Limited: p.counts.limited.Load(), Unknown: p.counts.unknown.Load(),
		Forbidden: p.counts.forbidden.Load(), Excess: p.counts.excess.Load(),
	}
}

// reader is one socket's reading side; only its thread uses it.
type reader struct {
	port *Port
	line uint8
	via  atomic.Pointer[udp.Socket] // set right after the socket began to deliver
	msg  stun.Message               // scratch for checks
}

func (r *reader) datagram(b []byte, from netip.AddrPort, now time.Time) {
	via := r.via.Load()
	if via == nil {
		return
	}
	r.port.datagram(&r.msg, b, route{from, r.line}, via, now)
}

// datagram sorts one datagram.
func (p *Port) datagram(msg *stun.Message, b []byte, from route, via Writer, now time.Time) {
	kind := demux.Classify(b)
	if kind == demux.Unknown {
		p.counts.unknown.Add(1)
		return
	}
	leg, ok := p.routes.Load(from)
	if kind == demux.STUN {
		p.stun(msg, b, from, via, ok, now)
		return
	}
	if !ok {
		p.counts.strangers.Add(1)
		return
	}
	leg.take(kind, b, now)
}

// take serves one datagram of a validated route. A panic below ends this leg alone.
func (l *Leg) take(kind demux.Kind, b []byte, now time.Time) {
	defer l.guard()
	switch kind {
	case demux.DTLS:
		l.handleDTLS(b)
	case demux.RTP:
		l.handleRTP(b, now)
	case demux.RTCP:
		l.handleRTCP(b, now)
	case demux.Unknown, demux.STUN:
	}
}

// stun serves checks. Sources that validated an address are not limited here:
// each of their checks is authenticated before it changes anything.
func (p *Port) stun(msg *stun.Message, b []byte, from route, via Writer, known bool, now time.Time) {
	if !known && !p.limiter.Allow(from.remote.Addr(), now) {
		p.counts.limited.Add(1)
		return
	}
	var ok bool
	if ice.IsAnswer(b) {
		ok = p.answer(msg, b, from, via, now)
	} else {
		_, ok = p.check(msg, b, from, via, now)
	}
	if !ok {
		p.counts.badChecks.Add(1)
	}
}

// check gives one request to the leg it names and reports whether it was right.
func (p *Port) check(msg *stun.Message, b []byte, from route, via Writer, now time.Time) (leg *Leg, ok bool) {
	req, ok := parseCheck(msg, b)
	if !ok {
		return nil, false
	}
	if leg, ok = p.users.Load(string(req.local)); !ok {
		return nil, false
	}
	defer leg.guard()
	return leg, leg.check(req, from, via, now)
}

// claim makes the leg the owner of a route. Another live leg's route
// is not given away: whoever can spoof a source and holds credentials of its own
// must not get a stranger's media.
func (p *Port) claim(from route, leg *Leg, now time.Time) bool {
	if owner, ok := p.routes.Load(from); ok && owner == leg {
		return true
	}
	mine := false
	p.routes.Update(from, func(old *Leg, ok bool) (*Leg, bool) {
		if ok && old != leg && now.UnixNano()-old.lastCheck.Load() < int64(claimHold) {
			return old, true
		}
		mine = true
		return leg, true
	})
	return mine
}

func (p *Port) disclaim(gone route, leg *Leg) {
	p.routes.Update(gone, func(old *Leg, ok bool) (*Leg, bool) { return old, ok && old != leg })
}

func (p *Port) drop(ufrag string) {
	p.users.Update(ufrag, func(*Leg, bool) (*Leg, bool) { return nil, false })
}

// enlist registers a ufrag; false when it is taken.
func (p *Port) enlist(ufrag string, leg *Leg) bool {
	done := false
	p.users.Update(ufrag, func(old *Leg, ok bool) (*Leg, bool) {
		if ok {
			return old, true
		}
		done = true
		return leg, true
	})
	return done
}
