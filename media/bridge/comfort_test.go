package bridge

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media/packet"
	"causeway/transcode/g711"
)

// recorder is a sink that keeps what it is sent.
type recorder struct{ ch chan heardPacket }

type heardPacket struct {
	packet.RTP

	payload string
}

func (s recorder) SendRTP(b []byte) error {
	h, err := packet.ParseRTP(b)
	if err == nil {
		s.ch <- heardPacket{h, string(b[h.Offset:h.End])}
	}
	return err
}

func noisePacket(seq uint16, ts uint32, level byte) ([]byte, packet.RTP) {
	h := packet.RTP{PayloadType: 13, SSRC: 1, Sequence: seq, Timestamp: ts, Offset: packet.HeaderSize, End: packet.HeaderSize + 1}
	b := make([]byte, packet.HeaderSize+1, 1600)
	b[packet.HeaderSize] = level
	return h.Put(b), h
}

// TestComfortNoisePasses: where both sides take it, comfort noise passes under the receiver's number, and nothing is converted.
func TestComfortNoisePasses(t *testing.T) {
	out := recorder{make(chan heardPacket, 10)}
	b := New(Config{Registry: registry(), Crew: crew(t), Pool: packet.NewPool(), ToCore: &sink{}, ToAccess: out, CoreSSRC: 7, AccessSSRC: 8})
	defer b.Close()
	b.Set(Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000), codec("CN", 97, 8000)}}, Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000), codec("CN", 13, 8000)}}, Gates{true, true})
	buf, h := input160(1, 1, 160)
	h.PayloadType = 8
	b.FromCore(buf, h, time.Now())
	buf, h = noisePacket(2, 320, 50)
	b.FromCore(buf, h, time.Now())
	<-out.ch
	got := <-out.ch
	if got.PayloadType != 97 || got.payload != "\x32" {
		t.Errorf("%+v %q", got.RTP, got.payload)
	}
	if _, down := b.Stats(); down.Pipeline != "" || down.Useless != 0 {
		t.Errorf("%+v", down)
	}
}

// TestComfortNoiseBecomesSound: a browser that takes G.711 but no comfort noise hears the far end's pause as noise of its level, without
// a gap; until the first comfort noise nothing is converted.
func TestComfortNoiseBecomesSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := recorder{make(chan heardPacket, 1000)}
		b := New(Config{Registry: registry(), Crew: crew(t), Pool: packet.NewPool(), ToCore: &sink{}, ToAccess: out, CoreSSRC: 7, AccessSSRC: 8})
		defer b.Close()
		b.Set(Side{Codecs: []packet.Codec{codec("PCMU", 0, 8000), codec("PCMA", 8, 8000)}}, Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000), codec("CN", 13, 8000)}}, Gates{true, true})
		seq := uint16(0)
		speak := func(n int) {
			for range n {
				seq++
				buf, h := input160(1, seq, uint32(time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Milliseconds())*8)
				h.PayloadType = 8
				b.FromCore(buf, h, time.Now())
				time.Sleep(20 * time.Millisecond)
			}
		}
		speak(50)
		if _, down := b.Stats(); down.Pipeline != "" {
			t.Fatalf("converted before there was comfort noise: %s", down.Pipeline)
		}
		passed := len(out.ch)
		seq++
		buf, h := noisePacket(seq, uint32(time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Milliseconds())*8, 48)
		b.FromCore(buf, h, time.Now())
		time.Sleep(10 * time.Second)
		synctest.Wait()
		noise := len(out.ch) - passed
		if passed != 50 || noise < 497 || noise > 501 {
			t.Fatalf("%d packets of sound, %d in ten seconds of pause", passed, noise)
		}
		speak(50)
		synctest.Wait()
		last := <-out.ch
		var power float64
		for i := 1; len(out.ch) > 0; i++ {
			got := <-out.ch
			if got.Sequence != last.Sequence+1 || got.Timestamp-last.Timestamp > 400 || got.PayloadType != 8 || len(got.payload) != 160 {
				t.Fatalf("packet %d: %+v after %+v", i, got.RTP, last.RTP)
			}
			last = got
			if i >= 100 && i < 500 {
				power += level(t, got.payload)
			}
		}
		if got := 10 * math.Log10(power/400/32768/32768); math.Abs(got+48) > 1.5 {
			t.Errorf("pause at %.1f dBov, described as -48", got)
		}
		b.Set(Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000)}}, Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000)}}, Gates{true, true})
		speak(2)
		synctest.Wait()
		if _, down := b.Stats(); down.Pipeline != "" {
			t.Errorf("converted after comfort noise was given up: %s", down.Pipeline)
		}
	})
}

// level is the mean power of a packet of PCMA.
func level(t *testing.T, payload string) (power float64) {
	d, err := g711.Codecs()[1].NewDecoder(format(codec("PCMA", 8, 8000)), 0)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 2000)
	n, err := d.Decode(pcm, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range pcm[:n] {
		power += float64(s) * float64(s) / float64(n)
	}
	return power
}

// TestComfortNoiseRoutes: which comfort noise goes where.
func TestComfortNoiseRoutes(t *testing.T) {
	pcma, pcmu, cn, cn16 := codec("PCMA", 8, 8000), codec("PCMU", 0, 8000), codec("CN", 13, 8000), codec("CN", 97, 16000)
	for _, c := range []struct {
		name         string
		access, core []packet.Codec
		act          action
		comforts     bool // our conversion towards the browser sends comfort noise
	}{
		{"both", []packet.Codec{pcma, cn}, []packet.Codec{pcma, cn}, pass, false},
		{"only the core", []packet.Codec{pcma}, []packet.Codec{pcma, cn}, comfort, false},
		{"converted", []packet.Codec{pcmu, cn}, []packet.Codec{pcma, cn}, comfort, true},
		{"one of two passes", []packet.Codec{pcma, cn}, []packet.Codec{pcma, pcmu, cn}, comfort, false},
		{"another clock", []packet.Codec{pcma, cn16}, []packet.Codec{pcma, cn16}, drop, false},
	} {
		r := plotter{registry: registry()}.plot(Side{Codecs: c.access}, Side{Codecs: c.core}, Gates{true, true})
		got := r.down.hop(c.core[len(c.core)-1].PayloadType)
		if got.act != c.act {
			t.Errorf("%s: %+v", c.name, got)
		}
		if p := r.down.hop(c.core[0].PayloadType).plan; c.comforts != (p != nil && p.comforts && p.comfort == 13) {
			t.Errorf("%s: plan %+v", c.name, p)
		}
	}
}
