package ims

import (
	"errors"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
)

func plan(sipForm bool) dialPlan {
	return dialPlan{home: "ims.example", sipForm: sipForm, emergency: []string{"112", "911", "*112#"}}
}

// TestNormalise: what people dial and what goes into the Request-URI.
func TestNormalise(t *testing.T) {
	const bad, sos = "!invalid", "!emergency"
	for _, c := range []struct{ in, tel, sip string }{
		{"+15550101", "tel:+15550101", "sip:+15550101@ims.example;user=phone"},
		{" +1 (555) 01-01 ", "tel:+15550101", "sip:+15550101@ims.example;user=phone"},
		{"tel:+1-555-0101", "tel:+15550101", "sip:+15550101@ims.example;user=phone"},
		{"TEL:+15550101;verstat=TN-Validation-Passed;isub=1", "tel:+15550101", "sip:+15550101@ims.example;user=phone"},
		{"sip:+15550101;verstat=TN-Validation-Passed;phone-context=x@ims.example", "sip:+15550101;phone-context=x@ims.example", "sip:+15550101;phone-context=x@ims.example"},
		{"sip:+15550101;%56erstat=TN-Validation-Passed@ims.example", "sip:+15550101@ims.example", "sip:+15550101@ims.example"},
		{"0301234", "tel:0301234;phone-context=ims.example", "sip:0301234;phone-context=ims.example@ims.example;user=phone"},
		{"tel:1234;phone-context=corp.example", "tel:1234;phone-context=corp.example", "sip:1234;phone-context=corp.example@ims.example;user=phone"},
		{"tel:1234;phone-context=+1212", "tel:1234;phone-context=+1212", "sip:1234;phone-context=+1212@ims.example;user=phone"},
		{"tel:1234;phone-context=a b", bad, bad},
		{"*21#", "sip:*21%23;phone-context=ims.example@ims.example;user=dialstring", "sip:*21%23;phone-context=ims.example@ims.example;user=dialstring"},
		{"*21*+15550101#", "sip:*21*+15550101%23;phone-context=ims.example@ims.example;user=dialstring", "sip:*21*+15550101%23;phone-context=ims.example@ims.example;user=dialstring"},
		{"sip:bob@ims.example", "sip:bob@ims.example", "sip:bob@ims.example"},
		{"bob@other.example:5080", "sip:bob@other.example:5080", "sip:bob@other.example:5080"},
		{"sip:+15550101@ims.example;user=phone;maddr=10.0.0.1;transport=tcp", "sip:+15550101@ims.example;user=phone", "sip:+15550101@ims.example;user=phone"},
		{"sip:bob@[2001:db8::1]", "sip:bob@[2001:db8::1]", "sip:bob@[2001:db8::1]"},
		{"sip:a%0d%0aRoute@ims.example", bad, bad},
		{"sip:a%00b@ims.example", bad, bad},
		{"sip:a@ims.example?Route=%3Csip:evil%3E", bad, bad},
		{"sip:a:secret@ims.example", bad, bad},
		{"sip:a@b>;tag=1", bad, bad},
		{"+15550101\r\nRoute: <sip:evil>", bad, bad},
		{"+15550101>", bad, bad},
		{"\"+15550101", bad, bad},
		{"+1234567890123456", bad, bad},
		{"hello", bad, bad}, {"", bad, bad}, {"+", bad, bad}, {"٣٣٣", bad, bad},
		{strings.Repeat("1", 300), bad, bad},
		{"http://example.com", bad, bad}, {"urn:service:counseling", bad, bad},
		{"112", sos, sos}, {"1-1-2", sos, sos}, {"tel:911", sos, sos}, {"tel:911;phone-context=x.example", sos, sos},
		{"sip:112@ims.example;user=phone", sos, sos}, {"911@ims.example", sos, sos}, {"*112#", sos, sos},
		{"urn:service:sos", sos, sos}, {"URN:service:SOS.fire", sos, sos},
	} {
		for form, want := range map[bool]string{false: c.tel, true: c.sip} {
			got, err := plan(form).normalise(c.in)
			var cause *call.Cause
			switch {
			case errors.As(err, &cause) && cause.Kind == call.NumberInvalid:
				got = bad
			case errors.As(err, &cause) && cause.Kind == call.Emergency:
				got = sos
			}
			if got != want {
				t.Errorf("%q (sip form %t): %q, want %q", c.in, form, got, want)
			}
		}
	}
}

// FuzzNormalise: whatever is dialled becomes a parsable URI without anything that could end a header field, or an error.
func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"+15550101", "*21#", "sip:a@b", "tel:1;phone-context=x", "a@b;user=phone", "sip:%23@[::1]", "sip:;;@b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		uri, err := plan(len(in)%2 == 0).normalise(in)
		if err != nil {
			return
		}
		if !ascii(uri) || strings.ContainsAny(uri, " <>\"\\") || len(uri) > 2*maxTarget+64 {
			t.Fatalf("%q became %q", in, uri)
		}
		var u sip.Uri
		if err := sip.ParseUri(uri, &u); err != nil {
			t.Fatalf("%q became %q: %v", in, uri, err)
		}
		if u.Headers.Length() > 0 || u.UriParams.Has("maddr") {
			t.Fatalf("%q became %q", in, uri)
		}
	})
}

