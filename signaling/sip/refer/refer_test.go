package refer

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	whole := &Replaces{CallID: "12@1.2.3.4", ToTag: "a", FromTag: "b"}
	for _, c := range []struct {
		value string
		want  Target
		err   error
	}{
		{"<sip:+15550101@ims.example;user=phone>", Target{URI: "sip:+15550101@ims.example;user=phone"}, nil},
		{`"Carol" <tel:+15550101>;x=y`, Target{URI: "tel:+15550101"}, nil},
		{"sip:carol@ims.example", Target{URI: "sip:carol@ims.example"}, nil},
		{"SIPS:carol@ims.example;x=1", Target{URI: "sips:carol@ims.example"}, nil},
		{"<sip:carol@ims.example;method=INVITE;gr=urn:uuid:1>", Target{URI: "sip:carol@ims.example;gr=urn:uuid:1"}, nil},
		{"<sip:c@h?Replaces=12%401.2.3.4%3Bto-tag%3Da%3Bfrom-tag%3Db>", Target{URI: "sip:c@h", Replaces: whole}, nil},
		{"<sip:c@h?Replaces=12%401.2.3.4%3Bfrom-tag%3Db%3Bto-tag%3Da&Require=replaces>", Target{URI: "sip:c@h", Replaces: whole, Require: true}, nil},
		{"<sip:c@h?Route=%3Csip:evil%3E&P-Asserted-Identity=x&body=y>", Target{URI: "sip:c@h"}, nil},
		{"<sip:c@h;method=BYE>", Target{}, ErrMethod},
		{"<sip:c@h?Require=100rel>", Target{}, ErrRequire},
		{"<sip:c@h?Replaces=x>", Target{}, ErrTarget},
		{"<sip:c@h?Replaces=%zz>", Target{}, ErrTarget},
		{"<sip:c@h?Replaces=1%3Bto-tag%3Da%3Bfrom-tag%3Db&Replaces=1%3Bto-tag%3Da%3Bfrom-tag%3Db>", Target{}, ErrTarget},
		{"<sip:c@h?Replaces=1%3Bto-tag%3Da%3Bfrom-tag%3Db%0D%0AX:y>", Target{}, ErrTarget},
		{"sip:c@h?Replaces=1", Target{}, ErrTarget},
		{"<http://evil.example/>", Target{}, ErrTarget},
		{"<urn:service:sos>", Target{}, ErrTarget},
		{"<sip:a@h>, <sip:b@h>", Target{}, ErrTarget},
		{"<sip:>", Target{}, ErrTarget},
		{"", Target{}, ErrTarget},
		{"<sip:a b@h>", Target{}, ErrTarget},
		{"<sip:" + strings.Repeat("a", 600) + "@h>", Target{}, ErrTarget},
	} {
		got, err := ParseTarget(c.value)
		if !errors.Is(err, c.err) {
			t.Errorf("%q: error %v, want %v", c.value, err, c.err)
			continue
		}
		if err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, want %+v", c.value, got, c.want)
		}
	}
}

// TestTargetRoundTrip: what is written is read again as it was, whatever characters a Call-ID may have.
func TestTargetRoundTrip(t *testing.T) {
	for _, r := range []Replaces{
		{CallID: "a@b", ToTag: "1", FromTag: "2"},
		{CallID: `x<y>:"\/[]?{}&=%41@h`[:13] + "@h", ToTag: "a.b!c", FromTag: "~'`+"},
		{CallID: "q", ToTag: "t", FromTag: "f", EarlyOnly: true},
	} {
		if !r.Valid() {
			t.Fatalf("%+v is not valid", r)
		}
		want := Target{URI: "sip:c@h;gr=1", Replaces: &r, Require: true}
		got, err := ParseTarget(want.Header())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v", want.Header(), got, err)
		}
	}
}

