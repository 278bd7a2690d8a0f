package dialog

import (
	"testing"
)

// TestAuthorized: a challenged request goes out again as RFC 3261 22.2 wants it: next CSeq, same everything, and the dialog
// goes on from that number.
func TestAuthorized(t *testing.T) {
	r := dial(t)
	first := r.last("INVITE")
	out, ok := r.s.Authorized(r.now, first.Tx, first.Request, Header{"Proxy-Authorization", "Digest one"})
	if !ok {
		t.Fatal("the INVITE was not sent again")
	}
	r.do(out)
	second := r.last("INVITE")
	if second.Tx != first.Tx || second.Request.CSeq().SeqNo != 2 || First(second.Request, "proxy-authorization") != "Digest one" ||
		First(second.Request, "from") != First(first.Request, "from") || First(second.Request, "call-id") != First(first.Request, "call-id") ||
		string(second.Request.Body()) != string(first.Request.Body()) || len(second.Request.GetHeaders("cseq")) != 1 {
		t.Fatalf("\n%s\n%s", first.Request, second.Request)
	}
	out, _ = r.s.Authorized(r.now, second.Tx, second.Request, Header{"Proxy-Authorization", "Digest two"})
	r.do(out)
	third := r.last("INVITE")
	if got := third.Request.GetHeaders("proxy-authorization"); len(got) != 1 || got[0].Value() != "Digest two" || third.Request.CSeq().SeqNo != 3 {
		t.Fatalf("\n%s", third.Request)
	}
	r.reply(third, 200, "A", theirSDP, "Contact: <sip:a@192.0.2.9:5080>")
	if ack := r.acks[len(r.acks)-1]; ack.CSeq().SeqNo != 3 {
		t.Fatalf("ACK\n%s", ack)
	}
	r.do(r.s.Hangup(r.now, ""))
	bye := r.last("BYE")
	out, ok = r.s.Authorized(r.now, bye.Tx, bye.Request, Header{"Authorization", "Digest three"})
	if !ok {
		t.Fatal("the BYE was not sent again")
	}
	r.do(out)
	again := r.last("BYE")
	if again.Request.CSeq().SeqNo != bye.Request.CSeq().SeqNo+1 || First(again.Request, "authorization") != "Digest three" {
		t.Fatalf("\n%s", again.Request)
	}
	r.reply(again, 200, "", "")
	if !r.finished {
		t.Fatal("not finished")
	}
	if _, ok := r.s.Authorized(r.now, again.Tx, again.Request, Header{"Authorization", "x"}); ok {
		t.Fatal("a request that is over was sent again")
	}
}

// TestNotAuthorizedAfterCancel: nobody proves a password for a call that is given up; the challenge ends it.
func TestNotAuthorizedAfterCancel(t *testing.T) {
	r := dial(t)
	invite := r.last("INVITE")
	r.do(r.s.Hangup(r.now, ""))
	if _, ok := r.s.Authorized(r.now, invite.Tx, invite.Request, Header{"Authorization", "x"}); ok {
		t.Fatal("sent again")
	}
	r.reply(invite, 401, "x", "")
	if !r.finished {
		t.Fatal("not finished")
	}
}
