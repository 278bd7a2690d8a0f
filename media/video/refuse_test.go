package video

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media/packet"
)

// maker makes converters that hand packets on; refuse is what it answers instead.
type maker struct {
	refuse       error
	made, closed atomic.Int32
}

func (*maker) Supported(string, string) bool { return true }

func (m *maker) New(Format, Format, func(), func(any)) (Converter, error) {
	if m.refuse != nil {
		return nil, m.refuse
	}
	m.made.Add(1)
	return &through{maker: m}, nil
}

type through struct {
	maker *maker
	queue []Packet
}

func (c *through) Push(_ uint16, ts uint32, marker bool, payload []byte, _ time.Time) {
	c.queue = append(c.queue, Packet{Payload: append([]byte{}, payload...), Timestamp: ts, Marker: marker})
}

func (c *through) Pull(dst []byte) (Packet, bool) {
	if len(c.queue) == 0 {
		return Packet{}, false
	}
	p := c.queue[0]
	c.queue = c.queue[1:]
	p.Payload = append(dst[:0], p.Payload...)
	return p, true
}

func (*through) RequestKeyFrame()    {}
func (*through) WantsKeyFrame() bool { return false }
func (*through) SetBitrate(int)      {}
func (c *through) Close()            { c.maker.closed.Add(1) }

func vp8Only() Peer {
	return Peer{Codecs: []packet.Codec{{Name: "VP8", ClockRate: clock, PayloadType: 120}}}
}

// TestAConverterIsGivenBack: when video goes, and when the browser changes to what passes.
func TestAConverterIsGivenBack(t *testing.T) {
	for name, next := range map[string]func(*rig){
		"video goes": func(r *rig) { r.Set(Peer{}, Peer{}, Gates{}, r.now) },
		"the browser sends H.264": func(r *rig) {
			both := Peer{Codecs: append([]packet.Codec{h264(108, "1")}, vp8Only().Codecs...)}
			r.Set(both, handset, Gates{true, true}, r.now)
			r.up(t, 108, 9000, true, 0x41, 1, 2)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := &maker{}
			r := newRig(t, vp8Only(), handset, m)
			r.up(t, 120, 0, true, 1, 2, 3)
			synctest.Wait()
			if m.made.Load() != 1 || m.closed.Load() != 0 || len(r.core.take()) != 1 {
				t.Fatalf("%s: made %d, closed %d", name, m.made.Load(), m.closed.Load())
			}
			next(r)
			synctest.Wait()
			if m.closed.Load() != 1 {
				t.Errorf("%s: the converter is held", name)
			}
			r.Set(vp8Only(), handset, Gates{true, true}, r.now)
			r.up(t, 120, 18000, true, 1, 2, 3)
			synctest.Wait()
			if m.made.Load() != 2 {
				t.Errorf("%s: no other converter when it is needed again", name)
			}
			r.Close()
		})
	}
}

// TestARefusedConversionIsToldOnce, and tried again when video comes anew.
func TestARefusedConversionIsToldOnce(t *testing.T) {
	for refusal, busy := range map[error]bool{ErrBusy: true, errors.New("unsupported"): false} {
		synctest.Test(t, func(t *testing.T) {
			m, told := &maker{refuse: refusal}, make(chan bool, 9)
			r := newRig(t, vp8Only(), handset, m)
			r.Plane.up.worker.none = func(b bool) { told <- b }
			for i := range 5 {
				r.up(t, 120, uint32(i)*3000, true, 1, 2, 3)
			}
			synctest.Wait()
			if len(told) != 1 || <-told != busy {
				t.Errorf("%v: not told once", refusal)
			}
			if up, _ := r.Stats(); up.Refused != 5 {
				t.Errorf("%d packets refused", up.Refused)
			}
			r.Set(Peer{}, Peer{}, Gates{}, r.now)
			synctest.Wait()
			m.refuse = nil
			r.Set(vp8Only(), handset, Gates{true, true}, r.now)
			r.up(t, 120, 90000, true, 1, 2, 3)
			synctest.Wait()
			if m.made.Load() != 1 {
				t.Error("not tried again")
			}
			r.Close()
		})
	}
}

func TestTotals(t *testing.T) {
	var sum Totals
	a, b := &side{}, &side{}
	p := New(Config{Pool: packet.NewPool(), ToCore: b, ToAccess: a, CoreSSRC: toCore, AccessSSRC: ours, Totals: &sum})
	now := time.Unix(1, 0)
	p.Set(browser, handset, Gates{true, true}, now)
	h := parse(t, rtp(99, phone, 1, 0, true, -1, []byte{0x41, 1}))
	p.FromCore(rtp(99, phone, 1, 0, true, -1, []byte{0x41, 1}), h, now)
	p.Tick(now.Add(time.Minute))
	if sum.Showing.Load() != 1 || sum.KeyFrames.Load() == 0 {
		t.Errorf("%d shown, %d key frames asked", sum.Showing.Load(), sum.KeyFrames.Load())
	}
	p.Set(browser, Peer{}, Gates{}, now)
	p.Close()
	if n := sum.Showing.Load(); n != 0 {
		t.Errorf("%d shown after the end", n)
	}
}
