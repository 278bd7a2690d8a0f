package vp8

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"causeway/transcode/picture"
)

// TestDescriptor: the examples of RFC 7741 4.2 and each field alone, both ways.
func TestDescriptor(t *testing.T) {
	none := Descriptor{PictureID: Absent, TL0PicIdx: Absent, TID: Absent, KeyIdx: Absent}
	with := func(change func(*Descriptor)) Descriptor {
		d := none
		change(&d)
		return d
	}
	for _, c := range []struct {
		name string
		d    Descriptor
		wire []byte
	}{
		{"first packet", with(func(d *Descriptor) { d.Start = true }), []byte{0x10}},
		{"no reference, partition 5", with(func(d *Descriptor) { d.NonReference, d.Partition = true, 5 }), []byte{0x25}},
		{"short picture id", with(func(d *Descriptor) { d.Start, d.PictureID = true, 0x11 }), []byte{0x90, 0x80, 0x11}},
		{"long picture id", with(func(d *Descriptor) { d.Start, d.PictureID, d.LongID = true, 4711, true }), []byte{0x90, 0x80, 0x80 | 4711>>8, 4711 & 0xff}},
		{"layer index", with(func(d *Descriptor) { d.TL0PicIdx = 200 }), []byte{0x80, 0x40, 200}},
		{"layer", with(func(d *Descriptor) { d.TID, d.LayerSync = 2, true }), []byte{0x80, 0x20, 0xa0}},
		{"key index", with(func(d *Descriptor) { d.KeyIdx = 31 }), []byte{0x80, 0x10, 31}},
		{"all", Descriptor{true, true, 1, 0x7fff, true, 9, 3, false, 7}, []byte{0xb1, 0xf0, 0xff, 0xff, 9, 0xc7}},
	} {
		if got := c.d.Append(nil); !bytes.Equal(got, c.wire) || len(got) > MaxDescriptor {
			t.Errorf("%s: wrote %x, want %x", c.name, got, c.wire)
		}
		got, n, err := ParseDescriptor(append(c.wire, 1, 2, 3))
		if err != nil || n != len(c.wire) || got != c.d {
			t.Errorf("%s: read %+v, %d, %v", c.name, got, n, err)
		}
		for cut := range len(c.wire) + 1 {
			if _, _, err := ParseDescriptor(c.wire[:cut]); !errors.Is(err, ErrPayload) {
				t.Errorf("%s, first %d octets: %v", c.name, cut, err)
			}
		}
	}
}

// packets reads RTP packets after their lengths (RFC 4571), with the fixed header only.
func packets(t testing.TB, name string) (payloads [][]byte, markers []bool) {
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for len(b) > 0 {
		n := int(binary.BigEndian.Uint16(b))
		payloads, markers = append(payloads, b[2+12:2+n]), append(markers, b[3]&0x80 != 0)
		b = b[2+n:]
	}
	return payloads, markers
}

// frames reads the frames of an IVF file.
func frames(t testing.TB, name string) (all [][]byte) {
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for b = b[32:]; len(b) > 0; {
		n := int(binary.LittleEndian.Uint32(b))
		all = append(all, b[12:12+n])
		b = b[12+n:]
	}
	return all
}

// TestAgainstGStreamer: testdata holds frames that GStreamer 1.22 encoded and the packets it made of
// them. Ours read back as the same frames, and so do the packets we make.
func TestAgainstGStreamer(t *testing.T) {
	theirs, markers := packets(t, "testdata/vp8.rtp")
	want := frames(t, "testdata/vp8.ivf")
	if len(want) != 12 || len(theirs) <= len(want) {
		t.Fatalf("%d frames in %d packets", len(want), len(theirs))
	}
	var frame []byte
	var ours [][]byte
	for i, p := range theirs {
		if Begins(p) != (frame == nil) {
			t.Fatalf("packet %d: Begins is %v", i, Begins(p))
		}
		var err error
		if frame, err = Unpack(frame, p); err != nil {
			t.Fatal(err)
		}
		if markers[i] {
			ours, frame = append(ours, frame), nil
		}
	}
	packer := NewPacker(200, 0x7ffe)
	for i, f := range want {
		if !bytes.Equal(ours[i], f) {
			t.Fatalf("frame %d differs", i)
		}
		h, err := ParseHeader(f)
		if err != nil || h.Key != (i%6 == 0) || !h.Show || h.Key && (h.Width != 160 || h.Height != 120) || IsKey(f) != h.Key {
			t.Fatalf("frame %d: %+v, %v", i, h, err)
		}
		var again []byte
		packer.Pack(f, func(payload []byte, last bool) {
			d, _, err := ParseDescriptor(payload)
			if err != nil || d.Start != (again == nil) || d.PictureID != (0x7ffe+i)&0x7fff || len(payload) > 200 {
				t.Fatalf("our payload: %+v, %v", d, err)
			}
			again, _ = Unpack(again, payload)
			if last != (len(again) == len(f)) {
				t.Fatalf("last is %v after %d of %d", last, len(again), len(f))
			}
		})
		if !bytes.Equal(again, f) {
			t.Fatalf("frame %d differs after our packets", i)
		}
	}
}

// TestHeaderRefuses: nothing of this reaches the library.
func TestHeaderRefuses(t *testing.T) {
	good := frames(t, "testdata/vp8.ivf")[0]
	bend := func(change func(b []byte)) []byte {
		b := bytes.Clone(good)
		change(b)
		return b
	}
	for name, c := range map[string]struct {
		frame []byte
		is    error
	}{
		"empty":       {nil, ErrPayload},
		"short":       {good[:9], ErrPayload},
		"start code":  {bend(func(b []byte) { b[3] = 0 }), ErrPayload},
		"version":     {bend(func(b []byte) { b[0] |= 0x0e }), ErrPayload},
		"partition":   {bend(func(b []byte) { b[2] = 0xff }), ErrPayload},
		"no content":  {bend(func(b []byte) { b[0], b[1], b[2] = b[0]&0x1f, 0, 0 }), ErrPayload},
		"width 0":     {bend(func(b []byte) { b[6], b[7] = 0, 0 }), picture.ErrSize},
		"width 16383": {bend(func(b []byte) { b[6], b[7] = 0xff, 0x3f }), picture.ErrSize},
		"1920x1920":   {bend(func(b []byte) { b[6], b[7], b[8], b[9] = 0x80, 7, 0x80, 7 }), picture.ErrSize},
		"too long":    {append(bytes.Clone(good), make([]byte, MaxFrame)...), ErrPayload},
	} {
		if _, err := ParseHeader(c.frame); !errors.Is(err, c.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDescriptor(f *testing.F) {
	theirs, _ := packets(f, "testdata/vp8.rtp")
	for _, p := range theirs {
		f.Add(p)
	}
	f.Add([]byte{0xb1, 0xf0, 0xff, 0xff, 9, 0xc7, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, n, err := ParseDescriptor(b)
		if err != nil {
			return
		}
		if n < 1 || n > MaxDescriptor || n >= len(b) {
			t.Fatalf("descriptor of %d octets in %d", n, len(b))
		}
		again, m, err := ParseDescriptor(append(d.Append(nil), 0))
		if err != nil || again != d || m > n {
			t.Fatalf("%+v became %+v, %v", d, again, err)
		}
	})
}

func FuzzHeader(f *testing.F) {
	for _, frame := range frames(f, "testdata/vp8.ivf") {
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseHeader(b)
		if err == nil && (h.FirstPartition > len(b) || h.Key && picture.CheckSize(h.Width, h.Height) != nil) {
			t.Fatalf("%+v", h)
		}
	})
}
