package dialog

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// FuzzHeaders: no header value makes the readers panic, and what they return never holds a line break that was not there.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{`"A, \"B\"" <sip:a@b;lr>;tag=x, <sip:c@d>`, `"`, `<`, `;;;=`, `a;tag="x`, `\`, `"\`, ` , ,`, `<sip:a>;tag=1;tag=2`} {
		f.Add(s, "tag")
	}
	f.Fuzz(func(t *testing.T, value, name string) {
		for _, v := range SplitList(value) {
			if !strings.Contains(value, v) {
				t.Fatalf("%q is not part of %q", v, value)
			}
			Param(v, name)
			DisplayName(v)
			if uri := AddrSpec(v); uri != "" {
				_, _ = parseTarget(uri)
			}
		}
	})
}

// FuzzSession: whatever well-formed messages come in, in any order, nothing panics and the end is told once.
func FuzzSession(f *testing.F) {
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"), true)
	f.Add([]byte{0, 9, 3, 200, 17, 44, 3, 3, 3}, false)
	f.Fuzz(func(t *testing.T, steps []byte, outgoing bool) {
		if len(steps) == 0 || len(steps) > 200 {
			return
		}
		i := 0
		walk(t, outgoing, len(steps), func(n int) int { i++; return int(steps[i%len(steps)]) % n })
	})
}

// TestWalk: a thousand random walks; every call that is hung up comes to its end with one ending event and Finish.
func TestWalk(t *testing.T) {
	for seed := range uint64(1000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		walk(t, seed%2 == 0, 5+rnd.IntN(60), rnd.IntN)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// walk gives a session n inputs, then hangs up and lets time pass.
func walk(t *testing.T, outgoing bool, n int, pick func(int) int) {
	var r *rig
	if outgoing {
		r = dial(t)
	} else {
		r = receive(t, []string{theirSDP, ""}[pick(2)], []string{"X: y", "Supported: 100rel, timer"}[pick(2)])
	}
	r.s.profile.Allow = append(r.s.profile.Allow, "REFER", "NOTIFY")
	cseq := 1
	for range n {
		if r.finished {
			break
		}
		randomInput(r, pick, &cseq)
	}
	r.do(r.s.Hangup(r.now, ""))
	for range 50 { // a far end that stays silent: transactions time out
		if r.finished {
			break
		}
		r.wait(40 * time.Second)
		for _, s := range r.sent {
			if _, open := r.s.pending[s.Tx]; open {
				r.do(r.s.Failed(r.now, s.Tx, true, errDialog))
			}
		}
	}
	if !r.finished {
		t.Errorf("never finished, state %s:\n%s", r.s.state, r.trace.String())
	}
	ends := 0
	for _, e := range r.events {
		switch e.(type) {
		case Ended, Refused:
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("%d endings:\n%s", ends, r.trace.String())
	}
}

// randomInput gives the session one input of any kind.
func randomInput(r *rig, pick func(int) int, cseq *int) {
	body := []string{"", theirSDP, otherSDP}[pick(3)]
	user := func(out []Action, err error) {
		if err == nil {
			r.do(out)
		}
	}
	switch pick(15) {
	case 0, 1, 2:
		if len(r.sent) > 0 {
			status := []int{100, 180, 183, 183, 199, 200, 200, 404, 408, 422, 481, 487, 488, 491, 500}[pick(15)]
			lines := []string{"Contact: <sip:a@192.0.2.9>", "Retry-After: 1", "Min-SE: 2000", "Allow: UPDATE"}
			if pick(2) == 0 {
				lines = append(lines, "Require: 100rel", "RSeq: "+[]string{"1", "2", "3"}[pick(3)])
			}
			r.reply(r.sent[pick(len(r.sent))], status, []string{"far", "B"}[pick(2)], body, lines...)
		}
	case 3, 4:
		*cseq += pick(3)
		method := []string{"INVITE", "UPDATE", "PRACK", "BYE", "INFO", "ACK", "REFER", "OPTIONS", "NOTIFY"}[pick(9)]
		if method == "ACK" {
			r.ask(0, method, 1+pick(*cseq+1), body)
			return
		}
		r.ask(uint64(1000+*cseq), method, *cseq, body, "Contact: <sip:n@192.0.2.9>", "RAck: "+[]string{"1", "2"}[pick(2)]+" 1 INVITE",
			"Refer-To: <sip:c@h>", "Event: refer", "Subscription-State: "+[]string{"active;expires=5", "terminated"}[pick(2)])
	case 5:
		user(r.s.Offer(r.now, ourSDP))
	case 6:
		user(r.s.Answer(r.now, ourSDP))
	case 7:
		user(r.s.RefuseOffer(r.now, 488))
	case 8:
		r.do(r.s.Progress(r.now, 180+pick(4), []string{"", ourSDP}[pick(2)]))
	case 9:
		user(r.s.Accept(r.now, ourSDP))
	case 10:
		r.wait([]time.Duration{time.Millisecond, time.Second, 40 * time.Second, 2000 * time.Second}[pick(4)])
	case 11:
		if len(r.sent) > 0 && pick(4) == 0 {
			r.do(r.s.Failed(r.now, r.sent[pick(len(r.sent))].Tx, pick(2) == 0, errDialog))
		} else if pick(8) == 0 {
			r.do(r.s.Cancelled(r.now, r.request("CANCEL sip:x@y SIP/2.0", 1, "")))
		}
	case 12:
		user(r.s.Refer(r.now, "<sip:c@h>"))
	case 13:
		if pick(3) > 0 {
			user(r.s.TakeRefer(r.now, "message/sipfrag", "SIP/2.0 100 Trying\r\n"))
		} else {
			user(r.s.RefuseRefer(r.now, 603))
		}
	case 14:
		r.do(r.s.ReportRefer(r.now, "message/sipfrag", "SIP/2.0 200 OK\r\n", pick(2) == 0))
	}
}

// BenchmarkCall is one answered outgoing call: machine and message building, without the wire.
func BenchmarkCall(b *testing.B) {
	res := func(req *sip.Request, status int, extra string, body string) *sip.Response {
		text := message("SIP/2.0 "+map[int]string{180: "180 Ringing", 200: "200 OK"}[status], []string{"Via: SIP/2.0/UDP gw;branch=z9hG4bKa", "From: " + First(req, "from"),
			"To: <tel:+15550101>;tag=A", "Call-ID: call1", "CSeq: 1 INVITE", "Contact: <sip:a@192.0.2.9>" + extra}, body)
		msg, err := sip.NewParser().ParseSIP([]byte(text))
		if err != nil {
			b.Fatal(err)
		}
		return msg.(*sip.Response)
	}
	now := time.Now()
	p := profile()
	s, _ := NewCaller(p, Call{Target: "tel:+15550101", From: "<sip:a@b>", To: "<tel:+15550101>", CallID: "call1", SDP: ourSDP})
	ringing, ok := res(s.invite, 180, "", ""), res(s.invite, 200, "", theirSDP)
	b.ReportAllocs()
	for b.Loop() {
		s, err := NewCaller(p, Call{Target: "tel:+15550101", From: "<sip:a@b>", To: "<tel:+15550101>", CallID: "call1", SDP: ourSDP})
		if err != nil {
			b.Fatal(err)
		}
		s.Start(now)
		s.Response(now, 1, ringing)
		s.Response(now, 1, ok)
		s.Hangup(now, "")
	}
}
