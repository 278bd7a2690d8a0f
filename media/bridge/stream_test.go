package bridge

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media/packet"
	"causeway/transcode"
)

// sink records what a stream sends.
type sink struct {
	list []packet.RTP
	last [][]byte
	err  error
}

func (s *sink) SendRTP(b []byte) error {
	if s.err != nil {
		return s.err
	}
	h, err := packet.ParseRTP(b)
	if err != nil {
		return err
	}
	s.list = append(s.list, h)
	s.last = append(s.last, append([]byte(nil), b[h.Offset:h.End]...))
	return nil
}

func input160(ssrc uint32, seq uint16, ts uint32) ([]byte, packet.RTP) {
	b := make([]byte, 172, packet.BufferSize)
	b[0] = 0x80
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	h, _ := packet.ParseRTP(b)
	return b, h
}

type step struct {
	ssrc uint32
	seq  uint16
	ts   uint32
	wait time.Duration
	want int // outgoing number after the first, -1 for dropped
}

func TestNumbering(t *testing.T) {
	const frame = 20 * time.Millisecond
	for name, steps := range map[string][]step{
		"in order":             {{1, 10, 0, 0, 0}, {1, 11, 160, frame, 1}, {1, 12, 320, frame, 2}},
		"loss shows as loss":   {{1, 10, 0, 0, 0}, {1, 13, 480, 3 * frame, 3}},
		"reordered":            {{1, 10, 0, 0, 0}, {1, 12, 320, frame, 2}, {1, 11, 160, 0, 1}},
		"duplicate dropped":    {{1, 10, 0, 0, 0}, {1, 11, 160, frame, 1}, {1, 11, 160, 0, -1}, {1, 10, 0, 0, -1}},
		"wrap":                 {{1, 65535, 0, 0, 0}, {1, 0, 160, frame, 1}, {1, 65534, 0, 0, -1}},
		"before the beginning": {{1, 10, 0, 0, 0}, {1, 9, 0, 0, -1}},
		"lone jump":            {{1, 10, 0, 0, 0}, {1, 30000, 0, frame, -1}, {1, 11, 160, 0, 1}},
		"jump":                 {{1, 10, 0, 0, 0}, {1, 30000, 900000, frame, -1}, {1, 30001, 900160, frame, 1}, {1, 30002, 900320, frame, 2}},
		"another source":       {{1, 10, 0, 0, 0}, {2, 40000, 777, frame, 1}, {2, 40001, 937, frame, 2}, {1, 11, 160, frame, 3}},
		"long hold":            {{1, 10, 0, 0, 0}, {1, 10 + 50*60, 160 * 3000, time.Minute, 3000}},
		"hold of an hour":      {{1, 10, 0, 0, 0}, {2, 5, 0, time.Hour, 1}},
	} {
		var out sink
		s := NewStream(99, &out)
		now := time.Unix(1000, 0)
		var first uint16
		for i, st := range steps {
			now = now.Add(st.wait)
			b, h := input160(st.ssrc, st.seq, st.ts)
			n := len(out.list)
			sent := s.Pass(b, h, 8, 8000, now)
			if sent != (st.want >= 0) || sent != (len(out.list) > n) {
				t.Fatalf("%s: step %d: sent %t", name, i, sent)
			}
			if !sent {
				continue
			}
			got := out.list[len(out.list)-1]
			if i == 0 {
				first = got.Sequence
			}
			if got.Sequence != first+uint16(st.want) || got.SSRC != 99 || got.PayloadType != 8 {
				t.Fatalf("%s: step %d: %+v, want number %d", name, i, got, st.want)
			}
		}
	}
}

// TestTimestamps holds the outgoing timestamps against the wall clock across
// everything that changes the input.
func TestTimestamps(t *testing.T) {
	var out sink
	s := NewStream(99, &out)
	now := time.Unix(1000, 0)
	pass := func(ssrc uint32, seq uint16, ts uint32) packet.RTP {
		t.Helper()
		b, h := input160(ssrc, seq, ts)
		if !s.Pass(b, h, 0, 8000, now) {
			t.Fatal("not sent")
		}
		return out.list[len(out.list)-1]
	}
	first := pass(1, 1, 1000)
	now = now.Add(15 * time.Minute)
	s.Pause()
	if got := pass(1, 50000, 1000+15*60*8000).Timestamp - first.Timestamp; got != 15*60*8000 {
		t.Errorf("after a hold %d units", got)
	}
	now = now.Add(time.Second)
	if got := pass(2, 7, 5).Timestamp - first.Timestamp; got != (15*60+1)*8000 {
		t.Errorf("after another source %d units", got)
	}
	now = now.Add(time.Second)
	room := make([]byte, packet.BufferSize)
	p := &pipe{}
	s.Write(room, made{by: p, pt: 98, clock: 16000, ts: 0, size: 33}, now)
	if got := out.list[len(out.list)-1]; got.Timestamp-first.Timestamp != (15*60+1)*8000+16000 || !got.Marker {
		t.Errorf("after a codec switch %+v", got)
	}
	s.Write(room, made{by: p, pt: 98, clock: 16000, ts: 320, size: 33, at: now}, now)
	last := out.list[len(out.list)-1]
	if got := last.Timestamp - out.list[len(out.list)-2].Timestamp; got != 320 || last.Marker {
		t.Errorf("within a pipeline %d units, marker %t", got, last.Marker)
	}
	info := s.Info(packet.Instant{}, now.Add(time.Second))
	if info.RTP != last.Timestamp+16000 || info.Packets != 5 || info.Octets != 3*160+2*33 {
		t.Errorf("sender info %+v after %d", info, last.Timestamp)
	}
}

