package transport

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// TestSmuggling: however a field name or value is written, it is either seen under its one name or refused.
func TestSmuggling(t *testing.T) {
	const via = "SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa"
	for name, c := range map[string]struct {
		extra string
		seen  string // P-Asserted-Identity as it must be seen; empty: the message is refused
	}{
		"space before colon":       {"P-Asserted-Identity : <sip:x@y>\r\n", "<sip:x@y>"},
		"tab before colon":         {"P-Asserted-Identity\t:<sip:x@y>\r\n", "<sip:x@y>"},
		"odd case":                 {"p-aSSERTED-identity: <sip:x@y>\r\n", "<sip:x@y>"},
		"folded value":             {"P-Asserted-Identity:\r\n <sip:x@y>\r\n", "<sip:x@y>"},
		"folded name":              {"P-Asserted-\r\n Identity: <sip:x@y>\r\n", ""},
		"folded into another":      {"Subject: a\r\n P-Asserted-Identity: <sip:x@y>\r\n", "-"},
		"fold to hide":             {"Subject: a\r\nP-Asserted-Identity\r\n : <sip:x@y>\r\n", ""},
		"bare CR":                  {"Subject: a\rP-Asserted-Identity: <sip:x@y>\r\n", ""},
		"bare LF":                  {"Subject: a\nP-Asserted-Identity: <sip:x@y>\r\n", ""},
		"CR CR LF":                 {"Subject: a\r\r\nP-Asserted-Identity: <sip:x@y>\r\n", ""},
		"quoted LF":                {"Subject: \"a\\\nP-Asserted-Identity: <sip:x@y>\"\r\n", ""},
		"NUL in the name":          {"P-Asserted\x00-Identity: <sip:x@y>\r\n", ""},
		"NUL in the value":         {"P-Asserted-Identity: <sip:x\x00@y>\r\n", ""},
		"space in the name":        {"P-Asserted Identity: <sip:x@y>\r\n", ""},
		"leading space first line": {" P-Asserted-Identity: <sip:x@y>\r\n", ""}, // joins the CSeq before it,
		"no colon":                 {"P-Asserted-Identity <sip x@y>\r\n", ""},
		"invalid UTF-8":            {"P-Asserted-Identity: \xff\xfe <sip:x@y>\r\n", ""},
		"full-width look-alike":    {"P-Asserted-Identity\u00a0: <sip:x@y>\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, msg, _ := judge(t, []byte(wireText("OPTIONS", via, c.extra, "")))
			if c.seen == "" {
				if status != 400 {
					t.Fatalf("status %d, want 400\n%v", status, msg)
				}
				return
			}
			if status != 0 {
				t.Fatalf("refused with %d", status)
			}
			h := msg.(*sip.Request).GetHeader("P-Asserted-Identity")
			if c.seen == "-" {
				if h != nil {
					t.Fatalf("seen as a field of its own: %s", h)
				}
				return
			}
			if h == nil || h.Value() != c.seen || h.Name() != "P-Asserted-Identity" {
				t.Fatalf("seen as %v", h)
			}
		})
	}
}

func TestFoldedStartLine(t *testing.T) {
	text := wireText("OPTIONS", "SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa", "", "")
	text = strings.Replace(text, "SIP/2.0\r\nVia", "SIP/2.0\r\n x\r\nVia", 1)
	if status, _, _ := judge(t, []byte(text)); status != 400 {
		t.Errorf("status %d", status)
	}
}

func TestCompactForms(t *testing.T) {
	text := "INVITE sip:bob@example.com SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKa\r\nf: <sip:a@b>;tag=1\r\nt: <sip:c@d>\r\n" +
		"i: id\r\nCSeq: 1 INVITE\r\nm: <sip:a@b>\r\nk: 100rel, timer\r\nx: 1800;refresher=uac\r\na: *;audio\r\nb: <sip:r@b>\r\n" +
		"d: fork\r\ne: gzip\r\nj: *;video\r\nn: <sip:i>\r\no: reg\r\nr: <sip:e@f>\r\ns: hi\r\nu: reg\r\ny: id\r\nc: application/sdp\r\nl: 1\r\n\r\nx"
	status, msg, _ := judge(t, []byte(text))
	if status != 0 {
		t.Fatalf("status %d", status)
	}
	req := msg.(*sip.Request)
	for name, want := range map[string]string{
		"Supported": "100rel, timer", "Session-Expires": "1800;refresher=uac", "Accept-Contact": "*;audio", "Referred-By": "<sip:r@b>",
		"Request-Disposition": "fork", "Content-Encoding": "gzip", "Reject-Contact": "*;video", "Identity-Info": "<sip:i>",
		"Event": "reg", "Refer-To": "<sip:e@f>", "Subject": "hi", "Allow-Events": "reg", "Identity": "id",
		"Content-Type": "application/sdp", "Call-ID": "id", "Content-Length": "1",
	} {
		if h := req.GetHeader(name); h == nil || h.Value() != want {
			t.Errorf("%s is %v, want %q", name, h, want)
		}
	}
}

