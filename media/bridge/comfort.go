package bridge

import "causeway/media/packet"

// sounds are the payload types of a side: codecs, and comfort noise that may stand in their places (RFC 3389).
type sounds struct{ sound, noise []packet.Codec }

func divide(list []packet.Codec) (s sounds) {
	for _, c := range list {
		if c.Is("CN") {
			s.noise = append(s.noise, c)
		} else {
			s.sound = append(s.sound, c)
		}
	}
	return s
}

// describes finds the comfort noise that goes with a codec: one of its RTP clock, where the codec has no pauses of its own.
func (s sounds) describes(c packet.Codec) (packet.Codec, bool) {
	if c.Is("PCMU") || c.Is("PCMA") || c.Is("G722") {
		for _, n := range s.noise {
			if n.ClockRate == c.ClockRate {
				return n, true
			}
		}
	}
	return packet.Codec{}, false
}

// sounds enters the codecs and the comfort noise of one direction.
//
//	from    to      sound                         noise
//	PCMA CN PCMA CN passes                        passes
//	PCMA CN PCMA    passes until noise comes,     becomes sound in the pipeline
//	                then PCMA to PCMA
//	PCMA CN opus    converted                     becomes sound in the pipeline
//	AMR     PCMA CN converted; SID becomes noise  (AMR has its own)
func (p plotter) sounds(t *table, from, to sounds) {
	for _, c := range from.sound {
		h := p.hop(c, to.sound)
		if w, ok := sendsTo(h, to.sound); ok {
			_, comes := from.describes(c)
			noise, takes := to.describes(w)
			switch {
			case h.act == convert && takes:
				h.plan.comforts, h.plan.comfort = true, noise.PayloadType
			case h.act == pass && comes && !takes:
				h.plan = p.conversion(c, w)
			}
		}
		t.add(c.PayloadType, h)
	}
	for _, n := range from.noise {
		t.add(n.PayloadType, p.noise(t, n, from, to))
	}
}

// sendsTo is the codec a hop sends.
func sendsTo(h hop, list []packet.Codec) (packet.Codec, bool) {
	for _, w := range list {
		if h.act != drop && w.PayloadType == h.pt {
			return w, true
		}
	}
	return packet.Codec{}, false
}

// noise is the way of comfort noise: that of the sound it stands for. It passes only where all of that does, since it does not say which
// codec it stands for.
func (p plotter) noise(t *table, n packet.Codec, from, to sounds) (h hop) {
	for _, c := range from.sound {
		if described, ok := from.describes(c); !ok || described.PayloadType != n.PayloadType {
			continue
		}
		way := t.hop(c.PayloadType)
		w, _ := sendsTo(*way, to.sound)
		if taken, ok := to.describes(w); ok && way.act == pass {
			if h.act == drop {
				h = hop{act: pass, pt: taken.PayloadType, clock: clockOf(taken)}
			}
			continue
		}
		if way.plan != nil {
			return hop{act: comfort, pt: way.pt, clock: way.clock, plan: way.plan}
		}
	}
	return h
}
