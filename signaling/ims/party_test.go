package ims

import (
	"causeway/signaling/sip/service"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
)

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
		if got := service.PartyOf(req, c.from); got != c.want {
			t.Errorf("%v %s: %+v", c.headers, c.from, got)
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
