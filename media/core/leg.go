package core

import (
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"causeway/media/packet"
	"causeway/media/udp"
)

// Owner is the session a leg belongs to.
type Owner interface {
	// CoreRTP takes one packet from the far end. b is the owner's until the call
	// returns. Called on a packet thread, without locks.
	CoreRTP(b []byte, h packet.RTP, now time.Time)
	// CoreSilent tells that the far end fell silent, or is heard again. Called
	// with the leg locked; it must not block and must not call the leg.
	CoreSilent(silent bool)
	// CoreModeRequest tells that the far end wants another codec mode from our encoder, 0..14, asked by RTCP. Called on a packet
	// thread, without locks.
	CoreModeRequest(mode int)
	// CoreFault tells that a packet made the owner panic.
	CoreFault()
}

// Listener is an owner that serves feedback (RFC 4585), too.
type Listener interface {
	// CoreFeedback takes one compound of the far end. b is the owner's until the call returns. Called on a packet thread, without
	// locks.
	CoreFeedback(b []byte, now time.Time)
}

// Remote is what the far end's SDP says of the transport.
type Remote struct {
	RTP, RTCP netip.AddrPort
	Clocks    *packet.Clocks // RTP clock per payload type
	// Interval is the mean time between our RTCP reports; 0 sends none (RFC 3556
	// 2: both b=RS:0 and b=RR:0).
	Interval time.Duration
}

type legCounts struct {
	strangers, unparsed, controlStrangers, controlUnparsed uint64
}

// Leg is one core leg. Safe for concurrent use.
type Leg struct {
	owner Owner
	log   *slog.Logger
	pair  *udp.Pair

	remote atomic.Pointer[Remote]

	mu      sync.Mutex // guards the following
	control packet.Control
	counts  legCounts
	heard   time.Time // last RTP or RTCP from the current remote; zero before the first
	limit   time.Duration
	since   time.Time // when the limit became what it is
	silent  bool
	closed  bool
}

// NewLeg takes a port pair from the pool. ssrc and cname are those of the stream
// sent to the core. udp.ErrNoPorts when there is none.
func NewLeg(owner Owner, ports *udp.Ports, loop *udp.Loop, opt udp.Options, ssrc uint32, cname string, log *slog.Logger) (*Leg, error) {
	l := &Leg{owner: owner, log: log}
	l.control = packet.Control{SSRC: ssrc, CNAME: cname}
	pair, err := ports.Take(loop, opt, l.handleRTP, l.handleRTCP, time.Now())
	if err != nil {
		return nil, fmt.Errorf("take core ports: %w", err)
	}
	l.pair = pair
	return l, nil
}

// Local returns the bound addresses.
func (l *Leg) Local() (rtp, rtcp netip.AddrPort) { return l.pair.RTP.Local(), l.pair.RTCP.Local() }

// SetRemote takes the far end's description; the next packet goes there and only
// packets from there are accepted.
func (l *Leg) SetRemote(r Remote) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.RTP, r.RTCP = sink(r.RTP), sink(r.RTCP)
	if old := l.remote.Load(); old == nil || old.RTP != r.RTP {
		l.heard = time.Time{}
		l.noise(false)
	}
	l.control.Interval = r.Interval
	l.remote.Store(&r)
	l.connect(l.pair.RTP, r.RTP)
	l.connect(l.pair.RTCP, r.RTCP)
}

