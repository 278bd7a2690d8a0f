package transcode_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/amr"
	"causeway/transcode/codectest"
	"causeway/transcode/g711"
	"causeway/transcode/g722"
	"causeway/transcode/jitter"
	"causeway/transcode/opus"
	"causeway/transcode/resample"
)

const ms = time.Millisecond

func registry(t testing.TB, dtx bool) *transcode.Registry {
	t.Helper()
	config := amr.DefaultConfig()
	config.DTX = dtx
	speech, err := amr.CodecsWith(config)
	if err != nil {
		t.Fatal(err)
	}
	return transcode.NewRegistry(slices.Concat(g711.Codecs(), g722.Codecs(), opus.Codecs(), speech)...).Plug(transcode.Parts{
		NewWindow:    func(hold time.Duration) transcode.Window { return jitter.New(hold) },
		NewResampler: resample.New,
	})
}

var (
	opusFormat = transcode.Format{Name: "opus", ClockRate: 48000, Channels: 2, FMTP: "minptime=10;useinbandfec=1"}
	wideBE     = transcode.Format{Name: "AMR-WB", ClockRate: 16000, FMTP: "mode-change-capability=2;max-red=0"}
	wideOA     = transcode.Format{Name: "AMR-WB", ClockRate: 16000, FMTP: "octet-align=1"}
	narrowBE   = transcode.Format{Name: "AMR", ClockRate: 8000}
	pcmu       = transcode.Format{Name: "PCMU", ClockRate: 8000}
	pcma       = transcode.Format{Name: "PCMA", ClockRate: 8000}
	g722Format = transcode.Format{Name: "G722", ClockRate: 8000}
)

func all() []transcode.Format {
	return []transcode.Format{opusFormat, wideBE, wideOA, narrowBE, pcmu, pcma, g722Format}
}

// name distinguishes the two forms of AMR-WB.
func name(f transcode.Format) string {
	if f.FMTP == wideOA.FMTP {
		return f.Name + "-OA"
	}
	return f.Name
}

// usable skips pairs whose codecs this build lacks.
func usable(t testing.TB, r *transcode.Registry, formats ...transcode.Format) {
	t.Helper()
	for _, f := range formats {
		if _, ok := r.Lookup(f.Name); !ok {
			t.Skipf("built without %s", f.Name)
		}
	}
}

// source makes the packets of a stream from PCM at whatever rate the codec likes.
type source struct {
	enc  transcode.Encoder
	rate int
	tick uint32
}

func newSource(t testing.TB, r *transcode.Registry, f transcode.Format, rate int) *source {
	t.Helper()
	c, _ := r.Lookup(f.Name)
	enc, err := c.NewEncoder(f, rate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(enc.Close)
	return &source{enc: enc, rate: enc.Rate(), tick: uint32(enc.FrameSamples() * f.ClockRate / enc.Rate())}
}

// packets encodes pcm; an entry is empty where the encoder sends nothing.
func (s *source) packets(t testing.TB, pcm []int16) [][]byte {
	t.Helper()
	var list [][]byte
	buf := make([]byte, transcode.MaxPayload)
	for size := s.enc.FrameSamples(); len(pcm) >= size; pcm = pcm[size:] {
		n, err := s.enc.Encode(buf, pcm[:size])
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, bytes.Clone(buf[:n]))
	}
	return list
}

