package dialog

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// TestForks walks RFC 3261 13.2.2.4 with RFC 3262: PRACK on the right dialog, first 2xx wins, a later one is hung up.
func TestForks(t *testing.T) {
	r := dial(t)
	invite := r.last("INVITE")
	r.reply(invite, 100, "", "")
	r.reply(invite, 183, "A", theirSDP, "Contact: <sip:a@192.0.2.9:5080>", "Require: 100rel", "RSeq: 7",
		"Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>", "Allow: PRACK, UPDATE")
	r.reply(r.last("PRACK"), 200, "", "")
	r.reply(invite, 180, "B", "", "Contact: <sip:b@192.0.2.10>", "Record-Route: <sip:p3.example;lr>")
	r.expect("Trying", "Provisional 183 dialog A sdp true", "Provisional 180 dialog B sdp false")
	r.reply(invite, 200, "B", otherSDP, "Contact: <sip:b@192.0.2.10>", "Record-Route: <sip:p3.example;lr>")
	r.expect("Accepted dialog B sdp true")
	r.reply(invite, 200, "B", otherSDP, "Contact: <sip:b@192.0.2.10>", "Record-Route: <sip:p3.example;lr>")
	if len(r.acks) != 2 || r.acks[0] != r.acks[1] {
		t.Fatal("a repeated 2xx did not get the same ACK again")
	}
	r.reply(invite, 200, "A", theirSDP, "Contact: <sip:a@192.0.2.9:5080>", "Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>")
	bye := r.last("BYE")
	if bye.Request.Recipient.User != "a" || !strings.Contains(First(bye.Request, "to"), "tag=A") {
		t.Fatalf("the losing fork was not hung up:\n%s", bye.Request)
	}
	r.reply(bye, 200, "", "")
	r.do(r.s.Hangup(r.now, `Q.850;cause=16`))
	r.reply(r.last("BYE"), 200, "", "")
	r.expect("Ended: local hang-up ")
	if !r.finished {
		t.Fatal("not finished")
	}
	r.golden("forks")
}

// TestReliableOrder: repetitions and gaps of RSeq are neither acknowledged nor told (RFC 3262 4).
func TestReliableOrder(t *testing.T) {
	r := dial(t)
	invite := r.last("INVITE")
	for _, step := range []struct {
		tag, rseq string
		pracks    int
	}{{"A", "5", 1}, {"A", "5", 1}, {"A", "7", 1}, {"A", "6", 2}, {"B", "900", 3}, {"A", "7", 4}, {"A", "0", 4}, {"A", "x", 4}} {
		r.reply(invite, 183, step.tag, "", "Contact: <sip:a@192.0.2.9>", "Require: 100rel", "RSeq: "+step.rseq)
		if got := r.count("PRACK"); got != step.pracks {
			t.Fatalf("after RSeq %s of %s: %d PRACK, want %d", step.rseq, step.tag, got, step.pracks)
		}
	}
	if got := First(r.sent[1].Request, "rack"); got != "5 1 INVITE" {
		t.Fatalf("RAck %q", got)
	}
	seq := map[string]uint32{}
	for _, s := range r.sent[1:] { // CSeq rises per dialog
		tag, _ := Param(First(s.Request, "to"), "tag")
		if s.Request.CSeq().SeqNo != seq[tag]+1 && seq[tag] != 0 {
			t.Fatalf("CSeq %d after %d in dialog %s", s.Request.CSeq().SeqNo, seq[tag], tag)
		}
		seq[tag] = s.Request.CSeq().SeqNo
	}
}

