package ims

import (
	"errors"
	"strings"
	"testing"
	"time"

	"causeway/signaling/call"
)

// headers lets the tests' application headers through.
func headers(c *Config) { c.Calls.CustomHeaders = []string{"X-Case"} }

// caseOf is an application header and user-to-user information.
func caseOf(data string) Extras {
	return Extras{UserToUser: UserData{Data: data, Encoding: "hex"}, Headers: []CustomHeader{{Name: "x-case", Value: "4711"}}}
}

// TestServicesOutgoing: what the page adds leaves with the INVITE, a diversion and a waiting call are told, the answer's
// additions come back.
func TestServicesOutgoing(t *testing.T) {
	r := onUDP(t, headers)
	b, _ := r.register()
	for _, bad := range []Extras{
		{Headers: []CustomHeader{{Name: "P-Asserted-Identity", Value: "<sip:evil@h>"}}}, {Headers: []CustomHeader{{Name: "X-Other", Value: "1"}}},
		{Headers: []CustomHeader{{Name: "X-Case", Value: "1\r\nRoute: <sip:evil>"}}}, {UserToUser: UserData{Data: "xyz", Encoding: "hex"}},
	} {
		var cause *call.Cause
		if _, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Extras: bad}); !errors.As(err, &cause) || cause.Kind != call.HeaderRefused && cause.Kind != call.UserDataRefused {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	_, invite := r.invite(b, func(p *InviteParams) { p.Extras = caseOf("04c0ffee") })
	if head(invite, "User-to-User") != "04c0ffee;encoding=hex" || head(invite, "X-Case") != "4711" {
		t.Fatalf("INVITE:\n%s", invite)
	}
	contact := "Contact: <sip:handset@" + r.peer.wire.address() + ">"
	r.peer.reply(invite, 181, "A", "", contact, `History-Info: <sip:+15550101@ims.example>;index=1,<sip:+15550102;verstat=TN-Validation-Passed@ims.example;cause=486>;index=1.1;mp=1`)
	said[Trying](r)
	if e := said[Provisional](r); e.Status != 181 || e.Diverted == nil || e.Diverted.Reason != "busy" || e.Diverted.To != (RemoteParty{URI: "sip:+15550102@ims.example", Number: "+15550102"}) {
		t.Fatalf("%+v %+v", e, e.Diverted)
	}
	r.peer.reply(invite, 180, "A", "", contact, "Alert-Info: <urn:alert:service:call-waiting>")
	if e := said[Provisional](r); !e.Waiting || e.Diverted != nil {
		t.Fatalf("%+v", e)
	}
	r.peer.reply(invite, 200, "A", theirSDP, contact, `User-to-User: "desk 4";encoding=ascii`, "X-Case: 4712", "X-Other: 1",
		"P-Asserted-Identity: <sip:+15550102;verstat=TN-Validation-Passed@ims.example>")
	if e := said[Accepted](r); e.Extras.UserToUser != (UserData{Data: "desk 4", Encoding: "ascii"}) || len(e.Extras.Headers) != 1 || e.Extras.Headers[0] != (CustomHeader{Name: "X-Case", Value: "4712"}) ||
		e.Remote != (RemoteParty{URI: "sip:+15550102@ims.example", Number: "+15550102", Verified: "passed"}) {
		t.Fatalf("%+v", e)
	}
	r.peer.next("ACK")
}

