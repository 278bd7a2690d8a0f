package dialog

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// TestIncoming walks an incoming call with reliable provisionals: repeated until PRACK, one at a time, the 2xx repeated
// until the ACK.
func TestIncoming(t *testing.T) {
	r := receive(t, theirSDP, "Supported: 100rel, timer", "Session-Expires: 1800;refresher=uac")
	r.do(r.s.Progress(r.now, 183, ourSDP))
	r.do(r.s.Progress(r.now, 180, "")) // waits for the PRACK
	r.wait(3600 * time.Millisecond)    // 0.5, 1.5, 3.5 s
	if n := len(r.responses); n != 4 {
		t.Fatalf("%d transmissions of the 183, want 4", n)
	}
	r.ask(101, "PRACK", 2, "", "RAck: 1 1 INVITE")
	if r.status(101) != 200 || r.status(100) != 180 {
		t.Fatalf("PRACK %d, INVITE %d", r.status(101), r.status(100))
	}
	r.ask(102, "PRACK", 3, "", "RAck: 2 1 INVITE")
	out, err := r.s.Accept(r.now, ourSDP)
	if err != nil {
		t.Fatal(err)
	}
	r.do(out)
	r.wait(1600 * time.Millisecond) // 0.5, 1.5 s
	r.ask(0, "ACK", 1, "")
	r.expect("Confirmed")
	r.wait(time.Minute)
	r.ask(103, "BYE", 4, "", `Reason: Q.850;cause=16;text="bye"`)
	r.expect(`Ended: remote hang-up Q.850;cause=16;text="bye"`)
	if !r.finished || r.status(103) != 200 {
		t.Fatal("BYE not answered or not finished")
	}
	r.golden("incoming")
}

// TestAcceptWaitsForPrack: a 2xx waits for the PRACK of a reliable provisional with SDP only (RFC 3262 3).
func TestAcceptWaitsForPrack(t *testing.T) {
	for _, c := range []struct {
		name, sdp string
		waits     bool
	}{{"with SDP", ourSDP, true}, {"without", "", false}} {
		t.Run(c.name, func(t *testing.T) {
			r := receive(t, theirSDP, "Supported: 100rel")
			r.do(r.s.Progress(r.now, 183, c.sdp))
			out, err := r.s.Accept(r.now, ourSDP)
			if err != nil {
				t.Fatal(err)
			}
			r.do(out)
			if got := r.status(100) == 183; got != c.waits {
				t.Fatalf("waits %t", got)
			}
			r.ask(101, "PRACK", 2, "", "RAck: 1 1 INVITE")
			if r.status(100) != 200 {
				t.Fatal("no 200 after the PRACK")
			}
			if r.status(101) != 200 { // a 2xx may overtake a 180, whose PRACK has to be taken all the same
				t.Fatalf("PRACK answered with %d", r.status(101))
			}
			r.ask(102, "PRACK", 3, "", "RAck: 1 1 INVITE")
			if r.status(102) != 481 {
				t.Fatalf("second PRACK answered with %d", r.status(102))
			}
		})
	}
}

// TestUnreliable: without 100rel nothing is repeated before the answer and the 200 carries the description.
func TestUnreliable(t *testing.T) {
	r := receive(t, theirSDP)
	r.do(r.s.Progress(r.now, 183, ourSDP))
	r.do(r.s.Progress(r.now, 180, ""))
	r.wait(time.Minute)
	if len(r.responses) != 2 || First(r.responses[0].Response, "rseq") != "" {
		t.Fatal("provisionals are wrong")
	}
	out, _ := r.s.Accept(r.now, ourSDP)
	r.do(out)
	if responseSDP(r.responses[2].Response) != ourSDP {
		t.Fatal("the 200 has no answer")
	}
}

// TestNoPrack and TestNoAck: what happens when the caller stays silent.
func TestNoPrack(t *testing.T) {
	r := receive(t, theirSDP, "Require: 100rel")
	r.do(r.s.Progress(r.now, 183, ourSDP))
	r.wait(31999 * time.Millisecond)
	r.expect()
	r.wait(time.Millisecond)
	r.expect("Ended: no PRACK ")
	if r.status(100) != 504 || !r.finished {
		t.Fatalf("status %d", r.status(100))
	}
}

func TestNoAck(t *testing.T) {
	r := receive(t, theirSDP)
	out, _ := r.s.Accept(r.now, ourSDP)
	r.do(out)
	r.wait(32 * time.Second)
	r.expect("Ended: no ACK ")
	if n := len(r.responses); n != 11 { // 0, .5, 1.5, 3.5, 7.5, 11.5 ... 31.5 s (RFC 3261 17.2.1 Timer G)
		t.Fatalf("%d transmissions of the 200", n)
	}
	r.reply(r.last("BYE"), 481, "", "")
	if !r.finished {
		t.Fatal("not finished")
	}
}

