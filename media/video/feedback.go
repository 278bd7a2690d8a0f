package video

import (
	"sync"
	"time"

	"causeway/media/packet"
)

const (
	ratePause = time.Second // between two rate messages to one sender
	// overhead is what a TMMBR counts beside the payload: IP, UDP and RTP of IPv4 (RFC 5104 4.2.1.2).
	overhead = 40
)

// rate is a limit that is passed on when it changes, not too often.
type rate struct {
	mu   sync.Mutex // guards the following
	told uint64
	at   time.Time
}

// changed reports whether bps is worth another message.
func (r *rate) changed(bps uint64, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	diff := max(bps, r.told) - min(bps, r.told)
	if now.Sub(r.at) < ratePause || diff*20 < r.told {
		return false
	}
	r.told, r.at = bps, now
	return true
}

// forget makes the next one worth a message.
func (r *rate) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told, r.at = 0, time.Time{}
}

// room is where one feedback packet is written.
type room [160]byte

func (p *Plane) nack(to Control, from, media uint32, lost []uint16, now time.Time) {
	var r room
	to.Feedback(packet.AppendNACK(r[:0], from, media, lost), now)
}

// askBrowser asks for a key frame on the access leg.
func (p *Plane) askBrowser(now time.Time) bool {
	r, media := p.route.Load(), p.up.source()
	return p.ask(p.cfg.ToAccess, p.cfg.AccessSSRC, media, r.access, now)
}

// askCore asks for one on the core leg, by signalling if there is no other way.
func (p *Plane) askCore(now time.Time) bool {
	r, media := p.route.Load(), p.down.source()
	if !r.core.PLI && !r.core.FIR {
		if len(r.core.Codecs) > 0 && p.cfg.INFO != nil {
			p.cfg.INFO()
		}
		return true
	}
	return p.ask(p.cfg.ToCore, p.cfg.CoreSSRC, media, r.core, now)
}

// ask sends what the peer understands. Before its first packet there is no source to name.
func (p *Plane) ask(to Control, from, media uint32, peer Peer, now time.Time) bool {
	var r room
	switch {
	case media == 0:
		return false
	case peer.PLI:
		to.Feedback(packet.AppendPLI(r[:0], from, media), now)
	case peer.FIR:
		to.Feedback(packet.AppendFIR(r[:0], from, media, uint8(p.fir.Add(1))), now) //nolint:gosec // modulo 256 (RFC 5104 4.3.1.1)
	}
	return true
}

// AccessFeedback takes the feedback packets of one compound of the browser.
func (p *Plane) AccessFeedback(compound []byte, now time.Time) {
	r := p.route.Load()
	walk(compound, func(f packet.Feedback) {
		switch {
		case f.Type == packet.TypeRTPFB && f.Format == packet.FormatNACK && f.Media == p.cfg.AccessSSRC:
			p.down.repeat(f, r.access, now)
		case wantsKeyFrame(f, p.cfg.AccessSSRC):
			p.Refresh(now)
		default:
			if bps, ok := f.Estimate(); ok {
				p.estimated(bps, r, now)
			}
		}
	})
}

// CoreFeedback takes those of the far end.
func (p *Plane) CoreFeedback(compound []byte, now time.Time) {
	r := p.route.Load()
	var limit, owner uint32
	limited := false
	walk(compound, func(f packet.Feedback) {
		switch {
		case f.Type == packet.TypeRTPFB && f.Format == packet.FormatNACK && f.Media == p.cfg.CoreSSRC:
			p.up.repeat(f, r.core, now)
		case wantsKeyFrame(f, p.cfg.CoreSSRC):
			p.RefreshCore(now)
		case f.Type == packet.TypeRTPFB && f.Format == packet.FormatTMMBR:
			if word, ok := f.Names(p.cfg.CoreSSRC); ok {
				limit, owner, limited = word, f.Sender, true
			}
		}
	})
	if limited { // one answer to a datagram, however many it holds
		p.limited(limit, owner, r, now)
	}
}

// walk calls each with the feedback packets of a compound.
func walk(b []byte, each func(packet.Feedback)) {
	for range 32 {
		one, rest, ok := packet.NextRTCP(b)
		if !ok {
			return
		}
		b = rest
		if f, ok := one.Feedback(); ok {
			each(f)
		}
	}
}

// wantsKeyFrame reports a PLI or FIR about ssrc.
func wantsKeyFrame(f packet.Feedback, ssrc uint32) bool {
	if f.Type != packet.TypePSFB {
		return false
	}
	switch f.Format {
	case packet.FormatPLI:
		return f.Media == ssrc
	case packet.FormatFIR:
		_, ok := f.Names(ssrc)
		return ok
	}
	return false
}

