package inband

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"causeway/test/lab/clip"
	"causeway/test/lab/codec"
)

// signal is a sound that a detector is put to.
type signal struct {
	pcm []float64
}

// tone adds two tones of levels in dBm0.
func (s *signal) tone(low, high, lowLevel, highLevel float64, length time.Duration) *signal {
	for i := range int(length * rate / time.Second) {
		n := 2 * math.Pi * float64(i) / rate
		s.pcm = append(s.pcm, dBm0(lowLevel)*math.Sin(low*n)+dBm0(highLevel)*math.Sin(high*n+1))
	}
	return s
}

func (s *signal) silence(length time.Duration) *signal {
	s.pcm = append(s.pcm, make([]float64, int(length*rate/time.Second))...)
	return s
}

// noise adds white noise of an RMS level in dBm0 to all of it.
func (s *signal) noise(level float64, rng *rand.Rand) *signal {
	a := dBm0(level) / math.Sqrt2
	for i := range s.pcm {
		s.pcm[i] += a * rng.NormFloat64()
	}
	return s
}

// listen plays the signal in packets of 20 ms and says what keys were heard, and for how long.
func (s *signal) listen(law Law) (keys []string) {
	d := NewDetector(func(uint8) {}, func(code uint8, length time.Duration) { keys = append(keys, fmt.Sprintf("%d %v", code, length)) })
	payload, ts := make([]byte, 0, 160), uint32(0xFFFFFF00)
	for i, v := range s.pcm {
		payload = append(payload, law.Compress(int16(min(32767, max(-32768, math.Round(v))))))
		if len(payload) == 160 || i == len(s.pcm)-1 {
			d.Packet(law, payload, ts)
			ts += uint32(len(payload))
			payload = payload[:0]
		}
	}
	d.End()
	return keys
}

// codes are the heard keys without their lengths.
func codes(keys []string) (out []uint8) {
	for _, k := range keys {
		var c uint8
		_, _ = fmt.Sscanf(k, "%d ", &c)
		out = append(out, c)
	}
	return out
}

func each(n int, do func(int)) {
	for i := range n {
		do(i)
	}
}

func skip(leaveOut bool, feed func(int), i int) {
	if !leaveOut {
		feed(i)
	}
}

// labSpeech is the lab's announcement at 16 kHz.
func labSpeech(t testing.TB) (pcm []int16) {
	t.Helper()
	frames, err := clip.Announcement()
	if err != nil {
		t.Fatal(err)
	}
	d, err := codec.NewDecoder("AMR-WB")
	if err != nil {
		t.Skip("this build has no AMR-WB: ", err)
	}
	defer d.Close()
	for _, f := range frames {
		sound, err := d.Decode(f.Storage())
		if err != nil {
			t.Fatal(err)
		}
		pcm = append(pcm, sound...)
	}
	return pcm
}
