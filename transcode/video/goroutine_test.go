//go:build cgo

package video

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestOwnGoroutine: with Ready the converter works beside its callers; all pictures come, in order, and
// Close may come at any moment from anywhere.
func TestOwnGoroutine(t *testing.T) {
	ready := make(chan struct{}, 1)
	from, to := Format{Codec: VP8}, avc(1)
	conv := newTestConverter(t, from, to, Options{Ready: func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	}})
	cam, screen := newCamera(t, from, small()), newScreen(t, to)
	const frames = 60
	for i := range frames {
		for _, p := range cam.shoot(start().Add(time.Duration(i) * time.Second / 15)) {
			conv.Push(p.seq, p.ts, p.marker, p.payload, p.at)
		}
		if i == 30 {
			conv.RequestKeyFrame()
			conv.SetBitrate(100e3)
		}
		for len(screen.shots) <= i {
			select {
			case <-ready:
			case <-time.After(30 * time.Second):
				t.Fatalf("picture %d does not come: %+v", i, conv.Stats())
			}
			drain(conv, screen)
		}
	}
	if screen.keys != 2 || screen.bad != 0 {
		t.Errorf("%d key frames, %d bad", screen.keys, screen.bad)
	}
	var all sync.WaitGroup
	shot := cam.shoot(start())
	for _, f := range []func(){
		conv.Close, conv.Close, conv.RequestKeyFrame, func() { conv.SetBitrate(1) }, func() { conv.WantsKeyFrame() }, func() { conv.Stats() },
		func() {
			for _, p := range shot {
				conv.Push(p.seq, p.ts, p.marker, p.payload, p.at)
			}
		},
		func() { drain(conv, screen) },
	} {
		all.Go(f)
	}
	all.Wait()
	if _, ok := conv.Pull(nil); ok {
		t.Error("a closed converter gives packets")
	}
}

// TestBehind: a converter that is given pictures faster than the machine encodes them skips to the newest.
func TestBehind(t *testing.T) {
	from, to := Format{Codec: VP8}, avc(1)
	conv := newTestConverter(t, from, to, Options{})
	cam, screen := newCamera(t, from, small()), newScreen(t, to)
	first := cam.ts
	for range 10 {
		for _, p := range cam.shoot(start()) {
			conv.Push(p.seq, p.ts, p.marker, p.payload, p.at)
		}
	}
	drain(conv, screen)
	st := conv.Stats()
	if len(screen.shots) != 1 || screen.shots[0].ts != first+9*Clock/15 || st.FramesSkipped != 9 {
		t.Errorf("%d pictures, %+v", len(screen.shots), st)
	}
	for range 100 { // nobody pulls: the queue is dropped and a key frame asked for
		for _, p := range cam.shoot(start()) {
			conv.Push(p.seq, p.ts, p.marker, p.payload, p.at)
		}
	}
	if !conv.WantsKeyFrame() || len(conv.(*conversion).frames) > maxFrames {
		t.Errorf("%d frames wait, %+v", len(conv.(*conversion).frames), conv.Stats())
	}
}

// TestPace: the encoder gets every second or fourth picture while the codecs are busy all the time, and all
// again when there is time; pictures that come in bursts because one waited for a packet change nothing.
func TestPace(t *testing.T) {
	p := pace{divisor: 1}
	const ms = time.Millisecond
	// second plays 30 pictures of 1/30 s; the codecs need so long for each.
	second := func(decode, encode time.Duration, waiting func(n int) bool) (taken int) {
		for n := range 30 {
			spent := time.Duration(0)
			if p.take(waiting(n)) {
				taken++
				spent = encode
			}
			p.spent(decode, spent, 30)
		}
		return taken
	}
	calm := func(int) bool { return false }
	bursts := func(n int) bool { return n%3 == 0 }
	for i, c := range []struct {
		decode, encode time.Duration
		waiting        func(int) bool
		want           int
	}{
		{3 * ms, 10 * ms, calm, 30}, {3 * ms, 10 * ms, bursts, 20}, {3 * ms, 10 * ms, calm, 30}, // enough time
		{5 * ms, 30 * ms, calm, 30}, {5 * ms, 30 * ms, calm, 15}, {5 * ms, 30 * ms, calm, 15}, // too little
		{5 * ms, 70 * ms, calm, 15}, {5 * ms, 70 * ms, calm, 8}, {5 * ms, 70 * ms, calm, 7}, // far too little
		{5 * ms, 10 * ms, calm, 8}, {5 * ms, 10 * ms, calm, 15}, {5 * ms, 10 * ms, calm, 30}, // enough again
	} {
		if got := second(c.decode, c.encode, c.waiting); got != c.want {
			t.Errorf("second %d: %d pictures, want %d", i, got, c.want)
		}
	}
}

