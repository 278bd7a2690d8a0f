package transaction

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

func TestTryingAfter200ms(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		invite := incoming(sip.INVITE, "1")
		f.handler(invite, udpSource())
		f.handler(invite, udpSource())
		pass(time.Second)
		f.handler(invite, udpSource())
		expect(t, "sent", f.take(), "100@0.2", "100@1")
		say(t, u.last(), 180)
		f.handler(invite, udpSource())
		expect(t, "sent", f.take(), "180@1", "180@1")
		expect(t, "heard", u.take(), "new INVITE")
	})
}

func TestNoTryingIfAnswered(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		f.handler(incoming(sip.INVITE, "1"), udpSource())
		pass(100 * time.Millisecond)
		say(t, u.last(), 183)
		pass(time.Minute)
		expect(t, "sent", f.take(), "183@0.1")
	})
}

func TestRefusalIsRepeatedUntilAck(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		invite := incoming(sip.INVITE, "1")
		f.handler(invite, udpSource())
		say(t, u.last(), 486)
		pass(2 * time.Second)
		f.handler(invite, udpSource())
		expect(t, "sent", f.take(), "486@0", "486@0.5", "486@1.5", "486@2")
		f.handler(ackOf(invite), udpSource())
		f.handler(ackOf(invite), udpSource())
		f.handler(invite, udpSource())
		if n := l.Stats().Servers; n != 1 { // Confirmed
			t.Errorf("%d transactions", n)
		}
		pass(6 * time.Second) // I
		expect(t, "sent", f.take())
		expect(t, "heard", u.take(), "new INVITE", "acked")
		if n := l.Stats().Servers; n != 0 {
			t.Errorf("%d transactions left", n)
		}
		if err := u.last().Respond(answerTo(invite, 200, "us")); !errors.Is(err, ErrAnswered) {
			t.Errorf("answered twice: %v", err)
		}
	})
}

func TestRefusalWithoutAck(t *testing.T) {
	for name, c := range map[string]struct {
		src  transport.Source
		want []string
	}{
		"udp": {udpSource(), []string{"486@0", "486@0.5", "486@1.5", "486@3.5", "486@7.5", "486@11.5", "486@15.5", "486@19.5", "486@23.5", "486@27.5", "486@31.5"}},
		"tcp": {tcpSource(), []string{"486@0"}},
	} {
		t.Run(name, func(t *testing.T) {
			serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
				f.handler(incoming(sip.INVITE, "1"), c.src)
				say(t, u.last(), 486)
				pass(time.Minute)
				expect(t, "sent", f.take(), c.want...)
				expect(t, "heard", u.take(), "new INVITE", "failed: "+ErrNoAck.Error())
				if n := l.Stats().Servers; n != 0 {
					t.Errorf("%d transactions left", n)
				}
			})
		})
	}
}

// TestAccepted is RFC 6026: after a 2xx repeated INVITEs vanish, ACKs go up, further 2xx go out.
func TestAccepted(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		invite := incoming(sip.INVITE, "1")
		f.handler(invite, udpSource())
		say(t, u.last(), 200)
		f.handler(invite, udpSource())
		say(t, u.last(), 200)
		if err := u.last().Respond(answerTo(invite, 486, "us")); !errors.Is(err, ErrAnswered) {
			t.Errorf("refusal after 2xx: %v", err)
		}
		f.handler(ackOf(invite), udpSource()) // with the INVITE's branch: wrong, but seen
		other := incoming(sip.ACK, "other")
		f.handler(other, udpSource())
		pass(time.Minute)
		expect(t, "sent", f.take(), "200@0", "200@0")
		expect(t, "heard", u.take(), "new INVITE", "ack for 2xx", "ack for 2xx")
		if n := l.Stats().Servers; n != 0 {
			t.Errorf("%d transactions left", n)
		}
	})
}

