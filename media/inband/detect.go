package inband

import (
	"math"
	"time"
)

// What Q.24 asks, with its own margins; times are in blocks.
const (
	block      = rate / 100 // samples
	window     = 3          // blocks looked at together
	quiet      = 3          // blocks without the key that end it
	minLevel   = -31.0      // dBm0 of each tone; Q.24: -25 has to be heard
	twistHigh  = 5.0        // dB the high tone may be stronger; Q.24: 4 has to be heard
	twistLow   = 9.0        // dB the low tone may be stronger; Q.24: 8 has to be heard
	tolerance  = 0.025      // of the frequency; Q.24: 1.5 % has to be heard, 3.5 % not
	step       = 0.0125     // of the search for the frequency
	share      = 0.85       // of the sound of a window that is the two tones
	blockShare = 0.5        // of a block, where the measurement is rough
	evenness   = 0.5        // the weakest block of a window against the strongest, power
	maxHole    = 60 * time.Millisecond
)

// Detector hears keys in one G.711 stream.
type Detector struct {
	press   func(code uint8)
	release func(code uint8, length time.Duration)

	turn    [tones]float64 // 2 cos of each frequency's step
	tooSoft float64        // energy of a block with a single tone of the least level

	gate  gate
	law   Law
	began bool
	next  uint32 // timestamp of the sample that is to come

	pcm     [window * block]int16 // the newest blocks, in order; the last one being filled
	fill    int                   // samples of it
	blocks  [window]measure       // of the full ones, the oldest first
	valid   int                   // how many of those follow each other
	down    bool
	code    uint8
	length  int // blocks since the key went down
	missing int // blocks without it
}

// measure is what is known of a block.
type measure struct {
	energy float64        // sum of the squares
	power  [tones]float64 // goertzel at each frequency
}

// NewDetector makes a detector for telephone-event codes 0 to 15. It calls press when a key is recognised and release, with its length,
// when it has ended.
func NewDetector(press func(code uint8), release func(code uint8, length time.Duration)) *Detector {
	d := &Detector{press: press, release: release}
	for tone := range d.turn {
		d.turn[tone] = 2 * math.Cos(2*math.Pi*frequency(tone)/rate)
	}
	for tone := range d.gate.turn {
		d.gate.turn[tone] = 2 * math.Cos(2*math.Pi*frequency(tone)*thin/rate)
	}
	a := dBm0(minLevel)
	d.tooSoft = block * a * a / 2
	d.gate.tooSoft = d.tooSoft / thin / 2
	return d
}

// Packet takes the payload of one packet. Late ones are left out; a short hole does not end a key, a long one does.
func (d *Detector) Packet(law Law, payload []byte, timestamp uint32) {
	g := &d.gate
	switch {
	case g.glimpse(law, payload):
		if g.octets > 0 && law == g.law && g.left <= 0 && !d.down {
			d.listen(law, g.held[:g.octets], g.stamp)
		}
		g.left = vigil
	case g.left > 0 || d.down:
		g.left -= len(payload)
	default:
		g.hold(law, payload, timestamp)
		return
	}
	g.octets = 0
	d.listen(law, payload, timestamp)
}

// listen looks closely.
func (d *Detector) listen(law Law, payload []byte, timestamp uint32) {
	if ahead := int32(timestamp - d.next); !d.began || law != d.law || ahead != 0 { //nolint:gosec // wraps by design
		hole := time.Duration(ahead) * time.Second / rate
		if d.began && law == d.law && hole < 0 && hole > -time.Second {
			return
		}
		if !d.began || law != d.law || hole < 0 || hole > maxHole {
			d.End()
		}
		d.valid, d.fill = 0, 0
	}
	d.began, d.law, d.next = true, law, timestamp+uint32(len(payload)) //nolint:gosec // a packet
	for _, code := range payload {
		d.pcm[(window-1)*block+d.fill] = law.Expand(code)
		if d.fill++; d.fill == block {
			d.full()
			copy(d.pcm[:], d.pcm[block:])
			d.fill = 0
		}
	}
}

