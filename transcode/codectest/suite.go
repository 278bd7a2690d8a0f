package codectest

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"causeway/transcode"
)

// Subject is a codec with one of the formats it offers.
type Subject struct {
	Codec  transcode.Codec
	Format transcode.Format
	Rate   int // PCM rate to ask for, 0 for the codec's own choice

	ToneTolerance float64   // dB that a tone's level may change; 0 for 0.5
	Tones         []float64 // Hz; nil for 440 and 1000
	Quiet         float64   // RMS that decoded silence may have; 0 for 12
}

// Run runs the whole suite as subtests of t.
func Run(t *testing.T, s Subject) {
	t.Helper()
	if s.ToneTolerance == 0 {
		s.ToneTolerance = 0.5
	}
	if s.Tones == nil {
		s.Tones = []float64{440, 1000}
	}
	if s.Quiet == 0 {
		s.Quiet = 12
	}
	t.Run("tone", s.tone)
	t.Run("silence", s.silence)
	t.Run("loss", s.loss)
	t.Run("garbage", s.garbage)
	t.Run("sizes", s.sizes)
	t.Run("format", s.format)
	t.Run("packet times", s.packetTimes)
	t.Run("close", s.closing)
	t.Run("separate", s.separate)
	t.Run("allocations", s.allocations)
}

func (s Subject) pair(t *testing.T) (transcode.Encoder, transcode.Decoder) {
	t.Helper()
	enc, err := s.Codec.NewEncoder(s.Format, s.Rate)
	if err != nil {
		t.Fatalf("encoder: %v", err)
	}
	t.Cleanup(enc.Close)
	dec, err := s.Codec.NewDecoder(s.Format, enc.Rate())
	if err != nil {
		t.Fatalf("decoder: %v", err)
	}
	t.Cleanup(dec.Close)
	if dec.Rate() != enc.Rate() {
		t.Fatalf("decoder at %d Hz, encoder at %d", dec.Rate(), enc.Rate())
	}
	return enc, dec
}

// through codes pcm and decodes it again; keep says which packets arrive.
func (s Subject) through(t *testing.T, pcm []int16, keep func(packet int) bool) ([]int16, int) {
	t.Helper()
	enc, dec := s.pair(t)
	var got []int16
	payload, out := make([]byte, transcode.MaxPayload), room(dec.Rate())
	for i, size := 0, enc.FrameSamples(); len(pcm) >= size; i, pcm = i+1, pcm[size:] {
		n, err := enc.Encode(payload, pcm[:size])
		if err != nil {
			t.Fatalf("packet %d: encode: %v", i, err)
		}
		var m int
		if n > 0 && keep(i) {
			if m, err = dec.Decode(out, payload[:n]); err != nil {
				t.Fatalf("packet %d: decode: %v", i, err)
			}
		} else {
			for ; m < size && err == nil; m += dec.Rate() / 50 {
				_, err = dec.Conceal(out[m:], min(dec.Rate()/50, size-m))
			}
			m = min(m, size)
		}
		if err != nil || m != size {
			t.Fatalf("packet %d: %d samples of %d, %v", i, m, size, err)
		}
		got = append(got, out[:m]...)
	}
	return got, dec.Rate()
}

func (s Subject) rate(t *testing.T) int {
	enc, _ := s.pair(t)
	return enc.Rate()
}

func room(rate int) []int16 { return make([]int16, int(transcode.MaxPacket.Milliseconds())*rate/1000) }

func all(int) bool { return true }

func (s Subject) tone(t *testing.T) {
	for _, hz := range s.Tones {
		rate := s.rate(t)
		got, _ := s.through(t, Tone(rate, 2*rate, hz, 8000), all)
		got = got[rate/2 : rate+rate/2]
		if d := DB(Level(got, rate, hz), 8000); math.Abs(d) > s.ToneTolerance {
			t.Errorf("%g Hz: level changed by %.2f dB", hz, d)
		}
		if f := Frequency(got[:rate/8], rate, 100, 3500, 20); math.Abs(f-hz) > 20 {
			t.Errorf("%g Hz came out as %g Hz", hz, f)
		}
	}
}

func (s Subject) silence(t *testing.T) {
	rate := s.rate(t)
	got, _ := s.through(t, make([]int16, rate), all)
	if r := RMS(got[rate/2:]); r > s.Quiet {
		t.Errorf("silence came out with RMS %.1f", r)
	}
}

func (s Subject) loss(t *testing.T) {
	rate := s.rate(t)
	speech := Speech(rate, 5*rate/2)
	clean, _ := s.through(t, speech, all)
	holes, _ := s.through(t, speech, func(i int) bool { return i%10 != 7 })
	if d := DB(RMS(holes), RMS(clean)); math.Abs(d) > 2 {
		t.Errorf("one packet in ten lost changes the level by %.1f dB", d)
	}
	if c := Correlation(Bands(clean, rate, 3600), Bands(holes, rate, 3600)); c < 0.85 {
		t.Errorf("one packet in ten lost: band correlation %.3f", c)
	}
	// Nothing for a second: no howl, and quiet in the end.
	gone, _ := s.through(t, speech, func(i int) bool { return i < 30 })
	if tail := gone[len(gone)-rate/2:]; RMS(tail) > 0.25*RMS(clean)+s.Quiet {
		t.Errorf("long loss still has RMS %.0f (speech %.0f)", RMS(tail), RMS(clean))
	}
}

