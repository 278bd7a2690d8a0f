package bridge

import (
	"fmt"
	"strings"

	"causeway/media/inband"
	"causeway/media/packet"
	"causeway/transcode"
)

// Side is what a leg negotiated. Codecs[0] is what the core is sent; of the
// access codecs any may be sent, the first is preferred when converting.
type Side struct {
	Codecs []packet.Codec
	Events []packet.Codec // telephone-event, one per clock
}

// Gates are the directions that are open: hold and the SDP directions close them.
type Gates struct{ Up, Down bool }

type action uint8

const (
	drop    action = iota // never negotiated, or nobody can take it
	pass                  // same codec on both legs
	convert               // through a pipeline
	comfort               // comfort noise (RFC 3389) that the other side does not take: through the pipeline of the sound it stands for
	event                 // telephone-event
)

// plan is one conversion. Two equal plans can share a running pipeline.
type plan struct {
	from, to transcode.Format
	pt       uint8
	clock    uint32
	comforts bool  // pauses go out as comfort noise (RFC 3389) ...
	comfort  uint8 // ... of this payload type
}

// hop is what happens to one payload type.
type hop struct {
	act   action
	pt    uint8      // outgoing
	clock uint32     // outgoing; for events incoming
	plan  *plan      // of pass: what to do once comfort noise came that the other side does not take
	law   inband.Law // keys are listened for in the sound
}

// table maps the payload types of one leg. hops[0] is drop.
type table struct {
	index [128]uint8
	hops  []hop
}

func newTable() table { return table{hops: make([]hop, 1, 6)} }

func (t *table) add(pt uint8, h hop) {
	if pt < 128 && t.index[pt] == 0 && len(t.hops) < 255 {
		t.index[pt] = uint8(len(t.hops)) //nolint:gosec // below 255
		t.hops = append(t.hops, h)
	}
}

func (t *table) hop(pt uint8) *hop { return &t.hops[t.index[pt&0x7f]] }

// route is what the bridge does; immutable.
type route struct {
	up, down table
	gates    Gates
	events   target // of the core leg
	hasEvent bool
}

// plotter finds routes.
type plotter struct {
	registry *transcode.Registry
	sound    bool // keys as sound
}

// plot builds the route of two sides. Payload types nobody can take are dropped.
func (p plotter) plot(access, core Side, gates Gates) *route {
	r := &route{up: newTable(), down: newTable(), gates: gates}
	from, to := divide(access.Codecs), divide(core.Codecs)
	if len(to.sound) > 0 {
		p.sounds(&r.up, from, sounds{to.sound[:1], to.noise})
	}
	mute := !p.sound || len(core.Events) > 0
	p.sounds(&r.down, to, from)
	if !mute {
		for _, c := range to.sound {
			r.down.hop(c.PayloadType).law = lawOf(c)
		}
	}
	for _, c := range access.Events {
		r.up.add(c.PayloadType, hop{act: event, clock: clockOf(c)})
	}
	for _, c := range core.Events {
		r.down.add(c.PayloadType, hop{act: event, clock: clockOf(c)})
	}
	r.events, r.hasEvent = choose(core)
	if !mute && len(core.Codecs) > 0 && lawOf(core.Codecs[0]) != inband.None {
		r.events, r.hasEvent = target{pt: core.Codecs[0].PayloadType, clock: clockOf(core.Codecs[0]), law: lawOf(core.Codecs[0])}, true
	}
	return r
}

// hop finds the way of one codec to any of those wanted, in their order: unchanged
// if possible, else converted.
func (p plotter) hop(c packet.Codec, wanted []packet.Codec) hop {
	for _, w := range wanted {
		if c.Passes(w) {
			return hop{act: pass, pt: w.PayloadType, clock: clockOf(w)}
		}
	}
	if p.registry == nil {
		return hop{}
	}
	for _, w := range wanted {
		if pl := p.conversion(c, w); pl != nil {
			return hop{act: convert, pt: pl.pt, clock: pl.clock, plan: pl}
		}
	}
	return hop{}
}

// conversion is the plan from one codec to another, nil where there is none.
func (p plotter) conversion(c, w packet.Codec) *plan {
	from, to := format(c), format(w)
	if p.registry == nil || !p.registry.CanTranscode(from, to) {
		return nil
	}
	return &plan{from: from, to: to, pt: w.PayloadType, clock: clockOf(w)}
}

// choose picks the telephone-event format whose clock is the audio codec's, as
// RFC 4733 2.1 wants, else the first.
func choose(core Side) (target, bool) {
	if len(core.Events) == 0 || len(core.Codecs) == 0 {
		return target{}, false
	}
	best := core.Events[0]
	for _, e := range core.Events {
		if e.ClockRate == core.Codecs[0].ClockRate {
			best = e
			break
		}
	}
	return target{pt: best.PayloadType, clock: clockOf(best)}, true
}

func clockOf(c packet.Codec) uint32 { return uint32(c.ClockRate) } //nolint:gosec // validated by the media root

func format(c packet.Codec) transcode.Format {
	return transcode.Format{Name: c.Name, ClockRate: c.ClockRate, Channels: c.Channels, FMTP: c.FMTP, PTime: c.PTime}
}

// converts reports whether any payload type of the direction is converted.
func (t *table) converts() bool {
	for i := range t.hops {
		if t.hops[i].act == convert {
			return true
		}
	}
	return false
}

// String draws the route, for one log line.
func (r *route) String() string {
	return "up " + r.up.draw(r.gates.Up) + "; down " + r.down.draw(r.gates.Down)
}

func (t *table) draw(open bool) string {
	if !open {
		return "closed"
	}
	var parts []string
	for pt := range t.index {
		switch h := t.hop(uint8(pt)); h.act { //nolint:gosec // below 128
		case pass:
			parts = append(parts, fmt.Sprintf("%d>%d", pt, h.pt))
		case convert:
			parts = append(parts, fmt.Sprintf("%d %s>%s %d", pt, h.plan.from.Name, h.plan.to.Name, h.pt))
		case comfort:
			parts = append(parts, fmt.Sprintf("%d CN>%s %d", pt, h.plan.to.Name, h.pt))
		case event:
			parts = append(parts, fmt.Sprintf("%d event/%d", pt, h.clock))
		case drop:
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
