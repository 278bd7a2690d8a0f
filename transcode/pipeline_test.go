package transcode

import (
	"bytes"
	"testing"
	"time"
)

const ms = time.Millisecond

// rig drives a pipeline from a script of milliseconds.
type rig struct {
	t    *testing.T
	p    *Pipeline
	zero time.Time
	out  []sent
	buf  []byte
}

// sent is one outgoing packet and when it left.
type sent struct {
	at     time.Duration
	ts     uint32
	marker bool
	size   uint32
	data   []byte
}

func fakeRegistry() *Registry {
	return NewRegistry(
		fakeCodec{name: "A", rates: []int{8000}},
		fakeCodec{name: "B", rates: []int{48000, 8000}},
		fakeCodec{name: "C", rates: []int{16000}},
		fakeCodec{name: "DTX", rates: []int{8000}, dtx: true},
	).Plug(Parts{NewWindow: func(time.Duration) Window { return &fakeWindow{} }})
}

var (
	formatA = Format{Name: "a", ClockRate: 8000}
	formatB = Format{Name: "B", ClockRate: 48000, Channels: 2}
)

func newRig(t *testing.T, from, to Format, opt Options) *rig {
	t.Helper()
	p, err := NewPipeline(fakeRegistry(), from, to, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return &rig{t: t, p: p, zero: time.Unix(1000, 0), buf: make([]byte, MaxPayload)}
}

// run lets the time pass until at, pulling at each deadline.
func (r *rig) run(at time.Duration) {
	for range 10000 {
		due, ok := r.p.NextDeadline()
		if !ok || due.After(r.zero.Add(at)) {
			return
		}
		if before := len(r.out); true {
			r.pull(due.Sub(r.zero))
			if next, ok := r.p.NextDeadline(); len(r.out) == before && ok && !next.After(due) {
				r.t.Fatalf("deadline %v does not move", due.Sub(r.zero))
			}
		}
	}
	r.t.Fatal("deadlines without end")
}

func (r *rig) pull(at time.Duration) {
	for {
		packet, ok := r.p.Pull(r.zero.Add(at), r.buf)
		if !ok {
			return
		}
		r.out = append(r.out, sent{at, packet.Timestamp, packet.Marker, packet.Samples, bytes.Clone(packet.Payload)})
	}
}

// push runs until at and gives the pipeline a packet of ms milliseconds of value v then.
func (r *rig) push(at time.Duration, seq uint16, ts uint32, v byte, length int) {
	r.pushRaw(at, seq, ts, bytes.Repeat([]byte{v}, length))
}

func (r *rig) pushRaw(at time.Duration, seq uint16, ts uint32, payload []byte) {
	r.run(at - 1)
	r.p.Push(seq, ts, false, payload, r.zero.Add(at))
	r.pull(at)
}

// sound is the outgoing stream without packet borders, one octet per ms.
func (r *rig) sound() []byte {
	var all []byte
	for _, s := range r.out {
		all = append(all, s.data...)
	}
	return all
}

// continuous fails unless each packet's timestamp follows the one before.
func (r *rig) continuous() {
	r.t.Helper()
	for i, s := range r.out {
		if want := uint32(i) * s.size; s.ts != want || s.marker != (i == 0) {
			r.t.Fatalf("packet %d: timestamp %d (want %d), marker %v", i, s.ts, want, s.marker)
		}
	}
}

func rep(v byte, n int) []byte { return bytes.Repeat([]byte{v}, n) }

func TestStraightThrough(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	for i := range 50 {
		at := time.Duration(i) * 20 * ms
		r.push(at, uint16(65530+i), 4294960000+uint32(i)*160, byte(10+i), 20)
		if len(r.out) != i+1 || r.out[i].at != at || r.out[i].size != 960 || !bytes.Equal(r.out[i].data, rep(byte(10+i), 20)) {
			t.Fatalf("packet %d: %+v", i, r.out[len(r.out)-1])
		}
	}
	r.continuous()
	if s := r.p.Stats(); s.Pushed != 50 || s.Decoded != 50 || s.Encoded != 50 || s.Concealed+s.Noise+s.Lost+s.Errors+s.Restarts != 0 {
		t.Errorf("%+v", s)
	}
	if got := r.p.String(); got != "a/8000 -> jitter -> pcm8k -> B/48000" {
		t.Error(got)
	}
}

func TestRepacketize(t *testing.T) {
	for _, c := range []struct{ in, out int }{{20, 40}, {20, 60}, {40, 20}, {60, 20}, {60, 40}, {30, 20}, {20, 20}} {
		to := formatB
		to.PTime = time.Duration(c.out) * ms
		r := newRig(t, formatA, to, Options{})
		var want []byte
		for i := 0; i*c.in < 600; i++ {
			r.push(time.Duration(i*c.in)*ms, uint16(i), uint32(i*c.in*8), byte(10+i), c.in)
			want = append(want, rep(byte(10+i), c.in)...)
		}
		if got := r.sound(); !bytes.Equal(got, want[:len(got)]) || len(want)-len(got) >= c.out {
			t.Errorf("%d to %d ms: %d of %d ms", c.in, c.out, len(got), len(want))
		}
		if r.out[0].size != uint32(c.out*48) {
			t.Errorf("%d to %d ms: packets of %d", c.in, c.out, r.out[0].size)
		}
		r.continuous()
	}
}

func TestLossIsConcealed(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	r.push(0, 0, 0, 10, 20)
	r.push(60*ms, 3, 480, 13, 20)
	want := append(append(rep(10, 20), rep(concealed, 40)...), rep(13, 20)...)
	if got := r.sound(); !bytes.Equal(got, want) {
		t.Errorf("%v", got)
	}
	r.continuous()
	if s := r.p.Stats(); s.Lost != 2 || s.Concealed != 2 || s.Recovered != 0 {
		t.Errorf("%+v", s)
	}
}

func TestRedundancyIsUsed(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	r.push(0, 0, 0, 10, 20)
	r.pushRaw(60*ms, 3, 480, append([]byte{0xCC}, rep(13, 20)...))
	want := append(append(append(rep(10, 20), rep(concealed, 20)...), rep(rescued, 20)...), rep(13, 20)...)
	if got := r.sound(); !bytes.Equal(got, want) {
		t.Errorf("%v", got)
	}
	r.continuous()
	if s := r.p.Stats(); s.Lost != 2 || s.Concealed != 1 || s.Recovered != 1 {
		t.Errorf("%+v", s)
	}
}

// TestPauseIsFilled: after the sender announced silence the stream goes on at its pace.
func TestPauseIsFilled(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	r.push(0, 0, 0, 10, 20)
	r.push(20*ms, 1, 160, 1, 20) // SID
	r.push(180*ms, 2, 1440, 1, 20)
	r.push(340*ms, 3, 2720, 20, 20)
	r.continuous()
	want := append(append(append(append(rep(10, 20), rep(1, 20)...), rep(concealed, 140)...), rep(1, 20)...), rep(concealed, 140)...)
	want = append(want, rep(20, 20)...)
	if got := r.sound(); !bytes.Equal(got, want) {
		t.Errorf("%d ms: %v", len(got), got)
	}
	for i, s := range r.out[1:] {
		if gap := s.at - r.out[i].at; gap > 45*ms {
			t.Errorf("packet %d left %v after the one before", i+1, gap)
		}
	}
	if s := r.p.Stats(); s.Noise != 14 || s.Concealed != 0 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

// TestNoDataPacket: a packet without sound (AMR NO_DATA) announces silence too.
func TestNoDataPacket(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	r.push(0, 0, 0, 10, 20)
	r.pushRaw(20*ms, 1, 160, []byte{0xDD})
	r.push(100*ms, 2, 800, 12, 20)
	want := append(append(rep(10, 20), rep(concealed, 80)...), rep(12, 20)...)
	if got := r.sound(); !bytes.Equal(got, want) {
		t.Errorf("%v", got)
	}
	r.continuous()
}

// TestLateOnset: speech that comes a little later than its place in a filled pause is not clipped,
// and what that cost is won back in the next pause.
func TestLateOnset(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	r.push(0, 0, 0, 10, 20)
	r.push(20*ms, 1, 160, 1, 20)
	r.run(265 * ms) // noise made up to 240 ms of media time
	r.push(270*ms, 2, 1600, 50, 20)
	for i := range 4 {
		r.push(time.Duration(290+20*i)*ms, uint16(3+i), uint32(1760+160*i), 50, 20)
	}
	if got := bytes.Count(r.sound(), []byte{50}); got != 100 {
		t.Fatalf("%d ms of the 100 ms of speech came through", got)
	}
	delayed := r.p.line.delay
	if delayed <= 0 {
		t.Fatal("no delay although speech began late")
	}
	r.push(370*ms, 7, 2400, 1, 20)
	r.push(700*ms, 8, 5040, 60, 20)
	r.continuous()
	if r.p.line.delay >= delayed {
		t.Errorf("delay %d before the pause, %d after", delayed, r.p.line.delay)
	}
}

// TestStall: a sender that stops without a word is covered after a while and for a while; when it
// comes back the timestamps count the hole and the marker is set.
func TestStall(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{MaxSilence: time.Second})
	for i := range 5 {
		r.push(time.Duration(i)*20*ms, uint16(i), uint32(i)*160, 10, 20)
	}
	r.run(240 * ms)
	if got := len(r.sound()); got != 100 {
		t.Fatalf("%d ms after 240 ms: made up too early", got)
	}
	r.run(10 * time.Second)
	if got := len(r.sound()); got != 1100 {
		t.Fatalf("%d ms, want 100 of speech and 1000 made up", got)
	}
	if _, ok := r.p.NextDeadline(); ok {
		t.Fatal("a deadline although output has stopped")
	}
	r.push(8*time.Second, 5, 8*8000, 20, 20)
	last := r.out[len(r.out)-1]
	if !last.marker || last.ts != 8*48000 || !bytes.Equal(last.data, rep(20, 20)) {
		t.Errorf("after the hole: %+v", last)
	}
}

// TestSpurtAfterSilence: a sender that pauses without a word and resumes with the marker is not
// clipped although sound was made up for the time its first packet claims.
func TestSpurtAfterSilence(t *testing.T) {
	for _, marker := range []bool{true, false} {
		r := newRig(t, formatA, formatB, Options{})
		r.push(0, 0, 0, 10, 20)
		r.run(310 * ms) // made up to 180 ms of media time
		r.p.Push(1, 1280, marker, rep(30, 20), r.zero.Add(310*ms))
		r.pull(310 * ms)
		if got := bytes.Count(r.sound(), []byte{30}); (got == 20) != marker || got != 0 && got != 20 {
			t.Errorf("marker %v: %d ms of the spurt's first packet", marker, got)
		}
	}
}

// TestLatePath: a path, or a sender, that is later from now on by more than is waited for costs as much sound as was made up, and little
// more; what comes in a burst after as long a wait is not later, and adds no delay.
func TestLatePath(t *testing.T) {
	for _, later := range []time.Duration{200 * ms, 400 * ms, 900 * ms} {
		for _, burst := range []bool{false, true} {
			r := newRig(t, formatA, formatB, Options{})
			const packets, first = 150, 50
			for i := range packets {
				at := time.Duration(i) * 20 * ms
				switch {
				case i < first:
				case burst:
					at = max(at, time.Duration(first)*20*ms+later)
				default:
					at += later
				}
				r.push(at, uint16(i), uint32(i*160), byte(1+i%50), 20)
			}
			back := first*20*ms + later // when the first late packet came
			var heard, lost time.Duration
			for _, s := range r.out {
				if s.at < back {
					continue
				}
				if s.data[0] == concealed {
					lost += 20 * ms
				} else if heard == 0 {
					heard = s.at - back
				}
			}
			if heard > 160*ms || lost > 200*ms {
				t.Errorf("%v later, burst %t: heard again after %v, %v made up since", later, burst, heard, lost)
			}
			r.continuous()
			last := r.out[len(r.out)-1]
			if ahead := time.Duration(last.ts+last.size)*time.Second/48000 - last.at; ahead > 150*ms {
				t.Errorf("%v later, burst %t: the output runs %v ahead", later, burst, ahead)
			}
		}
	}
}
