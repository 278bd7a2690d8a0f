package amr

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestKnownPayloads: hand-made payloads after RFC 4867 4.3.5 and 4.4.5.
func TestKnownPayloads(t *testing.T) {
	bits := bytes.Repeat([]byte{0xff}, 17) // AMR-WB mode 0: 132 bits
	bits[16] = 0xf0
	fr := Frame{Type: 0, Good: true, Bits: bits}
	for _, test := range []struct {
		form Form
		want string
	}{
		// CMR 1111, F 0, FT 0000, Q 1, then 132 ones, 2 bits of padding
		// (4 + 6 + 132 = 142 bits: 17 octets and 6 bits)
		{Form{Wideband: true}, "f07f" + "ffffffffffffffffffffffffffffff" + "fc"},
		{Form{Wideband: true, OctetAlign: true}, "f004" + "ffffffffffffffffffffffffffffffff" + "f0"},
	} {
		got, err := test.form.Pack(NoRequest, []Frame{fr})
		if err != nil {
			t.Fatal(err)
		}
		if hex.EncodeToString(got) != test.want {
			t.Errorf("%+v:\n got %x\nwant %s", test.form, got, test.want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, form := range []Form{{}, {OctetAlign: true}, {Wideband: true}, {Wideband: true, OctetAlign: true}} {
		other := form
		other.OctetAlign = !form.OctetAlign
		for mode := range uint8(16) {
			n := form.BitCount(mode)
			if n < 0 {
				continue
			}
			fr := Frame{Type: mode, Good: true, Bits: bytes.Repeat([]byte{0xa5}, (n+7)/8)}
			if n%8 != 0 {
				fr.Bits[len(fr.Bits)-1] &= 0xff << (8 - n%8)
			}
			payload, err := form.Pack(3, []Frame{fr, fr})
			if err != nil {
				t.Fatal(err)
			}
			cmr, frames, err := form.Unpack(payload)
			if err != nil || cmr != 3 || len(frames) != 2 || !bytes.Equal(frames[1].Bits, fr.Bits) || frames[0].Type != mode {
				t.Errorf("%+v mode %d: %v %v", form, mode, frames, err)
			}
			if _, _, err := other.Unpack(payload); err == nil && n > 40 {
				t.Errorf("%+v mode %d passes for the other form", form, mode)
			}
			back, rest, err := form.FromStorage(fr.Storage())
			if err != nil || len(rest) != 0 || !bytes.Equal(back.Bits, fr.Bits) {
				t.Errorf("storage of mode %d: %v", mode, err)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	f := Form{Wideband: true, OctetAlign: true}
	for name, text := range map[string]string{"empty": "", "no ToC": "f0", "type 10": "f054", "short": "f00400", "long": "f07c00", "F set at the end": "f0fc", "dirty CMR": "f17c"} {
		data, _ := hex.DecodeString(text)
		if _, fr, err := f.Unpack(data); err == nil {
			t.Errorf("%s: %v", name, fr)
		}
	}
	if _, err := f.Pack(15, []Frame{{Type: 0, Bits: []byte{1}}}); err == nil {
		t.Error("packed a short frame")
	}
	if _, _, err := ParseFile([]byte("#!AMR\n\x04")); err == nil {
		t.Error("accepted a cut file")
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte{0xf0, 0x7c}, true, true)
	f.Add([]byte{0xf7, 0xc0}, true, false)
	f.Fuzz(func(t *testing.T, data []byte, wide, oa bool) {
		form := Form{Wideband: wide, OctetAlign: oa}
		cmr, frames, err := form.Unpack(data)
		if err != nil {
			return
		}
		again, err := form.Pack(cmr, frames)
		if err != nil || len(again) != len(data) {
			t.Fatalf("%v: %x came back as %x", err, data, again)
		}
	})
}
