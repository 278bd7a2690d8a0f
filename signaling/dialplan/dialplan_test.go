package dialplan

import (
	"causeway/signaling/call"
	"causeway/signaling/sip/identity"
	"errors"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func plan(sipForm bool) Plan {
	form := Tel
	if sipForm {
		form = SIP
	}
	return Plan{Home: "ims.example", Form: form, Emergency: []string{"112", "911", "*112#"}}
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
			got, err := plan(form).Normalise(c.in)
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
		uri, err := plan(len(in)%2 == 0).Normalise(in)
		if err != nil {
			return
		}
		if !identity.ASCII(uri) || strings.ContainsAny(uri, " <>\"\\") || len(uri) > 2*maxTarget+64 {
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

// TestEmergencyService: which service was asked for, however it was written.
func TestEmergencyService(t *testing.T) {
	d := Plan{Home: "ims.example", Emergency: []string{"112", "110", "*112#"}, Services: map[string]string{"110": "urn:service:sos.police"}}
	for target, want := range map[string]string{
		"112": SOS, "1-1-2": SOS, "tel:112": SOS, "tel:112;phone-context=ims.example": SOS, "sip:112@ims.example": SOS, "112@elsewhere.example;user=phone": SOS,
		"110": "urn:service:sos.police", "sip:110@ims.example;user=phone": "urn:service:sos.police", "URN:service:SOS.Fire": "urn:service:sos.fire",
		"urn:service:sos": SOS, "urn:service:sos.<evil>": SOS, "*112#": SOS, "sip:*112%23@ims.example": SOS,
		"+15550112": "", "1120": "", "": "", "sip:alice112@ims.example": "", "urn:service:counseling": "",
	} {
		got, yes := d.Service(target)
		if got != want || yes != (want != "") {
			t.Errorf("%q: %q %v, want %q", target, got, yes, want)
		}
	}
}

// TestPlain: what a PBX is asked for.
func TestPlain(t *testing.T) {
	p := Plan{Home: "pbx.example", Form: Plain, Emergency: []string{"112"}}
	for in, want := range map[string]string{
		"+1 555 0101": "sip:+15550101@pbx.example", "0301234": "sip:0301234@pbx.example", "*21*200#": "sip:*21*200%23@pbx.example", "tel:200": "sip:200@pbx.example",
		"bob@pbx.example": "sip:bob@pbx.example", "+": "", "1+2": "", "": "", "12a": "", strings.Repeat("1", 41): "", "112": "",
	} {
		if got, _ := p.Normalise(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
