package transcode

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestOtherTimeBase: a jump of the timestamps, forward or back, begins anew without a burst, and the
// output's timestamps follow the wall clock.
func TestOtherTimeBase(t *testing.T) {
	for _, jump := range []uint32{1 << 31, 1 << 30, 4294967295 - 100000, 200000} {
		r := newRig(t, formatA, formatB, Options{})
		for i := range 5 {
			r.push(time.Duration(i)*20*ms, uint16(i), uint32(i)*160, 10, 20)
		}
		for i := 5; i < 10; i++ {
			r.push(time.Duration(i)*20*ms, uint16(i), uint32(i)*160+jump, 20, 20)
		}
		if got := len(r.out); got != 10 {
			t.Fatalf("jump %d: %d packets", jump, got)
		}
		if last := r.out[9]; last.ts < 9*960 || last.ts > 9*960+96 {
			t.Errorf("jump %d: timestamp %d, want about %d", jump, last.ts, 9*960)
		}
		if s := r.p.Stats(); s.Restarts != 1 {
			t.Errorf("jump %d: %+v", jump, s)
		}
	}
}

func TestReset(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	r.push(0, 100, 1000, 10, 20)
	r.p.Reset()
	if _, ok := r.p.NextDeadline(); ok {
		t.Error("deadline after Reset")
	}
	r.push(time.Second, 7, 99, 20, 20)
	last := r.out[len(r.out)-1]
	if len(r.out) != 2 || last.ts < 47900 || last.ts > 48100 || !last.marker {
		t.Errorf("%+v", last)
	}
	if r.p.decoder.(*fakeDecoder).resets != 1 {
		t.Error("decoder not reset")
	}
}

func TestBadPayload(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	r.push(0, 0, 0, 10, 20)
	r.pushRaw(20*ms, 1, 160, []byte{0xEE})
	r.pushRaw(40*ms, 2, 320, make([]byte, MaxPayload+1))
	r.push(60*ms, 2, 320, 12, 20)
	want := append(append(rep(10, 20), rep(concealed, 20)...), rep(12, 20)...)
	if got := r.sound(); !bytes.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if s := r.p.Stats(); s.Errors != 2 || s.Decoded != 2 {
		t.Errorf("%+v", s)
	}
}

// TestTooFast: a sender of more sound than time passes is cut off, and so are timestamps that
// claim holes that no time passed for.
func TestTooFast(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	for i := range 2000 {
		r.push(time.Duration(i)*ms, uint16(i), uint32(i)*160, 10, 20)
	}
	if got := len(r.sound()); got > 4200 {
		t.Errorf("%d ms of sound in 2 s", got)
	}
	r = newRig(t, formatA, formatB, Options{})
	for i := range 500 {
		r.push(time.Duration(i)*20*ms, uint16(i), uint32(i)*7900, 10, 20)
	}
	if got := len(r.sound()); got > 12500 {
		t.Errorf("holes: %d ms of sound in 10 s", got)
	}
}

// TestOverlap: what was played already is left out.
func TestOverlap(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	r.push(0, 0, 0, 10, 40)
	r.push(20*ms, 1, 160, 11, 40)
	r.push(60*ms, 2, 480, 12, 20)
	want := append(append(rep(10, 40), rep(11, 20)...), rep(12, 20)...)
	if got := r.sound(); !bytes.Equal(got, want) {
		t.Errorf("%v", got)
	}
	r.continuous()
}

// TestEncoderDTX: time for which the encoder sends nothing counts, and the marker comes after it.
func TestEncoderDTX(t *testing.T) {
	r := newRig(t, formatA, Format{Name: "DTX", ClockRate: 8000}, Options{})
	values := []byte{10, 1, 1, 20, 21}
	for i, v := range values {
		payload := rep(v, 20)
		payload[19] = 2 // not a SID for the decoder's sake
		r.pushRaw(time.Duration(i)*20*ms, uint16(i), uint32(i)*160, payload)
	}
	var got []uint32
	for _, s := range r.out {
		got = append(got, s.ts)
	}
	if len(r.out) != 3 || got[1] != 480 || !r.out[1].marker || r.out[2].marker {
		t.Errorf("%+v", r.out)
	}
}

