package inband

import (
	"math"
	"time"
)

// The levels of the two tones, dBm0, within the limits of ETSI ES 201 235-2 4.2.4; the high one is stronger, as lines weaken it more.
const (
	lowLevel  = -11.0
	highLevel = -9.0
	ramp      = 5 * time.Millisecond // at either end, against the click
)

// Tone is one key being played.
type Tone struct {
	law       Law
	low, high float64 // radians a sample
	at        int     // samples so far
	length    int     // of the tone
}

// NewTone begins a key: a code below 16, sounding for length; silence follows for as long as samples are asked for.
func NewTone(law Law, code uint8, length time.Duration) Tone {
	row, column := place(code)
	return Tone{law: law, low: 2 * math.Pi * frequency(row) / rate, high: 2 * math.Pi * frequency(lows+column) / rate,
		length: int(length * rate / time.Second)}
}

// Until makes the tone end after length, but not without its ramp.
func (t *Tone) Until(length time.Duration) {
	t.length = max(int(length*rate/time.Second), min(t.length, t.at+rampSamples))
}

// Stopped reports whether only silence follows.
func (t *Tone) Stopped() bool { return t.at >= t.length }

const rampSamples = int(ramp * rate / time.Second)

// Read fills a payload with the next samples.
func (t *Tone) Read(payload []byte) {
	low, high := dBm0(lowLevel), dBm0(highLevel)
	for i := range payload {
		gain := min(1, float64(min(t.at+1, t.length-t.at))/float64(rampSamples))
		v := 0.0
		if gain > 0 {
			n := float64(t.at)
			v = gain * (low*math.Sin(t.low*n) + high*math.Sin(t.high*n))
		}
		payload[i] = t.law.Compress(int16(math.Round(v)))
		t.at++
	}
}