func (s Subject) garbage(t *testing.T) {
	enc, dec := s.pair(t)
	rng := rand.New(rand.NewPCG(5, 6))
	out, payload := room(dec.Rate()), make([]byte, transcode.MaxPayload+600)
	for i := range 3000 {
		n := rng.IntN(80)
		if i%10 == 0 {
			n = rng.IntN(len(payload))
		}
		for k := range n {
			payload[k] = byte(rng.Uint32())
		}
		m, err := dec.Decode(out, payload[:n])
		switch {
		case m < 0 || m > len(out):
			t.Fatalf("%d samples out of %d octets", m, n)
		case err != nil && !errors.Is(err, transcode.ErrPayload):
			t.Fatalf("garbage of %d octets: error of another kind: %v", n, err)
		case err != nil && m != 0:
			t.Fatalf("%d samples with error %v", m, err)
		}
	}
	// The decoder lives: a tone comes through.
	pcm := Tone(dec.Rate(), dec.Rate(), 1000, 8000)
	var got []int16
	for size := enc.FrameSamples(); len(pcm) >= size; pcm = pcm[size:] {
		n, err := enc.Encode(payload, pcm[:size])
		if err != nil {
			t.Fatal(err)
		}
		m, err := dec.Decode(out, payload[:n])
		if err != nil {
			t.Fatalf("after garbage: %v", err)
		}
		got = append(got, out[:m]...)
	}
	if d := DB(Level(got[len(got)/2:], dec.Rate(), 1000), 8000); math.Abs(d) > 2 {
		t.Errorf("after garbage a tone is %.1f dB off", d)
	}
}

func (s Subject) sizes(t *testing.T) {
	enc, dec := s.pair(t)
	size := enc.FrameSamples()
	payload := make([]byte, transcode.MaxPayload)
	for _, n := range []int{0, 1, size - 1, size + 1} {
		if _, err := enc.Encode(payload, make([]int16, n)); err == nil {
			t.Errorf("encoder took %d samples instead of %d", n, size)
		}
	}
	pcm := Speech(enc.Rate(), 20*size)[19*size:]
	if _, err := enc.Encode(payload[:2], pcm); !errors.Is(err, transcode.ErrShortBuffer) {
		t.Errorf("payload buffer of 2 octets: %v", err)
	}
	if _, err := enc.Encode(nil, pcm); !errors.Is(err, transcode.ErrShortBuffer) {
		t.Errorf("no payload buffer: %v", err)
	}
	n, err := enc.Encode(payload, pcm)
	if err != nil || n == 0 {
		t.Fatalf("encode: %d, %v", n, err)
	}
	for _, space := range [][]int16{nil, make([]int16, 1), make([]int16, size-1)} {
		if _, err := dec.Decode(space, payload[:n]); !errors.Is(err, transcode.ErrShortBuffer) {
			t.Errorf("decoding into %d samples: %v", len(space), err)
		}
		if _, err := dec.Conceal(space, size); !errors.Is(err, transcode.ErrShortBuffer) {
			t.Errorf("concealing into %d samples: %v", len(space), err)
		}
	}
	if _, err := dec.Conceal(room(dec.Rate()), -1); err == nil {
		t.Error("concealing -1 samples")
	}
	if _, err := dec.Decode(room(dec.Rate()), nil); !errors.Is(err, transcode.ErrPayload) {
		t.Errorf("empty payload: %v", err)
	}
	for _, n := range []int{1, 7, dec.Rate()/50 - 1, dec.Rate() / 50} {
		if m, err := dec.Conceal(make([]int16, n), n); m != n || err != nil {
			t.Errorf("concealing %d samples gave %d, %v", n, m, err)
		}
	}
}

func (s Subject) format(t *testing.T) {
	for _, change := range []func(*transcode.Format){
		func(f *transcode.Format) { f.ClockRate++ },
		func(f *transcode.Format) { f.ClockRate = 0 },
		func(f *transcode.Format) { f.Channels = 6 },
	} {
		f := s.Format
		change(&f)
		if _, err := s.Codec.NewDecoder(f, 0); !errors.Is(err, transcode.ErrUnsupported) {
			t.Errorf("decoder for %+v: %v", f, err)
		}
		if _, err := s.Codec.NewEncoder(f, 0); !errors.Is(err, transcode.ErrUnsupported) {
			t.Errorf("encoder for %+v: %v", f, err)
		}
	}
}

