package amr

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"causeway/transcode"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ones is a frame whose bits are all set.
func ones(b Band, kind int, good bool) Frame {
	bits := b.Bits(kind)
	data := bytes.Repeat([]byte{0xFF}, octets(bits))
	if bits%8 != 0 {
		data[len(data)-1] = 0xFF << (8 - bits%8)
	}
	return Frame{Type: kind, Good: good, Data: data}
}

// TestGolden compares payloads with octets worked out by hand from the drawings of RFC 4867
// 4.3.5 (bandwidth-efficient) and 4.4.5 (octet-aligned).
func TestGolden(t *testing.T) {
	ff := func(n int) string { return strings.Repeat("ff", n) }
	for _, c := range []struct {
		name   string
		form   Form
		cmr    int
		frames []Frame
		want   string
	}{
		// 4.3.5.1: CMR=6, one AMR 7.4 frame: 4+6+148 bits and two of padding.
		{"AMR BE 7.4, RFC 4867 4.3.5.1", Form{Narrow, false}, 6, []Frame{ones(Narrow, 4, true)}, "62 7f" + ff(17) + "fc"},
		// 4.3.5.2: CMR=8, AMR-WB 6.60 and 8.85: 4+12+132+177 bits and three of padding.
		{"AMR-WB BE two frames, RFC 4867 4.3.5.2", Form{Wide, false}, 8, []Frame{ones(Wide, 0, true), ones(Wide, 1, true)}, "88 43" + ff(38) + "f8"},
		// 4.4.5.1: CMR=6, two frames AMR 7.95 and 5.15, here of one channel, each padded.
		{"AMR OA two frames, after RFC 4867 4.4.5.1", Form{Narrow, true}, 6, []Frame{ones(Narrow, 5, true), ones(Narrow, 1, true)}, "60 ac 0c" + ff(19) + "fe" + ff(12) + "fe"},
		{"AMR BE SID", Form{Narrow, false}, -1, []Frame{ones(Narrow, 8, true)}, "f4 7f ffffffff 80"},
		{"AMR OA SID", Form{Narrow, true}, -1, []Frame{ones(Narrow, 8, true)}, "f0 44 ffffffff fe"},
		{"AMR-WB BE SID", Form{Wide, false}, -1, []Frame{ones(Wide, 9, true)}, "f4 ff ffffffff c0"},
		{"AMR-WB OA SID", Form{Wide, true}, -1, []Frame{ones(Wide, 9, true)}, "f0 4c ffffffffff"},
		{"AMR-WB BE damaged 23.85", Form{Wide, false}, 2, []Frame{ones(Wide, 8, false)}, "24 3f" + ff(58) + "fe"},
		{"AMR-WB OA 12.65", Form{Wide, true}, -1, []Frame{ones(Wide, 2, true)}, "f0 14" + ff(31) + "f8"},
		{"AMR-WB BE 12.65", Form{Wide, false}, -1, []Frame{ones(Wide, 2, true)}, "f1 7f" + ff(30) + "fe"},
		{"AMR BE 12.2", Form{Narrow, false}, -1, []Frame{ones(Narrow, 7, true)}, "f3 ff" + ff(29) + "fc"},
		{"AMR-WB BE NO_DATA, SPEECH_LOST", Form{Wide, false}, -1, []Frame{{Type: NoData, Good: true}, {Type: SpeechLost}}, "ff dc"},
	} {
		dst := make([]byte, 1500)
		n, err := c.form.Pack(dst, c.cmr, c.frames)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if want := unhex(t, c.want); !bytes.Equal(dst[:n], want) {
			t.Errorf("%s:\n got %x\nwant %x", c.name, dst[:n], want)
		}
		got, err := NewUnpacker(c.form).Unpack(unhex(t, c.want))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got.CMR != c.cmr || !same(got.Frames, c.frames) {
			t.Errorf("%s: read back %+v", c.name, got)
		}
	}
}

