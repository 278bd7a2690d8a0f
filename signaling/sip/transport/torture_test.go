package transport

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// rfc4475 says what each of the 49 torture messages gets from this layer: 0 is delivered, a status is a stateless
// answer, -1 is dropped without one. What the RFC leaves to the methods' own layers (420, 415, 405, 501) is delivered.
var rfc4475 = map[string]int{
	// 3.1.1 valid messages
	"wsinv": 0, "intmeth": 0, "esc01": 0, "escnull": 0, "esc02": 0, "lwsdisp": 0, "longreq": 0, "dblreq": 0, "semiuri": 0,
	"transports": 0, "mpart01": 0, "unreason": 0, "noreason": 0,
	// 3.1.2 invalid messages
	"badinv01": 400, "clerr": 400, "ncl": 400, "scalar02": 400, "scalarlg": -1, "quotbal": 400, "ltgtruri": 400,
	"lwsruri": 400, "lwsstart": 400, "trws": 400, "escruri": 400, "baddate": 400, "regbadct": 400, "badaspec": 400,
	"baddn": 400, "badvers": 505, "mismatch01": 400, "mismatch02": 400, "bigcode": -1,
	// 3.2 transaction layer
	"badbranch": 400,
	// 3.3 application layer
	"insuf": 400, "unkscm": 416, "novelsc": 416, "unksm2": 0, "bext01": 0, "invut": 0, "regaut01": 0, "multi01": 400,
	"mcl01": 400, "bcast": -1, "zeromf": 0, "cparam01": 0, "cparam02": 0, "regescrt": 0, "sdp01": 0,
	// 3.4 backward compatibility
	"inv2543": 0,
}

// judge gives one datagram to a layer that opens no socket and reports the status it would be answered with.
func judge(t testing.TB, data []byte) (int, sip.Message, *sip.Response) {
	t.Helper()
	end := endOfHead(data)
	if end < 0 {
		t.Fatal("no empty line")
	}
	h, bad := splitHead(data[:end+2])
	body := data[end+4:]
	if bad == nil && h.length > len(body) {
		bad = badRequest("Content-Length Beyond Message")
	}
	if bad == nil && h.length >= 0 {
		body = body[:h.length]
	}
	var msg sip.Message
	if bad == nil {
		msg, bad = h.message(body)
	}
	if bad == nil {
		if _, isResponse := msg.(*sip.Response); isResponse && len(msg.GetHeaders("via")) != 1 {
			return -1, nil, nil
		}
		return 0, msg, nil
	}
	src := Source{Network: UDP, Remote: netip.MustParseAddrPort("192.0.2.9:5070")}
	res := refusal(&h, bad, &src)
	if res == nil {
		return -1, nil, nil
	}
	return res.StatusCode, nil, res
}

func TestRFC4475(t *testing.T) {
	if len(rfc4475) != 49 {
		t.Fatalf("the RFC has 49 messages, the table %d", len(rfc4475))
	}
	for name, want := range rfc4475 {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "rfc4475", name+".dat"))
			if err != nil {
				t.Fatal(err)
			}
			got, msg, res := judge(t, data)
			if got != want {
				t.Fatalf("got %d, want %d", got, want)
			}
			if res != nil && res.Via() == nil {
				t.Fatal("answer without Via")
			}
			if msg != nil {
				again := reparse(t, msg)
				if a, b := again.String(), msg.String(); a != b {
					t.Fatalf("not stable when written and read again:\n%s\n---\n%s", a, b)
				}
			}
		})
	}
}

// reparse writes a message and reads it back.
func reparse(t testing.TB, msg sip.Message) sip.Message {
	t.Helper()
	text := msg.String()
	end := strings.Index(text, "\r\n\r\n")
	h, bad := splitHead([]byte(text[:end+2]))
	if bad != nil {
		t.Fatalf("own message refused: %v\n%s", bad, text)
	}
	again, bad := h.message([]byte(text[end+4:]))
	if bad != nil {
		t.Fatalf("own message refused: %v\n%s", bad, text)
	}
	return again
}