// TestServicesIncoming: who diverted, verstat, the application's data; 180 tells that the call waits, 200 carries the answer's.
func TestServicesIncoming(t *testing.T) {
	r := onUDP(t, headers)
	_, reg := r.register()
	e, _ := r.incoming(reg, theirSDP, "History-Info: <sip:+15550105@ims.example>;index=1,<sip:+15550001@ims.example;cause=408>;index=1.1;mp=1",
		"User-to-User: 0a0b;encoding=hex", "X-Case: 4711", "Alert-Info: <urn:alert:service:call-waiting>", "Require: uui")
	if e.Diverted == nil || e.Diverted.By.Number != "+15550105" || e.Diverted.Reason != "noAnswer" || !e.Waiting ||
		e.Extras.UserToUser.Data != "0a0b" || len(e.Extras.Headers) != 1 {
		t.Fatalf("%+v %+v", e, e.Diverted)
	}
	e.Call.Ring("", true)
	if ringing := r.peer.next("180"); head(ringing, "Alert-Info") != "<urn:alert:service:call-waiting>" || head(ringing, "User-to-User") != "" {
		t.Fatalf("180:\n%s", ringing)
	}
	if err := e.Call.Accept(ourSDP, Extras{Headers: []CustomHeader{{Name: "Route", Value: "<sip:evil>"}}}); err == nil {
		t.Fatal("a page wrote a Route")
	}
	if err := e.Call.Accept(ourSDP, caseOf("01")); err != nil {
		t.Fatal(err)
	}
	ok := r.peer.next("200")
	if head(ok, "User-to-User") != "01;encoding=hex" || head(ok, "X-Case") != "4711" || head(ok, "Alert-Info") != "" {
		t.Fatalf("200:\n%s", ok)
	}
	r.inside("ACK", ok, 1, "")
	r.inside("BYE", ok, 2, "")
	said[Ended](r)
}

// TestForksHeard: of several early dialogs the newest that the network lets be heard is; an UPDATE of another one is answered and
// changes nothing until that one is heard (RFC 5009, RFC 3311, RFC 6228).
func TestForksHeard(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	k, invite := r.invite(b)
	contact := func(tag string) string { return "Contact: <sip:" + tag + "@" + r.peer.wire.address() + ">" }
	at := func(port string) string { return strings.Replace(theirSDP, "50000", port, 1) }
	want := func(dialog, port string, media bool) {
		t.Helper()
		if e := said[Provisional](r); e.Dialog != dialog || e.EarlyMedia != media || port == "" && e.SDP != "" || !strings.Contains(e.SDP, port) {
			t.Fatalf("%+v", e)
		}
	}
	early := func(tag, port string, more ...string) {
		r.peer.reply(invite, 183, tag, at(port), append([]string{contact(tag), "Require: 100rel", "RSeq: 1", "Allow: UPDATE"}, more...)...)
		r.peer.reply(r.peer.next("PRACK sip:"+tag+"@"), 200, "", "")
	}
	early("A", "50001", "P-Early-Media: sendonly")
	said[Trying](r)
	want("A", "50001", true)
	early("B", "50002")
	want("B", "", true) // A goes on
	from := func(method, tag string, cseq int, sdp string) {
		r.peer.say(method+" "+strings.Trim(strings.SplitN(head(invite, "Contact"), ">", 2)[0], "<")+" SIP/2.0", sdp, "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bK"+tag+itoa(cseq),
			"Max-Forwards: 60", "From: "+head(invite, "To")+";tag="+tag, "To: "+head(invite, "From"), "Call-ID: "+head(invite, "Call-ID"), "CSeq: "+itoa(cseq)+" "+method, contact(tag))
	}
	from("UPDATE", "B", 1, at("50012"))
	if o := said[Offer](r); o.Dialog != "B" || !o.Unheard {
		t.Fatalf("%+v", o)
	}
	k.AnswerOffer(ourSDP)
	r.peer.next("200")
	r.peer.reply(invite, 180, "B", "", contact("B"), "P-Early-Media: sendrecv") // now B may be heard: where its UPDATE said
	want("B", "50012", true)
	from("UPDATE", "B", 2, at("50022"))
	if o := said[Offer](r); o.Unheard {
		t.Fatalf("%+v", o)
	}
	k.AnswerOffer(ourSDP)
	r.peer.next("200")
	r.peer.reply(invite, 199, "B", "", contact("B"))
	want("A", "50001", true)
	r.peer.reply(invite, 200, "A", "", contact("A"))
	if e := said[Accepted](r); e.Dialog != "A" || !strings.Contains(e.SDP, "50001") {
		t.Fatalf("%+v", e)
	}
	r.peer.next("ACK")
}

