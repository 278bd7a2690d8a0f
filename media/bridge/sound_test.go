package bridge

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media/inband"
	"causeway/media/packet"
)

// TestSoundRoute: keys travel as sound only where the core speaks G.711 and took no telephone-event, and only where that is wanted.
func TestSoundRoute(t *testing.T) {
	access := Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000), codec("PCMU", 0, 8000)}, Events: []packet.Codec{codec("telephone-event", 126, 8000)}}
	events := []packet.Codec{codec("telephone-event", 101, 8000)}
	for name, c := range map[string]struct {
		sound bool
		core  Side
		law   inband.Law
		has   bool
	}{
		"G.711 alone":        {true, Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000)}}, inband.A, true},
		"mu-law":             {true, Side{Codecs: []packet.Codec{codec("pcmu", 8, 8000)}}, inband.Mu, true},
		"with events":        {true, Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000)}, Events: events}, inband.None, true},
		"switched off":       {false, Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000)}}, inband.None, false},
		"G.722":              {true, Side{Codecs: []packet.Codec{codec("G722", 8, 8000)}}, inband.None, false},
		"G.711 at 16 000 Hz": {true, Side{Codecs: []packet.Codec{codec("PCMU", 8, 16000)}}, inband.None, false},
	} {
		r := plotter{registry: registry(), sound: c.sound}.plot(access, c.core, Gates{true, true})
		if r.down.hop(8).law != c.law || r.events.law != c.law || r.hasEvent != c.has {
			t.Errorf("%s: listens for %d, sends %d, %v", name, r.down.hop(8).law, r.events.law, r.hasEvent)
		}
	}
}

// TestKeypadSings: keys go out as packets of G.711, one each 20 ms with no hole between, that a detector hears as long as they were
// pressed; the speech is held back over the pauses too.
func TestKeypadSings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out sink
		s := NewStream(99, &out)
		k := newKeypad(s, func() (target, bool) { return target{pt: 8, clock: 8000, law: inband.A}, true }, func(r any) { t.Error(r) })
		if err := k.dial("5#", 100*time.Millisecond, 70*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		time.Sleep(130 * time.Millisecond) // in the pause behind the first key
		if b, h := input160(1, 1, 0); s.Pass(b, h, 8, 8000, time.Now()) {
			t.Error("speech went out in the pause between two keys")
		}
		k.idle.Wait()
		k.hold(3)
		time.Sleep(250 * time.Millisecond)
		k.release(200 * time.Millisecond)
		k.idle.Wait()
		k.close()
		var keys []uint8
		var lengths []time.Duration
		d := inband.NewDetector(func(uint8) {}, func(code uint8, l time.Duration) {
			keys, lengths = append(keys, code), append(lengths, l.Round(20*time.Millisecond))
		})
		marks := 0
		for i, h := range out.list {
			if h.PayloadType != 8 || len(out.last[i]) != soundSize {
				t.Fatalf("packet %d: %+v", i, h)
			}
			if h.Marker {
				marks++
			} else if h.Timestamp != out.list[i-1].Timestamp+soundSize || h.Sequence != out.list[i-1].Sequence+1 {
				t.Fatalf("packet %d: %+v after %+v", i, h, out.list[i-1])
			}
			d.Packet(inband.A, out.last[i], h.Timestamp)
		}
		d.End()
		if !slices.Equal(keys, []uint8{5, 11, 3}) || marks != 3 {
			t.Errorf("heard %v, %d beginnings", keys, marks)
		}
		for i, want := range []time.Duration{100, 100, 260} { // the last was let go after 250 ms
			if got := lengths[i]; got < want*time.Millisecond-20*time.Millisecond || got > want*time.Millisecond {
				t.Errorf("key %d sounded %v, want %d ms", i, got, want)
			}
		}
		if b, h := input160(1, 2, 320); !s.Pass(b, h, 8, 8000, time.Now()) {
			t.Error("no speech after the keys")
		}
	})
}