// End releases a key that is down: the stream has ended.
func (d *Detector) End() {
	if d.down {
		d.down = false
		d.release(d.code, time.Duration(d.length-d.missing)*block*time.Second/rate)
	}
}

// full judges a block that is complete.
func (d *Detector) full() {
	copy(d.blocks[:], d.blocks[1:])
	newest := &d.blocks[window-1]
	*newest = d.measured(d.pcm[(window-1)*block:])
	d.valid = min(d.valid+1, window)
	if d.down {
		d.length++
		d.missing++
		if row, column := place(d.code); newest.holds(row, lows+column) {
			d.missing = 0
		}
		if d.missing >= quiet {
			d.End()
		}
	}
	if d.valid < window {
		return
	}
	code, ok := d.key()
	if !ok || d.down && code == d.code {
		return
	}
	d.End()
	d.down, d.code, d.length, d.missing = true, code, window, 0
	d.press(code)
}

// measured looks at one block. One too soft for a key is not looked at closely. All filters run side by side: the processor
// does them at once.
func (d *Detector) measured(pcm []int16) (m measure) {
	for _, x := range pcm {
		m.energy += float64(x) * float64(x)
	}
	if m.energy < d.tooSoft {
		return m
	}
	var s1, s2 [tones]float64
	for _, x := range pcm {
		v := float64(x)
		for tone := range s1 {
			s1[tone], s2[tone] = v+d.turn[tone]*s1[tone]-s2[tone], s1[tone]
		}
	}
	for tone := range m.power {
		m.power[tone] = s1[tone]*s1[tone] + s2[tone]*s2[tone] - d.turn[tone]*s1[tone]*s2[tone]
	}
	return m
}

// holds reports whether the block is mostly these two tones.
func (m *measure) holds(low, high int) bool {
	return m.energy > 0 && 2*(m.power[low]+m.power[high])/block >= blockShare*m.energy
}

// key recognises a key that fills the window.
func (d *Detector) key() (code uint8, ok bool) {
	var sum measure
	weakest, strongest := math.Inf(1), 0.0
	for i := range d.blocks {
		b := &d.blocks[i]
		weakest, strongest = min(weakest, b.energy), max(strongest, b.energy)
		sum.energy += b.energy
		for t, p := range b.power {
			sum.power[t] += p
		}
	}
	if weakest < d.tooSoft || weakest < evenness*strongest {
		return 0, false
	}
	low, high := 0, lows
	for t, p := range sum.power {
		switch {
		case t < lows && p > sum.power[low]:
			low = t
		case t >= lows && p > sum.power[high]:
			high = t
		}
	}
	if !sum.holds(low, high) {
		return 0, false
	}
	l, okLow := d.tone(low)
	h, okHigh := d.tone(high)
	if !okLow || !okHigh || l+h < share*sum.energy {
		return 0, false
	}
	if twist := 10 * math.Log10(h/l); twist > twistHigh || twist < -twistLow {
		return 0, false
	}
	if min(l, h) < window*d.tooSoft {
		return 0, false
	}
	return key(low, high-lows), true
}

// tone measures a tone over the whole window: its energy, and whether its frequency is the keypad's. The search goes in steps past the
// tolerance on either side and then to the top of the parabola through the best three.
func (d *Detector) tone(tone int) (energy float64, ok bool) {
	const steps = 3
	hz := frequency(tone)
	var power [2*steps + 1]float64
	best := 0
	for i := range power {
		power[i] = goertzel(d.pcm[:], hz*(1+step*float64(i-steps)))
		if power[i] > power[best] {
			best = i
		}
	}
	if best == 0 || best == len(power)-1 {
		return 0, false
	}
	before, at, after := power[best-1], power[best], power[best+1]
	offset := step * (float64(best-steps) + (before-after)/(2*(before-2*at+after)))
	if math.Abs(offset) > tolerance {
		return 0, false
	}
	return 2 * goertzel(d.pcm[:], hz*(1+offset)) / (window * block), true
}
