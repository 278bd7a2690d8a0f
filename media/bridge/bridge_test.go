package bridge

import (
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

// locked is a sink for streams that a crew writes to.
type locked struct{ ch chan packet.RTP }

func (l locked) SendRTP(b []byte) error {
	h, err := packet.ParseRTP(b)
	if err == nil {
		l.ch <- h
	}
	return err
}

// crew is one that ends with the test, before the bubble it may be in does.
func crew(t *testing.T) *Crew {
	k := NewCrew(CrewOptions{Most: 2})
	t.Cleanup(k.Close)
	return k
}

// upward is a bridge whose core side is out.
func upward(t *testing.T, out Sender) *Bridge {
	return New(Config{Registry: registry(), Crew: crew(t), Pool: packet.NewPool(), ToCore: out, ToAccess: &sink{},
		CoreSSRC: 7, AccessSSRC: 8, Digit: func(rune, time.Duration) {}, Fault: func(r any) { t.Error(r) }, Stumble: func(r any, _ bool) { t.Error(r) }})
}

// TestConvertAndBack converts, passes, is held and converts again; numbers go on
// and no packet of a closed pipeline comes late.
func TestConvertAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := locked{make(chan packet.RTP, 1000)}
		b := upward(t, out)
		defer b.Close()
		access := Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000), codec("PCMU", 0, 8000)}}
		core := Side{Codecs: []packet.Codec{codec("PCMU", 100, 8000)}}
		open := Gates{true, true}
		b.Set(access, core, open)
		seq := uint16(0)
		feed := func(pt uint8, n int) {
			for range n {
				seq++
				buf, h := input160(1, seq, uint32(seq)*160)
				h.PayloadType = pt
				b.FromAccess(buf, h, time.Now())
				time.Sleep(20 * time.Millisecond)
			}
		}
		var last packet.RTP
		drain := func() (n int) {
			synctest.Wait()
			for len(out.ch) > 0 {
				h := <-out.ch
				if last.SSRC != 0 && h.Sequence != last.Sequence+1 || h.SSRC != 7 || h.PayloadType != 100 {
					t.Fatalf("%+v after %+v", h, last)
				}
				last = h
				n++
			}
			return n
		}
		feed(8, 50)
		if up, _ := b.Stats(); drain() < 45 || up.Pipeline == "" || up.Convert.Decoded == 0 {
			t.Fatalf("%+v", up)
		}
		feed(0, 10) // the browser changed its mind: PCMU passes
		passed := drain()
		if up, _ := b.Stats(); up.Pipeline != "" || passed < 10 || passed > 13 {
			t.Fatalf("%d packets, pipeline %q", passed, up.Pipeline)
		}
		feed(8, 10)
		drain()
		b.Set(access, core, Gates{false, true})
		feed(8, 50)
		if n := drain(); n != 0 {
			t.Fatalf("%d packets during hold", n)
		}
		if up, _ := b.Stats(); up.Gated != 50 || up.Pipeline != "" {
			t.Fatalf("%+v", up)
		}
		b.Set(access, core, open)
		feed(8, 20)
		if n := drain(); n < 15 || n > 20 {
			t.Fatalf("%d packets after hold", n)
		}
	})
}

// TestOverrun stops the output: the oldest packets go, counted.
func TestOverrun(t *testing.T) {
	block := make(chan packet.RTP)
	out := locked{block}
	w := newConversion(Config{Registry: registry(), Crew: crew(t), Pool: packet.NewPool(), Stumble: func(r any, _ bool) { t.Error(r) }}, NewStream(1, out))
	r := plotter{registry: registry()}.plot(Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000)}}, Side{Codecs: []packet.Codec{codec("PCMU", 0, 8000)}}, Gates{true, true})
	for i := range 200 {
		b, h := input160(1, uint16(i), uint32(i)*160)
		w.push(r.up.hop(8).plan, b, h, false, time.Now())
	}
	if n := w.dropped.Load(); n < 200-ringSize-100 {
		t.Errorf("%d dropped", n)
	}
	done := make(chan struct{})
	go func() {
		w.close()
		w.wait()
		close(done)
	}()
	for {
		select {
		case <-block:
			continue
		case <-done:
		}
		break
	}
	b, h := input160(1, 1, 1)
	w.push(r.up.hop(8).plan, b, h, false, time.Now()) // after close: nothing happens
}

func TestUnmakeablePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newConversion(Config{Registry: registry(), Crew: crew(t), Pool: packet.NewPool(), Stumble: func(r any, _ bool) { t.Error(r) }}, NewStream(1, &sink{}))
		bad := &plan{}
		bad.from.Name = "nothing"
		for i := range 5 {
			b, h := input160(1, uint16(i), 0)
			w.push(bad, b, h, false, time.Now())
		}
		synctest.Wait()
		if n := w.refused.Load(); n != 5 {
			t.Errorf("%d refused", n)
		}
		w.close()
		w.wait()
	})
}

func TestDTMFNeedsTheFarEnd(t *testing.T) {
	b := New(Config{Pool: packet.NewPool(), ToCore: &sink{}, ToAccess: &sink{}, Digit: func(rune, time.Duration) {}})
	defer b.Close()
	if err := b.SendDTMF("1", 0, 0); err != ErrNoEvents {
		t.Error(err)
	}
	side := Side{Codecs: []packet.Codec{codec("PCMU", 0, 8000)}, Events: []packet.Codec{codec("telephone-event", 101, 8000)}}
	b.Set(side, side, Gates{})
	if err := b.SendDTMF("1", 0, 0); err != ErrHeld {
		t.Error(err)
	}
}

// brittle is PCMA whose decoder panics at a payload of ones.
type brittle struct{ transcode.Codec }

type brittleDecoder struct{ transcode.Decoder }

func (b brittle) NewDecoder(f transcode.Format, rate int) (transcode.Decoder, error) {
	d, err := b.Codec.NewDecoder(f, rate)
	return brittleDecoder{d}, err
}

func (d brittleDecoder) Decode(pcm []int16, payload []byte) (int, error) {
	if payload[0] == 1 {
		panic("ones")
	}
	return d.Decoder.Decode(pcm, payload)
}

// TestPanicEndsItsOwnStream: a frame that makes a decoder panic costs its pipeline, and the next packet gets another. Numbers go on. After
// the third time the direction is silent; the other one goes on.
func TestPanicEndsItsOwnStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := g711.Codecs()
		for i, c := range list {
			if c.Name() == "PCMA" {
				list[i] = brittle{c}
			}
		}
		codecs := transcode.NewRegistry(list...).Plug(transcode.Parts{
			NewWindow: func(d time.Duration) transcode.Window { return jitter.New(d) }, NewResampler: resample.New})
		up, down := locked{make(chan packet.RTP, 1000)}, locked{make(chan packet.RTP, 1000)}
		var told []bool
		b := New(Config{Registry: codecs, Crew: crew(t), Pool: packet.NewPool(), ToCore: up, ToAccess: down, CoreSSRC: 7, AccessSSRC: 8,
			Digit: func(rune, time.Duration) {}, Fault: func(r any) { t.Error(r) }, Stumble: func(_ any, last bool) { told = append(told, last) }})
		defer b.Close()
		b.Set(Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000)}}, Side{Codecs: []packet.Codec{codec("PCMU", 0, 8000)}}, Gates{true, true})
		seq := uint16(0)
		feed := func(n int, first byte) (out int) {
			for range n {
				seq++
				buf, h := input160(1, seq, uint32(seq)*160)
				h.PayloadType = 8
				buf[h.Offset] = first
				b.FromAccess(buf, h, time.Now())
				buf, h = input160(2, seq, uint32(seq)*160)
				h.PayloadType = 0
				b.FromCore(buf, h, time.Now())
				time.Sleep(20 * time.Millisecond)
			}
			synctest.Wait()
			for ; len(up.ch) > 0; out++ {
				<-up.ch
			}
			return out
		}
		for range 3 {
			if n := feed(5, 0); n != 5 {
				t.Fatalf("%d packets of 5", n)
			}
			feed(1, 1)
		}
		if n := feed(5, 0); n != 0 || !slices.Equal(told, []bool{false, false, true}) {
			t.Fatalf("%d packets after the direction was given up; told %v", n, told)
		}
		if n := len(down.ch); n != 23 {
			t.Fatalf("the other direction sent %d packets of 23", n)
		}
	})
}
