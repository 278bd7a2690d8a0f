package amr

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"causeway/transcode"
)

// TestEVSGolden compares payloads with octets worked out by hand from the drawings of TS 26.445 A.2.1.2 (Compact) and A.2.2 (Header-Full).
func TestEVSGolden(t *testing.T) {
	// A frame of ones whose first bit is zero shows where d(0) goes.
	zeroFirst := func(mode int) Frame {
		f := ones(Wide, mode, true)
		f.Data[0] = 0x7F
		return f
	}
	zeros := func(kind int) Frame {
		return Frame{Type: kind, Good: true, Data: make([]byte, octets(Wide.Bits(kind)))}
	}
	ff := func(n int) string { return strings.Repeat("ff", n) }
	for _, c := range []struct {
		name   string
		form   EVSForm
		cmr    int
		heard  int // the request as it arrives, where it is not cmr
		frames []Frame
		want   string
	}{
		{"Compact 12.65, no request", EVSForm{}, -1, -1, []Frame{ones(Wide, 2, true)}, ff(32)},
		{"Compact 12.65, d(0) clear, asks for 6.60", EVSForm{}, 0, 0, []Frame{zeroFirst(2)}, "1f" + ff(30) + "fe"},
		{"Compact 23.85, asks for 23.85", EVSForm{}, 8, 8, []Frame{ones(Wide, 8, true)}, "df" + ff(59)},
		{"Compact 14.25, asks for 14.25, which it cannot say", EVSForm{}, 3, 2, []Frame{ones(Wide, 3, true)}, "5f" + ff(35)},
		{"Compact 6.60: one bit of padding", EVSForm{}, 7, 7, []Frame{zeroFirst(0)}, "bf" + ff(15) + "fc"},
		{"Compact 8.85: four bits of padding", EVSForm{}, -1, -1, []Frame{zeroFirst(1)}, ff(22) + "e0"},
		{"hf-only 12.65", EVSForm{HeaderFull: true}, -1, -1, []Frame{ones(Wide, 2, true)}, "32" + ff(31) + "f8"},
		{"hf-only 12.65, asks for 23.85", EVSForm{HeaderFull: true}, 8, 8, []Frame{ones(Wide, 2, true)}, "98 32" + ff(31) + "f8"},
		{"SID always with the CMR octet", EVSForm{}, -1, -1, []Frame{ones(Wide, 9, true)}, "ff 39 ffffffffff"},
		{"SID that asks for 6.60", EVSForm{}, 0, 0, []Frame{ones(Wide, 9, true)}, "90 39 ffffffffff"},
		{"no CMR agreed", EVSForm{NoCMR: true}, 4, -1, []Frame{ones(Wide, 2, true)}, ff(32)},
		{"two frames", EVSForm{}, -1, -1, []Frame{ones(Wide, 0, true), zeros(2)}, "70 32" + ff(16) + "f0" + strings.Repeat("00", 32)},
		// 1+17 octets are EVS Primary 7.2's: one octet longer.
		{"damaged 6.60, size protected", EVSForm{}, -1, -1, []Frame{{Type: 0, Data: ones(Wide, 0, true).Data}}, "20" + ff(16) + "f0 00"},
		// 2+58 octets are AMR-WB IO 23.85's in Compact format.
		{"damaged 23.05 with a request", EVSForm{}, 2, 2, []Frame{{Type: 7, Data: ones(Wide, 7, true).Data}}, "92 27" + ff(57) + "f8 00 00"},
		{"hf-only needs no protection", EVSForm{HeaderFull: true}, -1, -1, []Frame{ones(Wide, 0, true)}, "30" + ff(16) + "f0"},
	} {
		dst := make([]byte, 1500)
		n, err := c.form.Pack(dst, c.cmr, c.frames)
		if want := unhex(t, c.want); err != nil || !bytes.Equal(dst[:n], want) {
			t.Errorf("%s: %v\n got %x\nwant %x", c.name, err, dst[:n], want)
			continue
		}
		got, err := NewEVSUnpacker(c.form).Unpack(dst[:n])
		if err != nil || got.CMR != c.heard || !same(got.Frames, c.frames) {
			t.Errorf("%s: read back %+v, %v", c.name, got, err)
		}
	}
}

