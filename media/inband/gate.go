package inband

// Figures of the gate; choices of ours, all of them wider than what the detector itself asks.
const (
	glance    = 2 * block // of so many samples the first block is looked at: a key that lasts three blocks fills one of those
	thin      = 2         // every so manieth sample of it
	fewest    = 11        // changes of sign: the lowest tone alone makes 13 in a block
	mostly    = 36        // the highest alone makes 33
	gateShare = 0.35      // of the sound of a block that is the two tones
	vigil     = 8 * block // samples for which the detector listens after the last glance at a key
	mostHeld  = 2 * block // octets behind the last block that was looked at
)

// gate decides which packets are worth the detector's work. Nearly all sound is not: it is too soft, changes its sign too rarely or too
// often, or is not mostly two tones of the keypad. What lay behind the last block looked at is kept, since the key may have begun
// there. A gate is small and computes rather than looks up: a call's memory is cold when its packet comes, and fetching it costs more.
type gate struct {
	turn    [tones]float64 // as the detector's, at the thinned rate
	tooSoft float64

	left   int // samples of the vigil that are left
	octets int // of held
	stamp  uint32
	law    Law // of what is held
	held   [mostHeld]byte
}

// glimpse reports whether there may be a key in the payload.
func (g *gate) glimpse(law Law, payload []byte) bool {
	if len(payload) < block {
		return true // nobody sends such; a key would fit between two glances
	}
	for len(payload) >= block {
		if g.tonal(law, (*[block]byte)(payload)) {
			return true
		}
		payload = payload[min(glance, len(payload)):]
	}
	return false
}

// tonal looks at one block.
func (g *gate) tonal(law Law, octets *[block]byte) bool {
	var pcm [block / thin]int32
	sum, changes, last := 0, 0, 0
	for i := range pcm {
		x := int(law.Expand(octets[i*thin]))
		pcm[i] = int32(x)
		sum += x * x
		changes -= (x ^ last) >> 63
		last = x
	}
	energy := float64(sum)
	if energy < g.tooSoft || changes < fewest || changes > mostly {
		return false
	}
	var s1, s2 [tones]float64
	for _, v := range pcm {
		x := float64(v)
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

// hold keeps the end of a packet that was not worth it, in place of the one before.
func (g *gate) hold(law Law, payload []byte, timestamp uint32) {
	seen := (len(payload)-block)/glance*glance + block
	g.law, g.octets, g.stamp = law, copy(g.held[:], payload[seen:]), timestamp+uint32(seen) //nolint:gosec // a packet
}
