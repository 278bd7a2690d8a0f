package dialog

import (
	"testing"
	"time"
)

// offer gives the session an offer of ours.
func (r *rig) offer(sdp string) {
	r.t.Helper()
	out, err := r.s.Offer(r.now, sdp)
	if err != nil {
		r.t.Fatal(err)
	}
	r.do(out)
}

// TestReinvite: a re-INVITE of ours is acknowledged, moves the target and answers.
func TestReinvite(t *testing.T) {
	r := established(t, "Allow: INVITE, UPDATE")
	r.offer(otherSDP)
	re := r.last("INVITE")
	if First(re.Request, "session-expires") != "1800;refresher=uac" {
		t.Fatal("a re-INVITE without Session-Expires switches the timer off")
	}
	r.reply(re, 100, "", "")
	r.reply(re, 200, "", theirSDP, "Contact: <sip:moved@192.0.2.9>")
	r.expect("Answered dialog far")
	if len(r.acks) != 2 || r.acks[1].Recipient.User != "moved" || r.acks[1].CSeq().SeqNo != 2 {
		t.Fatal("no ACK to the new target")
	}
	r.reply(re, 200, "", theirSDP, "Contact: <sip:moved@192.0.2.9>")
	if len(r.acks) != 3 || r.acks[2] != r.acks[1] {
		t.Fatal("a repeated 2xx got no ACK")
	}
	r.golden("reinvite")
}

// TestGlare: 491 makes the owner of the Call-ID wait 2.1 to 4 s, the other side 0 to 2 s (RFC 3261 14.1).
func TestGlare(t *testing.T) {
	for _, c := range []struct {
		name     string
		rig      func(*testing.T) *rig
		min, max time.Duration
	}{
		{"owner", func(t *testing.T) *rig { return established(t) }, 2100 * time.Millisecond, 4 * time.Second},
		{"other", func(t *testing.T) *rig { return answered(t) }, 0, 2 * time.Second},
	} {
		for _, draw := range []int64{0, -1} {
			t.Run(c.name, func(t *testing.T) {
				r := c.rig(t)
				r.s.profile.Random = func(n int64) int64 { return (n + draw) % n }
				r.offer(otherSDP)
				first := r.last("INVITE")
				r.reply(first, 491, "", "")
				limit := c.min
				if draw < 0 {
					limit = c.max
				}
				if limit > 0 {
					r.wait(limit - time.Millisecond)
					if r.last("INVITE").Tx != first.Tx {
						t.Fatal("again too early")
					}
				}
				r.wait(time.Millisecond)
				if r.last("INVITE").Tx == first.Tx {
					t.Fatal("not again")
				}
			})
		}
	}
}

// TestOfferFailures: what a failed re-INVITE does to the call (RFC 3261 14.1, 12.2.1.2).
func TestOfferFailures(t *testing.T) {
	for _, c := range []struct {
		status int
		events []string
		bye    bool
	}{
		{488, []string{"OfferRefused 488"}, false},
		{404, []string{"OfferRefused 404"}, false},
		{500, []string{"OfferRefused 500"}, false},
		{481, []string{"Ended: dialog lost "}, true},
		{408, []string{"Ended: dialog lost "}, true},
	} {
		r := established(t)
		r.offer(otherSDP)
		r.reply(r.last("INVITE"), c.status, "", "")
		r.expect(c.events...)
		if (r.count("BYE") == 1) != c.bye {
			t.Fatalf("%d: BYE %d", c.status, r.count("BYE"))
		}
	}
	r := established(t)
	r.offer(otherSDP)
	r.do(r.s.Failed(r.now, r.last("INVITE").Tx, true, errDialog))
	r.expect("Ended: dialog lost ")
}

// TestOfferRepeats: glare for ever, and 500 with Retry-After, end in OfferRefused.
func TestOfferRepeats(t *testing.T) {
	r := established(t)
	r.offer(otherSDP)
	for range 50 {
		if len(r.events) > 0 {
			break
		}
		r.reply(r.last("INVITE"), 491, "", "")
		r.wait(5 * time.Second)
	}
	r.expect("OfferRefused 491")
	r.offer(otherSDP)
	r.reply(r.last("INVITE"), 500, "", "", "Retry-After: 2")
	n := r.count("INVITE")
	r.wait(1900 * time.Millisecond)
	if r.count("INVITE") != n {
		t.Fatal("again before Retry-After")
	}
	r.wait(200 * time.Millisecond)
	if r.count("INVITE") != n+1 {
		t.Fatal("not again after Retry-After")
	}
}

// situation is a call in a state that matters to an offer of the far end.
type situation struct {
	name string
	make func(t *testing.T) *rig
}