func TestCancelOfServer(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		invite := incoming(sip.INVITE, "1")
		f.handler(invite, udpSource())
		say(t, u.last(), 180)
		cancel := cancelFor(invite, nil)
		f.handler(cancel, udpSource())
		if tag := f.last().(*sip.Response).To().Params.GetOr("tag", ""); tag != "us" {
			t.Errorf("the CANCEL's 200 has the To tag %q, not that of the 180 (RFC 3261 9.2)", tag)
		}
		f.handler(cancel, udpSource())
		expect(t, "sent", f.take(), "180@0", "200@0", "200@0")
		expect(t, "heard", u.take(), "new INVITE", "cancelled")
		say(t, u.last(), 487)
		f.handler(ackOf(invite), udpSource())
		late := cancelFor(invite, nil)
		f.handler(late, udpSource()) // the same CANCEL once more, after the final response
		expect(t, "sent", f.take(), "487@0", "200@0")
		pass(time.Minute)
		expect(t, "heard", u.take(), "acked")
		f.handler(cancelFor(invite, nil), udpSource())
		expect(t, "sent", f.take(), "481@60")
		if s := l.Stats(); s.StrayCancels != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestCancelAfterAnswer(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		invite := incoming(sip.INVITE, "1")
		f.handler(invite, udpSource())
		say(t, u.last(), 200)
		f.handler(cancelFor(invite, nil), udpSource())
		expect(t, "sent", f.take(), "200@0", "200@0")
		expect(t, "heard", u.take(), "new INVITE")
	})
}

func TestOtherServer(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		bye := incoming(sip.BYE, "1")
		f.handler(bye, udpSource())
		f.handler(bye, udpSource())
		expect(t, "sent", f.take())
		say(t, u.last(), 100)
		f.handler(bye, udpSource())
		say(t, u.last(), 200)
		f.handler(bye, udpSource())
		expect(t, "sent", f.take(), "100@0", "100@0", "200@0", "200@0")
		if err := u.last().Respond(answerTo(bye, 200, "us")); !errors.Is(err, ErrAnswered) {
			t.Errorf("answered twice: %v", err)
		}
		pass(33 * time.Second) // J
		f.handler(bye, udpSource())
		expect(t, "heard", u.take(), "new BYE", "new BYE")
	})
}

func TestOtherServerOverTCPEndsAtOnce(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		f.handler(incoming(sip.BYE, "1"), tcpSource())
		f.err, f.later = io.ErrClosedPipe, true
		say(t, u.last(), 200)
		if n := l.Stats().Servers; n != 0 {
			t.Errorf("%d transactions left", n)
		}
		synctest.Wait()
		expect(t, "heard", u.take(), "new BYE", "failed: "+ErrTransport.Error())
	})
}

func TestNeverAnswered(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		f.handler(incoming(sip.MESSAGE, "1"), udpSource())
		pass(time.Minute)
		expect(t, "heard", u.take(), "new MESSAGE", "failed: "+ErrTimeout.Error())
		if n := l.Stats().Servers; n != 0 {
			t.Errorf("%d transactions left", n)
		}
	})
}

// TestFailedResponse: the user hears of it, on a goroutine other than the one that called Respond, and the INVITE lives on.
func TestFailedResponse(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		f.handler(incoming(sip.INVITE, "1"), udpSource())
		f.err = io.ErrClosedPipe
		say(t, u.last(), 180)
		synctest.Wait()
		expect(t, "heard", u.take(), "new INVITE", "failed: "+ErrTransport.Error())
		f.err = nil
		say(t, u.last(), 486)
		if n := l.Stats().Servers; n != 1 {
			t.Errorf("%d transactions", n)
		}
	})
}

func TestMismatchedResponse(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		f.handler(incoming(sip.INVITE, "1"), udpSource())
		f.handler(incoming(sip.INVITE, "2"), udpSource())
		if err := u.servers[0].Respond(answerTo(u.servers[1].Request(), 200, "us")); !errors.Is(err, ErrMismatch) {
			t.Error(err)
		}
	})
}

// TestMergedRequest is RFC 3261 8.2.2.2, and its limit: two users of ours called by one forked INVITE are two requests.
func TestMergedRequest(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		first := incoming(sip.INVITE, "1")
		second := incoming(sip.INVITE, "1")
		second.Via().Params.Add("branch", magicCookie+"other")
		third := incoming(sip.INVITE, "1")
		third.Via().Params.Add("branch", magicCookie+"third")
		third.Recipient.User = "carol"
		for _, r := range []*sip.Request{first, second, second, third} {
			f.handler(r, udpSource())
		}
		expect(t, "heard", u.take(), "new INVITE", "new INVITE")
		expect(t, "sent", f.take(), "482@0", "482@0")
		if s := l.Stats(); s.Merged != 1 {
			t.Errorf("stats %+v", s)
		}
		// Inside a dialog the same CSeq on another branch is the dialog's business.
		again := incoming(sip.INVITE, "1")
		again.To().Params.Add("tag", "us")
		again.Via().Params.Add("branch", magicCookie+"fourth")
		f.handler(again, udpSource())
		expect(t, "heard", u.take(), "new INVITE")
	})
}

