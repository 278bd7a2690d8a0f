package sip_test

import (
	"strings"
	"testing"

	"causeway/test/lab/sip"
)

func message(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n")) }

func good() []string {
	return []string{"INVITE sip:+15550101@ims.example;user=phone SIP/2.0", "v: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport",
		`f: "A \"b\", <c>" <sip:a@ims.example>;tag=1`, "t: <tel:+1-555-0101>", "i: x@y", "CSeq: 7 INVITE",
		"m: <sip:a@192.0.2.1;transport=tcp>;+sip.instance=\"<urn:uuid:1>\";audio, <sip:b@192.0.2.2>", "k: 100rel,", " timer", "l: 3", "", "abcd"}
}

func TestParse(t *testing.T) {
	m, err := sip.Parse(message(good()...))
	if err != nil {
		t.Fatal(err)
	}
	if string(m.Body) != "abc" || !m.HasToken("Supported", "timer") || len(m.List("Contact")) != 2 {
		t.Errorf("%+v", m)
	}
	from, err := sip.ParseAddress(m.Get("From"))
	if err != nil || from.URI.User != "a" || m.Tag("From") != "1" {
		t.Errorf("%+v %v", from, err)
	}
	contact, err := sip.ParseAddress(m.List("Contact")[0])
	instance, _ := contact.Params.Get("+sip.instance")
	if err != nil || instance != "<urn:uuid:1>" || contact.URI.Host != "192.0.2.1" {
		t.Errorf("%+v %v", contact, err)
	}
	if to, err := sip.ParseAddress(m.Get("To")); err != nil || to.URI.User != "+15550101" {
		t.Errorf("%+v %v", to, err)
	}
	if again, err := sip.Parse(m.Bytes()); err != nil || string(again.Bytes()) != string(m.Bytes()) {
		t.Errorf("does not come back: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	change := func(line int, text string) []byte {
		l := good()
		l[line] = text
		return message(l...)
	}
	for name, data := range map[string][]byte{
		"no empty line":     []byte("INVITE sip:a SIP/2.0\r\n"),
		"version":           change(0, "INVITE sip:a@b SIP/3.0"),
		"method":            change(0, "IN,VITE sip:a@b SIP/2.0"),
		"no Via":            change(1, "X: 1"),
		"bad Via":           change(1, "Via: SIP/2.0 host"),
		"CSeq method":       change(5, "CSeq: 7 BYE"),
		"CSeq number":       change(5, "CSeq: 4294967296 INVITE"),
		"length":            change(9, "l: 300"),
		"negative length":   change(9, "l: -1"),
		"control character": change(4, "i: x\x00y"),
		"From":              change(2, "From: <sip:a@b"),
		"bare LF":           []byte(strings.ReplaceAll(string(message(good()...)), "\r\n", "\n")),
		"too many headers":  change(6, strings.Repeat("X: 1\r\n", 300)+"X: 1"),
		"status":            []byte("SIP/2.0 99 X\r\n\r\n"),
	} {
		if _, err := sip.Parse(data); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestURI(t *testing.T) {
	for text, want := range map[string]sip.URI{
		"sip:+1@h;user=phone":     {Scheme: "sip", User: "+1", Host: "h"},
		"sips:[2001:db8::1]:5061": {Scheme: "sips", Host: "2001:db8::1", Port: 5061},
		"sip:[2001:db8::1]":       {Scheme: "sip", Host: "2001:db8::1"},
		"tel:+1(555)0101;x=y":     {Scheme: "tel", User: "+15550101"},
		"sip:u;p=1:pw@h:5":        {Scheme: "sip", User: "u", Host: "h", Port: 5},
	} {
		u, err := sip.ParseURI(text)
		if err != nil || u.Scheme != want.Scheme || u.User != want.User || u.Host != want.Host || u.Port != want.Port {
			t.Errorf("%s: %+v %v", text, u, err)
		}
	}
	for _, text := range []string{"", "sip:", "http:x", "sip:@", "sip:h:70000", "sip:a b@h"} {
		if u, err := sip.ParseURI(text); err == nil {
			t.Errorf("%q accepted as %+v", text, u)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(message(good()...))
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP [::1];branch=z9hG4bK\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>;tag=x\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := sip.Parse(data)
		if err != nil {
			return
		}
		again, err := sip.Parse(m.Bytes())
		if err != nil {
			t.Fatalf("accepted, but not what was written of it: %v\n%q", err, m.Bytes())
		}
		if string(again.Bytes()) != string(m.Bytes()) {
			t.Fatal("changes from one writing to the next")
		}
	})
}
