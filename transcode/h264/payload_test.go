package h264

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"testing"

	"causeway/transcode/picture"
)

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

// units joins the access units of a packet file.
func units(t testing.TB, name string) (all [][]byte) {
	payloads, markers := packets(t, name)
	var u Unpacker
	var unit []byte
	for i, p := range payloads {
		if len(unit) == 0 && !Begins(p) {
			t.Fatalf("%s: packet %d does not begin a picture", name, i)
		}
		var err error
		if unit, err = u.Unpack(unit, p); err != nil {
			t.Fatalf("%s: packet %d: %v", name, i, err)
		}
		if !markers[i] {
			continue
		}
		if err := u.Complete(); err != nil {
			t.Fatal(err)
		}
		all, unit = append(all, unit), nil
		u.Reset()
	}
	return all
}

// slicesOf returns the slices of a byte stream.
func slicesOf(stream []byte) (all [][]byte) {
	for nal := range NALs(stream) {
		if k := kind(nal); k == typeSlice || k == typeIDR {
			all = append(all, nal)
		}
	}
	return all
}

// TestAgainstGStreamer: testdata holds two byte streams that x264 made and the packets GStreamer 1.22
// made of them, with STAP-A and FU-A, and with FU-A alone. They read back as the same slices, and so do
// the packets we make of them.
func TestAgainstGStreamer(t *testing.T) {
	for _, name := range []string{"testdata/stap", "testdata/single"} {
		stream, err := os.ReadFile(name + ".264")
		if err != nil {
			t.Fatal(err)
		}
		want, got := slicesOf(stream), [][]byte(nil)
		var sets Sets
		for i, unit := range units(t, name+".rtp") {
			got = append(got, slicesOf(unit)...)
			if IsKey(unit) != (i%6 == 0) {
				t.Fatalf("%s: picture %d: key is %v", name, i, IsKey(unit))
			}
			clean, sps, key, err := sets.Check(nil, unit)
			if err != nil || key != IsKey(unit) || sps.Width != 160 || sps.Height != 120 || sps.Profile != 77 {
				t.Fatalf("%s: picture %d: %+v, %v", name, i, sps, err)
			}
			repack(t, clean)
		}
		if !slices.EqualFunc(got, want, bytes.Equal) || len(want) < 12 {
			t.Fatalf("%s: %d slices of %d, or others", name, len(got), len(want))
		}
	}
}

// repack packs an access unit small and reads it back.
func repack(t *testing.T, unit []byte) {
	t.Helper()
	p, again := NewPacker(150, 1), []byte(nil)
	var u Unpacker
	ended := false
	err := p.Pack(unit, func(payload []byte, last bool) {
		if len(payload) > 150 || ended || len(again) == 0 && !Begins(payload) {
			t.Fatalf("payload of %d octets, Begins %v", len(payload), Begins(payload))
		}
		ended = last
		var err error
		if again, err = u.Unpack(again, payload); err != nil {
			t.Fatal(err)
		}
	})
	if err != nil || !ended || !slices.EqualFunc(slices.Collect(NALs(again)), slices.Collect(NALs(unit)), bytes.Equal) {
		t.Fatalf("packed and unpacked it differs: %v", err)
	}
}