// TestParty: who the far end is.
func TestParty(t *testing.T) {
	for _, c := range []struct {
		headers []dialog.Header
		from    string
		want    RemoteParty
	}{
		{[]dialog.Header{{Name: "P-Asserted-Identity", Value: "<tel:+1-555-0101>"}}, `"Bob" <sip:x@y>`, RemoteParty{URI: "tel:+1-555-0101", Number: "+15550101"}},
		{[]dialog.Header{{Name: "P-Asserted-Identity", Value: "<tel:+1-555-0101>"}}, `"Bob" <sip:+15550101@y>`, RemoteParty{URI: "tel:+1-555-0101", Number: "+15550101", Name: "Bob"}},
		{[]dialog.Header{{Name: "P-Asserted-Identity", Value: "<tel:+15550101;verstat=TN-Validation-Failed-C>"}}, "", RemoteParty{URI: "tel:+15550101", Number: "+15550101", Verified: "failed"}},
		{nil, `"Bob" <sip:+15550101;verstat=No-TN-Validation@y;user=phone>`, RemoteParty{URI: "sip:+15550101@y;user=phone", Number: "+15550101", Name: "Bob", Verified: "none"}},
		{[]dialog.Header{{Name: "P-Asserted-Identity", Value: "<sip:+15550101@y>"}}, `<sip:+15550199;verstat=TN-Validation-Passed@y>`, RemoteParty{URI: "sip:+15550101@y", Number: "+15550101"}},
		{[]dialog.Header{{Name: "P-Asserted-Identity", Value: "<sip:+15550101;verstat=TN-Validation-Passed@ims.example>"}}, "", RemoteParty{URI: "sip:+15550101@ims.example", Number: "+15550101", Verified: "passed"}},
		{[]dialog.Header{{Name: "P-Asserted-Identity", Value: "<sip:+15550101@ims.example>"}, {Name: "Privacy", Value: "id;critical"}}, "<sip:x@y>", RemoteParty{Anonymous: true}},
		{[]dialog.Header{{Name: "Privacy", Value: "none"}}, `"A \"q\"` + "\u202e" + `" <sip:+15550101@ims.example>;tag=1`, RemoteParty{URI: "sip:+15550101@ims.example", Number: "+15550101", Name: `A "q"`}},
		{nil, `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1`, RemoteParty{Anonymous: true}},
		{nil, "<http://evil>", RemoteParty{Anonymous: true}},
		{nil, "", RemoteParty{Anonymous: true}},
	} {
		req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "h"})
		for _, h := range c.headers {
			req.AppendHeader(sip.NewHeader(h.Name, h.Value))
		}
		if got := party(req, c.from); got != c.want {
			t.Errorf("%v %s: %+v", c.headers, c.from, got)
		}
	}
}

// TestRelay reads application/dtmf-relay.
func TestRelay(t *testing.T) {
	for body, want := range map[string]rune{"Signal=5\r\nDuration=160\r\n": '5', "signal = * ": '*', "Signal=11\n": '#', "Signal=a": 'A', "Signal=12": 0, "Signal=x": 0, "": 0, "Duration=5": 0} {
		if d, ok := parseRelay([]byte(body)); d.Digit != want || ok != (want != 0) {
			t.Errorf("%q: %q %t", body, d.Digit, ok)
		}
	}
}

// TestReason reads Reason headers (RFC 3326).
func TestReason(t *testing.T) {
	for value, want := range map[string]reasonValue{
		`Q.850;cause=17;text="user busy"`:           {q850: 17, text: "user busy"},
		`SIP;cause=200;text="x", Q.850;cause=26`:    {sip: 200, q850: 26, text: "x"},
		`Q.850;cause=900`:                           {},
		`FOO;cause=1;text="a"`:                      {},
		`SIP;cause=x`:                               {},
		"Q.850;cause=1;text=\"a\x01b\"":             {q850: 1, text: "ab"},
		`Q.850;cause=16;text="` + long(500) + `"`:   {q850: 16, text: long(128)},
		`SIP ;cause=487 ;text="Request Terminated"`: {sip: 487, text: "Request Terminated"},
	} {
		if got := parseReason(value); got != want {
			t.Errorf("%q: %+v", value, got)
		}
	}
}

func long(n int) string { return strings.Repeat("x", n) }

// TestMask: logs never show whom somebody calls.
func TestMask(t *testing.T) {
	for in, want := range map[string]string{"tel:+15550101": "tel:...01", "sip:bob@x": "sip:...ob", "sip:b@x": "sip:...", "": ":..."} {
		if got := mask(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