// sink is an address as packets are compared with it. The unspecified one (c=0.0.0.0, the old hold) is nowhere: the system would send to itself.
func sink(a netip.AddrPort) netip.AddrPort {
	if a.Addr().Unmap().IsUnspecified() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// connect narrows a socket to the far end. Where the system refuses (no route) the socket stays open to all, and accept alone judges.
func (l *Leg) connect(s *udp.Socket, to netip.AddrPort) {
	if l.closed || !to.IsValid() || to.Port() == 0 {
		return
	}
	if err := s.Connect(to); err != nil {
		l.log.Debug("core socket not connected", "err", err)
	}
}

// guard is deferred around what a packet makes the session do: a panic ends the
// session, not the program.
func (l *Leg) guard() {
	if r := recover(); r != nil {
		l.log.Error("core leg ended by a fault", "fault", fmt.Sprint(r), "stack", string(debug.Stack()))
		l.owner.CoreFault()
	}
}

func (l *Leg) handleRTP(b []byte, from netip.AddrPort, now time.Time) {
	defer l.guard()
	if h, ok := l.accept(b, from, now); ok {
		l.owner.CoreRTP(b, h, now)
	}
}

// accept checks the source, reads the header and accounts for the packet.
func (l *Leg) accept(b []byte, from netip.AddrPort, now time.Time) (packet.RTP, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.remote.Load()
	if r == nil || from != r.RTP || l.closed {
		l.counts.strangers++
		return packet.RTP{}, false
	}
	h, err := packet.ParseRTP(b)
	if err != nil || r.Clocks[h.PayloadType] == 0 {
		l.counts.unparsed++
		return packet.RTP{}, false
	}
	l.control.In.Packet(h, r.Clocks[h.PayloadType], now)
	l.hear(now)
	return h, true
}

func (l *Leg) handleRTCP(b []byte, from netip.AddrPort, now time.Time) {
	defer l.guard()
	heard := l.acceptRTCP(b, from, now)
	if heard.Mode >= 0 {
		l.owner.CoreModeRequest(heard.Mode)
	}
	if o, ok := l.owner.(Listener); ok && heard.Feedback {
		o.CoreFeedback(b, now)
	}
}

// acceptRTCP checks the source, takes the reports and returns what else there is to serve. Feedback may come alone (RFC 5506).
func (l *Leg) acceptRTCP(b []byte, from netip.AddrPort, now time.Time) packet.Heard {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.remote.Load()
	if r == nil || from != r.RTCP || l.closed {
		l.counts.controlStrangers++
		return packet.Heard{Mode: -1}
	}
	heard := l.control.Received(b, now)
	if !heard.Report && heard.Mode < 0 && !heard.Feedback {
		l.counts.controlUnparsed++
		return heard
	}
	l.hear(now)
	return heard
}

// Feedback sends feedback in a compound (RFC 4585 3.1).
func (l *Leg) Feedback(fb []byte, _ time.Time) {
	r := l.remote.Load()
	if r == nil || !r.RTCP.IsValid() || r.RTCP.Port() == 0 {
		return
	}
	var room [512]byte
	l.mu.Lock()
	b := append(l.control.Envelope(room[:0]), fb...)
	l.mu.Unlock()
	_ = l.pair.RTCP.WriteTo(b, r.RTCP) // lost feedback is asked for again
}

// Delay is packet.Control.Delay of what is received.
func (l *Leg) Delay() (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.control.Delay()
}

// SourceTime is packet.Control.SourceTime of what is received.
func (l *Leg) SourceTime(at time.Time) (uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.control.SourceTime(at)
}

// hear notes a sign of life. The caller holds the lock.
func (l *Leg) hear(now time.Time) {
	l.heard = now
	l.noise(false)
}

// noise tells the owner when silence begins or ends. The caller holds the lock.
func (l *Leg) noise(silent bool) {
	if l.silent != silent {
		l.silent = silent
		l.owner.CoreSilent(silent)
	}
}

// SendRTP sends a packet to the far end; packet.ErrNotReady before its address is
// known.
func (l *Leg) SendRTP(b []byte) error {
	r := l.remote.Load()
	if r == nil || !r.RTP.IsValid() || r.RTP.Port() == 0 {
		return packet.ErrNotReady
	}
	return l.pair.RTP.WriteTo(b, r.RTP)
}

// Tick reports silence longer than limit; 0 turns the watch off. Another limit is counted from now on: who was rightly silent on hold is
// not late at once when the call goes on.
func (l *Leg) Tick(now time.Time, limit time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if limit != l.limit {
		l.limit, l.since = limit, now
	}
	if !l.closed && limit > 0 && !l.heard.IsZero() && now.Sub(l.heard) > limit && now.Sub(l.since) > limit {
		l.noise(true)
	}
}

// Due reports whether an RTCP report is to be sent now.
func (l *Leg) Due(now time.Time) bool {
	if l.remote.Load() == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.closed && l.control.Due(now)
}

// Report sends a compound with what the stream sent.
func (l *Leg) Report(info packet.SenderInfo, now time.Time) {
	r := l.remote.Load()
	if r == nil || !r.RTCP.IsValid() || r.RTCP.Port() == 0 {
		return
	}
	var room [512]byte
	_ = l.pair.RTCP.WriteTo(l.compound(room[:0], info, now), r.RTCP) // a lost report is replaced by the next
}

func (l *Leg) compound(b []byte, info packet.SenderInfo, now time.Time) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.control.Append(b, info, now)
}

// Stats of a leg.
type Stats struct {
	packet.Quality
	Strangers        uint64 // RTP from any other source than the SDP's
	Unparsed         uint64 // RTP that is malformed or of a payload type never negotiated
	ControlStrangers uint64
	ControlUnparsed  uint64
}

// Stats returns the leg's figures.
func (l *Leg) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{
		Quality: l.control.Quality(), Strangers: l.counts.strangers, Unparsed: l.counts.unparsed,
		ControlStrangers: l.counts.controlStrangers, ControlUnparsed: l.counts.controlUnparsed,
	}
}

// Close gives the ports back, after a BYE to an RTCP address that reports were
// sent to (RFC 3550 6.6). Safe to call twice; not from a handler.
func (l *Leg) Close() {
	if l.shut() {
		if r := l.remote.Load(); r != nil && r.Interval > 0 && r.RTCP.IsValid() && r.RTCP.Port() != 0 {
			b := packet.AppendRR(nil, l.control.SSRC, nil)
			b = packet.AppendSDES(b, l.control.SSRC, l.control.CNAME)
			_ = l.pair.RTCP.WriteTo(packet.AppendBYE(b, l.control.SSRC), r.RTCP)
		}
	}
	l.pair.Close()
}

// shut marks the leg closed and reports whether it was open.
func (l *Leg) shut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := !l.closed
	l.closed = true
	return was
}