// situations are the states of TestTheirOffers.
func situations() (idle, ours, theirs, noAck, early situation) {
	idle = situation{"idle", func(t *testing.T) *rig { return answered(t) }}
	ours = situation{"our re-INVITE is out", func(t *testing.T) *rig {
		r := answered(t)
		r.offer(otherSDP)
		return r
	}}
	theirs = situation{"their offer is unanswered", func(t *testing.T) *rig {
		r := answered(t)
		r.ask(300, "UPDATE", 2, otherSDP)
		r.events = nil
		return r
	}}
	noAck = situation{"their re-INVITE lacks its ACK", func(t *testing.T) *rig {
		r := answered(t)
		r.ask(300, "INVITE", 2, otherSDP)
		out, err := r.s.Answer(r.now, ourSDP)
		if err != nil {
			t.Fatal(err)
		}
		r.do(out)
		r.events = nil
		return r
	}}
	early = situation{"early, unanswered", func(t *testing.T) *rig { return receive(t, theirSDP, "Supported: 100rel") }}
	return idle, ours, theirs, noAck, early
}

// TestTheirOffers: what their offer gets in each state of ours (RFC 3261 14.2, RFC 3311 5.2).
func TestTheirOffers(t *testing.T) {
	idle, ours, theirs, noAck, early := situations()
	for _, c := range []struct {
		situation
		method, sdp string
		status      int // 0: the user is asked
	}{
		{idle, "INVITE", otherSDP, 0}, {idle, "UPDATE", otherSDP, 0}, {idle, "UPDATE", "", 200}, {idle, "INVITE", "", 200},
		{ours, "INVITE", otherSDP, 491}, {ours, "UPDATE", otherSDP, 491}, {ours, "UPDATE", "", 200},
		{theirs, "INVITE", otherSDP, 500}, {theirs, "UPDATE", otherSDP, 500}, {theirs, "UPDATE", "", 200},
		{noAck, "INVITE", otherSDP, 500}, {noAck, "UPDATE", otherSDP, 0},
		{early, "INVITE", otherSDP, 500}, {early, "UPDATE", otherSDP, 500}, {early, "UPDATE", "", 200},
	} {
		sdp := "without SDP"
		if c.sdp != "" {
			sdp = "with SDP"
		}
		t.Run(c.name+", "+c.method+" "+sdp, func(t *testing.T) {
			r := c.make(t)
			r.ask(301, c.method, 3, c.sdp)
			if got := r.status(301); got != c.status {
				t.Fatalf("status %d, want %d", got, c.status)
			}
			if c.status == 0 {
				r.expect("Offered dialog far")
				out, err := r.s.Answer(r.now, ourSDP)
				if err != nil {
					t.Fatal(err)
				}
				r.do(out)
				if r.status(301) != 200 {
					t.Fatal("not answered")
				}
				return
			}
			r.expect()
		})
	}
}

// TestRefuseOffer: a refused or forgotten offer leaves the session as it was.
func TestRefuseOffer(t *testing.T) {
	r := answered(t)
	r.ask(300, "INVITE", 2, otherSDP)
	out, err := r.s.RefuseOffer(r.now, 488)
	if err != nil {
		t.Fatal(err)
	}
	r.do(out)
	if r.status(300) != 488 || r.s.leg.remoteSDP != theirSDP {
		t.Fatal("not refused, or taken all the same")
	}
	r.ask(301, "UPDATE", 3, otherSDP)
	r.wait(15 * time.Second)
	if r.status(301) != 500 {
		t.Fatal("a forgotten offer was not refused")
	}
	if _, err := r.s.Answer(r.now, ourSDP); err == nil {
		t.Fatal("answered an offer that is gone")
	}
}

// TestOfferlessReinvite: our current description is the offer, the ACK brings the answer (RFC 3261 14.2).
func TestOfferlessReinvite(t *testing.T) {
	r := answered(t)
	r.ask(300, "INVITE", 2, "")
	if got := responseSDP(r.responses[len(r.responses)-1].Response); got != ourSDP {
		t.Fatalf("offer %q", got)
	}
	r.ask(0, "ACK", 2, otherSDP)
	r.expect("Answered dialog far")
}

// TestEarlyUpdate: before the answer our offer goes by UPDATE, and only when the first exchange is complete and
// acknowledged and the far end allows it (RFC 3311 5.1); otherwise it waits for the answer.
func TestEarlyUpdate(t *testing.T) {
	contact := "Contact: <sip:a@192.0.2.9>"
	t.Run("allowed", func(t *testing.T) {
		r := dial(t)
		r.reply(r.last("INVITE"), 183, "A", theirSDP, contact, "Require: 100rel", "RSeq: 1", "Allow: UPDATE")
		r.offer(otherSDP)
		if r.count("UPDATE") != 0 {
			t.Fatal("UPDATE before the PRACK was answered")
		}
		r.reply(r.last("PRACK"), 200, "", "")
		r.reply(r.last("UPDATE"), 200, "", otherSDP, contact)
		r.expect("Trying", "Provisional 183 dialog A sdp true", "Answered dialog A")
		r.reply(r.sent[0], 200, "A", theirSDP, contact) // a stale copy of the first answer
		r.expect("Accepted dialog A sdp true")
		if r.s.leg.remoteSDP != otherSDP {
			t.Fatal("the stale copy won")
		}
	})
	t.Run("not allowed", func(t *testing.T) {
		r := dial(t)
		r.reply(r.last("INVITE"), 183, "A", theirSDP, contact, "Require: 100rel", "RSeq: 1")
		r.offer(otherSDP)
		r.reply(r.last("PRACK"), 200, "", "")
		if r.count("UPDATE") != 0 {
			t.Fatal("UPDATE though it is not allowed")
		}
		r.reply(r.sent[0], 200, "A", "", contact)
		if r.count("INVITE") != 2 {
			t.Fatal("the offer did not follow the answer")
		}
	})
	t.Run("theirs", func(t *testing.T) {
		r := dial(t)
		r.reply(r.last("INVITE"), 183, "far", theirSDP, contact, "Require: 100rel", "RSeq: 1")
		r.reply(r.last("PRACK"), 200, "", "")
		r.ask(300, "UPDATE", 1, otherSDP)
		r.expect("Trying", "Provisional 183 dialog far sdp true", "Offered dialog far")
		out, err := r.s.Answer(r.now, ourSDP)
		if err != nil {
			t.Fatal(err)
		}
		r.do(out)
		if r.status(300) != 200 || First(r.responses[0].Response, "session-expires") != "" {
			t.Fatal("not answered, or a session timer before the answer")
		}
	})
}