// TestPackModes: what each mode makes of small and large NAL units.
func TestPackModes(t *testing.T) {
	nal := func(header byte, n int) []byte {
		return append([]byte(startCode), append([]byte{header}, bytes.Repeat([]byte{0x55}, n-1)...)...)
	}
	unit := slices.Concat(nal(0x67, 20), nal(0x28, 5), nal(0x65, 150))
	for _, c := range []struct {
		mtu, mode int
		want      []byte // first octets
		lengths   []int
		bad       bool
	}{
		{200, 0, []byte{0x67, 0x28, 0x65}, []int{20, 5, 150}, false},
		{200, 1, []byte{0x78}, []int{1 + 22 + 7 + 152}, false}, // NRI 3, type 24
		{160, 1, []byte{0x78, 0x65}, []int{30, 150}, false},
		{120, 1, []byte{0x78, 0x7c, 0x7c}, []int{30, 76, 77}, false},
		{120, 0, nil, nil, true},
	} {
		var first []byte
		var lengths []int
		err := NewPacker(c.mtu, c.mode).Pack(unit, func(b []byte, last bool) {
			first, lengths = append(first, b[0]), append(lengths, len(b))
			if last != (len(lengths) == len(c.lengths)) {
				t.Errorf("%d/%d: last is %v at %d", c.mtu, c.mode, last, len(lengths))
			}
		})
		if (err != nil) != c.bad || !bytes.Equal(first, c.want) || !slices.Equal(lengths, c.lengths) {
			t.Errorf("%d/%d: %x %v, %v", c.mtu, c.mode, first, lengths, err)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	for name, payloads := range map[string][][]byte{
		"empty":                     {{}},
		"type 0":                    {{0, 1}},
		"FU-B":                      {{29, 0x85, 0, 0, 1}},
		"MTAP":                      {{26, 0, 0}},
		"STAP-A empty":              {{24}},
		"STAP-A half a size":        {{24, 0}},
		"STAP-A size 0":             {{24, 0, 0, 1}},
		"STAP-A too long":           {{24, 0, 9, 0x65, 1}},
		"STAP-A inside STAP-A":      {{24, 0, 2, 24, 1}},
		"fragment without content":  {{28, 0x85}},
		"fragment in the middle":    {{28, 0x05, 1}},
		"fragment of a STAP-A":      {{28, 0x98, 1}},
		"two first fragments":       {{28, 0x85, 1}, {28, 0x85, 1}},
		"something inside fragment": {{28, 0x85, 1}, {0x65, 1}},
	} {
		var u Unpacker
		var err error
		for _, p := range payloads {
			_, err = u.Unpack(nil, p)
		}
		if !errors.Is(err, ErrPayload) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var u Unpacker
	if _, err := u.Unpack(nil, []byte{28, 0x85, 1}); err != nil || u.Complete() == nil {
		t.Errorf("an open fragment is complete: %v", err)
	}
}

// TestSPS: parameter sets as phones and the encoders here write them.
func TestSPS(t *testing.T) {
	for text, want := range map[string]SPS{
		"Z0LAHtkDxWhAAAADAEAAAAwDxYuS":             {Profile: 66, Constraints: 0xc0, Level: 30, Width: 240, Height: 160, Macroblocks: 150, References: 3},
		"Z01QC9kChH5cBagwMDUoAAADAAgAAAMA9HiRMkA=": {Profile: 77, Constraints: 0x50, Level: 11, Width: 160, Height: 120, Macroblocks: 80, References: 3},
	} {
		nal, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseSPS(nal); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

// TestSPSRefuses: what the library shall not see.
func TestSPSRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		write func(w *writer)
		is    error
	}{
		"8192x8192":      {func(w *writer) { w.sps(66, 511, 511, 1, 1, 0) }, picture.ErrSize},
		"1920x1920":      {func(w *writer) { w.sps(66, 119, 119, 1, 1, 0) }, picture.ErrSize},
		"huge":           {func(w *writer) { w.sps(66, 1<<31-2, 1<<31-2, 1, 1, 0) }, picture.ErrSize},
		"interlaced":     {func(w *writer) { w.sps(66, 19, 14, 1, 0, 0) }, ErrPayload},
		"profile":        {func(w *writer) { w.sps(88, 19, 14, 1, 1, 0) }, ErrPayload},
		"references":     {func(w *writer) { w.sps(66, 19, 14, 17, 1, 0) }, ErrPayload},
		"cropped away":   {func(w *writer) { w.sps(66, 19, 14, 1, 1, 200) }, ErrPayload},
		"nothing inside": {func(w *writer) {}, ErrPayload},
	} {
		w := &writer{}
		c.write(w)
		if _, err := ParseSPS(append([]byte{0x67}, w.bytes()...)); !errors.Is(err, c.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := &writer{}
	w.sps(66, 19, 14, 1, 1, 0)
	if s, err := ParseSPS(append([]byte{0x67}, w.bytes()...)); err != nil || s.Width != 320 || s.Height != 240 || s.Macroblocks != 300 {
		t.Errorf("320x240: %+v, %v", s, err)
	}
}

// writer writes the fields of a NAL unit; its own code, so that the reader is checked by another.
type writer struct{ bits []byte }

func (w *writer) u(n int, v uint64) {
	for i := n - 1; i >= 0; i-- {
		w.bits = append(w.bits, byte(v>>i&1))
	}
}

func (w *writer) ue(v uint64) {
	n := 0
	for (v+1)>>(n+1) != 0 {
		n++
	}
	w.u(n, 0)
	w.u(n+1, v+1)
}

func (w *writer) sps(profile, wide, tall, refs, frames, crop uint64) {
	w.u(8, profile)
	w.u(8, 0xc0)
	w.u(8, 30)
	for _, v := range []uint64{0, 0, 2, refs} { // id, log2_max_frame_num, order type, references
		w.ue(v)
	}
	w.u(1, 0)
	w.ue(wide)
	w.ue(tall)
	w.u(1, frames)
	w.u(1, 1)
	if crop == 0 {
		w.u(1, 0)
	} else {
		w.u(1, 1)
		for range 4 {
			w.ue(crop)
		}
	}
	w.u(1, 0)
	w.u(1, 1)
}

// bytes packs the bits and puts the emulation prevention in.
func (w *writer) bytes() (out []byte) {
	for i := 0; i < len(w.bits); i += 8 {
		var b byte
		for j := range 8 {
			b <<= 1
			if i+j < len(w.bits) {
				b |= w.bits[i+j]
			}
		}
		if n := len(out); n >= 2 && out[n-1] == 0 && out[n-2] == 0 && b <= 3 {
			out = append(out, 3)
		}
		out = append(out, b)
	}
	return out
}

func TestProfile(t *testing.T) {
	for id, want := range map[string]Profile{
		"":       {66, 0, Level{10, 99, 1485, 64e3}},
		"42e00c": {66, 0xe0, Level{12, 396, 6000, 384e3}},
		"42E01F": {66, 0xe0, Level{31, 3600, 108000, 14000e3}},
		"42f00b": {66, 0xf0, Level{9, 99, 1485, 128e3}},
		"640028": {100, 0, Level{40, 8192, 245760, 20000e3}},
	} {
		if got, err := ParseProfile(id); err != nil || got != want {
			t.Errorf("%q: %+v, %v", id, got, err)
		}
	}
	for _, id := range []string{"42e0", "42e00z", "42e00c00", "42e0ff", "-2e00c"} {
		if _, err := ParseProfile(id); err == nil {
			t.Errorf("%q is taken", id)
		}
	}
	qcif := Level{10, 99, 1485, 64e3}
	if !qcif.Fits(176, 144) || qcif.Fits(320, 240) || (Level{FrameSize: 396}).Fits(1008, 96) {
		t.Error("Fits")
	}
}

// TestSets: slices need their parameter sets, an IDR picture gets them from SDP.
func TestSets(t *testing.T) {
	key := units(t, "testdata/single.rtp")[0]
	var sprop []string
	var idr []byte
	for nal := range NALs(key) {
		switch kind(nal) {
		case typeSPS, typePPS:
			sprop = append(sprop, base64.StdEncoding.EncodeToString(nal))
		case typeIDR:
			idr = append(append(idr, startCode...), nal...)
		}
	}
	var s Sets
	if _, _, _, err := s.Check(nil, idr); !errors.Is(err, ErrPayload) {
		t.Errorf("without parameter sets: %v", err)
	}
	if err := s.Sprop(sprop[0] + ", " + sprop[1]); err != nil {
		t.Fatal(err)
	}
	clean, sps, isKey, err := s.Check(nil, idr)
	if err != nil || !isKey || sps.Width != 160 {
		t.Fatalf("%+v, %v", sps, err)
	}
	var kinds []int
	for nal := range NALs(clean) {
		kinds = append(kinds, kind(nal))
	}
	if kinds[0] != typeSPS || kinds[1] != typePPS || kinds[2] != typeIDR {
		t.Errorf("NAL units %v", kinds)
	}
	if err := s.Sprop("!!,Z0L"); err == nil {
		t.Error("broken sprop is taken without a word")
	}
	if out, _, _, err := s.Check(nil, []byte("\x00\x00\x01\x06\x05\x01\x00\x80\x00\x00\x01\x0e\x01\x02")); err != nil || len(out) != 0 {
		t.Errorf("SEI and a prefix NAL unit: %x, %v", out, err)
	}
}

func FuzzUnpack(f *testing.F) {
	for _, name := range []string{"testdata/stap.rtp", "testdata/single.rtp"} {
		theirs, _ := packets(f, name)
		for i := range len(theirs) - 1 {
			f.Add(theirs[i], theirs[i+1])
		}
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var u Unpacker
		unit, err := u.Unpack(nil, a)
		if err != nil {
			return
		}
		if unit, err = u.Unpack(unit, b); err != nil || u.Complete() != nil {
			return
		}
		if len(unit) > len(a)+len(b)+6*(len(a)+len(b)) {
			t.Fatalf("%d octets became %d", len(a)+len(b), len(unit))
		}
		_ = NewPacker(100, 1).Pack(unit, func(p []byte, _ bool) {
			if len(p) > 100 || len(p) == 0 {
				t.Fatalf("payload of %d octets", len(p))
			}
		})
	})
}

func FuzzSets(f *testing.F) {
	for _, unit := range append(units(f, "testdata/stap.rtp"), units(f, "testdata/single.rtp")...) {
		f.Add(unit)
	}
	base := units(f, "testdata/stap.rtp")[0]
	f.Fuzz(func(t *testing.T, unit []byte) {
		var s Sets
		if _, _, _, err := s.Check(nil, base); err != nil {
			t.Fatal(err)
		}
		out, sps, _, err := s.Check(nil, unit)
		if err == nil && len(out) > 0 && picture.CheckSize(sps.Width, sps.Height) != nil {
			t.Fatalf("%+v", sps)
		}
		if len(s.sps) > maxSets || len(s.pps) > maxSets {
			t.Fatal("too many parameter sets")
		}
	})
}