func TestURIs(t *testing.T) {
	for _, good := range []string{
		"sip:example.com", "sip:alice@example.com", "sips:alice:secret@example.com:5061;transport=tcp;lr?Subject=x&Priority=y",
		"sip:+15550100@ims.example;user=phone", "sip:[2001:db8::1]:5060;lr", "sip:a@[::1]", "sip:192.0.2.1", "tel:+15550100",
		"tel:5550100;phone-context=ims.example", "urn:service:sos.police", "sip:%00@h", "sip:*31%23@h;user=dialstring", "sip:h;lr;x=y",
	} {
		uri, err := ParseURI(good)
		if err != nil {
			t.Errorf("%s: %v", good, err)
		} else if uri.String() != good {
			t.Errorf("%s is written as %s", good, uri.String())
		}
	}
	for _, bad := range []string{
		"", "sip", "sip:", ":x", "1sip:x", "sip:@h", "sip:a@", "sip:a@b@c", "sip:a b@c", "sip:a@b:0", "sip:a@b:65536", "sip:a@b:x",
		"sip:a@b:-5", "sip:<a>@b", "sip:a@b%2", "sip:a@b%zz", "sip:[::1", "sip:[1.2.3.4]", "sip:::1", "sip:a@b;;lr", "sip:a@b;=x",
		"sip:a@b;x;x", "sip:a@b..c", "sip:a@.b", "sip:\"a\"@b", "sip:a@b\x00", "sip:a@b\u00e9", "sip:a@*",
	} {
		if uri, err := ParseURI(bad); err == nil {
			t.Errorf("%q was taken as %s", bad, uri.String())
		}
	}
}

func TestParseAddresses(t *testing.T) {
	list, err := ParseAddresses(`<sip:orig@scscf.ims.example:6060;lr>, "A, \"B\"" <sip:b@c>;x="y z";q=1 , <tel:+15550100>`)
	if err != nil || len(list) != 3 {
		t.Fatalf("%v, %d addresses", err, len(list))
	}
	if u := list[0].URI; u.User != "orig" || u.Port != 6060 || !u.UriParams.Has("lr") {
		t.Errorf("first is %s", u.String())
	}
	if a := list[1]; a.Display != `A, \"B\"` || a.Params.GetOr("x", "") != "y z" || a.Params.GetOr("q", "") != "1" {
		t.Errorf("second is %+v", a)
	}
	if u := list[2].URI; u.Scheme != "tel" || u.Raw() != "+15550100" {
		t.Errorf("third is %s", u.String())
	}
	for _, bad := range []string{"", ",", "<sip:a@b>,", "<sip:a@b", `"x <sip:a@b>`, "x, y <sip:a@b>", "<sip:a@b>;", "<sip:a@b> x", "<sip:a@b>;x;x"} {
		if list, err := ParseAddresses(bad); err == nil {
			t.Errorf("%q was taken as %v", bad, list)
		}
	}
}

// TestInstanceParameterSurvives: what a REGISTER's Contact carries comes back as it went.
func TestInstanceParameterSurvives(t *testing.T) {
	const contact = `<sip:k7@192.0.2.1:5060>;+sip.instance="<urn:uuid:0;1,2>";+g.3gpp.icsi-ref="urn%3Aurn-7";audio;reason="two words"`
	text := wireText("REGISTER", "SIP/2.0/UDP h;branch=z9hG4bKa", "Contact: "+contact+"\r\n", "")
	_, msg, _ := judge(t, []byte(text))
	if msg == nil {
		t.Fatal("refused")
	}
	if got := msg.(*sip.Request).Contact().Value(); got != contact {
		t.Errorf("got  %s\nwant %s", got, contact)
	}
	if n := len(msg.GetHeaders("Contact")); n != 1 {
		t.Errorf("%d contacts", n)
	}
}
