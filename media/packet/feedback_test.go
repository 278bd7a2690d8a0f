package packet

import (
	"slices"
	"testing"
)

// feedbackOf reads the one feedback packet of b.
func feedbackOf(t *testing.T, b []byte) Feedback {
	t.Helper()
	p, rest, ok := NextRTCP(b)
	f, isFeedback := p.Feedback()
	if !ok || !isFeedback || len(rest) != 0 {
		t.Fatalf("%x is not one feedback packet", b)
	}
	return f
}

func TestNACKNamesEveryNumber(t *testing.T) {
	for _, want := range [][]uint16{{7}, {7, 8, 23, 24}, {65530, 65535, 0, 9, 300}, {1, 18}} {
		f := feedbackOf(t, AppendNACK(nil, 1, 2, want))
		var got []uint16
		f.Lost(func(seq uint16) { got = append(got, seq) })
		if !slices.Equal(got, want) || f.Sender != 1 || f.Media != 2 || f.Format != FormatNACK {
			t.Errorf("%v became %v (%+v)", want, got, f)
		}
	}
}

func TestKeyFrameRequests(t *testing.T) {
	if f := feedbackOf(t, AppendPLI(nil, 1, 2)); f.Type != TypePSFB || f.Format != FormatPLI || f.Media != 2 {
		t.Errorf("PLI %+v", f)
	}
	f := feedbackOf(t, AppendFIR(nil, 1, 2, 9))
	if word, ok := f.Names(2); !ok || word != 9<<24 || f.Format != FormatFIR || f.Media != 0 {
		t.Errorf("FIR %+v %x", f, word)
	}
	if _, ok := f.Names(3); ok {
		t.Error("a FIR for another source counts")
	}
}

func TestRatesKeepThirteenBits(t *testing.T) {
	for _, bps := range []uint64{0, 1, 64_000, 131_071, 768_000, 1_500_001, 1 << 34, 1 << 50} {
		remb, ok := feedbackOf(t, AppendREMB(nil, 1, 2, bps)).Estimate()
		if !ok || remb > bps || bps-remb > bps>>13 {
			t.Errorf("REMB %d became %d", bps, remb)
		}
		for _, b := range [][]byte{AppendTMMBR(nil, 1, 2, bps, 40), AppendTMMBN(nil, 1, 2, bps, 40)} {
			word, ok := feedbackOf(t, b).Names(2)
			rate, overhead := Rate(word)
			if !ok || rate > bps || bps-rate > bps>>13 || overhead != 40 {
				t.Errorf("TMMBR %d became %d with %d", bps, rate, overhead)
			}
		}
	}
	if rate, _ := Rate(63<<26 | 0x1ffff<<9); rate != 1<<63-1 {
		t.Errorf("an absurd rate is %d", rate)
	}
}

func TestExtension(t *testing.T) {
	h := RTP{PayloadType: 96, SSRC: 5, Offset: HeaderSize + ExtensionSize, End: HeaderSize + ExtensionSize + 3}
	b := h.PutExtended(make([]byte, 64), 4, 0x02)
	got, err := ParseRTP(b)
	if err != nil || got.Offset != h.Offset || got.End != len(b) {
		t.Fatalf("%+v %v", got, err)
	}
	if v := Extension(b, 4); len(v) != 1 || v[0] != 2 {
		t.Errorf("orientation %x", v)
	}
	if Extension(b, 5) != nil || Extension(b[:12], 4) != nil {
		t.Error("an extension that is not there was found")
	}
	two := []byte{0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0x10, 0x00, 0, 1, 4, 1, 3, 0}
	if v := Extension(two, 4); len(v) != 1 || v[0] != 3 {
		t.Errorf("two-byte form: %x", v)
	}
}

func FuzzFeedback(f *testing.F) {
	f.Add(AppendNACK(nil, 1, 2, []uint16{4, 5, 99}))
	f.Add(AppendREMB(AppendFIR(AppendPLI(nil, 1, 2), 1, 2, 3), 1, 2, 500_000))
	f.Add(AppendTMMBR(nil, 1, 2, 500_000, 40))
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0xbe, 0xde, 0, 1, 0x40, 1, 0, 0, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		for rest := b; ; {
			p, next, ok := NextRTCP(rest)
			if !ok {
				break
			}
			rest = next
			if fb, ok := p.Feedback(); ok {
				n := 0
				fb.Lost(func(uint16) { n++ })
				if n > maxEntries*17 {
					t.Fatalf("%d numbers", n)
				}
				word, _ := fb.Names(2)
				if bps, _ := Rate(word); bps > 1<<63-1 {
					t.Fatal(bps)
				}
				fb.Estimate()
			}
		}
		for id := range uint8(16) {
			Extension(b, id)
		}
	})
}