// TestEVSRefuses: what is EVS Primary, malformed or longer than it says is refused as such.
func TestEVSRefuses(t *testing.T) {
	for _, c := range []struct{ name, payload, want string }{
		{"Primary 13.2 in Compact format", strings.Repeat("55", 33), "Primary"},
		{"Primary SID", "000000000000", "Primary"},
		{"Primary 2.8, the special case", "7f ff ff ff ff ff ff", "Primary"},
		{"Primary in Header-Full format", "84 04" + strings.Repeat("00", 33), "Primary"},
		{"request and nothing else", "ff", "contents"},
		{"two requests", "90 90 32", "contents"},
		{"contents without an end", strings.Repeat("70", 13), "contents"},
		{"frame type 10", "3a 00", "type 10"},
		{"cut frame", "32 00 00", "ends in a frame"},
		{"more than zero octets behind the frame", "39" + strings.Repeat("00", 5) + "0001", "need 6"},
	} {
		_, err := NewEVSUnpacker(EVSForm{}).Unpack(unhex(t, c.payload))
		if !errors.Is(err, transcode.ErrPayload) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := NewEVSUnpacker(EVSForm{}).Unpack(nil); !errors.Is(err, transcode.ErrPayload) {
		t.Errorf("empty: %v", err)
	}
	for _, kind := range []int{9, 0, 8} {
		if _, err := (EVSForm{}).Pack(make([]byte, 5), -1, []Frame{ones(Wide, kind, true)}); !errors.Is(err, transcode.ErrShortBuffer) {
			t.Errorf("frame type %d in 5 octets: %v", kind, err)
		}
	}
}

// TestEVSNoSizeMeansTwoThings: no Header-Full payload has a size that means Compact, whatever is in it, unless only Header-Full was agreed.
func TestEVSNoSizeMeansTwoThings(t *testing.T) {
	dst := make([]byte, 1500)
	for _, cmr := range []int{-1, 0, 8} {
		for kind := range 16 {
			for _, good := range []bool{false, true} {
				for count := 1; count <= 12; count++ {
					if Wide.Bits(kind) < 0 || count*octets(Wide.Bits(kind)) > 1400 {
						continue
					}
					frames := make([]Frame, count)
					for i := range frames {
						frames[i] = ones(Wide, kind, good)
					}
					n, err := EVSForm{}.Pack(dst, cmr, frames)
					if err != nil {
						t.Fatal(err)
					}
					got, err := NewEVSUnpacker(EVSForm{}).Unpack(dst[:n])
					if err != nil || !same(got.Frames, frames) {
						t.Fatalf("%d frames of type %d, good %v, CMR %d, %d octets: %+v, %v", count, kind, good, cmr, n, got, err)
					}
				}
			}
		}
	}
}

func TestEVSParameters(t *testing.T) {
	for _, c := range []struct {
		fmtp string
		want EVSForm
		fail string
	}{
		{"evs-mode-switch=1", EVSForm{}, ""},
		{"br=5.9-24.4; bw=nb-swb; EVS-mode-switch=1; hf-only=1; cmr=-1; mode-set=0,1,2", EVSForm{HeaderFull: true, NoCMR: true}, ""},
		{"evs-mode-switch=1;cmr=1;hf-only=0", EVSForm{}, ""},
		{"", EVSForm{}, "evs-mode-switch=1"},
		{"evs-mode-switch=0", EVSForm{}, "evs-mode-switch=1"},
		{"evs-mode-switch=1;hf-only=2", EVSForm{}, "hf-only"},
		{"evs-mode-switch=1;mode-set=9", EVSForm{}, "mode-set"},
	} {
		_, form, err := parseEVS(transcode.Format{Name: "EVS", ClockRate: 16000, FMTP: c.fmtp})
		if c.fail == "" && (err != nil || form != c.want) || c.fail != "" && (!errors.Is(err, transcode.ErrUnsupported) || !strings.Contains(err.Error(), c.fail)) {
			t.Errorf("%q: %+v, %v", c.fmtp, form, err)
		}
	}
}

// FuzzEVS: whatever comes is read or refused, within its bounds; what was read packs and reads back the same.
func FuzzEVS(f *testing.F) {
	for _, s := range []string{"ff39ffffffffff", strings.Repeat("ff", 32), "9232" + strings.Repeat("00", 32), "703200", "903e"} {
		f.Add(unhex(f, s), true)
		f.Add(unhex(f, s), false)
	}
	f.Fuzz(func(t *testing.T, payload []byte, full bool) {
		form := EVSForm{HeaderFull: full}
		got, err := NewEVSUnpacker(form).Unpack(payload)
		if err != nil {
			if !errors.Is(err, transcode.ErrPayload) {
				t.Fatal(err)
			}
			return
		}
		dst := make([]byte, 1500)
		n, err := form.Pack(dst, got.CMR, got.Frames)
		if err != nil {
			t.Fatal(err)
		}
		again, err := NewEVSUnpacker(form).Unpack(dst[:n])
		if err != nil || !same(again.Frames, got.Frames) {
			t.Fatalf("%x: %+v, %v", dst[:n], again, err)
		}
	})
}

func TestEVSNoAllocations(t *testing.T) {
	u, dst, frames := NewEVSUnpacker(EVSForm{}), make([]byte, 1500), []Frame{ones(Wide, 2, true)}
	if n := testing.AllocsPerRun(100, func() {
		size, err := EVSForm{}.Pack(dst, 8, frames)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Unpack(dst[:size]); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func ExampleEVSForm_Pack() {
	payload := make([]byte, 64)
	n, err := EVSForm{}.Pack(payload, -1, []Frame{{Type: 9, Good: true, Data: []byte{1, 2, 3, 4, 5}}})
	fmt.Printf("% x %v\n", payload[:n], err)
	// Output: ff 39 01 02 03 04 05 <nil>
}
