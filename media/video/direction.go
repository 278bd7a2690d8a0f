package video

import (
	"sync"
	"sync/atomic"
	"time"

	"causeway/media/packet"
)

// direction is one way through the plane.
type direction struct {
	worker *worker
	closed atomic.Uint64 // packets while the gate was closed
	unfit  atomic.Uint64 // packets of payload types nobody can take, or too long for a peer of mode 0

	mu       sync.Mutex // guards the following
	order    order
	out      output
	table    *table // of the route that the packet being handed on came by
	from     *Peer
	to       *Peer
	frame    frame
	pieces   []byte // a fragmented NAL unit on its way to a peer of mode 0
	newest   newest
	turns    turns
	repeated struct { // the window that repetitions are counted in
		since  time.Time
		before uint64 // repetitions when it began
	}
	converts bool // what goes out is the converter's: holes of what comes in are none of it
	stop     bool
}

// newest is the newest frame that came.
type newest struct {
	ssrc, ts uint32
	at       time.Time // of its first packet
	begun    bool
}

// note takes a packet that has come.
func (n *newest) note(h packet.RTP, now time.Time) {
	if !n.begun || n.ssrc != h.SSRC || int32(h.Timestamp-n.ts) > 0 { //nolint:gosec // wraps by design
		*n = newest{h.SSRC, h.Timestamp, now, true}
	}
}

// frame is what is known of the frame being handed on.
type frame struct {
	ts         uint32
	begun      bool
	parameters bool // an SPS went before
	slices     bool
	broken     bool // pieces of it are missing: no fragment may follow
}

// maxUnit bounds a NAL unit that is put together for a peer of mode 0: longer ones fit no packet anyway.
const maxUnit = mtu

// take handles one packet. It returns the numbers that are to be asked for.
func (d *direction) take(t *table, from, to *Peer, b []byte, h packet.RTP, open bool, room []uint16, now time.Time) []uint16 {
	d.mu.Lock()
	defer d.mu.Unlock()
	way := t.hop(h.PayloadType)
	again := way.act == repair
	if again {
		if h.End-h.Offset < 3 { // a probe for bandwidth repeats nothing
			return nil
		}
		h, way = original(b, h, way.pt, d.order.ssrc), t.hop(way.pt)
	}
	switch {
	case d.stop || way.act == drop || way.act == repair:
		d.unfit.Add(1)
		return nil
	case !open:
		d.closed.Add(1)
		d.order.drop()
		d.order.begun, d.out.bound = false, false
		d.order.ssrc = h.SSRC // whom to ask for a key frame
		return nil
	}
	d.table, d.from, d.to, d.order.patient = t, from, to, from.NACK
	d.newest.note(h, now)
	d.order.push(b, h, again, now)
	if !from.NACK {
		return nil
	}
	return d.order.missing(room, now)
}

// original is the packet that a retransmission repeats (RFC 4588 4).
func original(b []byte, h packet.RTP, pt uint8, ssrc uint32) packet.RTP {
	h.Sequence = uint16(b[h.Offset])<<8 | uint16(b[h.Offset+1])
	h.PayloadType, h.SSRC = pt, ssrc
	h.Offset += 2
	return h
}

// pass hands one packet on; the order calls it, under the lock.
func (d *direction) pass(b []byte, h packet.RTP, now time.Time) {
	way := d.table.hop(h.PayloadType)
	if h.End == h.Offset { // padding for the sender's estimate
		return
	}
	x := d.orientation(b, h)
	if d.converts = way.act == convert; !d.converts && d.worker.running.Load() {
		d.worker.quiet()
	}
	switch {
	case way.act == convert:
		d.worker.push(way, b, h, now)
	case way.act != pass:
		d.unfit.Add(1)
	case way.h264:
		d.shape(way, b, h, x, now)
	default:
		d.out.send(b, h, h.SSRC, way.pt, x, now)
	}
}

// orientation carries urn:3gpp:video-orientation over (TS 26.114 7.4.5) where both legs have it.
func (d *direction) orientation(b []byte, h packet.RTP) extra {
	if d.from.Orientation == 0 || d.to.Orientation == 0 {
		return extra{}
	}
	if v := packet.Extension(b, d.from.Orientation); len(v) == 1 {
		d.turns.note(h, v[0])
		return extra{id: d.to.Orientation, value: v[0]}
	}
	return extra{}
}

// shape passes H.264 on: parameter sets before a key frame that has none of its own, single NAL units for a peer of mode 0.
func (d *direction) shape(way hop, b []byte, h packet.RTP, x extra, now time.Time) {
	payload := b[h.Offset:h.End]
	if !d.frame.begun || d.frame.ts != h.Timestamp {
		d.frame = frame{ts: h.Timestamp, begun: true, parameters: d.frame.leads(h)}
		d.pieces = d.pieces[:0]
	}
	c := inspect(payload)
	d.frame.parameters = d.frame.parameters || c.parameters
	d.frame.slices = d.frame.slices || c.slices
	if c.idr && !d.frame.parameters {
		d.frame.parameters = true
		lead := h
		lead.Marker = false
		for _, set := range d.from.Parameters {
			d.out.small(set, lead, h.SSRC, way.pt, x, now)
		}
	}
	if !way.single {
		d.out.send(b, h, h.SSRC, way.pt, x, now)
		return
	}
	switch payload[0] & 0x1f {
	case nalSTAPA:
		d.split(way, payload, h, x, now)
	case nalFUA:
		d.join(way, payload, h, x, now)
	default:
		d.out.send(b, h, h.SSRC, way.pt, x, now)
	}
}

// leads tells whether the frame is nothing but the parameter sets of the one that begins with h: some encoders send them as a frame
// of their own.
func (f frame) leads(h packet.RTP) bool {
	return f.begun && f.parameters && !f.slices && h.Timestamp-f.ts < clock/2
}

// split sends the NAL units of an aggregate one by one.
func (d *direction) split(way hop, payload []byte, h packet.RTP, x extra, now time.Time) {
	marker := h.Marker
	var last []byte
	h.Marker = false
	for unit := range units(payload) {
		if last != nil {
			d.out.small(last, h, h.SSRC, way.pt, x, now)
		}
		last = unit
	}
	if last != nil {
		h.Marker = marker
		d.out.small(last, h, h.SSRC, way.pt, x, now)
	}
}

// join puts a fragmented NAL unit together; one that fits no packet is dropped and counted: its sender has to use mode 0.
func (d *direction) join(way hop, payload []byte, h packet.RTP, x extra, now time.Time) {
	if len(payload) < 3 {
		return
	}
	if payload[1]&0x80 != 0 {
		d.pieces = append(d.pieces[:0], payload[0]&0xe0|payload[1]&0x1f)
		d.frame.broken = false
	}
	if len(d.pieces) == 0 || d.frame.broken {
		return
	}
	if len(d.pieces)+len(payload)-2 > maxUnit {
		d.unfit.Add(1)
		d.frame.broken = true
		return
	}
	d.pieces = append(d.pieces, payload[2:]...)
	if payload[1]&0x40 != 0 {
		d.out.small(d.pieces, h, h.SSRC, way.pt, x, now)
		d.pieces = d.pieces[:0]
	}
}

// lost notes a hole in what is handed on.
func (d *direction) lost(n int) {
	d.frame.broken = true
	d.pieces = d.pieces[:0]
	if !d.converts {
		d.out.lose(n)
	}
}

// close drops everything that is kept.
func (d *direction) close() {
	d.mu.Lock()
	d.stop = true
	d.order.drop()
	d.out.forget()
	d.mu.Unlock()
	d.worker.close()
}