// packetTimes: whatever packet duration the receiver wishes, there is an encoder, with packets no longer than wished where the codec can,
// and never longer than transcode.MaxPacket or transcode.MaxPayload.
func (s Subject) packetTimes(t *testing.T) {
	for _, ptime := range []time.Duration{time.Nanosecond, 10 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond, 40 * time.Millisecond,
		50 * time.Millisecond, 60 * time.Millisecond, 100 * time.Millisecond, 240 * time.Millisecond, 10 * time.Second} {
		f := s.Format
		f.PTime = ptime
		enc, err := s.Codec.NewEncoder(f, 0)
		if err != nil {
			t.Fatalf("packets of %v: %v", ptime, err)
		}
		got := time.Duration(enc.FrameSamples()) * time.Second / time.Duration(enc.Rate())
		if got > transcode.MaxPacket || got > max(ptime, transcode.DefaultPTime) || got < min(ptime/2, transcode.DefaultPTime) {
			t.Errorf("packets of %v where %v were wished", got, ptime)
		}
		if n, err := enc.Encode(make([]byte, transcode.MaxPayload), Noise(enc.FrameSamples(), 5000, 1)); err != nil || n > transcode.MaxPayload {
			t.Errorf("packet of %v: %d octets, %v", got, n, err)
		}
		enc.Close()
	}
}

func (s Subject) closing(t *testing.T) {
	enc, dec := s.pair(t)
	enc.Close()
	enc.Close()
	dec.Close()
	dec.Close()
	payload := make([]byte, transcode.MaxPayload)
	if _, err := enc.Encode(payload, make([]int16, enc.FrameSamples())); !errors.Is(err, transcode.ErrClosed) {
		t.Errorf("encode after close: %v", err)
	}
	if _, err := dec.Decode(room(dec.Rate()), payload[:33]); !errors.Is(err, transcode.ErrClosed) {
		t.Errorf("decode after close: %v", err)
	}
	if _, err := dec.Conceal(room(dec.Rate()), 160); !errors.Is(err, transcode.ErrClosed) {
		t.Errorf("conceal after close: %v", err)
	}
	enc.RequestMode(1)
	dec.ModeRequest()
}

// separate runs several pairs at once: each must give what one alone gives.
func (s Subject) separate(t *testing.T) {
	rate := s.rate(t)
	speech := Speech(rate, rate/2)
	var wg sync.WaitGroup
	results := make([][]byte, 4)
	for i := range results {
		enc, dec := s.pair(t)
		wg.Go(func() {
			payload, out := make([]byte, transcode.MaxPayload), room(rate)
			pcm := speech
			for size := enc.FrameSamples(); len(pcm) >= size; pcm = pcm[size:] {
				n, err := enc.Encode(payload, pcm[:size])
				if err != nil {
					t.Error(err)
					return
				}
				results[i] = append(results[i], payload[:n]...)
				if _, err := dec.Decode(out, payload[:n]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for i := range results {
		if len(results[i]) == 0 || !bytes.Equal(results[i], results[0]) {
			t.Errorf("instance %d gives other octets than instance 0", i)
		}
	}
}

func (s Subject) allocations(t *testing.T) {
	enc, dec := s.pair(t)
	payload, out := make([]byte, transcode.MaxPayload), room(dec.Rate())
	pcm := Speech(enc.Rate(), enc.Rate())
	at := 0
	if a := testing.AllocsPerRun(40, func() {
		at = (at + enc.FrameSamples()) % (len(pcm) - enc.FrameSamples())
		n, err := enc.Encode(payload, pcm[at:at+enc.FrameSamples()])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := dec.Decode(out, payload[:n]); err != nil {
			t.Fatal(err)
		}
		if _, err := dec.Conceal(out, dec.Rate()/50); err != nil {
			t.Fatal(err)
		}
	}); a != 0 {
		t.Errorf("%v allocations per packet", a)
	}
}

// Benchmark measures one encode and one decode of speech, as sub-benchmarks of b.
func Benchmark(b *testing.B, s Subject) {
	enc, err := s.Codec.NewEncoder(s.Format, s.Rate)
	if err != nil {
		b.Fatal(err)
	}
	defer enc.Close()
	dec, err := s.Codec.NewDecoder(s.Format, enc.Rate())
	if err != nil {
		b.Fatal(err)
	}
	defer dec.Close()
	size := enc.FrameSamples()
	pcm := Speech(enc.Rate(), 100*size)
	var payloads [100][]byte
	payload, out := make([]byte, transcode.MaxPayload), room(dec.Rate())
	for i := range payloads {
		n, err := enc.Encode(payload, pcm[i*size:(i+1)*size])
		if err != nil {
			b.Fatal(err)
		}
		payloads[i] = bytes.Clone(payload[:n])
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			k := i % len(payloads)
			if _, err := enc.Encode(payload, pcm[k*size:(k+1)*size]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := dec.Decode(out, payloads[i%len(payloads)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