// TestRefresh: the refresher sends UPDATE at half the interval, the other side hangs up before the end (RFC 4028 10).
func TestRefresh(t *testing.T) {
	t.Run("we refresh", func(t *testing.T) {
		r := established(t, "Allow: UPDATE", "Session-Expires: 600;refresher=uac", "Require: timer")
		r.wait(299 * time.Second)
		if r.count("UPDATE") != 0 {
			t.Fatal("too early")
		}
		r.wait(time.Second)
		u := r.last("UPDATE")
		if First(u.Request, "session-expires") != "600;refresher=uac" || requestSDP(u.Request) != "" {
			t.Fatalf("refresh:\n%s", u.Request)
		}
		r.reply(u, 200, "", "", "Session-Expires: 600;refresher=uac")
		r.wait(300 * time.Second)
		if r.count("UPDATE") != 2 {
			t.Fatal("no second refresh")
		}
		r.do(r.s.Failed(r.now, r.last("UPDATE").Tx, true, errDialog))
		r.expect("Ended: dialog lost ")
		r.last("BYE")
	})
	t.Run("by re-INVITE", func(t *testing.T) {
		r := established(t, "Allow: INVITE", "Session-Expires: 600;refresher=uac")
		r.wait(300 * time.Second)
		re := r.last("INVITE")
		if requestSDP(re.Request) != ourSDP {
			t.Fatal("the refresh does not carry the description in force")
		}
		r.reply(re, 200, "", theirSDP)
		r.expect() // nothing changed
	})
	t.Run("405 to UPDATE", func(t *testing.T) {
		r := established(t, "Allow: UPDATE", "Session-Expires: 600;refresher=uac")
		r.wait(300 * time.Second)
		r.reply(r.last("UPDATE"), 405, "", "")
		r.wait(0)
		if r.count("INVITE") != 2 {
			t.Fatal("no re-INVITE instead")
		}
	})
}

// TestRefreshByTheOtherSide: who waits for refreshes hangs up when none comes, and refuses too short an interval.
func TestRefreshByTheOtherSide(t *testing.T) {
	t.Run("they do not refresh", func(t *testing.T) {
		r := established(t, "Session-Expires: 600;refresher=uas")
		r.wait(567 * time.Second)
		r.expect()
		r.wait(time.Second) // 600 - 32
		r.expect("Ended: session timer expired ")
		if got := First(r.last("BYE").Request, "reason"); got == "" {
			t.Fatal("no Reason")
		}
	})
	t.Run("they refresh", func(t *testing.T) {
		r := answered(t, "Supported: timer", "Session-Expires: 600;refresher=uac")
		for i := range 5 {
			r.wait(300 * time.Second)
			r.ask(uint64(400+i), "UPDATE", 2+i, "", "Supported: timer", "Session-Expires: 600;refresher=uac")
			if First(r.responses[len(r.responses)-1].Response, "session-expires") != "600;refresher=uac" {
				t.Fatal("not agreed")
			}
		}
		r.expect()
		r.ask(500, "UPDATE", 9, "", "Supported: timer", "Session-Expires: 30;refresher=uac")
		if r.status(500) != 422 {
			t.Fatalf("a short interval got %d", r.status(500))
		}
	})
	t.Run("the far end knows no timer", func(t *testing.T) {
		r := established(t, "Allow: UPDATE")
		r.wait(900 * time.Second)
		r.last("UPDATE")
	})
	t.Run("refreshes fail", func(t *testing.T) {
		r := established(t, "Allow: UPDATE", "Session-Expires: 600;refresher=uac")
		r.wait(300 * time.Second)
		for range 20 {
			if len(r.events) > 0 {
				break
			}
			if r.s.modify.tx != 0 {
				r.reply(r.last("UPDATE"), 503, "", "")
			}
			r.wait(32 * time.Second)
		}
		r.expect("Ended: session timer expired ")
	})
}