// TestRFC2543: without a usable branch the fields of 17.2.3 decide.
func TestRFC2543(t *testing.T) {
	serving(t, func(t *testing.T, l *Layer, f *fake, u *user) {
		old := func(method sip.RequestMethod, id string) *sip.Request {
			req := incoming(method, id)
			req.Via().Params.Remove("branch")
			req.CSeq().MethodName = method
			return req
		}
		f.handler(old(sip.INVITE, "1"), udpSource())
		f.handler(old(sip.INVITE, "1"), udpSource())
		f.handler(old(sip.INVITE, "2"), udpSource())
		expect(t, "heard", u.take(), "new INVITE", "new INVITE")
		say(t, u.servers[0], 486)
		ack := old(sip.ACK, "1")
		ack.To().Params.Add("tag", "us")
		f.handler(ack, udpSource())
		expect(t, "heard", u.take(), "acked")
		f.handler(old(sip.CANCEL, "2"), udpSource())
		expect(t, "heard", u.take(), "cancelled")
	})
}

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, u := &fake{start: time.Now()}, &user{}
		timers := DefaultTimers()
		timers.MaxTransactions = 4
		l, err := New(f, timers, discard())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		u.attach(l)
		for i := range 6 {
			f.handler(incoming(sip.INVITE, fmt.Sprint(i)), udpSource())
		}
		expect(t, "sent", f.take(), "503@0", "503@0")
		expect(t, "heard", u.take(), "new INVITE", "new INVITE", "new INVITE", "new INVITE")
		bye := incoming(sip.BYE, "b")
		bye.To().Params.Add("tag", "us")
		f.handler(bye, udpSource())
		expect(t, "heard", u.take(), "new BYE") // a call in progress may end
		f.handler(cancelFor(u.servers[0].Request(), nil), udpSource())
		expect(t, "heard", u.take(), "cancelled")
		alive := l.Stats().Servers
		for i := range 10 { // a flood of CANCELs for nothing leaves nothing
			f.handler(cancelFor(incoming(sip.INVITE, fmt.Sprint("none", i)), nil), udpSource())
		}
		if s := l.Stats(); s.StrayCancels != 10 || s.Servers != alive {
			t.Errorf("stats %+v", s)
		}
		var h listener
		if _, err := l.Request(newRequest(sip.INVITE, "x"), udpTarget, &h); !errors.Is(err, ErrTooMany) {
			t.Errorf("client above the limit: %v", err)
		}
		f.handler(incoming(sip.INVITE, "9"), udpSource())
		if h := f.last().(*sip.Response).GetHeader("Retry-After"); h == nil || h.Value() != "5" {
			t.Errorf("Retry-After %v", h)
		}
		if s := l.Stats(); s.Refused != 3 {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestPanicEndsOneTransaction: the poisoned request gets 500, the next one is served.
func TestPanicEndsOneTransaction(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		l.OnRequest(func(s *Server) {
			if s.Request().Method == sip.MESSAGE {
				panic("poison")
			}
			s.answer(200, "OK")
		})
		f.handler(incoming(sip.MESSAGE, "1"), udpSource())
		f.handler(incoming(sip.OPTIONS, "2"), udpSource())
		expect(t, "sent", f.take(), "500@0", "200@0")
		if s := l.Stats(); s.Panics != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestCallbackMayCallBack: Respond, Request and Cancel from inside the callbacks, which never overlap.
func TestCallbackMayCallBack(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		l.OnRequest(func(s *Server) {
			s.OnCancel(func(*sip.Request) { s.answer(487, "Request Terminated") })
			s.answer(180, "Ringing")
			c, err := l.Request(newRequest(sip.INVITE, "out"), udpTarget, &h)
			if err != nil {
				t.Error(err)
			}
			if err := c.Cancel(); err != nil {
				t.Error(err)
			}
		})
		invite := incoming(sip.INVITE, "1")
		f.handler(invite, udpSource())
		f.handler(cancelFor(invite, nil), udpSource())
		expect(t, "sent", f.take(), "180@0", "INVITE@0", "200@0", "487@0")
	})
}