// TestCancel covers the races of RFC 3261 9.1.
func TestCancel(t *testing.T) {
	contact := "Contact: <sip:a@192.0.2.9>"
	t.Run("not before a provisional", func(t *testing.T) {
		r := dial(t)
		r.do(r.s.Hangup(r.now, ""))
		r.expect("Ended: local hang-up ")
		if len(r.cancels) != 0 {
			t.Fatal("CANCEL before any 1xx")
		}
		r.reply(r.last("INVITE"), 100, "", "")
		if len(r.cancels) != 1 {
			t.Fatal("no CANCEL after the 1xx")
		}
		r.reply(r.last("INVITE"), 487, "A", "")
		r.expect()
		if !r.finished {
			t.Fatal("not finished")
		}
	})
	t.Run("a 200 crosses it", func(t *testing.T) {
		r := dial(t)
		r.reply(r.last("INVITE"), 180, "A", "", contact)
		r.do(r.s.Hangup(r.now, `SIP;cause=480`))
		r.expect("Trying", "Provisional 180 dialog A sdp false", "Ended: local hang-up ")
		r.reply(r.last("INVITE"), 200, "A", theirSDP, contact)
		if len(r.acks) != 1 || First(r.last("BYE").Request, "reason") != "SIP;cause=480" {
			t.Fatalf("no ACK and BYE:\n%s", r.trace.String())
		}
		r.reply(r.last("BYE"), 200, "", "")
		r.expect()
		if !r.finished {
			t.Fatal("not finished")
		}
	})
	t.Run("no final response", func(t *testing.T) {
		r := dial(t)
		r.reply(r.last("INVITE"), 180, "A", "", contact)
		r.do(r.s.Hangup(r.now, ""))
		r.wait(31999 * time.Millisecond)
		if r.finished {
			t.Fatal("given up before 64*T1")
		}
		r.wait(time.Millisecond)
		if !r.finished {
			t.Fatal("not given up after 64*T1")
		}
	})
	t.Run("nobody answers", func(t *testing.T) {
		r := dial(t)
		r.reply(r.last("INVITE"), 180, "A", "", contact)
		r.events = nil
		r.wait(180 * time.Second)
		r.expect("Refused 408")
		if len(r.cancels) != 1 {
			t.Fatal("no CANCEL")
		}
	})
}

// TestFinalResponses: every failure ends the call once, with its status.
func TestFinalResponses(t *testing.T) {
	for _, status := range []int{302, 380, 403, 404, 480, 486, 488, 500, 503, 600, 603} {
		r := dial(t)
		r.reply(r.last("INVITE"), 183, "A", "", "Contact: <sip:a@192.0.2.9>", "Require: 100rel", "RSeq: 1")
		r.events = nil
		r.reply(r.last("PRACK"), 200, "", "")
		r.reply(r.sent[0], status, "A", "")
		r.expect("Refused " + strconv.Itoa(status))
		if !r.finished {
			t.Fatalf("%d: not finished", status)
		}
	}
}

// TestTransactionFailure: a timeout is 408, a broken transport 503.
func TestTransactionFailure(t *testing.T) {
	for timeout, want := range map[bool]string{true: "Refused 408", false: "Refused 503"} {
		r := dial(t)
		r.do(r.s.Failed(r.now, r.last("INVITE").Tx, timeout, errDialog))
		r.expect(want)
		if !r.finished {
			t.Fatal("not finished")
		}
	}
}

// TestRaise obeys a 422 once per Min-SE and not for ever (RFC 4028 7.3).
func TestRaise(t *testing.T) {
	r := dial(t)
	r.reply(r.last("INVITE"), 422, "A", "", "Min-SE: 3600")
	second := r.last("INVITE")
	if r.count("INVITE") != 2 || second.Request.CSeq().SeqNo != 2 || First(second.Request, "session-expires") != "3600;refresher=uac" ||
		First(second.Request, "min-se") != "3600" || First(second.Request, "from") != First(r.sent[0].Request, "from") {
		t.Fatalf("no second INVITE as RFC 4028 7.3 wants it:\n%s", r.trace.String())
	}
	r.reply(second, 200, "B", theirSDP, "Contact: <sip:b@192.0.2.9>", "Session-Expires: 3600;refresher=uac")
	r.expect("Accepted dialog B sdp true")
	if got := r.acks[0].CSeq().SeqNo; got != 2 {
		t.Fatalf("ACK has CSeq %d", got)
	}
	r2 := dial(t)
	for i := range 10 {
		r2.reply(r2.last("INVITE"), 422, "A", "", "Min-SE: "+strconv.Itoa(2000+i))
		if r2.finished {
			break
		}
	}
	r2.expect("Refused 422")
	if n := r2.count("INVITE"); n != 1+maxRaises {
		t.Fatalf("%d INVITEs", n)
	}
}