// TestPreconditionsOriginating: when wanted, our offer says that our side is there; a far end whose side is not asks and is told;
// its own UPDATE is answered; conditions that failed end the call with 580 (RFC 3312, 4032).
func TestPreconditionsOriginating(t *testing.T) {
	on := func(c *Config) { c.Calls.PreconditionsOriginating = true }
	r := onUDP(t, on)
	b, _ := r.register()
	k, invite := r.invite(b)
	if !strings.Contains(head(invite, "Supported"), "precondition") || head(invite, "Require") != "" ||
		!strings.Contains(body(invite), "a=curr:qos local sendrecv\r\n") || !strings.Contains(body(invite), "a=des:qos mandatory local sendrecv\r\n") {
		t.Fatalf("INVITE:\n%s", invite)
	}
	contact := "Contact: <sip:handset@" + r.peer.wire.address() + ">"
	conditions := func(local string) string {
		return theirSDP + "a=curr:qos local " + local + "\r\na=curr:qos remote sendrecv\r\na=des:qos mandatory local sendrecv\r\na=des:qos mandatory remote sendrecv\r\n"
	}
	r.peer.reply(invite, 183, "A", conditions("none")+"a=conf:qos remote sendrecv\r\n", contact, "Require: 100rel, precondition", "RSeq: 1", "Allow: PRACK, UPDATE")
	said[Trying](r)
	said[Provisional](r)
	r.peer.reply(r.peer.next("PRACK"), 200, "", "")
	update := r.peer.next("UPDATE")
	if strings.Count(body(update), "a=curr:qos local sendrecv\r\n") != 1 || !strings.Contains(body(update), "a=curr:qos remote sendrecv\r\n") || !strings.Contains(body(update), "o=- 1 2 ") {
		t.Fatalf("UPDATE:\n%s", update)
	}
	r.peer.reply(update, 200, "", conditions("none"), contact)
	said[Provisional](r)
	r.peer.say("UPDATE "+strings.Trim(strings.SplitN(head(invite, "Contact"), ">", 2)[0], "<")+" SIP/2.0", conditions("sendrecv"), "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKu1",
		"Max-Forwards: 60", "From: "+head(invite, "To")+";tag=A", "To: "+head(invite, "From"), "Call-ID: "+head(invite, "Call-ID"), "CSeq: 1 UPDATE", contact)
	said[Offer](r)
	k.AnswerOffer(ourSDP)
	if ok := r.peer.next("200"); !strings.Contains(body(ok), "a=curr:qos local sendrecv\r\n") || !strings.Contains(body(ok), "o=- 1 3 ") {
		t.Fatalf("answer:\n%s", ok)
	}
	r.peer.reply(invite, 580, "A", "")
	if e := said[Failed](r); e.Cause.Kind != call.PreconditionFailed || e.Cause.SIP != 580 {
		t.Fatalf("%+v", e)
	}
	r.peer.next("ACK")

	_, invite = r.invite(b)
	r.peer.reply(invite, 183, "A", theirSDP+"a=curr:qos local none\r\na=des:qos failure local sendrecv\r\n", contact)
	said[Trying](r)
	said[Provisional](r)
	if e := said[Failed](r); e.Cause.Kind != call.PreconditionFailed {
		t.Fatalf("%+v", e)
	}
	cancel := r.peer.next("CANCEL")
	r.peer.reply(cancel, 200, "", "")
	r.peer.reply(invite, 487, "A", "")
	r.gone()
}