// TestOfferless: an INVITE without SDP makes us offer (RFC 3261 13.2.1, RFC 3262 5).
func TestOfferless(t *testing.T) {
	t.Run("in the 200", func(t *testing.T) {
		r := receive(t, "")
		r.do(r.s.Progress(r.now, 183, ourSDP)) // an unreliable provisional must not carry it
		if responseSDP(r.responses[0].Response) != "" {
			t.Fatal("offer in an unreliable provisional")
		}
		out, _ := r.s.Accept(r.now, ourSDP)
		r.do(out)
		r.ask(0, "ACK", 1, theirSDP)
		r.expect("Confirmed", "Answered dialog far")
	})
	t.Run("in a reliable provisional", func(t *testing.T) {
		r := receive(t, "", "Supported: 100rel")
		r.do(r.s.Progress(r.now, 183, ourSDP))
		r.ask(101, "PRACK", 2, theirSDP, "RAck: 1 1 INVITE")
		r.expect("Answered dialog far")
		out, _ := r.s.Accept(r.now, ourSDP)
		r.do(out)
		if responseSDP(r.responses[len(r.responses)-1].Response) != "" {
			t.Fatal("the 200 repeats a settled description")
		}
	})
	t.Run("no answer in ACK", func(t *testing.T) {
		r := receive(t, "")
		out, _ := r.s.Accept(r.now, ourSDP)
		r.do(out)
		r.ask(0, "ACK", 1, "")
		r.expect("Confirmed", "Ended: no answer ")
		r.last("BYE")
	})
	t.Run("no answer in PRACK", func(t *testing.T) {
		r := receive(t, "", "Supported: 100rel")
		r.do(r.s.Progress(r.now, 183, ourSDP))
		r.ask(101, "PRACK", 2, "", "RAck: 1 1 INVITE")
		r.expect("Ended: no answer ")
		if r.status(100) != 488 || r.status(101) != 488 {
			t.Fatal("not refused")
		}
	})
}

// TestIncomingEnds: the ways an unanswered incoming call ends.
func TestIncomingEnds(t *testing.T) {
	cancel := func(r *rig) *sip.Request {
		return r.request("CANCEL sip:k7f3@gw.example:5060 SIP/2.0", 1, "", `Reason: SIP;cause=200;text="Call completed elsewhere"`)
	}
	for _, c := range []struct {
		name   string
		do     func(r *rig)
		status int
		event  string
	}{
		{"cancelled", func(r *rig) { r.do(r.s.Cancelled(r.now, cancel(r))) }, 487, `Ended: cancelled by caller SIP;cause=200;text="Call completed elsewhere"`},
		{"rejected", func(r *rig) { r.do(r.s.Reject(r.now, 486, "")) }, 486, "Ended: local hang-up "},
		{"hung up", func(r *rig) { r.do(r.s.Hangup(r.now, "")) }, 480, "Ended: local hang-up "},
		{"BYE on the early dialog", func(r *rig) { r.ask(101, "BYE", 2, "") }, 487, "Ended: cancelled by caller "},
		{"nobody answers", func(r *rig) { r.wait(180 * time.Second) }, 480, "Ended: no answer "},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := receive(t, theirSDP)
			c.do(r)
			r.expect(c.event)
			if r.status(100) != c.status || !r.finished {
				t.Fatalf("status %d", r.status(100))
			}
			r.do(r.s.Cancelled(r.now, cancel(r))) // a late CANCEL changes nothing
			r.expect()
		})
	}
}

// TestExpires: the caller's own limit counts (RFC 3261 13.3.1).
func TestExpires(t *testing.T) {
	r := receive(t, theirSDP, "Expires: 20")
	r.wait(20 * time.Second)
	r.expect("Ended: no answer ")
}

// TestHangupBeforeAck: no BYE before the ACK (RFC 3261 15).
func TestHangupBeforeAck(t *testing.T) {
	r := receive(t, theirSDP)
	out, _ := r.s.Accept(r.now, ourSDP)
	r.do(out)
	r.do(r.s.Hangup(r.now, ""))
	r.expect("Ended: local hang-up ")
	if r.count("BYE") != 0 {
		t.Fatal("BYE before the ACK")
	}
	r.ask(0, "ACK", 1, "")
	r.reply(r.last("BYE"), 200, "", "")
	r.expect()
	if !r.finished {
		t.Fatal("not finished")
	}
}

