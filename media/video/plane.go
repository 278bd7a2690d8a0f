package video

import (
	"slices"
	"sync/atomic"
	"time"

	"causeway/media/packet"
)

// Control sends feedback to a leg's far end, in a compound of the leg's own (RFC 4585 3.1). fb is not kept.
type Control interface {
	Feedback(fb []byte, now time.Time)
}

// Leg is one leg as the plane uses it.
type Leg interface {
	Sender
	Control
}

// Config of a plane. INFO and Fault are called from media's goroutines, must not block and must not call the plane.
type Config struct {
	Maker      Maker // nil: nothing is converted
	Pool       *packet.Pool
	ToCore     Leg
	ToAccess   Leg
	CoreSSRC   uint32
	AccessSSRC uint32
	RepairSSRC uint32 // of retransmissions to the browser
	// INFO asks the far end for a key frame by signalling: it negotiated no feedback that could (RFC 5168).
	INFO  func()
	Fault func(any) // a worker panicked
	// Unconverted says that a stream cannot be converted: the Maker refused. busy: others took all there is (ErrBusy).
	Unconverted func(busy bool)
	Totals      *Totals // of all planes; nil: nobody counts
}

// Totals count over all the planes that share them.
type Totals struct {
	Showing   atomic.Int64  // planes with video between two ends now
	KeyFrames atomic.Uint64 // key frames asked of senders
}

// Plane joins the video of two legs. Safe for concurrent use.
type Plane struct {
	cfg      Config
	route    atomic.Pointer[route]
	up, down direction
	camera   asker // asks the browser
	far      asker // asks the core
	fir      atomic.Uint32
	limit    limit       // of the far end, by TMMBR
	estimate rate        // of the browser, towards the core
	showing  atomic.Bool // it counts in Totals.Showing
}

// New makes a plane that drops everything until Set.
func New(c Config) *Plane {
	if c.Totals == nil {
		c.Totals = &Totals{}
	}
	if c.Unconverted == nil {
		c.Unconverted = func(bool) {}
	}
	p := &Plane{cfg: c}
	p.camera.ask, p.far.ask = p.askBrowser, p.askCore
	p.camera.total, p.far.total = &c.Totals.KeyFrames, &c.Totals.KeyFrames
	p.up.init(c, c.ToCore, c.CoreSSRC, 0, &p.camera)
	p.down.init(c, c.ToAccess, c.AccessSSRC, c.RepairSSRC, &p.far)
	p.route.Store(&route{})
	return p
}

// init wires one direction.
func (d *direction) init(c Config, to Sender, ssrc, repair uint32, from *asker) {
	d.order.pool, d.order.emit, d.order.skip, d.order.guess = c.Pool, d.pass, d.lost, -1
	d.out = newOutput(to, c.Pool, ssrc, repair)
	d.worker = newWorker(c.Maker, c.Pool, c.Fault, c.Unconverted)
	d.worker.wants, d.worker.write = from.want, d.made
	d.from, d.to, d.table = &Peer{}, &Peer{}, &table{}
}

// made sends a packet of the converter.
func (d *direction) made(way hop, source uint32, room []byte, p Packet, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stop {
		return
	}
	h := packet.RTP{Marker: p.Marker, Timestamp: p.Timestamp, Offset: roomSize, End: roomSize + len(p.Payload)}
	d.out.send(room, h, source, way.pt, d.mark(p, source), now)
}

// Set swaps the route. Whoever begins to see something gets a key frame.
func (p *Plane) Set(access, core Peer, gates Gates, now time.Time) {
	before := p.route.Load()
	r := plot(access, core, gates, p.cfg.Maker)
	p.route.Store(r)
	p.up.rest(&r.up)
	p.down.rest(&r.down)
	p.show(len(access.Codecs) > 0 && len(core.Codecs) > 0)
	p.up.remember(core.NACK)
	p.down.remember(access.NACK)
	p.bound(core.Bitrate)
	changed := !sameCodecs(before.core.Codecs, core.Codecs) || !sameCodecs(before.access.Codecs, access.Codecs)
	if gates.Up && (changed || !before.gates.Up) {
		p.camera.want(now)
	}
	if gates.Down && (changed || !before.gates.Down) {
		p.Refresh(now)
	}
}

// show notes whether there is video between two ends.
func (p *Plane) show(on bool) {
	if p.showing.Swap(on) == on {
		return
	}
	if on {
		p.cfg.Totals.Showing.Add(1)
	} else {
		p.cfg.Totals.Showing.Add(-1)
	}
}

// Refresh asks for a key frame for the browser: it looks anew, or at somebody else.
func (p *Plane) Refresh(now time.Time) {
	if !p.down.worker.request() {
		p.far.want(now)
	}
}

// RefreshCore asks for a key frame for the far end: SIP said that it wants one (RFC 5168), or another fork is seen.
func (p *Plane) RefreshCore(now time.Time) {
	if !p.up.worker.request() {
		p.camera.want(now)
	}
}

