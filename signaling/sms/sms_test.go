package sms

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

func octets(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDeliver: SMS-DELIVERs as they are published in descriptions of the PDU format (the two "hellohello" ones are those that every
// introduction to TS 23.040 prints), and others that an independent decoder (smspdudecoder of PyPI) reads the same way.
func TestDeliver(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC()
	}
	for _, tt := range []struct {
		name, tpdu string
		from       Address
		at, text   string
		part       Part
	}{
		{"hellohello", "04 0B C8 7238880900F1 00 00 99309251619580 0A E8329BFD4697D9EC37", Address{Text: "27838890001"}, "2099-03-29T13:16:59Z", "hellohello", Part{}},
		{"diafaan", "04 0B 91 1346610089F6 00 00 20806291731408 0C C8F71D14969741F977FD07", Address{Text: "+31641600986"}, "2002-08-26T19:37:41Z", "How are you?", Part{}},
		{"escape", "04 04 81 2143 00 00 62110181000000 03 9B3219", Address{Text: "1234"}, "2026-11-10T18:00:00Z", "€d", Part{}},
		{"UCS2", "04 04 81 2143 00 08 62110181000000 06 04 1F D83D DE00", Address{Text: "1234"}, "2026-11-10T18:00:00Z", "П😀", Part{}},
		{"a name", "04 07 D0 C2B0BC0C 00 00 62110181000000 01 41", Address{Text: "Bare", Name: true}, "2026-11-10T18:00:00Z", "A", Part{}},
		{"west", "04 04 81 2143 00 00 6211018100000A 01 41", Address{Text: "1234"}, "2026-11-10T23:00:00Z", "A", Part{}},
		{"second of three", "44 04 81 2143 00 00 62110181000000 08 05 00 03 2A 03 02 82", Address{Text: "1234"}, "2026-11-10T18:00:00Z", "A", Part{Reference: 42, Total: 3, Number: 2}},
		{"wide", "44 04 81 2143 00 08 62110181000000 09 06 08 04 01 2A 03 01 00 41", Address{Text: "1234"}, "2026-11-10T18:00:00Z", "A", Part{Reference: 298, Wide: true, Total: 3, Number: 1}},
		{"a part that cannot be", "44 04 81 2143 00 08 62110181000000 08 05 00 03 2A 03 04 00 41", Address{Text: "1234"}, "2026-11-10T18:00:00Z", "A", Part{}},
		{"a port and a part", "44 04 81 2143 00 08 62110181000000 0E 0B 05 04 0B84 23F0 00 03 07 02 02 00 41", Address{Text: "1234"}, "2026-11-10T18:00:00Z", "A", Part{Reference: 7, Total: 2, Number: 2}},
		{"no time", "04 04 81 2143 00 00 FF110181000000 01 41", Address{Text: "1234"}, "", "A", Part{}},
	} {
		v, err := ParseTPDU(octets(t, tt.tpdu))
		d, ok := v.(Deliver)
		if err != nil || !ok {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want := time.Time{}
		if tt.at != "" {
			want = at(tt.at)
		}
		if d.From != tt.from || d.Text() != tt.text || !d.At.Equal(want) || d.Part != tt.part || d.Silent {
			t.Errorf("%s: %+v %q", tt.name, d, d.Text())
		}
	}
}

// TestSilent: what must not be shown is taken all the same.
func TestSilent(t *testing.T) {
	for name, tpdu := range map[string]string{
		"type 0": "04 04 81 2143 40 00 62110181000000 01 41", "type 0 with data": "04 04 81 2143 40 04 62110181000000 01 41", "a lamp": "04 04 81 2143 00 C8 62110181000000 00",
	} {
		v, err := ParseTPDU(octets(t, tpdu))
		if d, ok := v.(Deliver); err != nil || !ok || !d.Silent {
			t.Errorf("%s: %+v %v", name, v, err)
		}
	}
}

// TestUnreadable: what cannot be read says why in the words of an RP-ERROR.
func TestUnreadable(t *testing.T) {
	for _, tt := range []struct {
		name, tpdu     string
		cause, failure byte
	}{
		{"nothing", "", CauseMandatory, 0xff},
		{"cut", "04 04 81 2143 00 00 6211", CauseMandatory, 0xff},
		{"shorter than it says", "04 04 81 2143 00 00 62110181000000 20 41", CauseMandatory, 0xff},
		{"longer than there can be", "04 04 81 2143 00 04 62110181000000 FF 41", CauseUnspecified, 0x90},
		{"header beyond its end", "44 04 81 2143 00 00 62110181000000 02 7F41", CauseMandatory, 0xff},
		{"an address too long", "04 FF 81 2143 00 00 62110181000000 01 41", CauseMandatory, 0xff},
		{"data", "04 04 81 2143 00 04 62110181000000 01 41", CauseUnspecified, 0x90},
		{"compressed", "04 04 81 2143 00 20 62110181000000 01 41", CauseUnspecified, 0x90},
		{"a submission", "01 00 04 81 2143 00 00 01 41", CauseNonExistent, 0xff},
		{"a report cut short", "06 01 04 81", CauseMandatory, 0xff},
	} {
		_, err := ParseTPDU(octets(t, tt.tpdu))
		var e *Error
		if !errors.As(err, &e) || e.Cause != tt.cause || e.Failure != tt.failure || e.Text == "" {
			t.Errorf("%s: %v %+v", tt.name, err, e)
		}
	}
}

func TestStatusReport(t *testing.T) {
	v, err := ParseTPDU(octets(t, "06 2A 0B 91 5155050101F1 62110181000000 62110181005000 00"))
	s, ok := v.(StatusReport)
	if err != nil || !ok || s.Reference != 42 || s.To.Text != "+15555010101" || s.At.Sub(s.Submitted) != 5*time.Second {
		t.Fatalf("%+v %v", v, err)
	}
	for status, want := range map[byte]Fate{0: Delivered, 2: Delivered, 0x03: Failed, 0x20: Pending, 0x3f: Pending, 0x40: Failed, 0x60: Failed, 0xff: Failed} {
		if got := (StatusReport{Status: status}).Fate(); got != want {
			t.Errorf("status %#x: %d", status, got)
		}
	}
}

func TestRP(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       RP
	}{
		{"data from the network", "01 05 07 91 5155050101F1 00 02 04 00", RP{Type: DataFrom, Reference: 5, Center: Address{Text: "+15555010101"}, UserData: []byte{4, 0}}},
		{"data to the network", "00 05 00 07 91 5155050101F1 02 01 00", RP{Type: DataTo, Reference: 5, Center: Address{Text: "+15555010101"}, UserData: []byte{1, 0}}},
		{"ack to the network", "02 07 41 02 00 00", RP{Type: AckTo, Reference: 7, UserData: []byte{0, 0}}},
		{"bare ack", "03 07", RP{Type: AckFrom, Reference: 7}},
		{"error from the network", "05 07 01 15 41 03 01 C3 00", RP{Type: ErrorFrom, Reference: 7, Cause: 21, UserData: []byte{1, 0xc3, 0}}},
		{"memory", "06 07", RP{Type: MemoryTo, Reference: 7}},
	} {
		b := octets(t, tt.text)
		got, err := ParseRP(b)
		if err != nil || got.Type != tt.want.Type || got.Reference != tt.want.Reference || got.Center != tt.want.Center || got.Cause != tt.want.Cause || !bytes.Equal(got.UserData, tt.want.UserData) {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
		if back, err := got.Encode(); err != nil || !bytes.Equal(back, b) {
			t.Errorf("%s written again: %x, %v", tt.name, back, err)
		}
	}
	r := RP{Type: ErrorFrom, UserData: []byte{1, 0xc3, 0}}
	if r.Failure() != 0xc3 || (RP{Type: AckFrom, UserData: []byte{1, 0xc3}}).Failure() != 0 {
		t.Error("TP-Failure-Cause")
	}
	bad := octets(t, "01 09 00")
	got, err := ParseRP(bad)
	var e *Error
	if !errors.As(err, &e) || got.Reference != 9 {
		t.Fatalf("%+v %v", got, err)
	}
	if b, err := got.Refused(e).Encode(); err != nil || hex.EncodeToString(b) != "04090160410300ff00" {
		t.Errorf("%x %v", b, err)
	}
	if b, err := got.Taken().Encode(); err != nil || hex.EncodeToString(b) != "020941020000" {
		t.Errorf("%x %v", b, err)
	}
	for name, text := range map[string]string{"one octet": "01", "nothing": ""} {
		if _, err := ParseRP(octets(t, text)); err == nil || errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, r := range map[string]RP{
		"no centre": {Type: DataTo, UserData: []byte{1}}, "a name": {Type: DataTo, Center: Address{Text: "", Name: true}},
		"too much": {Type: AckTo, UserData: make([]byte, 300)},
	} {
		if b, err := r.Encode(); err == nil && name != "no centre" {
			t.Errorf("%s: %x", name, b)
		}
	}
}

// TestSubmit: the "hellohello" of the published examples, in its form without a validity period, and what goes beyond one message.
func TestSubmit(t *testing.T) {
	to, err := Number("+46708251358")
	if err != nil {
		t.Fatal(err)
	}
	one, err := Split(to, "hellohello", 0)
	if err != nil || len(one) != 1 {
		t.Fatal(one, err)
	}
	if got := hex.EncodeToString(one[0].Encode()); got != "01000b916407281553f800000ae8329bfd4697d9ec37" {
		t.Error(got)
	}
	one[0].Report, one[0].Reference = true, 0x2a
	if got := hex.EncodeToString(one[0].Encode()); got != "212a0b916407281553f800000ae8329bfd4697d9ec37" {
		t.Error(got)
	}
	short, _ := Number("0301")
	one, _ = Split(short, "Жук", 0)
	if got := hex.EncodeToString(one[0].Encode()); got != "01000481301000080604160443043a" {
		t.Error(got)
	}
	for _, bad := range []string{"", "+", "alice", "+123456789012345678901", "12 34"} {
		if _, err := Number(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestSplit: no part ends within a character, none is longer than fits, and together they are the text.
func TestSplit(t *testing.T) {
	to, _ := Number("+15550101")
	for _, tt := range []struct {
		name, text string
		parts      int
	}{
		{"160 septets", strings.Repeat("a", 160), 1}, {"161 septets", strings.Repeat("a", 161), 2}, {"306 septets", strings.Repeat("a", 306), 2}, {"307", strings.Repeat("a", 307), 3},
		{"escapes at the border", strings.Repeat("a", 152) + strings.Repeat("€", 20), 2},
		{"70 units", strings.Repeat("ж", 70), 1}, {"71 units", strings.Repeat("ж", 71), 2}, {"pairs at the border", "жж" + strings.Repeat("😀", 66), 3},
		{"empty", "", 1}, {"line ends", strings.Repeat("a\r\n", 60), 1}, {"most", strings.Repeat("a", 153*MaxParts), MaxParts},
	} {
		parts, err := Split(to, tt.text, 7)
		if err != nil || len(parts) != tt.parts {
			t.Errorf("%s: %d parts, %v", tt.name, len(parts), err)
			continue
		}
		var all Assembler
		var got []Message
		for i, p := range parts {
			tpdu := p.Encode()
			d := delivered(t, tpdu)
			if n := len(tpdu); n > 164 {
				t.Errorf("%s: part %d has %d octets", tt.name, i, n)
			}
			if strings.ContainsRune(d.Text(), '\ufffd') {
				t.Errorf("%s: part %d ends within a character", tt.name, i)
			}
			got = append(got, all.Add(time.Time{}, d)...)
		}
		if len(got) != 1 || got[0].Text != strings.ReplaceAll(tt.text, "\r\n", "\n") || got[0].Incomplete {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	if _, err := Split(to, strings.Repeat("a", 153*MaxParts+1), 7); !errors.As(err, &ErrLong{}) {
		t.Error(err)
	}
}

// delivered is what a centre makes of an SMS-SUBMIT without a validity period: the same user data in an SMS-DELIVER.
func delivered(t *testing.T, submit []byte) Deliver {
	t.Helper()
	n := 2 + (int(submit[2])+1)/2 // address
	out := append([]byte{submit[0]&0x40 | 4}, submit[2:3+n-1]...)
	out = append(out, submit[2+n:4+n]...)
	out = append(out, 0x62, 0x11, 0x01, 0x81, 0, 0, 0)
	out = append(out, submit[4+n:]...)
	v, err := ParseTPDU(out)
	if err != nil {
		t.Fatalf("%x: %v", out, err)
	}
	return v.(Deliver)
}

// TestAssemble: parts in any order, repeated, mixed with others' and lost.
func TestAssemble(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	part := func(from string, ref, number, total int, text string) Deliver {
		units, _ := septets(text)
		return Deliver{From: Address{Text: from}, At: now, Part: Part{Reference: uint16(ref), Number: number, Total: total}, body: body{units: units}}
	}
	var a Assembler
	for _, d := range []Deliver{part("1", 5, 3, 3, "c"), part("2", 5, 1, 2, "x"), part("1", 5, 1, 3, "a"), part("1", 5, 1, 3, "a")} {
		if out := a.Add(now, d); len(out) != 0 {
			t.Fatalf("%+v", out)
		}
	}
	if out := a.Add(now, part("1", 5, 2, 3, "b")); len(out) != 1 || out[0].Text != "abc" || out[0].Incomplete || !out[0].At.Equal(now) {
		t.Fatalf("%+v", out)
	}
	if out := a.Add(now, part("9", 5, 1, 0, "alone")); len(out) != 1 || out[0].Text != "alone" {
		t.Fatalf("%+v", out)
	}
	if at, ok := a.Deadline(); !ok || !at.Equal(now.Add(partWait)) {
		t.Fatal(at, ok)
	}
	if out := a.Expire(now.Add(partWait - 1)); len(out) != 0 {
		t.Fatalf("%+v", out)
	}
	if out := a.Expire(now.Add(partWait)); len(out) != 1 || out[0].Text != "x[…]" || !out[0].Incomplete {
		t.Fatalf("%+v", out)
	}
	if _, ok := a.Deadline(); ok {
		t.Fatal("something waits")
	}
	var given []Message
	for i := range maxOpen + 1 {
		given = append(given, a.Add(now, part("1", i, 2, 4, "b"))...)
	}
	if len(given) != 1 || given[0].Text != "[…]b[…]" || len(a.open) != maxOpen {
		t.Fatalf("%+v", given)
	}
	if out := a.Add(now, part("1", 1, 1, maxHeld+1, "z")); len(out) != 1 || out[0].Text != "z" {
		t.Fatalf("%+v", out)
	}
}

// TestAssembleCharacters: a character that a sender has cut in two is whole again.
func TestAssembleCharacters(t *testing.T) {
	var a Assembler
	a.Add(time.Time{}, Deliver{Part: Part{Number: 1, Total: 2}, body: body{UCS2, []uint16{'A', 0xd83d}}})
	if out := a.Add(time.Time{}, Deliver{Part: Part{Number: 2, Total: 2}, body: body{UCS2, []uint16{0xde00}}}); len(out) != 1 || out[0].Text != "A😀" {
		t.Fatalf("%+v", out)
	}
}

// TestEveryCharacter: all of the default alphabet and its extension go there and back, and control characters go nowhere.
func TestEveryCharacter(t *testing.T) {
	for i, r := range basic {
		u, ok := septets(string(r))
		if i == escape {
			if ok {
				t.Error("the escape is no character")
			}
			continue
		}
		if !ok || len(u) != 1 || fromSeptets(u) != string(r) {
			t.Errorf("%q: %v", r, u)
		}
	}
	for _, e := range extension {
		if u, ok := septets(string(e.char)); !ok || fromSeptets(u) != string(e.char) {
			t.Errorf("%q", e.char)
		}
	}
	if got := fromSeptets([]uint16{escape, 'A', escape, escape, 'b', escape}); got != "A b" {
		t.Errorf("%q", got)
	}
	if got := clean("a\x00\x07b\rc\u0085d\te"); got != "ab\ncd\te" {
		t.Errorf("%q", got)
	}
}