// TestRefusedInvites: what makes no dialog.
func TestRefusedInvites(t *testing.T) {
	for _, c := range []struct {
		name   string
		lines  []string
		status int
		header Header
	}{
		{"unknown extension", []string{"Contact: <sip:a@192.0.2.9>", "Require: warp, 100rel"}, 420, Header{"Unsupported", "warp"}},
		{"interval too short", []string{"Contact: <sip:a@192.0.2.9>", "Supported: timer", "Session-Expires: 30"}, 422, Header{"Min-SE", "90"}},
		{"no Contact", nil, 400, Header{}},
		{"tel Contact", []string{"Contact: <tel:+1555>"}, 400, Header{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			req := r.request("INVITE sip:k7f3@gw.example SIP/2.0", 1, theirSDP, c.lines...)
			_, status, headers, err := NewCallee(profile(), 1, req, r.now)
			if err == nil || status != c.status {
				t.Fatalf("status %d, %v", status, err)
			}
			if c.header.Name != "" && (len(headers) != 1 || headers[0] != c.header) {
				t.Fatalf("headers %v", headers)
			}
		})
	}
}

// TestInDialogChecks: RFC 3261 12.2.2, 8.2.2 and RFC 6086 inside a call.
func TestInDialogChecks(t *testing.T) {
	for _, c := range []struct {
		name, method string
		cseq         int
		lines        []string
		status       int
		header       string
	}{
		{"old CSeq", "UPDATE", 1, nil, 500, "Retry-After: 1"},
		{"unknown extension", "UPDATE", 2, []string{"Require: warp"}, 420, "Unsupported: warp"},
		{"unknown method", "REFER", 2, []string{"Refer-To: <sip:x@y>"}, 405, "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, OPTIONS"},
		{"OPTIONS", "OPTIONS", 2, nil, 200, "Supported: 100rel, timer, 199"},
		{"empty INFO", "INFO", 2, nil, 200, ""},
		{"info package", "INFO", 2, []string{"Info-Package: x"}, 469, ""},
		{"PRACK for nothing", "PRACK", 2, []string{"RAck: 1 1 INVITE"}, 481, ""},
		{"UPDATE without SDP", "UPDATE", 2, []string{"Contact: <sip:new@192.0.2.12>"}, 200, "Session-Expires: 1800;refresher=uas"},
		{"bad Contact", "UPDATE", 2, []string{"Contact: <mailto:x@y>"}, 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := answered(t)
			r.ask(200, c.method, c.cseq, "", c.lines...)
			if r.status(200) != c.status {
				t.Fatalf("status %d, want %d", r.status(200), c.status)
			}
			if res := r.responses[len(r.responses)-1].Response.String(); !strings.Contains(res, c.header) {
				t.Fatalf("no %q in\n%s", c.header, res)
			}
			r.expect()
		})
	}
}

// TestTargetRefresh: an UPDATE moves the remote target (RFC 3261 12.2.2).
func TestTargetRefresh(t *testing.T) {
	r := answered(t)
	r.ask(200, "UPDATE", 2, "", "Contact: <sip:new@192.0.2.12>")
	r.do(r.s.Hangup(r.now, ""))
	if got := r.last("BYE").Request.Recipient.User; got != "new" {
		t.Fatalf("BYE to %s", got)
	}
	if got := strings.Join(Values(r.last("BYE").Request, "route"), " "); got != "<sip:p1.example;lr> <sip:p2.example;lr>" {
		t.Fatalf("Route %s", got)
	}
}

// TestInfo: DTMF relay comes up, other bodies are refused.
func TestInfo(t *testing.T) {
	r := answered(t)
	info := func(tx uint64, cseq int, kind, body string) {
		req := r.parse("INFO sip:k7f3@gw.example SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK2\r\nFrom: <sip:+15550101@ims.example>;tag=far\r\nTo: <sip:x@y>;tag=tag1\r\n" +
			"Call-ID: call1\r\nCSeq: " + string(rune('0'+cseq)) + " INFO\r\nContent-Type: " + kind + "\r\nContent-Length: " + string(rune('0'+len(body)/10)) + string(rune('0'+len(body)%10)) + "\r\n\r\n" + body).(*sip.Request)
		r.do(r.s.Request(r.now, tx, req))
	}
	info(201, 2, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n")
	r.expect("Info")
	info(202, 3, "application/x-evil", "hello")
	r.expect()
	if r.status(201) != 200 || r.status(202) != 415 {
		t.Fatalf("%d %d", r.status(201), r.status(202))
	}
}
