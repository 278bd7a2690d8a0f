package ims

import (
	"strings"
	"testing"
	"time"

	"causeway/signaling/call"
)

// TestIncoming is an incoming call on a real socket: reliable 180 and 200, hold by the far end, BYE with a reason.
func TestIncoming(t *testing.T) {
	r := onUDP(t)
	_, reg := r.register()
	e, _ := r.incoming(reg, theirSDP, "Supported: 100rel, timer", "Session-Expires: 600")
	if e.SDP != theirSDP || e.Called != "sip:+15550001@ims.example" || e.Preconditions ||
		e.Remote != (RemoteParty{URI: "sip:+15550101@ims.example", Number: "+15550101", Name: "Bob B"}) {
		t.Fatalf("%+v", e)
	}
	if e.Call.ICID() != "core-1" || e.Call.ID() != "in1@core" {
		t.Fatalf("%s %s", e.Call.ICID(), e.Call.ID())
	}
	e.Call.Ring("", false)
	ringing := r.peer.next("180")
	r.inside("PRACK", ringing, 2, "", "RAck: "+head(ringing, "RSeq")+" 1 INVITE")
	r.peer.next("200")
	if err := e.Call.Accept(ourSDP, Extras{}); err != nil {
		t.Fatal(err)
	}
	ok := r.peer.next("200")
	if body(ok) != ourSDP || head(ok, "P-Asserted-Identity") != "<sip:+15550001@ims.example>" || head(ok, "Session-Expires") != "600;refresher=uac" || head(ok, "Record-Route") == "" {
		t.Fatalf("200:\n%s", ok)
	}
	r.inside("ACK", ok, 1, "")
	r.inside("INVITE", ok, 3, theirSDP+"a=sendonly\r\n", "Contact: "+"<sip:handset@"+r.peer.wire.address()+">")
	if o := said[Offer](r); !strings.Contains(o.SDP, "sendonly") {
		t.Fatalf("%+v", o)
	}
	e.Call.AnswerOffer(ourSDP + "a=recvonly\r\n")
	held := r.peer.next("200")
	r.inside("ACK", held, 3, "")
	r.inside("INFO", ok, 4, "Signal=7\r\nDuration=120\r\n", "Content-Type: application/dtmf-relay")
	if d := said[InfoDTMF](r); d.Digit != '7' || d.Duration != 120*time.Millisecond {
		t.Fatalf("%+v", d)
	}
	r.inside("BYE", ok, 5, "", `Reason: Q.850;cause=16;text="done"`)
	if x := said[Ended](r); x.Cause.Kind != call.Normal || x.Cause.Side != call.Core || x.Cause.Q850 != 16 || x.Cause.Text != "done" {
		t.Fatalf("%+v", x.Cause)
	}
	bye := r.peer.next("200")
	r.gone()
	golden(t, "incoming", ringing, ok, held, bye)
}

// TestIncomingEnds: refusals, CANCEL, privacy, and an offerless INVITE.
func TestIncomingEnds(t *testing.T) {
	t.Run("rejected", func(t *testing.T) {
		r := onUDP(t)
		_, reg := r.register()
		e, _ := r.incoming(reg, theirSDP)
		e.Call.Reject(call.Cause{Side: call.Browser, Kind: call.Declined})
		if x := said[Ended](r); x.Cause.Kind != call.Declined {
			t.Fatalf("%+v", x)
		}
		if res := r.peer.next("603"); head(res, "Reason") != `Q.850;cause=21;text="declined"` {
			t.Fatal(res)
		}
		r.gone()
	})
	t.Run("cancelled", func(t *testing.T) {
		r := onUDP(t)
		_, reg := r.register()
		e, start := r.incoming(reg, theirSDP)
		e.Call.Ring("", false)
		ringing := r.peer.next("180")
		r.peer.say("CANCEL "+strings.TrimPrefix(start, "INVITE "), "", "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKin1", "Max-Forwards: 70",
			"From: "+head(ringing, "From"), "To: <sip:+15550001@ims.example>", "Call-ID: in1@core", "CSeq: 1 CANCEL", `Reason: SIP;cause=200;text="Call completed elsewhere"`)
		if x := said[Ended](r); x.Cause.Kind != call.AnsweredElsewhere {
			t.Fatalf("%+v", x)
		}
		r.peer.next("487")
	})
	t.Run("anonymous", func(t *testing.T) {
		r := onUDP(t)
		_, reg := r.register()
		e, _ := r.incoming(reg, theirSDP, "Privacy: id")
		if e.Remote != (RemoteParty{Anonymous: true}) {
			t.Fatalf("%+v", e.Remote)
		}
		e.Call.Hangup(call.Cause{Kind: call.Draining})
		if res := r.peer.next("503"); head(res, "Retry-After") == "" {
			t.Fatal(res)
		}
	})
	t.Run("offerless", func(t *testing.T) {
		r := onUDP(t)
		_, reg := r.register()
		e, _ := r.incoming(reg, "")
		if e.SDP != "" {
			t.Fatal(e.SDP)
		}
		if err := e.Call.Accept(ourSDP, Extras{}); err != nil {
			t.Fatal(err)
		}
		ok := r.peer.next("200")
		r.inside("ACK", ok, 1, theirSDP)
		if a := said[Answer](r); a.SDP != theirSDP {
			t.Fatalf("%+v", a)
		}
		r.inside("BYE", ok, 2, "")
		said[Ended](r)
	})
}