// TestNumbersAreSpentOnce throws everything at a stream and checks what an SRTP
// receiver needs: no number twice, none far back, no jump ahead.
func TestNumbersAreSpentOnce(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var out sink
		s := NewStream(99, &out)
		now := time.Unix(1000, 0)
		room := make([]byte, packet.BufferSize)
		pipes := []*pipe{{}, {}}
		seqs := map[uint32]uint16{}
		for range 5000 {
			now = now.Add(time.Duration(rng.IntN(30)) * time.Millisecond)
			switch r := rng.IntN(100); {
			case r < 70:
				ssrc := uint32(1 + rng.IntN(3)/2)
				seqs[ssrc]++
				seq := seqs[ssrc]
				if r < 20 {
					seq += uint16(rng.IntN(100)) - 50
				} else if r == 69 {
					seq = uint16(rng.Uint32())
					seqs[ssrc] = seq
				}
				b, h := input160(ssrc, seq, uint32(seq)*160)
				s.Pass(b, h, 0, 8000, now)
			case r < 85:
				s.Write(room, made{by: pipes[r%2], pt: 98, clock: 16000, ts: rng.Uint32(), size: 10}, now)
			case r < 90:
				s.Pause()
			case r < 94:
				ts := s.beginEvent(8000, now)
				s.event(101, packet.Event{Code: 1}, ts, true)
				s.endEvent()
			case r < 97:
				out.err = packet.ErrNotReady
			default:
				out.err = nil
			}
		}
		check(t, seed, out.list)
	}
}

func check(t *testing.T, seed uint64, list []packet.RTP) {
	t.Helper()
	if len(list) < 1000 {
		t.Fatalf("seed %d: only %d packets", seed, len(list))
	}
	spent := map[int64]bool{}
	top := int64(list[0].Sequence)
	if top >= 1<<15+1 {
		t.Fatalf("seed %d: starts at %d", seed, top)
	}
	for i, h := range list {
		delta := int64(int16(h.Sequence - uint16(top)))
		index := top + delta
		if delta > maxDropout || delta <= -windowSize || spent[index] {
			t.Fatalf("seed %d: packet %d has number %+d from the newest, spent before: %t", seed, i, delta, spent[index])
		}
		spent[index] = true
		top = max(top, index)
	}
}

func TestUnreadyLegSpendsNothing(t *testing.T) {
	out := sink{err: packet.ErrNotReady}
	s := NewStream(99, &out)
	now := time.Unix(1000, 0)
	for i := range 40000 {
		b, h := input160(1, uint16(i), uint32(i)*160)
		s.Pass(b, h, 0, 8000, now)
	}
	out.err = nil
	b, h := input160(1, 40000, 0)
	s.Pass(b, h, 0, 8000, now)
	if got := out.list[0].Sequence; got > 1<<15 {
		t.Fatalf("first number %d", got)
	}
}

