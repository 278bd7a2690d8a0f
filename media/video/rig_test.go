package video

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"causeway/media/packet"
)

// side is one leg of the plane under test: what it was sent.
type side struct {
	sent [][]byte
	fb   [][]byte
	lost bool // nothing can be sent
}

func (s *side) SendRTP(b []byte) error {
	if s.lost {
		return packet.ErrNotReady
	}
	s.sent = append(s.sent, slices.Clone(b))
	return nil
}

func (s *side) Feedback(b []byte, _ time.Time) { s.fb = append(s.fb, slices.Clone(b)) }

// take returns and forgets what was sent.
func (s *side) take() [][]byte {
	out := s.sent
	s.sent = nil
	return out
}

// asked counts and forgets feedback of a kind.
func (s *side) asked(kind, format uint8) int {
	n := 0
	for _, b := range s.fb {
		p, _, _ := packet.NextRTCP(b)
		if f, ok := p.Feedback(); ok && f.Type == kind && f.Format == format {
			n++
		}
	}
	s.fb = nil
	return n
}

const (
	camera = 0x1111 // SSRC of the browser
	phone  = 0x2222
	ours   = 0x3333 // to the browser
	again  = 0x4444
	toCore = 0x5555
)

func h264(pt uint8, mode string, more ...string) packet.Codec {
	c := packet.Codec{Name: "H264", ClockRate: clock, PayloadType: pt, FMTP: "packetization-mode=" + mode}
	for _, m := range more {
		c.FMTP += ";" + m
	}
	return c
}

// rig is a plane between two sides, with a clock that moves when told.
type rig struct {
	*Plane
	access, core side
	infos        int
	now          time.Time
	seq          map[uint32]uint16
}

func newRig(t *testing.T, access, core Peer, maker Maker) *rig {
	t.Helper()
	r := &rig{now: time.Unix(1_700_000_000, 0), seq: map[uint32]uint16{camera: 65533, phone: 10}}
	r.Plane = New(Config{Maker: maker, Pool: packet.NewPool(), ToCore: &r.core, ToAccess: &r.access, CoreSSRC: toCore, AccessSSRC: ours,
		RepairSSRC: again, INFO: func() { r.infos++ }, Fault: func(v any) { t.Errorf("fault: %v", v) }})
	t.Cleanup(r.Close)
	r.Set(access, core, Gates{true, true}, r.now)
	return r
}

// rtp builds a packet; ext is the value of video orientation under id 13, -1 for none.
func rtp(pt uint8, ssrc uint32, seq uint16, ts uint32, marker bool, ext int, payload []byte) []byte {
	b := make([]byte, 0, packet.BufferSize)
	first, second := byte(0x80), pt
	if marker {
		second |= 0x80
	}
	if ext >= 0 {
		first |= 0x10
	}
	b = append(b, first, second)
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, ts)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	if ext >= 0 {
		b = append(b, 0xbe, 0xde, 0, 1, 13<<4, byte(ext), 0, 0)
	}
	return append(b, payload...)
}

func parse(t testing.TB, b []byte) packet.RTP {
	t.Helper()
	h, err := packet.ParseRTP(b)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// up and down give the plane one packet in sequence.
func (r *rig) up(t testing.TB, pt uint8, ts uint32, marker bool, payload ...byte) {
	r.seq[camera]++
	r.upAs(t, r.seq[camera], pt, ts, marker, payload...)
}

func (r *rig) upAs(t testing.TB, seq uint16, pt uint8, ts uint32, marker bool, payload ...byte) {
	b := rtp(pt, camera, seq, ts, marker, -1, payload)
	r.FromAccess(b, parse(t, b), r.now)
}

func (r *rig) down(t testing.TB, pt uint8, ts uint32, marker bool, payload ...byte) {
	r.seq[phone]++
	b := rtp(pt, phone, r.seq[phone], ts, marker, -1, payload)
	r.FromCore(b, parse(t, b), r.now)
}

func payloads(t testing.TB, sent [][]byte) (out [][]byte) {
	for _, b := range sent {
		h := parse(t, b)
		out = append(out, b[h.Offset:h.End])
	}
	return out
}

var (
	browser = Peer{Codecs: []packet.Codec{h264(108, "1"), h264(114, "0")}, Repair: map[uint8]uint8{109: 108, 115: 114}, NACK: true, PLI: true, FIR: true, REMB: true, Orientation: 13}
	handset = Peer{Codecs: []packet.Codec{h264(99, "1")}, NACK: true, PLI: true, FIR: true, TMMBR: true, Orientation: 4, Bitrate: 768_000}
)

// lastOf is what f made the side send last.
func (s *side) lastOf(t *testing.T, _ *rig, f func()) []byte {
	t.Helper()
	s.sent = nil
	f()
	if len(s.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return s.sent[len(s.sent)-1]
}