func same(a, b []Frame) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Type != b[i].Type || a[i].Good != b[i].Good || !bytes.Equal(a[i].Data, b[i].Data) {
			return false
		}
	}
	return true
}

// spell builds the same payload as a string of bits, the slow way.
func spell(f Form, cmr int, frames []Frame) []byte {
	pad := func(s string) string { return s + strings.Repeat("0", (8-len(s)%8)%8) }
	if cmr < 0 {
		cmr = 15
	}
	s := fmt.Sprintf("%04b", cmr)
	if f.Aligned {
		s = pad(s)
	}
	for i, x := range frames {
		more, q := "1", "0"
		if i == len(frames)-1 {
			more = "0"
		}
		if x.Good {
			q = "1"
		}
		s += more + fmt.Sprintf("%04b", x.Type) + q
		if f.Aligned {
			s = pad(s)
		}
	}
	for _, x := range frames {
		bits := ""
		for _, o := range x.Data {
			bits += fmt.Sprintf("%08b", o)
		}
		s += bits[:f.Band.Bits(x.Type)]
		if f.Aligned {
			s = pad(s)
		}
	}
	s = pad(s)
	out := make([]byte, len(s)/8)
	for i, bit := range s {
		out[i/8] |= byte(bit-'0') << (7 - i%8)
	}
	return out
}

