package amr

import (
	"bytes"
	"testing"
)

// TestEVS: what is packed is read again, and the first bit of a frame comes last (TS 26.445 A.2.1.2).
func TestEVS(t *testing.T) {
	f := Form{Wideband: true, EVS: true}
	for kind := uint8(0); kind <= 9; kind++ {
		n := f.BitCount(kind)
		in := Frame{Type: kind, Good: true, Bits: bytes.Repeat([]byte{0xA7}, (n+7)/8)}
		in.Bits[len(in.Bits)-1] &= 0xff << ((8 - n%8) % 8)
		b, err := f.Pack(2, []Frame{in})
		if err != nil {
			t.Fatal(err)
		}
		cmr, out, err := f.Unpack(b)
		if err != nil || cmr != 2 || len(out) != 1 || out[0].Type != kind || !bytes.Equal(out[0].Bits, in.Bits) {
			t.Errorf("type %d: %d %+v %v", kind, cmr, out, err)
		}
	}
	first := Frame{Type: 2, Good: true, Bits: append([]byte{0x80}, make([]byte, 31)...)}
	b, _ := f.Pack(NoRequest, []Frame{first})
	if last := 3 + 253 - 1; len(b) != 32 || b[0] != 0xE0 || b[last/8]>>(7-last%8)&1 != 1 {
		t.Errorf("%x", b)
	}
	for _, bad := range [][]byte{nil, {0x30}, {0x00, 0x01}, bytes.Repeat([]byte{0xFF}, 17), {0x92, 0x39, 1, 2}} {
		if cmr, out, err := f.Unpack(bad); err == nil {
			t.Errorf("%x is read as %d %+v", bad, cmr, out)
		}
	}
}