// TestLimit: no more conversions than allowed; each gives its place back once.
func TestLimit(t *testing.T) {
	limit := NewLimit(2)
	opt := Options{Limit: limit}
	a := newTestConverter(t, Format{Codec: VP8}, avc(1), opt)
	b := newTestConverter(t, avc(1), Format{Codec: VP8}, opt)
	if _, err := NewConverter(Format{Codec: VP8}, avc(1), opt); !errors.Is(err, ErrBusy) {
		t.Fatalf("a third: %v", err)
	}
	a.Close()
	a.Close()
	if limit.Running() != 1 {
		t.Errorf("%d run", limit.Running())
	}
	if _, err := NewConverter(Format{Codec: VP8}, Format{Codec: H264, ProfileLevelID: "zz"}, opt); err == nil || limit.Running() != 1 {
		t.Errorf("%v, %d run", err, limit.Running())
	}
	b.Close()
	if limit.Running() != 0 {
		t.Errorf("%d run", limit.Running())
	}
}

// TestFault: a panic on the converter's goroutine closes that converter and nothing else.
func TestFault(t *testing.T) {
	fault := make(chan any, 1)
	limit := NewLimit(1)
	var conv Converter
	conv = newTestConverter(t, Format{Codec: VP8}, avc(1), Options{Limit: limit, Ready: func() { panic("broken") }, Fault: func(r any) {
		conv.Close() // which an owner may do here
		fault <- r
	}})
	for _, p := range newCamera(t, Format{Codec: VP8}, small()).shoot(start()) {
		conv.Push(p.seq, p.ts, p.marker, p.payload, p.at)
	}
	select {
	case r := <-fault:
		if r != "broken" {
			t.Errorf("fault %v", r)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("no fault")
	}
	if _, ok := conv.Pull(nil); ok {
		t.Error("packets after a fault")
	}
	conv.Close()
	if limit.Running() != 0 {
		t.Errorf("%d run", limit.Running())
	}
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		from, to Format
		is       error
	}{
		"codec":   {Format{Codec: "VP9"}, avc(1), ErrUnsupported},
		"mode":    {Format{Codec: VP8}, avc(2), ErrUnsupported},
		"profile": {Format{Codec: VP8}, Format{Codec: H264, ProfileLevelID: "560014"}, ErrUnsupported},
		"MTU":     {Format{Codec: VP8}, Format{Codec: VP8, MTU: 100}, ErrUnsupported},
		"rate":    {Format{Codec: VP8}, Format{Codec: VP8, MaxBitrate: -1}, ErrUnsupported},
	} {
		if _, err := NewConverter(c.from, c.to, Options{}); !errors.Is(err, c.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewConverter(Format{Codec: VP8}, Format{Codec: H264, ProfileLevelID: "nonsense"}, Options{}); err == nil || !strings.Contains(err.Error(), "hexadecimal") {
		t.Errorf("%v", err)
	}
	if !Supported("vp8", "h264") || Supported("AV1", H264) {
		t.Error("Supported")
	}
}

// TestGarbage: payloads of nonsense and foreign codecs end nothing; the stream goes on with a key frame.
func TestGarbage(t *testing.T) {
	for _, c := range []struct{ from, to Format }{{Format{Codec: VP8}, avc(1)}, {avc(1), Format{Codec: VP8}}} {
		p := newPlay(t, c.from, c.to, small(), Options{})
		n := 0
		p.lossy = func(r rtp) []rtp {
			if n++; p.cam.n > 10 && p.cam.n < 60 && n%4 == 0 {
				for i := range r.payload {
					r.payload[i] ^= byte(n*(i+1)*37 + i>>3)
				}
				r.payload = r.payload[:len(r.payload)*(n%5)/4%(len(r.payload)+1)]
			}
			return []rtp{r}
		}
		p.run(120)
		last := p.screen.shots[len(p.screen.shots)-1]
		if q := psnr(pattern(320, 240, 119), last.Picture); q < 25 || number(last.Picture) != 119 {
			t.Errorf("last picture is %d with %.1f dB, %+v", number(last.Picture), q, p.conv.Stats())
		}
	}
}