func TestPassAllocatesNothing(t *testing.T) {
	out := quietSink{}
	s := NewStream(99, out)
	b, h := input160(1, 0, 0)
	now := time.Unix(1000, 0)
	if n := testing.AllocsPerRun(1000, func() {
		h.Sequence++
		h.Timestamp += 160
		s.Pass(b, h, 0, 8000, now)
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

type quietSink struct{}

func (quietSink) SendRTP([]byte) error { return nil }

func BenchmarkPass(b *testing.B) {
	s := NewStream(99, quietSink{})
	buf, h := input160(1, 0, 0)
	now := time.Unix(1000, 0)
	b.ReportAllocs()
	for b.Loop() {
		h.Sequence++
		s.Pass(buf, h, 0, 8000, now)
	}
}

// events collects the event packets of a sink.
func (s *sink) events() (list []packet.Event, stamps []uint32) {
	for i, h := range s.list {
		if e, ok := packet.ParseEvent(s.last[i]); ok && h.PayloadType == 101 {
			list = append(list, e)
			stamps = append(stamps, h.Timestamp)
		}
	}
	return list, stamps
}

func TestKeypad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out sink
		s := NewStream(99, &out)
		k := newKeypad(s, func() (target, bool) { return target{pt: 101, clock: 16000}, true }, func(r any) { t.Error(r) })
		begun := time.Now()
		if err := k.dial("5,*", 100*time.Millisecond, 70*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		k.idle.Wait()
		list, stamps := out.events()
		want := []uint16{320, 640, 960, 1280, 1600, 1600, 1600}
		if len(list) != 2*len(want) {
			t.Fatalf("%d packets: %v", len(list), list)
		}
		for i, e := range list {
			code := uint8(5)
			if i >= len(want) {
				code = 10
			}
			end := i%len(want) >= 4
			if e.Code != code || e.Duration != want[i%len(want)] || e.End != end {
				t.Errorf("packet %d: %+v", i, e)
			}
			if out.list[i].Marker != (i%len(want) == 0) || stamps[i] != stamps[i/len(want)*len(want)] {
				t.Errorf("packet %d: %+v", i, out.list[i])
			}
		}
		// 120 ms of packets and 70 of gap, twice, with two seconds between.
		if took := time.Since(begun); took != 2*190*time.Millisecond+2*time.Second {
			t.Errorf("took %v", took)
		}
		k.close()
		if err := k.dial("1", 0, 0); err == nil {
			t.Error("a closed keypad dials")
		}
	})
}

func TestKeypadHeldKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out sink
		k := newKeypad(NewStream(99, &out), func() (target, bool) { return target{pt: 101, clock: 8000}, true }, func(r any) { t.Error(r) })
		k.hold(3)
		time.Sleep(150 * time.Millisecond)
		k.release(400 * time.Millisecond) // the browser says it was long, however short it lasted
		k.idle.Wait()
		list, _ := out.events()
		if last := list[len(list)-1]; !last.End || last.Duration != 3200 || len(list) != 19+3 {
			t.Fatalf("%d packets, last %+v", len(list), last)
		}
		k.hold(4)
		time.Sleep(time.Minute) // never released
		synctest.Wait()
		list, _ = out.events()
		if last := list[len(list)-1]; !last.End || last.Duration != 48000 {
			t.Fatalf("last %+v", last)
		}
		k.close()
	})
}

// TestLongEvent needs more units than the field holds.
func TestLongEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out sink
		k := newKeypad(NewStream(99, &out), func() (target, bool) { return target{pt: 101, clock: 16000}, true }, func(r any) { t.Error(r) })
		if err := k.dial("1", 6*time.Second, 0); err != nil {
			t.Fatal(err)
		}
		k.idle.Wait()
		list, stamps := out.events()
		last := len(list) - 1
		if !list[last].End || uint32(list[last].Duration)+stamps[last]-stamps[0] != 96000 || stamps[last]-stamps[0] != 0xffff {
			t.Fatalf("last %+v, %d units after the first", list[last], stamps[last]-stamps[0])
		}
		k.close()
	})
}

func TestDialRefuses(t *testing.T) {
	k := newKeypad(NewStream(99, &sink{}), nil, nil)
	for name, c := range map[string]struct {
		digits      string
		length, gap time.Duration
		want        error
	}{
		"letter":   {"12E", 0, 0, ErrDigits},
		"empty":    {"", 0, 0, ErrDigits},
		"too many": {"123456789012345678901234567890123", 0, 0, ErrDigits},
		"short":    {"1", 39 * time.Millisecond, 0, ErrDuration},
		"long":     {"1", 6001 * time.Millisecond, 0, ErrDuration},
		"gap":      {"1", 0, 29 * time.Millisecond, ErrDuration},
	} {
		if err := k.dial(c.digits, c.length, c.gap); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	k.close()
}

// TestReportsLeaveTheConversionOut: the sender report of a converted stream places sound where it came in, or where its sender's own
// reports place it, not where the conversion was done with it (RFC 3550 6.4.1).
func TestReportsLeaveTheConversionOut(t *testing.T) {
	out := &sink{}
	s := NewStream(7, out)
	by := &pipe{plan: plan{from: transcode.Format{Name: "opus", ClockRate: 48000}}}
	now := time.Unix(1_700_000_000, 0)
	m := made{by: by, pt: 98, clock: 16000, ts: 320, size: 20, source: 5_000_000, at: now.Add(-40 * time.Millisecond)}
	if !s.Write(make([]byte, 200), m, now) {
		t.Fatal("not sent")
	}
	for name, c := range map[string]struct {
		source packet.Instant
		want   uint32
	}{
		"by arrival":          {packet.Instant{}, (40 + 20) * 16},
		"by reports":          {packet.Instant{RTP: 5_000_000 + 100*48, Known: true}, 100 * 16},
		"by reports, earlier": {packet.Instant{RTP: 5_000_000 - 30*48, Known: true}, 1<<32 - 30*16},
		"by wild reports":     {packet.Instant{RTP: 5_000_000 + 3000*48, Known: true}, (40 + 20) * 16},
	} {
		if got := s.Info(c.source, now.Add(20*time.Millisecond)).RTP - s.ts; got != c.want {
			t.Errorf("%s: %d after the packet's, want %d", name, int32(got), int32(c.want))
		}
	}
}