const withConditions = theirSDP + "a=curr:qos local none\r\na=curr:qos remote none\r\na=des:qos mandatory local sendrecv\r\na=des:qos none remote sendrecv\r\n"

// TestPreconditions: no alerting before the UPDATE shows the caller's resources (RFC 3312 5.1, SPEC of IR.92 handsets).
func TestPreconditions(t *testing.T) {
	r := onUDP(t)
	_, reg := r.register()
	e, _ := r.incoming(reg, withConditions, "Supported: 100rel, precondition", "Require: precondition")
	if !e.Preconditions {
		t.Fatal("not noticed")
	}
	e.Call.Ring("", false) // the session may be hasty: nothing rings yet
	e.Call.Progress(ourSDP)
	progress := r.peer.next("183")
	for _, line := range []string{"a=curr:qos local sendrecv", "a=curr:qos remote none", "a=conf:qos remote sendrecv"} {
		if !strings.Contains(body(progress), line+"\r\n") {
			t.Errorf("no %q in\n%s", line, body(progress))
		}
	}
	if head(progress, "Require") != "100rel, precondition" {
		t.Error(head(progress, "Require"))
	}
	r.inside("PRACK", progress, 2, "", "RAck: "+head(progress, "RSeq")+" 1 INVITE")
	r.peer.next("200")
	if err := e.Call.Accept(ourSDP, Extras{}); err != nil { // and the user answers at once
		t.Fatal(err)
	}
	r.inside("UPDATE", progress, 3, strings.Replace(withConditions, "curr:qos local none", "curr:qos local sendrecv", 1))
	said[Offer](r)
	e.Call.AnswerOffer(ourSDP)
	update := r.peer.next("200")
	if head(update, "CSeq") != "3 UPDATE" || !strings.Contains(body(update), "a=curr:qos remote sendrecv\r\n") || strings.Contains(body(update), "a=conf") {
		t.Fatalf("answer to UPDATE:\n%s", update)
	}
	said[ResourcesReady](r)
	ringing := r.peer.next("180") // reliable, without SDP: the 200 need not wait
	ok := r.peer.next("200")
	if head(ok, "CSeq") != "1 INVITE" || body(ok) != "" {
		t.Fatalf("200:\n%s", ok)
	}
	r.inside("ACK", ok, 1, "")
	r.inside("BYE", ok, 4, "")
	said[Ended](r)
	golden(t, "preconditions", progress, update, ringing, ok)
}

// TestPreconditionsOff: Require: precondition is refused with 420 when they are switched off.
func TestPreconditionsOff(t *testing.T) {
	r := onUDP(t, func(c *Config) { c.Calls.Preconditions = false })
	_, reg := r.register()
	contact := strings.Trim(strings.SplitN(head(reg, "Contact"), ">", 2)[0], "<")
	r.peer.say("INVITE "+contact+" SIP/2.0", withConditions, "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKp", "Max-Forwards: 70",
		"From: <sip:a@b.example>;tag=1", "To: <sip:+15550001@ims.example>", "Call-ID: p@core", "CSeq: 1 INVITE", "Contact: <sip:a@127.0.0.1>", "Require: precondition")
	if res := r.peer.next("420"); head(res, "Unsupported") != "precondition" {
		t.Fatal(res)
	}
}

// TestNobodyHome: calls and requests that match nothing.
func TestNobodyHome(t *testing.T) {
	r := onUDP(t)
	r.register()
	ask := func(method, uri string, lines ...string) string {
		r.peer.say(method+" "+uri+" SIP/2.0", "", append([]string{"Via: SIP/2.0/UDP " + r.peer.wire.address() + ";branch=z9hG4bK" + method + itoa(len(lines)), "Max-Forwards: 70",
			"From: <sip:a@b.example>;tag=1", "Call-ID: nobody-" + method + itoa(len(lines)), "CSeq: 7 " + method, "Contact: <sip:a@127.0.0.1>"}, lines...)...)
		return r.peer.next("SIP/2.0")
	}
	for _, c := range []struct {
		method string
		lines  []string
		status string
		header string
	}{
		{"INVITE", []string{"To: <sip:x@y.example>"}, "404", ""},
		{"OPTIONS", []string{"To: <sip:x@y.example>"}, "200", "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, NOTIFY, REFER, MESSAGE"},
		{"OPTIONS", []string{"To: <sip:x@y.example>", "Require: warp"}, "420", "Unsupported: warp"},
		{"SUBSCRIBE", []string{"To: <sip:x@y.example>", "Event: reg"}, "405", "Allow: INVITE"},
		{"BYE", []string{"To: <sip:x@y.example>;tag=5"}, "481", ""},
		{"UPDATE", []string{"To: <sip:x@y.example>"}, "481", ""},
		{"NOTIFY", []string{"To: <sip:x@y.example>;tag=5", "Event: reg"}, "481", ""},
	} {
		res := ask(c.method, "sip:nobody@"+r.client.address(), c.lines...)
		if !strings.Contains(firstLine(res), c.status) || !strings.Contains(res, c.header) {
			t.Errorf("%s: %s", c.method, res)
		}
		if c.method == "INVITE" { // the transaction wants its ACK
			r.peer.say("ACK sip:nobody@"+r.client.address()+" SIP/2.0", "", "Via: "+head(res, "Via"), "Max-Forwards: 70", "From: "+head(res, "From"), "To: "+head(res, "To"), "Call-ID: "+head(res, "Call-ID"), "CSeq: 7 ACK")
		}
	}
}
