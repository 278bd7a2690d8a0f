package service

import (
	"reflect"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// message is a request with these headers: name, value, name, value ...
func message(headers ...string) *sip.Request {
	req := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "h"})
	for i := 0; i+1 < len(headers); i += 2 {
		req.AppendHeader(sip.NewHeader(headers[i], headers[i+1]))
	}
	return req
}

// TestVerification reads verstat where networks write it.
func TestVerification(t *testing.T) {
	for value, want := range map[string]struct {
		word Verified
		bare string
	}{
		`"Bank" <tel:+15550101;verstat=TN-Validation-Passed>`:                   {VerifiedPassed, "tel:+15550101"},
		"<sip:+15550101;verstat=TN-Validation-Passed-A@ims.example;user=phone>": {VerifiedPassed, "sip:+15550101@ims.example;user=phone"},
		"<sip:+15550101@ims.example;user=phone;VERSTAT=tn-validation-failed>":   {VerifiedFailed, "sip:+15550101@ims.example;user=phone"},
		"<tel:+15550101;verstat=No-TN-Validation>":                              {VerifiedNot, "tel:+15550101"},
		"<tel:+15550101;verstat=Trust-Me>":                                      {"", "tel:+15550101"},
		"<tel:+15550101>;verstat=TN-Validation-Passed":                          {"", "tel:+15550101"},
		`"x;verstat=TN-Validation-Passed" <tel:+15550101>`:                      {"", "tel:+15550101"},
		"": {"", ""},
	} {
		if got := Verification(value); got != want.word {
			t.Errorf("%s: %q", value, got)
		}
		uri := value
		if i := strings.Index(value, "<"); i >= 0 {
			uri = value[i+1 : strings.Index(value, ">")]
		}
		if got := WithoutVerification(uri); got != want.bare {
			t.Errorf("%s without: %q", uri, got)
		}
	}
}

// TestDiversion: RFC 7044's own flow, what TS 24.604 writes, privacy, and the older header.
func TestDiversion(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers []string
		want    Diversion
		ok      bool
	}{
		{"busy", []string{"History-Info", `"Bob" <sip:+15550102@ims.example>;index=1, <sip:+15550103@ims.example;cause=486>;index=1.1;mp=1`},
			Diversion{By: "sip:+15550102@ims.example", ByName: "Bob", To: "sip:+15550103@ims.example", Reason: ReasonBusy}, true},
		{"routed on after the diversion", []string{"History-Info", "<tel:+15550102>;index=1", "History-Info", "<tel:+15550103;cause=302>;index=1.1;mp=1", "History-Info", "<sip:h1@192.0.2.7>;index=1.1.1;rc=1.1"},
			Diversion{By: "tel:+15550102", To: "tel:+15550103", Reason: ReasonUnconditional}, true},
		{"twice", []string{"History-Info", "<tel:+1>;index=1,<tel:+2;cause=302>;index=1.1;mp=1,<tel:+3;cause=408>;index=1.1.1;mp=1.1"},
			Diversion{By: "tel:+2", To: "tel:+3", Reason: ReasonNoAnswer}, true},
		{"private", []string{"History-Info", "<sip:a@b?Privacy=history>;index=1,<sip:c@d;cause=503?Privacy=history&Reason=SIP%3Bcause%3D503>;index=1.1;mp=1"},
			Diversion{Reason: ReasonUnreachable, Private: true, ToPrivate: true}, true},
		{"no diversion", []string{"History-Info", "<sip:a@b>;index=1,<sip:c@d>;index=1.1;rc=1"}, Diversion{}, false},
		{"one entry", []string{"History-Info", "<sip:a@b;cause=302>;index=1;mp=1"}, Diversion{}, false},
		{"old header", []string{"Diversion", `"Bob" <sip:+15550102@ims.example>;reason=no-answer;counter=1, <sip:z@y>;reason=user-busy`},
			Diversion{By: "sip:+15550102@ims.example", ByName: "Bob", Reason: ReasonNoAnswer}, true},
		{"old header, private", []string{"Diversion", "<sip:+15550102@ims.example>;reason=deflection;privacy=full"}, Diversion{Reason: ReasonDeflected, Private: true}, true},
		{"nothing", nil, Diversion{}, false},
	} {
		if got, ok := LastDiversion(message(c.headers...)); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v %v", c.name, got, ok)
		}
	}
}

