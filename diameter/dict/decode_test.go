package dict

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/fiorix/go-diameter/v4/diam/dict"
)

// unhex reads hexadecimal with blanks.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDecodeFaults walks what can be wrong with a message, and the answer a request with it gets.
func TestDecodeFaults(t *testing.T) {
	d := newDictionary(t)
	deep := unhex(t, "0000010c 4000000c 000007d1")
	for range MaxDepth + 1 {
		n := len(deep) + 8
		deep = append([]byte{0, 0, 1, 0x1c, 0x40, 0, byte(n >> 8), byte(n)}, deep...) // Proxy-Info in Proxy-Info
	}
	for _, c := range []struct {
		name   string
		avps   []byte
		result uint32
		text   string
	}{
		{"header cut off", unhex(t, "0000010c"), 5014, "header cut off"},
		{"length zero", unhex(t, "0000010c 40000000"), 5014, "length 0"},
		{"length below header", unhex(t, "0000010c 40000007"), 5014, "length 7"},
		{"length below header with vendor", unhex(t, "000001f4 c000000b 000028af"), 5014, "length 11"},
		{"length beyond message", unhex(t, "0000010c 4000000d 000007d1"), 5014, "length 13"},
		{"length 16 MiB", unhex(t, "0000010c 40ffffff 000007d1"), 5014, "length 16777215"},
		{"short Unsigned32", unhex(t, "0000010c 4000000b 0007d100"), 5014, "3 octets"},
		{"long Enumerated", unhex(t, "000001ff c0000014 000028af 0000000000000002"), 5014, "8 octets"},
		{"address of one octet", unhex(t, "00000101 40000009 01000000"), 5014, "not of its type"},
		{"IPv4 address of five octets", unhex(t, "00000101 4000000f 0001 0102030405 00"), 5014, "not of its type"},
		{"bad member of a group", unhex(t, "00000129 40000010 0000010a 40000004"), 5014, "length 4"},
		{"member longer than its group", unhex(t, "00000129 40000014 0000010a 4000000d 000028af"), 5014, "length 13"},
		{"groups too deep", deep, 5012, "deep"},
		{"too many", bytes.Repeat(unhex(t, "0000270f 00000008"), MaxAVPs+1), 5012, "more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			head := unhex(t, "00000107 40000009 73000000")
			avps := append(bytes.Clone(head), c.avps...)
			b := frame(append(avps, make([]byte, (4-len(avps)%4)%4)...))
			m, err := d.Decode(b)
			var fault *AVPError
			if !errors.As(err, &fault) {
				t.Fatalf("got %v, want an AVPError", err)
			}
			if fault.Result != c.result || !strings.Contains(fault.Error(), c.text) {
				t.Fatalf("got %d %q, want %d with %q", fault.Result, fault, c.result, c.text)
			}
			if id, _ := AVPs(m.AVP).Text(CodeSessionID, 0); id != "s" {
				t.Fatalf("the AVPs before the fault are needed for an answer; session id %q", id)
			}
		})
	}
}

// TestFrames walks headers that cannot be true.
func TestFrames(t *testing.T) {
	d := newDictionary(t)
	for _, c := range []struct{ name, hex, text string }{
		{"empty", "", "cut off"},
		{"version", "02000014 00000109 01000014 00000001 00000002", "version 2"},
		{"length zero", "01000000 00000109 01000014 00000001 00000002", "shorter"},
		{"length odd", "01000015 00000109 01000014 00000001 00000002 00", "multiple"},
		{"length 16 MiB", "01fffffc 00000109 01000014 00000001 00000002", "limit"},
		{"length and octets differ", "01000018 00000109 01000014 00000001 00000002", "octets"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := d.Decode(unhex(t, c.hex)); !errors.Is(err, ErrFrame) || !strings.Contains(err.Error(), c.text) {
				t.Fatalf("got %v, want a framing error with %q", err, c.text)
			}
		})
	}
}

// TestLibraryPanics records why the library's own decoder is not used: it panics on a grouped AVP with a bad member.
// When this test fails the library has been repaired, and the comment in doc.go can go.
func TestLibraryPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the library decodes a bad member without a panic now")
		}
	}()
	_, _ = diam.DecodeAVP(unhex(t, "00000104 40000010 0000010a 40000004"), 0, dict.Default)
}

// TestUnknown checks that what the dictionary does not list, and known codes of other vendors, stay opaque.
func TestUnknown(t *testing.T) {
	d := newDictionary(t)
	m, err := d.Decode(frame(unhex(t, "000001ff c000000d 000032db 05000000"+ // 511 of ETSI, one octet
		"0001869f 0000000b abcdef00"))) // 99999
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := AVPs(m.AVP).U32(CodeFlowStatus, Vendor3GPP); ok {
		t.Fatal("another vendor's AVP was read as 3GPP's")
	}
	if len(m.AVP) != 2 {
		t.Fatalf("%d AVPs, want 2", len(m.AVP))
	}
}

