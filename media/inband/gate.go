package inband

// Figures of the gate; choices of ours, all of them wider than what the detector itself asks.
const (
	glance     = 2 * block // of so many samples the first block is looked at: a key that lasts three blocks fills one of those
	thin       = 2         // every so manieth sample of it
	fewest     = 11        // changes of sign: the lowest tone alone makes 13 in a block
	mostly     = 36        // the highest alone makes 33
	gateShare  = 0.35      // of the sound of a block that is the two tones
	vigil      = 8 * block // samples for which the detector listens after the last glance at a key
	heldOctets = 4 * glance
)

// gate decides which packets are worth the detector's work. Nearly all sound is not: it is too soft, changes its sign too rarely or too
// often, or is not mostly two tones of the keypad. The packet before the first that is worth it is kept, since the key may have begun there.
type gate struct {
	turn    [tones]float64 // as the detector's, at the thinned rate
	tooSoft float64

	law    Law // of table
	table  [256]int16
	left   int // samples of the vigil that are left
	holds  bool
	held   [heldOctets]byte
	octets int
	stamp  uint32 // timestamp of what is held
}

// glimpse reports whether there may be a key in the payload.
func (g *gate) glimpse(law Law, payload []byte) bool {
	if law != g.law {
		g.law = law
		for i := range g.table {
			g.table[i] = law.Expand(byte(i))
		}
	}
	if len(payload) < block {
		return true // nobody sends such; a key would fit between two glances
	}
	for len(payload) >= block {
		if g.tonal((*[block]byte)(payload)) {
			return true
		}
		payload = payload[min(glance, len(payload)):]
	}
	return false
}

// tonal looks at one block.
func (g *gate) tonal(octets *[block]byte) bool {
	sum, changes, last := 0, 0, 0
	for i := 0; i < block; i += thin {
		x := int(g.table[octets[i]])
		sum += x * x
		changes -= (x ^ last) >> 63
		last = x
	}
	energy := float64(sum)
	if energy < g.tooSoft || changes < fewest || changes > mostly {
		return false
	}
	var s1, s2 [tones]float64
	for i := 0; i < block; i += thin {
		x := float64(g.table[octets[i]])
		for tone := range s1 {
			s1[tone], s2[tone] = x+g.turn[tone]*s1[tone]-s2[tone], s1[tone]
		}
	}
	low, high := 0.0, 0.0
	for tone := range s1 {
		power := s1[tone]*s1[tone] + s2[tone]*s2[tone] - g.turn[tone]*s1[tone]*s2[tone]
		if tone < lows {
			low = max(low, power)
		} else {
			high = max(high, power)
		}
	}
	return 2*(low+high)/(block/thin) >= gateShare*energy
}

// hold keeps a packet that was not worth it, in place of the one before.
func (g *gate) hold(payload []byte, timestamp uint32) {
	if g.holds = len(payload) <= heldOctets; g.holds {
		g.octets, g.stamp = copy(g.held[:], payload), timestamp
	}
}