func TestWaits(t *testing.T) {
	for value, want := range map[string]bool{CallWaiting: true, "<http://ring.example/a.wav>, <URN:alert:service:call-waiting>;appearance=1": true, "<urn:alert:service:forward>": false, "": false} {
		if got := Waits(message("Alert-Info", value)); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}

// TestUserData: what a page gives comes out at the other end as it went in.
func TestUserData(t *testing.T) {
	for _, u := range []UserData{{"04c0FFee", EncodingHex}, {strings.Repeat("ab", MaxUserData), EncodingHex}, {`a "b" \ ; , <c>`, EncodingText}, {strings.Repeat("x", MaxUserData), EncodingText}} {
		if err := u.Check(); err != nil {
			t.Errorf("%+v: %v", u, err)
		}
		if got := ReadUserData(message("User-to-User", u.Header())); got != u {
			t.Errorf("%+v came out as %+v", u, got)
		}
	}
	for _, u := range []UserData{{}, {"abc", EncodingHex}, {"zz", EncodingHex}, {"ab", ""}, {strings.Repeat("ab", MaxUserData+1), EncodingHex},
		{strings.Repeat("x", MaxUserData+1), EncodingText}, {"a\r\nb", EncodingText}, {"ä", EncodingText}, {"ab", "base64"}} {
		if u.Check() == nil {
			t.Errorf("%+v may be sent", u)
		}
	}
	for value, want := range map[string]UserData{"56a390f3d2b7310023;purpose=isdn-uui": {"56a390f3d2b7310023", EncodingHex}, `"plain";purpose=x`: {"plain", EncodingText},
		"zz;encoding=hex, 0a;encoding=hex": {"0a", EncodingHex}, `"open`: {}, "": {}} {
		if got := ReadUserData(message("User-to-User", value)); got != want {
			t.Errorf("%s: %+v", value, got)
		}
	}
}

// TestCustom: only what the operator has listed goes either way, and nothing that the core believes can be listed.
func TestCustom(t *testing.T) {
	for name, ok := range map[string]bool{"X-Case": true, "p-customer": true, "X-": false, "Subject": false, "P-Asserted-Identity": false, "p-charging-vector": false,
		"P-Early-Media": false, "X-A:b": false, "X-\r\nRoute": false, "X-" + strings.Repeat("a", 63): false, "P-Served-User": false, "P-Access-Network-Info": false} {
		if (CheckName(name) == nil) != ok {
			t.Errorf("%q: %v", name, CheckName(name))
		}
	}
	list := []string{"X-Case", "X-Agent"}
	for _, c := range []struct {
		give []Header
		want []Header
	}{
		{nil, nil},
		{[]Header{{"x-agent", " a "}, {"X-CASE", `4711;q="1"`}}, []Header{{"X-Case", `4711;q="1"`}, {"X-Agent", "a"}}},
	} {
		if got, err := Choose(list, c.give); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %v %v", c.give, got, err)
		}
	}
	for _, bad := range [][]Header{{{"X-Other", "1"}}, {{"X-Case", "a\r\nRoute: <sip:evil>"}}, {{"X-Case", ""}}, {{"X-Case", "ä"}}, {{"X-Case", `"`}}, {{"X-Case", "1"}, {"x-case", "2"}},
		{{"X-Case", strings.Repeat("a", 257)}}, make([]Header, 17)} {
		if got, err := Choose(list, bad); err == nil {
			t.Errorf("%v became %v", bad, got)
		}
	}
	if got, err := Choose([]string{"P-Asserted-Identity"}, []Header{{"P-Asserted-Identity", "<sip:evil@h>"}}); err == nil {
		t.Errorf("a trust header was taken: %v", got)
	}
	got := ReadCustom(message("X-Other", "1", "X-Case", "4711", "X-Case", "2", "X-Agent", "\x01"), list)
	if !reflect.DeepEqual(got, []Header{{"X-Case", "4711"}}) {
		t.Errorf("read %v", got)
	}
}

// FuzzServices: no header of a stranger breaks a reader, and what is read could be written again.
func FuzzServices(f *testing.F) {
	f.Add(`"Bob" <sip:+15550102@ims.example?Privacy=history>;index=1, <sip:+15550103@ims.example;cause=486>;index=1.1;mp=1`)
	f.Add(`"a\"b";encoding=ascii`)
	f.Add("<sip:+1;verstat=TN-Validation-Passed;verstat=x@h>")
	f.Add(CallWaiting)
	f.Fuzz(func(t *testing.T, value string) {
		m := message("History-Info", value, "Diversion", value, "User-to-User", value, "Alert-Info", value, "X-Case", value)
		d, _ := LastDiversion(m)
		if d.Private && d.By != "" || d.ToPrivate && d.To != "" {
			t.Fatalf("withheld and shown: %+v", d)
		}
		Waits(m)
		Verification(value)
		if u := ReadUserData(m); u.Data != "" && (u.Check() != nil || ReadUserData(message("User-to-User", u.Header())) != u) {
			t.Fatalf("%+v", u)
		}
		for _, h := range ReadCustom(m, []string{"X-Case"}) {
			if strings.ContainsAny(h.Value, "\r\n\x00") {
				t.Fatalf("%q", h.Value)
			}
		}
		if bare := WithoutVerification(value); strings.Contains(strings.ToLower(bare), ";verstat=") {
			t.Fatalf("%q", bare)
		}
	})
}