// repeat answers a NACK, as far as there is room in the window.
func (d *direction) repeat(f packet.Feedback, to Peer, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Sub(d.repeated.since) >= repeatWindow {
		d.repeated.since, d.repeated.before = now, d.out.counts.Repeated
	}
	f.Lost(func(seq uint16) {
		if d.out.counts.Repeated-d.repeated.before < repeatRoom {
			d.out.repeat(seq, to.repairOf(d.out.counts.PayloadType), now)
		}
	})
}

// repairOf is the payload type that repeats pt, 0 for none.
func (p Peer) repairOf(pt uint8) uint8 {
	for rtx, of := range p.Repair {
		if of == pt {
			return rtx
		}
	}
	return 0
}

// estimated takes what the browser can receive (REMB) to the core.
func (p *Plane) estimated(bps uint64, r *route, now time.Time) {
	const most = 1 << 40
	bps = min(bps, most)
	p.down.worker.bitrate.Store(int64(bps)) //nolint:gosec // bounded above
	if media := p.down.source(); r.core.TMMBR && media != 0 && p.estimate.changed(bps, now) {
		var b room
		p.cfg.ToCore.Feedback(packet.AppendTMMBR(b[:0], p.cfg.CoreSSRC, media, bps, overhead), now)
	}
}

// limited takes the far end's limit (TMMBR): confirmed there, and told to the browser with the next Pace.
func (p *Plane) limited(word, owner uint32, r *route, now time.Time) {
	bps, over := packet.Rate(word)
	p.limit.set(min(max(bps, leastRate), mostRate), p.down.source())
	p.bound(r.core.Bitrate)
	var b room
	p.cfg.ToCore.Feedback(packet.AppendTMMBN(b[:0], p.cfg.CoreSSRC, owner, bps, over), now)
	p.Pace(now)
}

// leastRate keeps a far end from silencing the browser by feedback: a call is held by signalling, bit/s. mostRate is as good as no limit.
const (
	leastRate = 30_000
	mostRate  = 1_000_000_000
)

// limit is what a far end allows by TMMBR (RFC 5104 4.2.1). It is that far end's own: another one begins without. Safe for concurrent use.
type limit struct {
	mu   sync.Mutex // guards the following
	bps  uint64     // 0: nothing said
	of   uint32     // the SSRC whose pictures came from there when it was said; 0: none did
	ever bool       // the browser was told of one
}

func (l *limit) set(bps uint64, of uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bps, l.of, l.ever = bps, of, true
}

// read is the limit in force, 0 for none; ever tells that there was one.
func (l *limit) read() (bps uint64, ever bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bps, l.ever
}

// stale reports a limit of somebody whose picture another one's has followed.
func (l *limit) stale(source uint32) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bps != 0 && l.of != 0 && source != 0 && source != l.of
}

func (l *limit) lift() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bps, l.of = 0, 0
}

// FarChanged tells that the far end is another one: what the one before it allowed (TMMBR) holds no more, and this one has not been told
// what the browser can take.
func (p *Plane) FarChanged(now time.Time) {
	p.limit.lift()
	p.estimate.forget()
	p.bound(p.route.Load().core.Bitrate)
	p.Pace(now)
}

// bound tells the encoder towards the core what the far end takes: described bit/s in its description, 0 for nothing said, and what it
// allows since.
func (p *Plane) bound(described int) {
	bps, _ := p.limit.read()
	if described > 0 && (bps == 0 || uint64(described) < bps) {
		bps = uint64(described)
	}
	p.up.worker.bitrate.Store(int64(bps)) //nolint:gosec // mostRate at most, or of a description
}

// Pace tells the browser what it may send (REMB): what the far end said in its description or since. Call it with every report.
func (p *Plane) Pace(now time.Time) {
	r, media := p.route.Load(), p.up.source()
	if p.limit.stale(p.down.source()) {
		p.limit.lift()
		p.bound(r.core.Bitrate)
	}
	bps, ever := p.limit.read()
	if bps == 0 && ever {
		bps = mostRate // a browser keeps to the last word it was told
	}
	if r.core.Bitrate > 0 && (bps == 0 || uint64(r.core.Bitrate) < bps) {
		bps = uint64(r.core.Bitrate)
	}
	if !r.access.REMB || media == 0 || bps == 0 {
		return
	}
	var b room
	p.cfg.ToAccess.Feedback(packet.AppendREMB(b[:0], p.cfg.AccessSSRC, media, bps), now)
}
