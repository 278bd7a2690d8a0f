package video

import "causeway/media/packet"

// turns is how a sender's picture has been turned lately (urn:3gpp:video-orientation, TS 26.114 7.4.5). A converter knows nothing of it and
// is some frames behind, so that each frame it makes is given what held for its source.
type turns struct {
	ssrc   uint32
	recent [4]turn // the newest first
	n      int
	told   uint8 // what the newest frame of the converter said
}

// turn is the value that holds from a frame on.
type turn struct {
	ts    uint32
	value uint8
}

// note takes what a packet says.
func (t *turns) note(h packet.RTP, value uint8) {
	if t.ssrc != h.SSRC {
		*t = turns{ssrc: h.SSRC}
	}
	if t.n > 0 && (t.recent[0].value == value || int32(h.Timestamp-t.recent[0].ts) <= 0) { //nolint:gosec // wraps by design
		return
	}
	copy(t.recent[1:], t.recent[:])
	t.recent[0] = turn{h.Timestamp, value}
	t.n = min(t.n+1, len(t.recent))
}

// of is how the frame with an incoming timestamp is turned; ok is false where its sender has not said.
func (t *turns) of(ssrc, ts uint32) (value uint8, ok bool) {
	if t.ssrc != ssrc {
		return 0, false
	}
	for _, turn := range t.recent[:t.n] {
		if int32(ts-turn.ts) >= 0 { //nolint:gosec // wraps by design
			return turn.value, true
		}
	}
	return 0, false
}

// mark is what a converted packet carries: the last one of a key frame, of a frame that is turned otherwise than the one before it, and of
// every frame that is not upright, as browsers do, so that a lost packet turns the picture for one frame only.
func (d *direction) mark(p Packet, source uint32) extra {
	if d.to.Orientation == 0 || d.from.Orientation == 0 || !p.Marker {
		return extra{}
	}
	value, ok := d.turns.of(source, p.Timestamp)
	if !ok || !p.KeyFrame && value == 0 && d.turns.told == 0 {
		return extra{}
	}
	d.turns.told = value
	return extra{id: d.to.Orientation, value: value}
}