// TestEarlyDialogEnds: 199 ends one early dialog, the call goes on (RFC 6228).
func TestEarlyDialogEnds(t *testing.T) {
	r := dial(t)
	invite := r.last("INVITE")
	r.reply(invite, 180, "A", "", "Contact: <sip:a@192.0.2.9>")
	r.reply(invite, 199, "A", "", "Contact: <sip:a@192.0.2.9>")
	r.reply(invite, 180, "A", "", "Contact: <sip:a@192.0.2.9>")
	r.reply(invite, 200, "B", theirSDP, "Contact: <sip:b@192.0.2.9>")
	r.expect("Trying", "Provisional 180 dialog A sdp false", "Provisional 199 dialog A sdp false", "Accepted dialog B sdp true")
}

// TestManyForks: the number of dialogs a hostile core can make us keep is bounded.
func TestManyForks(t *testing.T) {
	r := dial(t)
	for i := range 100 {
		r.reply(r.sent[0], 180, "t"+strconv.Itoa(i), "", "Contact: <sip:a@192.0.2.9>")
	}
	if n := len(r.s.caller.early); n != maxForks {
		t.Fatalf("%d early dialogs", n)
	}
}

// TestNoAnswerInOK: a 2xx without any answer to our offer is hung up (RFC 3261 13.2.1).
func TestNoAnswerInOK(t *testing.T) {
	r := dial(t)
	r.reply(r.last("INVITE"), 200, "A", "", "Contact: <sip:a@192.0.2.9>")
	r.expect("Refused 488")
	r.reply(r.last("BYE"), 200, "", "")
	if len(r.acks) != 1 || !r.finished {
		t.Fatal("not acknowledged and finished")
	}
}

// TestAnswerOnlyOnce: after a reliable answer copies in later responses change nothing; the winner keeps it.
func TestAnswerOnlyOnce(t *testing.T) {
	r := dial(t)
	r.reply(r.last("INVITE"), 183, "A", theirSDP, "Contact: <sip:a@192.0.2.9>", "Require: 100rel", "RSeq: 1")
	r.reply(r.last("PRACK"), 200, "", "")
	r.reply(r.sent[0], 180, "A", otherSDP, "Contact: <sip:a@192.0.2.9>")
	r.reply(r.sent[0], 200, "A", "", "Contact: <sip:a@192.0.2.9>")
	r.expect("Trying", "Provisional 183 dialog A sdp true", "Provisional 180 dialog A sdp false", "Accepted dialog A sdp true")
	if r.s.leg.remoteSDP != theirSDP {
		t.Fatal("the answer was replaced")
	}
}

// TestHangUpStray answers a 2xx of a forgotten call.
func TestHangUpStray(t *testing.T) {
	r := dial(t)
	invite := r.last("INVITE")
	r.reply(invite, 486, "A", "")
	text := message("SIP/2.0 200 OK", []string{"Via: SIP/2.0/UDP gw;branch=z9hG4bKa", "From: " + First(invite.Request, "from"), "To: <tel:+15550101>;tag=Z",
		"Call-ID: call1", "CSeq: 1 INVITE", "Contact: <sip:z@192.0.2.11>", "Record-Route: <sip:p9.example;lr>"}, theirSDP)
	ack, bye, err := HangUpStray(profile(), r.parse(text).(*sip.Response))
	if err != nil {
		t.Fatal(err)
	}
	if ack.Recipient.User != "z" || ack.CSeq().SeqNo != 1 || bye.CSeq().SeqNo != 2 || First(bye, "route") != "<sip:p9.example;lr>" ||
		First(bye, "to") != "<tel:+15550101>;tag=Z" {
		t.Fatalf("wrong:\n%s\n%s", ack, bye)
	}
}

// TestStrictRouter: a first route without lr becomes the Request-URI (RFC 3261 12.2.1.1).
func TestStrictRouter(t *testing.T) {
	r := established(t, "Record-Route: <sip:p2.example;lr>, <sip:strict.example>")
	ack := r.acks[0]
	if got := ack.Recipient.Host; got != "strict.example" {
		t.Fatalf("Request-URI %s", ack.Recipient.String())
	}
	if got := strings.Join(Values(ack, "route"), "|"); got != "<sip:p2.example;lr>|<sip:handset@192.0.2.9:5080>" {
		t.Fatalf("Route %s", got)
	}
}