func TestParseReplaces(t *testing.T) {
	for value, want := range map[string]Replaces{
		"98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff": {CallID: "98732@sip.example.com", ToTag: "ff87ff", FromTag: "r33th4x0r"},
		"1 ; TO-TAG = a ; from-tag=b ; early-only;x=y":           {CallID: "1", ToTag: "a", FromTag: "b", EarlyOnly: true},
	} {
		if got, err := ParseReplaces(value); err != nil || got != want {
			t.Errorf("%q: %+v %v", value, got, err)
		}
	}
	for _, bad := range []string{"", "1", "1;to-tag=a", "1;from-tag=b", ";to-tag=a;from-tag=b", "1;to-tag=a;to-tag=c;from-tag=b",
		"1;to-tag=;from-tag=b", "1,2;to-tag=a;from-tag=b", "1 2;to-tag=a;from-tag=b", "1;to-tag=a b;from-tag=b", "a@b@c;to-tag=a;from-tag=b",
		"1;to-tag=a;from-tag=b;early-only=1;x y=1", strings.Repeat("a", 256) + ";to-tag=a;from-tag=b"} {
		if got, err := ParseReplaces(bad); err == nil {
			t.Errorf("%q was taken: %+v", bad, got)
		}
	}
}

func TestParseBy(t *testing.T) {
	got, err := ParseBy(`"Al \"B\"" <sip:al@ims.example>;cid="20398823.2UWQFN309shb3@al.example"`)
	if err != nil || got.URI != "sip:al@ims.example" || got.Name != `Al "B"` || got.CID != "20398823.2UWQFN309shb3@al.example" {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"", "x", "<http://a>", "<sip:a@b>, <sip:c@d>", "<sip:a@b>\r\nX: y", "<sip:a b@c>", `<sip:a@b>;cid="a b"`, "<sip:>",
		"<sip:a@b>;x=" + strings.Repeat("a", 600)} {
		if got, err := ParseBy(bad); err == nil {
			t.Errorf("%q was taken: %+v", bad, got)
		}
	}
}

func TestFindToken(t *testing.T) {
	body := "--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: multipart/signed;\r\n protocol=\"x\";boundary=b2\r\n" +
		"Content-ID: <id@h>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n--b2\r\n\r\nSigned =3D.\r\n--b2--\r\n\r\n--b1--\r\n"
	got, ok := FindToken("multipart/mixed; boundary=b1", []byte(body), "id@h")
	if !ok || got.Type != `multipart/signed; protocol="x";boundary=b2` || !strings.Contains(got.Body, "Signed =3D.") {
		t.Errorf("%+v %v", got, ok)
	}
	for _, c := range []struct{ kind, body, cid string }{
		{"multipart/mixed; boundary=b1", body, "other@h"}, {"multipart/mixed", body, "id@h"}, {"text/plain", body, "id@h"},
		{"multipart/mixed; boundary=b1", "--b1\r\nContent-ID: <id@h>\r\n\r\nno type\r\n--b1--\r\n", "id@h"},
		{"multipart/mixed; boundary=b1", "--b1\r\nContent-Type: a/b\r\nContent-ID: <id@h>\r\n\r\n" + strings.Repeat("x", maxToken+1) + "\r\n--b1--\r\n", "id@h"},
		{"multipart/mixed; boundary=b1", "", "id@h"}, {"multipart/mixed; boundary=b1", body, ""},
	} {
		if got, ok := FindToken(c.kind, []byte(c.body), c.cid); ok {
			t.Errorf("%q: %+v", c.kind, got)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		kind, body string
		want       int
	}{
		{Sipfrag, Report(180, "Ringing"), 180},
		{"message/sipfrag", "SIP/2.0 200 OK", 200},
		{"Message/SIPfrag;version=2.0", "sip/2.0  486 Busy Here\r\nReason: x\r\n", 486},
		{"message/sipfrag", "INVITE sip:a SIP/2.0\r\n", 0},
		{"message/sipfrag", "SIP/2.0 99 x", 0},
		{"message/sipfrag", "SIP/2.0 +20 x", 0},
		{"message/sipfrag", "SIP/2.0 700 x", 0},
		{"message/sipfrag", "", 0},
		{"text/plain", "SIP/2.0 200 OK", 0},
		{"message/sipfrag", "SIP/2.0 200 " + strings.Repeat("x", maxFrag), 0},
	} {
		if got, ok := Status(c.kind, []byte(c.body)); got != c.want || ok != (c.want != 0) {
			t.Errorf("%s %q: %d %v, want %d", c.kind, c.body, got, ok, c.want)
		}
	}
}