// TestTortureMeaning looks into the valid messages: accepting them is not enough.
func TestTortureMeaning(t *testing.T) {
	load := func(name string) sip.Message {
		data, err := os.ReadFile(filepath.Join("testdata", "rfc4475", name+".dat"))
		if err != nil {
			t.Fatal(err)
		}
		_, msg, _ := judge(t, data)
		if msg == nil {
			t.Fatalf("%s was not accepted", name)
		}
		return msg
	}
	equal := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	wsinv := load("wsinv").(*sip.Request)
	equal("wsinv To tag", wsinv.To().Params.GetOr("tag", ""), "1918181833n")
	equal("wsinv From display", wsinv.From().DisplayName, `J Rosenberg \\\"`)
	equal("wsinv branch", wsinv.Via().Params.GetOr("branch", ""), "390skdjuw")
	equal("wsinv Via host", wsinv.Via().Host, "192.0.2.2")
	equal("wsinv CSeq", wsinv.CSeq().Value(), "9 INVITE")
	equal("wsinv folded", wsinv.GetHeader("NewFangledHeader").Value(), "newfangled value continued newfangled value")
	if n := len(wsinv.GetHeaders("Via")); n != 3 {
		t.Errorf("wsinv: %d Via values, want 3", n)
	}
	equal("wsinv Contact q", wsinv.Contact().Params.GetOr("q", ""), "0.33")
	equal("wsinv R-URI", wsinv.Recipient.String(), "sip:vivekg@chair-dnrc.example.com;unknownparam")

	intmeth := load("intmeth").(*sip.Request)
	equal("intmeth method", string(intmeth.Method), "!interesting-Method0123456789_*+`.%indeed'~")
	equal("intmeth user", intmeth.Recipient.User, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
	equal("intmeth To display", intmeth.To().DisplayName, "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f")
	equal("intmeth tag", intmeth.From().Params.GetOr("tag", ""), "_token~1'+`*%!-.")

	equal("esc02 method", string(load("esc02").(*sip.Request).Method), "RE%47IST%45R")
	if n := len(load("esc02").GetHeaders("Contact")); n != 2 {
		t.Errorf("esc02: %d Contacts, want 2: C%%6Fntact is not one", n)
	}
	equal("lwsdisp display", load("lwsdisp").From().DisplayName, "caller")
	semi := load("semiuri").(*sip.Request)
	equal("semiuri user", semi.Recipient.User, "user;par=u%40example.net")
	equal("semiuri host", semi.Recipient.Host, "example.com")
	equal("dblreq method", string(load("dblreq").(*sip.Request).Method), "REGISTER")
	if n := len(load("dblreq").Body()); n != 0 {
		t.Errorf("dblreq: body of %d bytes, want none", n)
	}
	if n := len(load("mpart01").Body()); n != 553 {
		t.Errorf("mpart01: body of %d bytes, want 553", n)
	}
	if c := load("cparam01").(*sip.Request).Contact(); !c.Params.Has("unknownparam") || len(c.Address.UriParams) != 0 {
		t.Error("cparam01: without brackets the parameter belongs to the field")
	}
	if c := load("cparam02").(*sip.Request).Contact(); c.Params.Has("unknownparam") || !c.Address.UriParams.Has("unknownparam") {
		t.Error("cparam02: within brackets the parameter belongs to the URI")
	}
	equal("regescrt header", load("regescrt").(*sip.Request).Contact().Address.Headers.GetOr("Route", ""), "%3Csip:sip.example.com%3E")
	if load("inv2543").From().Params.Has("tag") {
		t.Error("inv2543 has no From tag")
	}
	if v := load("noreason").(*sip.Response); v.StatusCode != 100 || v.Reason != "" {
		t.Errorf("noreason: %d %q", v.StatusCode, v.Reason)
	}
}