// TestReaders checks that each reader reports an absent AVP, and one of another type, as absent.
func TestReaders(t *testing.T) {
	d := newDictionary(t)
	m, err := d.Decode(frame(unhex(t, "0000041a 80000012 000028af 0001c6336409 0000"+ // AN-GW-Address 198.51.100.9
		"0000041a 80000012 000028af 0008c6336409 0000"+ // one of family 8: an E.164 number
		"0000010c 4000000c 000007d1"+"00000108 4000000a 677700 00")))
	if err != nil {
		t.Fatal(err)
	}
	list := AVPs(m.AVP)
	if a := list.Addresses(CodeANGWAddress, Vendor3GPP); len(a) != 1 || a[0] != netip.MustParseAddr("198.51.100.9") {
		t.Errorf("addresses %v", a)
	}
	if v, ok := list.U32(CodeResultCode, 0); !ok || v != 2001 {
		t.Errorf("result %d %v", v, ok)
	}
	if _, ok := list.U32(CodeOriginHost, 0); ok {
		t.Error("text read as a number")
	}
	if _, ok := list.Text(CodeResultCode, 0); ok {
		t.Error("a number read as text")
	}
	if _, ok := list.Group(CodeResultCode, 0); ok {
		t.Error("a number read as a group")
	}
	if _, ok := list.Text(CodeSessionID, 0); ok {
		t.Error("an absent AVP was found")
	}
}

// TestAnswer checks how an answer begins (RFC 6733 6.2) and that protocol errors have the E bit.
func TestAnswer(t *testing.T) {
	d := newDictionary(t)
	req := d.Request(CommandReAuth, diam.ProxiableFlag, ApplicationRx, 9)
	req.Header.HopByHopID = 8
	req.AddAVP(OriginHost("pcrf"))
	req.AddAVP(SessionID("s;1"))
	for _, c := range []struct {
		result uint32
		flags  uint8
	}{{2001, 0x40}, {3001, 0x60}, {5002, 0x40}} {
		a := d.Answer(req, c.result)
		if h := a.Header; h.CommandFlags != c.flags || h.HopByHopID != 8 || h.EndToEndID != 9 || h.CommandCode != CommandReAuth {
			t.Errorf("%d: header %v", c.result, h)
		}
		if a.AVP[0].Code != CodeSessionID || a.AVP[1].Code != CodeResultCode {
			t.Errorf("%d: begins with %d, %d", c.result, a.AVP[0].Code, a.AVP[1].Code)
		}
	}
}

// FuzzDecode mutates lengths and everything else. What decodes has to serialise, and to decode to the same again.
func FuzzDecode(f *testing.F) {
	d := newDictionary(f)
	c := MediaComponent{Number: 1, UplinkBps: 1, Flows: []Flow{{Number: 1, UE: netip.MustParseAddrPort("192.0.2.1:5"),
		Gateway: netip.MustParseAddrPort("192.0.2.2:5")}}}
	m := d.Request(CommandAA, 0, ApplicationRx, 1)
	for _, a := range []*diam.AVP{SessionID("s;1;2"), c.AVP(), VendorSpecificApplicationID(1, 2), FramedIP(netip.IPv6Unspecified()),
		HostIPAddress(netip.IPv4Unspecified()), FailedAVP(1, 0, 1), Subscription{Data: "1"}.AVP()} {
		m.AddAVP(a)
	}
	b, err := m.Serialize()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, uint16(0), uint32(0))
	f.Add(b, uint16(len(b)-8), uint32(7))
	f.Add(frame(unhex(f, "00000104 40000010 0000010a 40000004")), uint16(5), uint32(0xffffff))
	f.Fuzz(func(t *testing.T, b []byte, at uint16, length uint32) {
		b = bytes.Clone(b)
		if i := int(at) &^ 3; i+8 <= len(b) { // an AVP header's length field, if one begins there
			b[i+5], b[i+6], b[i+7] = byte(length>>16), byte(length>>8), byte(length)
		}
		if len(b) >= 4 { // let the frame be true, so that the AVPs are reached
			b[0], b[1], b[2], b[3] = 1, byte(len(b)>>16), byte(len(b)>>8), byte(len(b))
		}
		m, err := d.Decode(b)
		if err != nil {
			return
		}
		again, err := m.Serialize()
		if err != nil {
			t.Fatalf("decoded but not serialised: %v", err)
		}
		if len(again)%4 != 0 {
			t.Fatalf("serialised to %d octets", len(again))
		}
		n, err := d.Decode(again)
		if len(again) <= MaxMessage && (err != nil || len(n.AVP) != len(m.AVP)) {
			t.Fatalf("decoded again: %v", err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	d := newDictionary(b)
	m := d.Request(CommandAA, 0, ApplicationRx, 1)
	m.AddAVP(SessionID("gw.example;1;2;rx"))
	m.AddAVP(ResultCode(2001))
	m.AddAVP(OriginHost("pcrf.example"))
	m.AddAVP(OriginRealm("example"))
	raw, err := m.Serialize()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}
