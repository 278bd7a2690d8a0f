package video

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/media/packet"
)

// copier is a Maker whose converters hand every payload on as it is.
type copier struct {
	running atomic.Int32
	asked   atomic.Int32 // key frames asked of converters
}

func (c *copier) Supported(from, to string) bool { return from != to }

func (c *copier) New(_, _ Format, ready func(), _ func(any)) (Converter, error) {
	c.running.Add(1)
	return &copying{maker: c, ready: ready}, nil
}

type copying struct {
	maker *copier
	ready func()

	mu    sync.Mutex // guards the following
	queue []Packet
}

func (c *copying) Push(_ uint16, ts uint32, marker bool, payload []byte, _ time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, Packet{Payload: append([]byte(nil), payload...), Timestamp: ts, Marker: marker, KeyFrame: len(payload) > 1 && payload[1] == 1})
}

func (c *copying) Pull(dst []byte) (Packet, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return Packet{}, false
	}
	p := c.queue[0]
	c.queue = c.queue[1:]
	p.Payload = append(dst[:0], p.Payload...)
	return p, true
}

func (c *copying) RequestKeyFrame()    { c.maker.asked.Add(1) }
func (c *copying) WantsKeyFrame() bool { return false }
func (c *copying) SetBitrate(int)      {}
func (c *copying) Close()              { c.maker.running.Add(-1) }

// locked is a side that a converter's goroutine may write to.
type locked struct {
	side
	mu sync.Mutex
}

func (l *locked) SendRTP(b []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.side.SendRTP(b)
}

func (l *locked) Feedback(b []byte, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.side.Feedback(b, now)
}

func (l *locked) seen() [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([][]byte(nil), l.sent...)
}

func (l *locked) wanted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked(packet.TypePSFB, packet.FormatPLI)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("never:", what)
		}
	}
}

// converting is a plane whose browser has VP8 and whose far end has H.264.
func converting(t *testing.T) (p *Plane, maker *copier, access, core *locked) {
	t.Helper()
	maker, access, core = &copier{}, &locked{}, &locked{}
	p = New(Config{Maker: maker, Pool: packet.NewPool(), ToCore: core, ToAccess: access, CoreSSRC: toCore, AccessSSRC: ours, RepairSSRC: again,
		Fault: func(v any) { t.Errorf("fault: %v", v) }})
	t.Cleanup(p.Close)
	p.Set(vp8Browser, handset, Gates{true, true}, time.Unix(1_700_000_000, 0))
	return p, maker, access, core
}

var vp8Browser = Peer{Codecs: []packet.Codec{{Name: "VP8", ClockRate: clock, PayloadType: 96}}, NACK: true, PLI: true}

// TestLossBeforeAConverterIsNoneBehindIt: what a converter makes has numbers of its own. A hole in what it gets must not become one in what
// the far end gets: it would ask for packets that never were, and lose the frame they fall into.
func TestLossBeforeAConverterIsNoneBehindIt(t *testing.T) {
	p, _, access, _ := converting(t)
	now := time.Unix(1_700_000_000, 0)
	for i, seq := range []uint16{10, 11, 15, 16} {
		b := rtp(99, phone, seq, uint32(i)*3000, true, -1, []byte{0x41, byte(seq)})
		p.FromCore(b, parse(t, b), now)
	}
	eventually(t, "two packets", func() bool { return len(access.seen()) == 2 })
	p.Tick(now.Add(time.Second)) // 12 to 14 are given up
	eventually(t, "four packets", func() bool { return len(access.seen()) == 4 })
	sent := access.seen()
	for i, b := range sent[1:] {
		if a, b := parse(t, sent[i]), parse(t, b); b.Sequence != a.Sequence+1 {
			t.Errorf("packet %d has number %d behind %d", i+1, b.Sequence, a.Sequence)
		}
	}
}

// TestAConverterEndsWithItsRoute: when the far end comes to have the browser's codec, the converter's place is free for another call, and
// who wants a key frame gets it from the sender, who alone can make one then.
func TestAConverterEndsWithItsRoute(t *testing.T) {
	p, maker, access, core := converting(t)
	now := time.Unix(1_700_000_000, 0)
	b := rtp(99, phone, 10, 0, true, -1, []byte{0x41, 1})
	p.FromCore(b, parse(t, b), now)
	eventually(t, "a converted packet", func() bool { return len(access.seen()) == 1 })

	same := handset
	same.Codecs = []packet.Codec{{Name: "VP8", ClockRate: clock, PayloadType: 99}}
	now = now.Add(10 * time.Second)
	p.Set(vp8Browser, same, Gates{true, true}, now)
	if n := core.wanted(); n != 1 {
		t.Errorf("%d key frames asked of the far end with another codec, want one", n)
	}
	eventually(t, "the converter's end", func() bool { return maker.running.Load() == 0 })
	p.Refresh(now.Add(10 * time.Second))
	if n := core.wanted(); n != 1 {
		t.Errorf("%d key frames asked of the far end, want one", n)
	}
	if n := maker.asked.Load(); n != 0 {
		t.Errorf("%d key frames asked of a converter that is not used", n)
	}
}

// TestReportsLeaveTheConversionOut: the sender report of a converted stream places a frame where it came in, not where the conversion was
// done with it (RFC 3550 6.4.1). Here the conversion ends years after the frame came.
func TestReportsLeaveTheConversionOut(t *testing.T) {
	p, _, access, _ := converting(t)
	now := time.Unix(1_700_000_000, 0)
	b := rtp(99, phone, 10, 5000, true, -1, []byte{0x41, 1})
	p.FromCore(b, parse(t, b), now)
	eventually(t, "a converted packet", func() bool { return len(access.seen()) == 1 })
	sent := parse(t, access.seen()[0])
	later := now.Add(30 * time.Millisecond)
	for name, c := range map[string]struct {
		source packet.Instant
		want   uint32
	}{
		"by arrival":      {packet.Instant{}, 30 * 90},
		"by reports":      {packet.Instant{RTP: 5000 + 100*90, Known: true}, 100 * 90},
		"by wild reports": {packet.Instant{RTP: 5000 + 3000*90, Known: true}, 30 * 90},
	} {
		if got := p.ToAccess(c.source, later).RTP - sent.Timestamp; got != c.want {
			t.Errorf("%s: %d after the frame's, want %d", name, int32(got), int32(c.want))
		}
	}
}