// TestPreconditionsRefused: 580 for conditions that failed or that nobody knows, 421 for a caller that cannot have them met.
func TestPreconditionsRefused(t *testing.T) {
	r := onUDP(t)
	_, reg := r.register()
	contact := strings.Trim(strings.SplitN(head(reg, "Contact"), ">", 2)[0], "<")
	for branch, c := range map[string]struct{ sdp, header, status string }{
		"a": {theirSDP + "a=curr:sec e2e none\r\na=des:sec mandatory e2e sendrecv\r\n", "Supported: precondition, 100rel", "580"},
		"b": {withConditions, "Require: precondition", "421"},
	} {
		r.peer.say("INVITE "+contact+" SIP/2.0", c.sdp, "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKp"+branch, "Max-Forwards: 70",
			"From: <sip:a@b.example>;tag=1", "To: <sip:+15550001@ims.example>", "Call-ID: p@core"+branch, "CSeq: 1 INVITE", "Contact: <sip:a@127.0.0.1>", c.header)
		if res := r.peer.next(c.status); c.status == "421" && head(res, "Require") != "100rel" {
			t.Fatal(res)
		}
	}
	e, _ := r.incoming(reg, withConditions, "Supported: 100rel, precondition")
	e.Call.Progress(ourSDP)
	progress := r.peer.next("183")
	r.inside("PRACK", progress, 2, "", "RAck: "+head(progress, "RSeq")+" 1 INVITE")
	r.peer.next("200")
	r.inside("UPDATE", progress, 3, strings.Replace(withConditions, "des:qos mandatory local", "des:qos failure local", 1))
	if x := said[Ended](r); x.Cause.Kind != call.PreconditionFailed {
		t.Fatalf("%+v", x)
	}
	r.peer.next("580")
	r.gone()
}

// TestRedirected: a redirection is not followed, and a wish to be tried later is told.
func TestRedirected(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	for _, c := range []struct {
		status int
		header string
		kind   call.Kind
		after  time.Duration
	}{
		{302, "Contact: <sip:+15550199@evil.example>", call.Redirected, 0},
		{486, "Retry-After: 99999999", call.Busy, time.Hour}, {500, "Retry-After: soon", call.Unavailable, 0},
		{503, "Retry-After: 7 (busy);duration=60", call.Congestion, 7 * time.Second}, // the last: the hop rests that long
	} {
		_, invite := r.invite(b)
		r.peer.reply(invite, c.status, "x", "", c.header)
		r.peer.next("ACK")
		if e := said[Failed](r); e.Cause.Kind != c.kind || e.Cause.RetryAfter != c.after || e.Cause.SIP != c.status {
			t.Errorf("%+v", e)
		}
	}
	r.gone()
}

// TestConfirmForks: each early dialog that asks to be told of our resources is told on its own dialog, one after the other; one that
// has ended by then is not (RFC 3312 6, RFC 3311, RFC 6228).
func TestConfirmForks(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	_, invite := r.invite(b)
	contact := func(tag string) string { return "Contact: <sip:" + tag + "@" + r.peer.wire.address() + ">" }
	asks := theirSDP + "a=curr:qos local none\r\na=curr:qos remote none\r\na=des:qos mandatory local sendrecv\r\na=des:qos mandatory remote sendrecv\r\na=conf:qos remote sendrecv\r\n"
	for _, tag := range []string{"A", "B", "C"} {
		r.peer.reply(invite, 183, tag, asks, contact(tag), "Require: 100rel", "RSeq: 1", "Allow: PRACK, UPDATE")
	}
	said[Trying](r)
	var pracks []string
	for range 3 {
		said[Provisional](r)
		pracks = append(pracks, r.peer.next("PRACK"))
	}
	r.peer.reply(invite, 199, "B", "", contact("B"))
	for _, p := range pracks {
		r.peer.reply(p, 200, "", "")
	}
	for i, tag := range []string{"A", "C"} {
		update := r.peer.next("UPDATE")
		if !strings.HasPrefix(update, "UPDATE sip:"+tag+"@") || i == 0 && !strings.Contains(body(update), "o=- 1 2 ") {
			t.Fatalf("UPDATE %s:\n%s", tag, update)
		}
		r.peer.reply(update, 200, "", theirSDP, contact(tag))
		if e := said[Provisional](r); e.Dialog != tag {
			t.Fatalf("%+v", e)
		}
	}
	r.peer.reply(invite, 200, "C", "", contact("C"))
	said[Accepted](r)
	r.peer.next("ACK")
}
