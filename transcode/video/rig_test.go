//go:build cgo

package video

import (
	"testing"
	"time"

	"causeway/transcode/picture"
)

// camera makes the packets of a sender: the moving pattern, encoded with the bare engine.
type camera struct {
	t      testing.TB
	f      Format
	enc    encoder
	is     settings
	pack   packer
	n      int
	seq    uint16
	ts     uint32
	key    bool
	noise  bool // a picture that is hard to encode
	frames int
}

// rtp is one packet of the rig.
type rtp struct {
	seq     uint16
	ts      uint32
	marker  bool
	payload []byte
	at      time.Time
}

func newCamera(t testing.TB, f Format, s settings) *camera {
	if f.MTU == 0 {
		f.MTU = DefaultMTU
	}
	c := &camera{t: t, f: f, pack: newPacker(f, 0), seq: 65500, ts: 1<<32 - 5*Clock}
	c.resize(s)
	return c
}

func (c *camera) resize(s settings) {
	if c.enc != nil {
		c.enc.close()
	} else {
		c.t.Cleanup(func() { c.enc.close() })
	}
	if s.level == 0 {
		s.level = 40
	}
	enc, err := newEncoder(c.f, s)
	if err != nil {
		c.t.Fatal(err)
	}
	c.enc, c.is = enc, s
}

// shoot returns the packets of the next picture; at is when they are sent.
func (c *camera) shoot(at time.Time) []rtp {
	step := Clock / c.is.fps
	scene := pattern(c.is.width, c.is.height, c.n)
	if c.noise {
		grain(scene, c.n)
	}
	frame, _, err := c.enc.encode(nil, scene, int64(c.n+1)*int64(step), int64(step), c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	c.key = false
	var all []rtp
	if len(frame) > 0 {
		err = c.pack(frame, func(payload []byte, last bool) {
			all = append(all, rtp{c.seq, c.ts, last, append([]byte(nil), payload...), at})
			c.seq++
		})
		if err != nil {
			c.t.Fatal(err)
		}
		c.frames++
	}
	c.n++
	c.ts += uint32(step)
	return all
}

// screen is a receiver: it puts packets together and decodes them with the bare engine.
type screen struct {
	t        *testing.T
	unpacker unpacker
	dec      decoder
	payloads [][]byte
	shots    []shot
	longest  int
	octets   int
	keys     int
	bad      int
}

type shot struct {
	picture.Picture
	ts uint32
}

func newScreen(t *testing.T, f Format) *screen {
	dec, err := newDecoder(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dec.close)
	return &screen{t: t, unpacker: newUnpacker(f), dec: dec}
}

func (s *screen) take(p Packet) {
	s.longest = max(s.longest, len(p.Payload))
	s.octets += len(p.Payload)
	s.payloads = append(s.payloads, append([]byte(nil), p.Payload...))
	if !p.Marker {
		return
	}
	frame, err := s.unpacker.unpack(nil, s.payloads)
	s.payloads = nil
	if err != nil {
		s.t.Fatalf("our own packets: %v", err)
	}
	if s.unpacker.key(frame) != p.KeyFrame {
		s.t.Fatalf("KeyFrame is %v", p.KeyFrame)
	}
	if p.KeyFrame {
		s.keys++
	}
	pic, _, shown, err := s.dec.decode(frame, uint64(p.Timestamp))
	if err != nil {
		s.bad++
	}
	if shown {
		s.shots = append(s.shots, shot{clone(pic), p.Timestamp})
	}
}

// drain pulls all there is.
func drain(c Converter, s *screen) {
	room := make([]byte, MaxMTU)
	for {
		p, ok := c.Pull(room)
		if !ok {
			return
		}
		s.take(p)
	}
}

func newTestConverter(t *testing.T, from, to Format, opt Options) Converter {
	c, err := NewConverter(from, to, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	conv := c.(*conversion)
	conv.work.Lock()
	conv.chain.watch = start // the machine these tests run on is never too slow
	conv.work.Unlock()
	return c
}