// rest ends a converter that the new table has no use for.
func (d *direction) rest(t *table) {
	if !slices.ContainsFunc(t.hops, func(h hop) bool { return h.act == convert }) {
		d.worker.quiet()
	}
}

func (d *direction) remember(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.stop {
		d.out.remember(on)
	}
}

func sameCodecs(a, b []packet.Codec) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Takes reports whether the browser's payload type is one of video.
func (p *Plane) Takes(pt uint8) bool { return p.route.Load().up.hop(pt).act != drop || p.listed(pt) }

// listed reports payload types that were negotiated and have no way to the core now.
func (p *Plane) listed(pt uint8) bool {
	for _, c := range p.route.Load().access.Codecs {
		if c.PayloadType == pt {
			return true
		}
	}
	return false
}

// FromAccess takes one authenticated video packet of the browser.
func (p *Plane) FromAccess(b []byte, h packet.RTP, now time.Time) {
	r := p.route.Load()
	var room [32]uint16
	lost := p.up.take(&r.up, &r.access, &r.core, b, h, r.gates.Up, room[:], now)
	if len(lost) > 0 {
		p.nack(p.cfg.ToAccess, p.cfg.AccessSSRC, p.up.source(), lost, now)
	}
}

// FromCore takes one packet of the far end.
func (p *Plane) FromCore(b []byte, h packet.RTP, now time.Time) {
	r := p.route.Load()
	var room [32]uint16
	lost := p.down.take(&r.down, &r.core, &r.access, b, h, r.gates.Down, room[:], now)
	if len(lost) > 0 {
		p.nack(p.cfg.ToCore, p.cfg.CoreSSRC, p.down.source(), lost, now)
	}
}

func (d *direction) source() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.order.ssrc
}

// Tick does what is due by time; call it a few times a second.
func (p *Plane) Tick(now time.Time) {
	p.up.tick(now)
	p.down.tick(now)
	p.camera.tick(now)
	p.far.tick(now)
}

func (d *direction) tick(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.order.tick(now)
}

// ToCore and ToAccess are the sender parts of reports for now; NTP is left to the caller. The RTP time is that of what the sender captures
// at the instant source, so that sound and picture stay together; where that is not known, the newest frame's, moved on by the time since
// it came. What a conversion takes is in neither.
func (p *Plane) ToCore(source packet.Instant, now time.Time) packet.SenderInfo {
	return p.up.info(source, now)
}

// ToAccess is described at ToCore.
func (p *Plane) ToAccess(source packet.Instant, now time.Time) packet.SenderInfo {
	return p.down.info(source, now)
}

func (d *direction) info(source packet.Instant, now time.Time) packet.SenderInfo {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := &d.out
	i := packet.SenderInfo{
		RTP:     o.ts + ticks(now.Sub(o.at)),
		Packets: uint32(o.counts.Packets), Octets: uint32(o.counts.Octets), //nolint:gosec // modulo 2^32 (RFC 3550 6.4.1)
	}
	if o.bound && d.newest.begun && d.newest.ssrc == o.source {
		i.RTP = d.newest.ts + o.offset + ticks(now.Sub(d.newest.at))
	}
	// A report that is seconds away from what was sent just now is not believed.
	if diff := int32(source.RTP + o.offset - i.RTP); source.Known && o.bound && diff < 2*clock && diff > -2*clock { //nolint:gosec // wraps by design
		i.RTP = source.RTP + o.offset
	}
	return i
}

// Stats counts one direction.
type Stats struct {
	Stream
	Gated      uint64 // while held, or nobody looks
	Unfit      uint64 // payload types nobody can take, or too long for a peer of packetization mode 0
	Lost       uint64 // never came
	Recovered  uint64 // came when asked for again
	Late       uint64 // came after their turn
	KeyFrames  uint64 // asked of the sender
	Overrun    uint64 // dropped because the converter lagged
	Refused    uint64 // no converter could be made
	Converting bool
	Frames     uint64 // made by the converter
}

// Stats returns both directions' counters; up is browser to core.
func (p *Plane) Stats() (up, down Stats) {
	up, down = p.up.stats(), p.down.stats()
	up.KeyFrames, down.KeyFrames = p.camera.asked(), p.far.asked()
	return up, down
}

func (d *direction) stats() Stats {
	w := d.worker
	s := Stats{Gated: d.closed.Load(), Unfit: d.unfit.Load(), Overrun: w.dropped.Load(), Refused: w.refused.Load(),
		Converting: w.running.Load(), Frames: w.frames.Load()}
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Stream = d.out.counts
	s.Lost, s.Recovered, s.Late = d.order.lost, d.order.found, d.order.late
	return s
}

// Close ends the workers and waits. Safe to call twice.
func (p *Plane) Close() {
	p.show(false)
	p.up.close()
	p.down.close()
}
