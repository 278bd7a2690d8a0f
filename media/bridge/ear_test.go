package bridge

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media/packet"
	"causeway/transcode"
	"causeway/transcode/g711"
	"causeway/transcode/jitter"
	"causeway/transcode/resample"
)

type heard struct {
	ts       uint32
	code     uint8
	end      bool
	duration uint16
	wait     time.Duration
}

func TestEar(t *testing.T) {
	const frame = 20 * time.Millisecond
	for name, c := range map[string]struct {
		clock uint32
		in    []heard
		want  []string
	}{
		"clean": {8000, []heard{{1, 5, false, 160, 0}, {1, 5, false, 320, frame}, {1, 5, true, 800, frame}, {1, 5, true, 800, frame}, {1, 5, true, 800, frame}},
			[]string{"press 5", "release 5 100ms"}},
		"all packets end": {8000, []heard{{1, 5, true, 960, 0}, {1, 5, true, 960, 0}, {1, 5, true, 960, 0}},
			[]string{"press 5", "release 5 120ms"}},
		"opus clock": {48000, []heard{{1, 5, false, 960, 0}, {1, 5, true, 4800, frame}}, []string{"press 5", "release 5 100ms"}},
		"start lost": {8000, []heard{{1, 5, true, 800, 0}}, []string{"press 5", "release 5 100ms"}},
		"end lost, next key": {8000, []heard{{1, 5, false, 800, 0}, {2000, 6, true, 400, frame}},
			[]string{"press 5", "release 5 100ms", "press 6", "release 6 50ms"}},
		"end lost, silence": {8000, []heard{{1, 5, false, 800, 0}, {0, 0, false, 0, time.Second}}, []string{"press 5", "release 5 100ms"}},
		"same key twice":    {8000, []heard{{1, 5, true, 800, 0}, {2000, 5, true, 800, frame}}, []string{"press 5", "release 5 100ms", "press 5", "release 5 100ms"}},
		"late packet":       {8000, []heard{{2000, 6, true, 800, 0}, {1, 5, true, 800, frame}}, []string{"press 6", "release 6 100ms"}},
		"flash hook":        {8000, []heard{{1, 16, true, 800, 0}}, nil},
		"two segments": {8000, []heard{{1, 5, false, 0xffff, 0}, {1 + 0xffff, 5, false, 160, frame}, {1 + 0xffff, 5, true, 8000, frame}},
			[]string{"press 5", "release 5 9.191875s"}},
		// Chromium begins a segment with the packet that no longer fits, not where the field ended.
		"segments of Chromium": {48000, []heard{{1, 5, false, 65280, 0}, {1, 5, false, 0xffff, frame}, {1 + 66240, 5, false, 705, 0}, {1 + 66240, 5, false, 960, frame},
			{1 + 66240, 5, false, 65280, frame}, {1 + 2*66240, 5, false, 705, frame}, {1 + 2*66240, 5, true, 11520, frame}, {1 + 2*66240, 5, true, 11520, 0}},
			[]string{"press 5", "release 5 3s"}},
		"same key soon after a full segment": {48000, []heard{{1, 5, false, 65280, 0}, {1 + 66240 + 4800, 5, true, 4800, frame}},
			[]string{"press 5", "release 5 1.36s", "press 5", "release 5 100ms"}},
	} {
		var got []string
		e := ear{
			press:   func(code uint8) { got = append(got, fmt.Sprintf("press %d", code)) },
			release: func(code uint8, d time.Duration) { got = append(got, fmt.Sprintf("release %d %v", code, d)) },
		}
		now := time.Unix(1000, 0)
		for _, h := range c.in {
			now = now.Add(h.wait)
			if h.ts == 0 {
				e.tick(now)
				continue
			}
			e.packet(packet.RTP{Timestamp: h.ts, SSRC: 3}, packet.Event{Code: h.code, End: h.end, Duration: h.duration}, c.clock, now)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func registry() *transcode.Registry {
	return transcode.NewRegistry(g711.Codecs()...).Plug(transcode.Parts{
		NewWindow:    func(d time.Duration) transcode.Window { return jitter.New(d) },
		NewResampler: resample.New,
	})
}

func codec(name string, pt uint8, clock int) packet.Codec {
	return packet.Codec{Name: name, PayloadType: pt, ClockRate: clock}
}

func TestRoute(t *testing.T) {
	access := Side{
		Codecs: []packet.Codec{codec("PCMA", 8, 8000), codec("PCMU", 0, 8000), codec("mystery", 97, 8000)},
		Events: []packet.Codec{codec("telephone-event", 126, 8000), codec("telephone-event", 110, 48000)},
	}
	core := Side{
		Codecs: []packet.Codec{codec("PCMU", 100, 8000), codec("mystery", 101, 8000)},
		Events: []packet.Codec{codec("telephone-event", 96, 16000), codec("telephone-event", 99, 8000)},
	}
	r := plotter{registry: registry()}.plot(access, core, Gates{true, true})
	want := "up [0>100, 8 PCMA>PCMU 100, 110 event/48000, 126 event/8000]; down [96 event/16000, 99 event/8000, 100>0, 101>97]"
	if got := r.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if r.events != (target{pt: 99, clock: 8000}) {
		t.Errorf("events go to %v", r.events)
	}
	r = plotter{}.plot(access, core, Gates{true, false})
	if got := r.String(); got != "up [0>100, 110 event/48000, 126 event/8000]; down closed" {
		t.Errorf("without codecs: %s", got)
	}
	if r := (plotter{}).plot(access, Side{}, Gates{true, true}); r.up.hop(0).act != drop || r.hasEvent {
		t.Error("packets pass before the far end is known")
	}
}

// TestHeldKeyOfUnsureLength: what was said of a key's length is never taken back, though the browser's end packets were lost and it was
// shorter than it has been played by now (RFC 4733 2.3.5: the duration only grows).
func TestHeldKeyOfUnsureLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out sink
		k := newKeypad(NewStream(99, &out), func() (target, bool) { return target{pt: 101, clock: 8000}, true }, func(r any) { t.Error(r) })
		k.hold(3)
		time.Sleep(350 * time.Millisecond)
		k.release(100 * time.Millisecond)
		k.idle.Wait()
		list, _ := out.events()
		longest := uint16(0)
		for i, e := range list {
			if e.Duration < longest {
				t.Errorf("packet %d: %d units after %d", i, e.Duration, longest)
			}
			longest = max(longest, e.Duration)
		}
		if last := list[len(list)-1]; !last.End || last.Duration != 2880 {
			t.Errorf("last %+v", last)
		}
		k.close()
	})
}