func TestModeRequests(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	if _, ok := r.p.ModeRequest(); ok {
		t.Error("a mode request out of nothing")
	}
	r.push(0, 0, 0, 0xF3, 20)
	if mode, ok := r.p.ModeRequest(); !ok || mode != 3 {
		t.Errorf("%d %v", mode, ok)
	}
	if _, ok := r.p.ModeRequest(); ok {
		t.Error("the same request twice")
	}
	e := r.p.encoder.(*fakeEncoder)
	r.p.RequestMode(5)
	r.p.AskMode(4)
	r.p.ExpectLoss(250)
	r.push(20*ms, 1, 160, 10, 20)
	if e.mode != 5 || e.ask != 4 || e.loss != 100 {
		t.Errorf("%+v", e)
	}
	r.p.AskMode(-3)
	r.p.RequestMode(99)
	r.push(40*ms, 2, 320, 10, 20)
	if e.mode != 5 || e.ask >= 0 {
		t.Errorf("%+v", e)
	}
}

func TestConstruction(t *testing.T) {
	reg := fakeRegistry()
	for name, c := range map[string]struct{ from, to Format }{
		"unknown source":  {Format{Name: "X", ClockRate: 8000}, formatB},
		"unknown sink":    {formatA, Format{Name: "X", ClockRate: 8000}},
		"no clock":        {Format{Name: "A"}, formatB},
		"refused":         {formatA, Format{Name: "B", ClockRate: 48000, FMTP: "refuse"}},
		"no resampler":    {formatA, Format{Name: "C", ClockRate: 16000}},
		"packets too big": {formatA, Format{Name: "B", ClockRate: 48000, PTime: time.Second}},
	} {
		if _, err := NewPipeline(reg, c.from, c.to, Options{}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewPipeline(NewRegistry(fakeCodec{name: "A", rates: []int{8000}}), formatA, formatA, Options{}); !errors.Is(err, ErrNoWindow) {
		t.Errorf("no window: %v", err)
	}
	p, err := NewPipeline(reg, formatA, formatB, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	p.Close()
	p.Push(1, 1, false, []byte{1}, time.Now())
	if _, ok := p.Pull(time.Now(), make([]byte, 1500)); ok {
		t.Error("a packet after Close")
	}
	if _, ok := p.NextDeadline(); ok {
		t.Error("a deadline after Close")
	}
}

func TestShortOutputBuffer(t *testing.T) {
	r := newRig(t, formatA, formatB, Options{})
	r.buf = make([]byte, 3)
	r.push(0, 0, 0, 10, 20)
	if len(r.out) != 0 || r.p.Stats().Errors != 1 {
		t.Errorf("%+v", r.p.Stats())
	}
}

func TestRegistry(t *testing.T) {
	reg := fakeRegistry()
	if c, ok := reg.Lookup("dtx"); !ok || c.Name() != "DTX" {
		t.Error("lookup without case")
	}
	if got := strings.Join(reg.Names(), " "); got != "A B C DTX" {
		t.Error(got)
	}
	b, c := formatB, Format{Name: "C", ClockRate: 16000}
	if !reg.CanTranscode(formatA, b) || reg.CanTranscode(formatA, c) || reg.CanTranscode(formatA, Format{Name: "X"}) {
		t.Error("CanTranscode without a resampler")
	}
	reg.Plug(Parts{NewResampler: func(int, int) (Resampler, error) { return nil, errors.New("never called") }})
	if !reg.CanTranscode(formatA, c) {
		t.Error("CanTranscode with a resampler")
	}
	if err := reg.Check(formatB); err != nil {
		t.Error(err)
	}
	if err := reg.Check(Format{Name: "B", FMTP: "refuse"}); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
	if v, ok := (Format{FMTP: "a=1; Mode-Set = 0,1 ;b"}).Param("mode-set"); !ok || v != "0,1" {
		t.Errorf("%q %v", v, ok)
	}
}