// TestRandomPackets: any list of frames, in all four forms, equals the slow spelling and reads back.
func TestRandomPackets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	dst := make([]byte, transcode.MaxPayload)
	for range 4000 {
		form := Form{Band(rng.IntN(2)), rng.IntN(2) == 1}
		frames := make([]Frame, 1+rng.IntN(maxFrames))
		for i := range frames {
			kind := rng.IntN(16)
			for form.Band.Bits(kind) < 0 {
				kind = rng.IntN(16)
			}
			frames[i] = ones(form.Band, kind, rng.IntN(2) == 1)
			for k := range frames[i].Data {
				frames[i].Data[k] &= byte(rng.Uint32())
			}
		}
		cmr := rng.IntN(form.Band.Modes()+1) - 1
		n, err := form.Pack(dst, cmr, frames)
		if err != nil || n != form.Size(frames) {
			t.Fatalf("%d, %v", n, err)
		}
		if want := spell(form, cmr, frames); !bytes.Equal(dst[:n], want) {
			t.Fatalf("%v %v:\n got %x\nwant %x", form, frames, dst[:n], want)
		}
		got, err := NewUnpacker(form).Unpack(dst[:n])
		if err != nil || got.CMR != cmr || !same(got.Frames, frames) {
			t.Fatalf("%v: read back %+v, %v", form, got, err)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	for _, c := range []struct {
		name, payload string
		form          Form
	}{
		{"empty", "", Form{Wide, false}},
		{"only a CMR", "f0", Form{Wide, true}},
		{"half a table of contents", "f0", Form{Narrow, false}},
		{"table without end", "f0" + strings.Repeat("94", 10), Form{Wide, true}},
		{"13 frames", "f0" + strings.Repeat("fc", 12) + "7c", Form{Wide, true}},
		{"13 frames BE", strings.Repeat("ff", 30), Form{Wide, false}},
		{"AMR frame type 9", "f0 4c ffffffffff", Form{Narrow, true}},
		{"AMR frame type 14", "f0 74", Form{Narrow, true}},
		{"AMR-WB frame type 10", "f0 54 00", Form{Wide, true}},
		{"an octet short", "f0 44 ffffffff", Form{Narrow, true}},
		{"an octet long", "f0 44 ffffffff fe 00", Form{Narrow, true}},
		{"BE read as OA", "f4 7f ffffffff 80", Form{Narrow, true}},
		{"OA read as BE", "f0 44 ffffffff fe", Form{Narrow, false}},
		{"BE an octet long", "f4 7f ffffffff 80 00", Form{Narrow, false}},
	} {
		if p, err := NewUnpacker(c.form).Unpack(unhex(t, c.payload)); !errors.Is(err, transcode.ErrPayload) {
			t.Errorf("%s: %+v, %v", c.name, p, err)
		}
	}
	if _, err := NewUnpacker(Form{Wide, true}).Unpack(make([]byte, 1501)); !errors.Is(err, transcode.ErrPayload) {
		t.Errorf("1501 octets: %v", err)
	}
}

// TestUnpackLenient: what a receiver has to ignore (RFC 4867 4.3.1, 4.4.1, 4.4.2): a CMR for future
// use, and set bits where there is only padding.
func TestUnpackLenient(t *testing.T) {
	for _, s := range []string{"8f 47 ffffffffff", "ef 47 ffffffffff"} {
		p, err := NewUnpacker(Form{Narrow, true}).Unpack(unhex(t, s))
		if err != nil || p.CMR != -1 || !same(p.Frames, []Frame{ones(Narrow, 8, true)}) {
			t.Errorf("%s: %+v, %v", s, p, err)
		}
	}
}

func TestPackRefuses(t *testing.T) {
	f := Form{Wide, false}
	dst := make([]byte, 100)
	for name, frames := range map[string][]Frame{
		"no frame":     nil,
		"13 frames":    make([]Frame, 13),
		"type 12":      {{Type: 12}},
		"type -1":      {{Type: -1}},
		"missing bits": {{Type: 2, Data: make([]byte, 31)}},
	} {
		if _, err := f.Pack(dst, -1, frames); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := f.Pack(dst[:32], -1, []Frame{ones(Wide, 2, true)}); !errors.Is(err, transcode.ErrShortBuffer) {
		t.Errorf("32 octets: %v", err)
	}
}

func TestPayloadNoAllocations(t *testing.T) {
	form := Form{Wide, false}
	u, dst := NewUnpacker(form), make([]byte, 1500)
	frames := []Frame{ones(Wide, 2, true), ones(Wide, 2, true)}
	if n := testing.AllocsPerRun(100, func() {
		n, _ := form.Pack(dst, 3, frames)
		if _, err := u.Unpack(dst[:n]); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzUnpack: whatever is accepted can be written again, and reads the same.
func FuzzUnpack(f *testing.F) {
	for _, seed := range []string{"", "f4 7f ffffffff 80", "f0 44 ffffffff fe", "ffdc", "f0 4c ffffffffff"} {
		for form := range byte(4) {
			f.Add(form, unhex(f, seed))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, payload []byte) {
		form := Form{Band(which & 1), which&2 != 0}
		p, err := NewUnpacker(form).Unpack(payload)
		if err != nil {
			if !errors.Is(err, transcode.ErrPayload) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		dst := make([]byte, transcode.MaxPayload)
		n, err := form.Pack(dst, p.CMR, p.Frames)
		if err != nil || n != len(payload) {
			t.Fatalf("%d octets became %d, %v", len(payload), n, err)
		}
		q, err := NewUnpacker(form).Unpack(dst[:n])
		if err != nil || q.CMR != p.CMR || !same(q.Frames, p.Frames) {
			t.Fatalf("%+v became %+v, %v", p, q, err)
		}
	})
}

func BenchmarkPayload(b *testing.B) {
	for _, form := range []Form{{Wide, false}, {Wide, true}} {
		dst, u := make([]byte, 1500), NewUnpacker(form)
		frames := []Frame{ones(Wide, 2, true)}
		n, _ := form.Pack(dst, -1, frames)
		b.Run("pack "+form.String(), func(b *testing.B) {
			for b.Loop() {
				_, _ = form.Pack(dst, -1, frames)
			}
		})
		b.Run("unpack "+form.String(), func(b *testing.B) {
			for b.Loop() {
				_, _ = u.Unpack(dst[:n])
			}
		})
	}
}
