package inband

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"causeway/test/lab/codec"
)

// TestGateHidesNothing: behind the gate the detector hears the very keys that it hears without, for as long: all levels, twists,
// frequencies, lengths and noise near its limits, speech between the keys, packets of 10 to 60 ms, some of them lost.
func TestGateHidesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	var half codec.Halve
	speech := half.Read(labSpeech(t))
	heard := 0
	for round := range 30 {
		s := &signal{}
		for range 30 {
			level := -3 - 27*rng.Float64()
			off := func() float64 { return 1 + 0.05*(rng.Float64()-0.5) }
			s.silence(time.Duration(rng.IntN(80)) * ms)
			s.tone(frequency(rng.IntN(lows))*off(), frequency(lows+rng.IntN(tones-lows))*off(), level, level+18*rng.Float64()-9, time.Duration(20+rng.IntN(80))*ms)
			if at := rng.IntN(2 * len(speech)); at < len(speech)-2000 {
				for _, v := range speech[at : at+2000] {
					s.pcm = append(s.pcm, float64(v))
				}
			}
		}
		s.noise(-25-40*rng.Float64(), rng)
		law := Law(1 + rng.IntN(2))
		var keys [2][]string
		var detectors [2]*Detector
		for i := range detectors {
			detectors[i] = NewDetector(func(uint8) {}, func(code uint8, length time.Duration) { keys[i] = append(keys[i], fmt.Sprint(code, length)) })
		}
		size, ts := []int{80, 160, 160, 240, 320, 480}[rng.IntN(6)], rng.Uint32()
		for ; len(s.pcm) >= size; s.pcm = s.pcm[size:] {
			payload := make([]byte, size)
			for i, v := range s.pcm[:size] {
				payload[i] = law.Compress(int16(min(32767, max(-32768, math.Round(v)))))
			}
			if round%2 == 0 || rng.IntN(20) > 0 {
				detectors[0].listen(law, payload, ts)
				detectors[1].Packet(law, payload, ts)
			}
			ts += uint32(size)
		}
		detectors[0].End()
		detectors[1].End()
		if !slices.Equal(keys[0], keys[1]) {
			t.Errorf("round %d, packets of %d: without the gate %v\nwith it %v", round, size, keys[0], keys[1])
		}
		heard += len(keys[0])
	}
	if heard < 300 {
		t.Errorf("%d keys were heard: this says nothing", heard)
	}
	t.Logf("%d keys", heard)
}

// BenchmarkSpeech is what a packet of somebody who speaks costs.
func BenchmarkSpeech(b *testing.B) {
	var half codec.Halve
	var packets [][]byte
	for pcm := half.Read(labSpeech(b)); len(pcm) >= 160; pcm = pcm[160:] {
		p := make([]byte, 160)
		for i, v := range pcm[:160] {
			p[i] = A.Compress(v)
		}
		packets = append(packets, p)
	}
	d, ts := NewDetector(func(uint8) {}, func(uint8, time.Duration) {}), uint32(0)
	listened, i := 0, 0
	for b.Loop() {
		d.Packet(A, packets[i%len(packets)], ts)
		if d.gate.left > 0 {
			listened++
		}
		i++
		ts += 160
	}
	b.ReportMetric(100*float64(listened)/float64(i), "%listened")
}