func newPipeline(t testing.TB, r *transcode.Registry, from, to transcode.Format) *transcode.Pipeline {
	t.Helper()
	p, err := transcode.NewPipeline(r, from, to, transcode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// listener decodes what a pipeline sends and checks the timestamps.
type listener struct {
	t    testing.TB
	dec  transcode.Decoder
	next uint32
	pcm  []int16
	out  []int16
	dst  []byte
	n    int
}

func newListener(t testing.TB, r *transcode.Registry, f transcode.Format, rate int) *listener {
	t.Helper()
	c, _ := r.Lookup(f.Name)
	dec, err := c.NewDecoder(f, rate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dec.Close)
	return &listener{t: t, dec: dec, out: make([]int16, 48*240), dst: make([]byte, transcode.MaxPayload)}
}

func (l *listener) pull(p *transcode.Pipeline, now time.Time) {
	l.t.Helper()
	for {
		packet, ok := p.Pull(now, l.dst)
		if !ok {
			return
		}
		if packet.Timestamp != l.next || packet.Marker != (l.n == 0) {
			l.t.Fatalf("packet %d: timestamp %d, want %d; marker %v", l.n, packet.Timestamp, l.next, packet.Marker)
		}
		l.next, l.n = packet.Timestamp+packet.Samples, l.n+1
		n, err := l.dec.Decode(l.out, packet.Payload)
		if err != nil {
			l.t.Fatal(err)
		}
		l.pcm = append(l.pcm, l.out[:n]...)
	}
}

// TestTonePairs: a tone crosses every pair with its pitch and level, in order and on time.
func TestTonePairs(t *testing.T) {
	r := registry(t, false)
	for _, from := range all() {
		for _, to := range all() {
			if from == to {
				continue
			}
			t.Run(name(from)+"-"+name(to), func(t *testing.T) {
				usable(t, r, from, to)
				p := newPipeline(t, r, from, to)
				src := newSource(t, r, from, 16000)
				l := newListener(t, r, to, 16000)
				now := time.Unix(0, 0)
				for i, payload := range src.packets(t, codectest.Tone(src.rate, src.rate*3/2, 1000, 8000)) {
					p.Push(uint16(i), uint32(i)*src.tick, i == 0, payload, now)
					l.pull(p, now)
					now = now.Add(20 * ms)
				}
				rate := l.dec.Rate()
				if len(l.pcm) < rate*14/10 {
					t.Fatalf("%d samples at %d Hz of 1.5 s", len(l.pcm), rate)
				}
				pcm := l.pcm[rate/2 : rate/2+rate/2]
				if d := codectest.DB(codectest.Level(pcm, rate, 1000), 8000); math.Abs(d) > 0.9 {
					t.Errorf("%v: level changed by %.2f dB", p, d)
				}
				if f := codectest.Frequency(pcm, rate, 300, 3400, 20); f != 1000 {
					t.Errorf("%v: 1000 Hz became %g", p, f)
				}
				if s := p.Stats(); s.Errors+s.Lost+s.Concealed+s.Noise+s.Late != 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// TestNoResamplerWhereNoneIsNeeded reads the wiring off the pipeline's own description.
func TestNoResamplerWhereNoneIsNeeded(t *testing.T) {
	r := registry(t, false)
	usable(t, r, opusFormat, wideBE)
	for _, c := range []struct {
		from, to transcode.Format
		want     string
	}{
		{wideBE, opusFormat, "AMR-WB/16000 (BE) -> jitter -> pcm16k -> opus/48000"},
		{opusFormat, wideOA, "opus/48000 -> jitter -> pcm16k -> AMR-WB/16000 (OA)"},
		{narrowBE, opusFormat, "AMR/8000 (BE) -> jitter -> pcm8k -> opus/48000"},
		{opusFormat, pcma, "opus/48000 -> jitter -> pcm8k -> PCMA/8000"},
		{opusFormat, g722Format, "opus/48000 -> jitter -> pcm16k -> G722/8000"},
		{pcmu, wideBE, "PCMU/8000 -> jitter -> pcm8k -> pcm16k -> AMR-WB/16000 (BE)"},
	} {
		if got := newPipeline(t, r, c.from, c.to).String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestLossAndReordering: a bad network, and still every packet of output follows the one before and
// the speech is recognisable.
func TestLossAndReordering(t *testing.T) {
	r := registry(t, false)
	for _, c := range []struct {
		from, to transcode.Format
		least    float64
	}{{opusFormat, wideBE, 0.9}, {wideBE, opusFormat, 0.9}, {narrowBE, opusFormat, 0.88}, {pcmu, opusFormat, 0.9}, {g722Format, opusFormat, 0.88}} {
		t.Run(name(c.from)+"-"+name(c.to), func(t *testing.T) {
			usable(t, r, c.from, c.to)
			clean, bad := newPipeline(t, r, c.from, c.to), newPipeline(t, r, c.from, c.to)
			src := newSource(t, r, c.from, 16000)
			a, b := newListener(t, r, c.to, 16000), newListener(t, r, c.to, 16000)
			rng := rand.New(rand.NewPCG(8, 8))
			now := time.Unix(0, 0)
			lost := 0
			var swap func()
			for i, payload := range src.packets(t, codectest.Speech(src.rate, 4*src.rate)) {
				push := func(p *transcode.Pipeline) { p.Push(uint16(i), uint32(i)*src.tick, false, payload, now) }
				push(clean)
				a.pull(clean, now)
				switch n := rng.IntN(100); {
				case n < 5 && i > 0 && i < 190 && swap == nil:
					lost++
				case n < 10 && i > 0 && i < 190 && swap == nil:
					swap = func() { bad.Push(uint16(i), uint32(i)*src.tick, false, payload, now) }
				default:
					push(bad)
					if swap != nil {
						swap()
						swap = nil
					}
				}
				for due, ok := bad.NextDeadline(); ok && due.Before(now.Add(20*ms)); due, ok = bad.NextDeadline() {
					b.pull(bad, due)
				}
				b.pull(bad, now)
				now = now.Add(20 * ms)
			}
			s := bad.Stats()
			// Two places may be lost besides: the first swap, before the hold has grown, comes too late.
			if s.Lost < uint64(lost) || s.Lost > uint64(lost)+3 || s.MaxDepth == 0 || s.Errors != 0 {
				t.Errorf("%d lost: %+v", lost, s)
			}
			if d := len(a.pcm) - len(b.pcm); d < 0 || d > a.dec.Rate()/10 {
				t.Errorf("%d samples without loss, %d with", len(a.pcm), len(b.pcm))
			}
			rate := a.dec.Rate()
			if k := codectest.Correlation(codectest.Bands(a.pcm, rate, 3500), codectest.Bands(b.pcm, rate, 3500)); k < c.least {
				t.Errorf("band correlation %.3f; %+v", k, s)
			}
		})
	}
}

// TestHandsetWithDTX: a handset that stops sending in pauses sounds continuous to the browser.
func TestHandsetWithDTX(t *testing.T) {
	r := registry(t, true)
	for _, from := range []transcode.Format{wideBE, narrowBE} {
		t.Run(from.Name, func(t *testing.T) {
			usable(t, r, from, opusFormat)
			p := newPipeline(t, r, from, opusFormat)
			src := newSource(t, r, from, 0)
			l := newListener(t, r, opusFormat, 16000)
			speech, noise := codectest.Speech(src.rate, 2*src.rate), codectest.Noise(6*src.rate, 60, 2)
			pcm := slices.Concat(speech, noise, speech)
			start := time.Unix(0, 0)
			sent, last := 0, start
			for i, payload := range src.packets(t, pcm) {
				now := start.Add(time.Duration(i) * 20 * ms)
				for {
					due, ok := p.NextDeadline()
					if !ok || due.After(now) {
						break
					}
					before := l.n
					l.pull(p, due)
					if l.n > before {
						if due.Sub(last) > 50*ms {
							t.Fatalf("nothing for %v at %v", due.Sub(last), due.Sub(start))
						}
						last = due
					}
				}
				if len(payload) == 0 {
					continue
				}
				p.Push(uint16(sent), uint32(i)*src.tick, false, payload, now)
				sent++
				before := l.n
				l.pull(p, now)
				if l.n > before {
					last = now
				}
			}
			if s := p.Stats(); sent > 460 || s.Noise < 50 || s.Lost != 0 || s.Concealed != 0 {
				t.Errorf("%d packets sent; %+v", sent, s)
			}
			if got, want := len(l.pcm), 10*16000; got < want-3200 || got > want+1600 {
				t.Errorf("%d samples of sound, want about %d", got, want)
			}
			for i := 5 * 16000; i < 7*16000; i += 3200 {
				if level := codectest.RMS(l.pcm[i : i+3200]); level < 1 || level > 150 {
					t.Errorf("comfort noise of RMS %.1f at %d ms", level, i/16)
				}
			}
		})
	}
}

// TestModeRequestCrosses: what the handset asks for in its packets reaches our encoder to it.
func TestModeRequestCrosses(t *testing.T) {
	r := registry(t, false)
	usable(t, r, wideBE, opusFormat)
	up, down := newPipeline(t, r, opusFormat, wideBE), newPipeline(t, r, wideBE, opusFormat)
	handset := newSource(t, r, wideBE, 0)
	handset.enc.(transcode.ModeAsker).AskMode(8)
	browser := newSource(t, r, opusFormat, 16000)
	now, dst := time.Unix(0, 0), make([]byte, transcode.MaxPayload)
	a := handset.packets(t, codectest.Speech(16000, 6400))
	b := browser.packets(t, codectest.Speech(16000, 6400))
	unpack := amr.NewUnpacker(amr.Form{Band: amr.Wide})
	var modes []int
	for i := range a {
		down.Push(uint16(i), uint32(i)*320, false, a[i], now)
		for _, ok := down.Pull(now, dst); ok; _, ok = down.Pull(now, dst) {
		}
		if mode, ok := down.ModeRequest(); ok {
			up.RequestMode(mode)
		}
		up.Push(uint16(i), uint32(i)*960, false, b[i], now)
		packet, ok := up.Pull(now, dst)
		if !ok {
			t.Fatal("no packet")
		}
		content, err := unpack.Unpack(packet.Payload)
		if err != nil {
			t.Fatal(err)
		}
		modes = append(modes, content.Frames[0].Type)
		now = now.Add(20 * ms)
	}
	if modes[0] != 8 || modes[len(modes)-1] != 8 {
		t.Errorf("modes %v, want 8 as requested", modes)
	}
}
