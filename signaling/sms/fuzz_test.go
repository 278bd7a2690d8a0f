package sms

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzParse: no body panics, what is text is valid text, and whatever can be answered gets an answer that can be read.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"010507915155050101f10016040b911346610089f60000208062917314080cc8f71d14969741f977fd07", "0207410200 00", "05070115410301c300", "0607",
		"010507915155050101f10019440481214300086211018100000009060804012a03010041", "01050791", "0105000018062a0b915155050101f1621101810000006211018150000000",
	} {
		b, _ := hex.DecodeString(seed)
		f.Add(b)
	}
	var a Assembler
	now := time.Now()
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRP(b)
		var e *Error
		switch {
		case errors.As(err, &e):
			answer(t, r.Refused(e), ErrorTo)
			return
		case err != nil:
			return
		}
		answer(t, r.Taken(), AckTo)
		v, err := ParseTPDU(r.UserData)
		if err != nil {
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			answer(t, r.Refused(e), ErrorTo)
			return
		}
		if d, ok := v.(Deliver); ok {
			for _, m := range a.Add(now, d) {
				if !utf8.ValidString(m.Text) || len(m.Text) > 1<<16 {
					t.Fatalf("%d bytes", len(m.Text))
				}
			}
			if len(a.open) > maxOpen {
				t.Fatal("too much is kept")
			}
		}
	})
}

func answer(t *testing.T, r RP, want RPType) {
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ParseRP(b); err != nil || back.Type != want || back.Reference != r.Reference {
		t.Fatalf("%x: %+v %v", b, back, err)
	}
}

// FuzzSplit: every text that may be sent comes out as it went in.
func FuzzSplit(f *testing.F) {
	f.Add("hello €", uint8(1))
	f.Add("ж😀", uint8(200))
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		text = clean(string(bytes.ToValidUTF8(bytes.Repeat([]byte(text), int(n)), nil)))
		to, _ := Number("+15550101")
		parts, err := Split(to, text, n)
		if err != nil {
			return
		}
		var a Assembler
		var got []Message
		for _, p := range parts {
			got = append(got, a.Add(time.Time{}, delivered(t, p.Encode()))...)
		}
		if len(got) != 1 || got[0].Text != text {
			t.Fatalf("%q became %+v", text, got)
		}
	})
}
