package transaction

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

func TestInviteTimesOut(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		if _, err := l.Request(newRequest(sip.INVITE, "1"), udpTarget, &h); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		expect(t, "sent", f.take(), "INVITE@0", "INVITE@0.5", "INVITE@1.5", "INVITE@3.5", "INVITE@7.5", "INVITE@15.5", "INVITE@31.5")
		expect(t, "heard", h.take(), "timeout")
		if s := l.Stats(); s.Clients != 0 || s.Timeouts != 1 || s.Retransmissions != 6 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestInviteOverTCPIsNotRepeated(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		f.later = true
		var h listener
		if _, err := l.Request(newRequest(sip.INVITE, "1"), tcpTarget, &h); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		expect(t, "sent", f.take(), "INVITE@0")
		expect(t, "heard", h.take(), "timeout")
	})
}

// TestSwitchedInvite: a request for UDP that the transport sent by TCP is not repeated, and its ACK follows it there.
func TestSwitchedInvite(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		f.network, f.later = transport.TCP, true
		var h listener
		c, err := l.Request(newRequest(sip.INVITE, "1"), udpTarget, &h)
		if err != nil {
			t.Fatal(err)
		}
		sent := c.Request()
		pass(10 * time.Second)
		expect(t, "sent", f.take(), "INVITE@0")
		f.handler(answerTo(sent, 486, "a"), tcpSource())
		synctest.Wait()
		if p := f.sent[0]; p.dst.Network != transport.TCP || c.Target().Network != transport.TCP {
			t.Errorf("ACK to %v", p.dst)
		}
		expect(t, "sent", f.take(), "ACK@10")
		if n := l.Stats().Clients; n != 0 { // D is 0
			t.Errorf("%d transactions left", n)
		}
	})
}

func TestInviteRefused(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		req := newRequest(sip.INVITE, "1")
		req.AppendHeader(&sip.RouteHeader{Address: sip.Uri{Scheme: "sip", Host: "r1", UriParams: sip.HeaderParams{{K: "lr"}}}})
		req.AppendHeader(&sip.RouteHeader{Address: sip.Uri{Scheme: "sip", Host: "r2", UriParams: sip.HeaderParams{{K: "lr"}}}})
		c, err := l.Request(req, udpTarget, &h)
		if err != nil {
			t.Fatal(err)
		}
		sent := c.Request()
		for range 20 { // no limit on provisional responses
			f.handler(answerTo(sent, 180, "a"), udpSource())
		}
		expect(t, "heard", h.take(), "180", "180", "180", "180", "180", "180", "180", "180", "180", "180",
			"180", "180", "180", "180", "180", "180", "180", "180", "180", "180")
		pass(100 * time.Second)
		expect(t, "sent", f.take(), "INVITE@0")
		f.handler(answerTo(sent, 486, "b"), udpSource())
		ack := f.last().(*sip.Request)
		pass(time.Second)
		f.handler(answerTo(sent, 486, "b"), udpSource())
		expect(t, "sent", f.take(), "ACK@100", "ACK@101")
		expect(t, "heard", h.take(), "486")
		if ack.Via().Value() != sent.Via().Value() || len(ack.GetHeaders("via")) != 1 {
			t.Errorf("ACK Via %s, INVITE %s", ack.Via().Value(), sent.Via().Value())
		}
		if r := ack.GetHeaders("route"); len(r) != 2 || r[0].Value() != "<sip:r1;lr>" || r[1].Value() != "<sip:r2;lr>" {
			t.Errorf("ACK routes %v", r)
		}
		if tag := ack.To().Params.GetOr("tag", ""); tag != "b" {
			t.Errorf("ACK to tag %q", tag)
		}
		if ack.CSeq().Value() != "7 ACK" || ack.Recipient.String() != sent.Recipient.String() {
			t.Errorf("ACK %s, CSeq %s", ack.Recipient.String(), ack.CSeq().Value())
		}
		pass(31 * time.Second)
		if n := l.Stats().Clients; n != 0 { // D
			t.Errorf("%d transactions left", n)
		}
	})
}

// TestForks: several 2xx of different forks and their repetitions all go up until 64*T1 after the first (RFC 6026).
func TestForks(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		strays := 0
		l.OnStray(func(*sip.Response, transport.Source) { strays++ })
		c, err := l.Request(newRequest(sip.INVITE, "1"), udpTarget, &h)
		if err != nil {
			t.Fatal(err)
		}
		sent := c.Request()
		for _, tag := range []string{"a", "b"} {
			f.handler(answerTo(sent, 183, tag), udpSource())
		}
		for _, tag := range []string{"a", "a", "b"} {
			f.handler(answerTo(sent, 200, tag), udpSource())
		}
		f.handler(answerTo(sent, 180, "c"), udpSource()) // too late to matter
		pass(31 * time.Second)
		f.handler(answerTo(sent, 200, "b"), udpSource())
		expect(t, "heard", h.take(), "183", "183", "200", "200", "200", "200")
		expect(t, "sent", f.take(), "INVITE@0") // the ACK is the user's
		pass(2 * time.Second)
		f.handler(answerTo(sent, 200, "b"), udpSource())
		expect(t, "heard", h.take())
		if s := l.Stats(); strays != 1 || s.StrayResponses != 1 || s.Clients != 0 {
			t.Errorf("%d strays, %+v", strays, s)
		}
		if err := c.Cancel(); !errors.Is(err, ErrFinished) {
			t.Errorf("cancel: %v", err)
		}
	})
}

// Test2xxAfterRefusal: a forking proxy may forward a 2xx behind a final response; it is not lost.
func Test2xxAfterRefusal(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		var stray *sip.Response
		l.OnStray(func(res *sip.Response, _ transport.Source) { stray = res })
		c, _ := l.Request(newRequest(sip.INVITE, "1"), udpTarget, &h)
		f.handler(answerTo(c.Request(), 486, "a"), udpSource())
		f.handler(answerTo(c.Request(), 200, "b"), udpSource())
		if stray == nil || stray.StatusCode != 200 {
			t.Errorf("stray %v", stray)
		}
		expect(t, "heard", h.take(), "486")
	})
}

func TestOtherTimesOut(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		c, err := l.Request(newRequest(sip.BYE, "1"), udpTarget, &h)
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		expect(t, "sent", f.take(), "BYE@0", "BYE@0.5", "BYE@1.5", "BYE@3.5", "BYE@7.5", "BYE@11.5", "BYE@15.5", "BYE@19.5",
			"BYE@23.5", "BYE@27.5", "BYE@31.5")
		expect(t, "heard", h.take(), "timeout")
		if err := c.Cancel(); !errors.Is(err, ErrNotInvite) {
			t.Errorf("cancel: %v", err)
		}
	})
}

func TestOtherProceeding(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		c, _ := l.Request(newRequest(sip.REGISTER, "1"), udpTarget, &h)
		sent := c.Request()
		pass(time.Second)
		f.handler(answerTo(sent, 100, ""), udpSource())
		pass(9 * time.Second)
		expect(t, "sent", f.take(), "REGISTER@0", "REGISTER@0.5", "REGISTER@1.5", "REGISTER@5.5", "REGISTER@9.5")
		f.handler(answerTo(sent, 200, "a"), udpSource())
		f.handler(answerTo(sent, 200, "a"), udpSource())
		if c.Request() != nil {
			t.Error("the request is kept although nothing can be done with it any more")
		}
		pass(time.Minute)
		expect(t, "sent", f.take())
		expect(t, "heard", h.take(), "100", "200")
		if s := l.Stats(); s.Absorbed != 1 || s.Clients != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestSendFailsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		f.err = io.ErrClosedPipe
		var h listener
		if _, err := l.Request(newRequest(sip.INVITE, "1"), udpTarget, &h); !errors.Is(err, ErrTransport) || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("error %v", err)
		}
		pass(time.Minute)
		expect(t, "heard", h.take())
		if n := l.Stats().Clients; n != 0 {
			t.Errorf("%d transactions left", n)
		}
	})
}

func TestSendFailsLater(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		f.err, f.later = io.ErrClosedPipe, true
		for _, m := range []sip.RequestMethod{sip.INVITE, sip.BYE} {
			var h listener
			if _, err := l.Request(newRequest(m, "1"), tcpTarget, &h); err != nil {
				t.Fatal(err)
			}
			pass(time.Minute)
			expect(t, "heard", h.take(), "transport")
			if !errors.Is(h.errs[0], io.ErrClosedPipe) {
				t.Errorf("cause lost: %v", h.errs[0])
			}
		}
		if n := l.Stats().Clients; n != 0 {
			t.Errorf("%d transactions left", n)
		}
	})
}

// TestCancel: the CANCEL waits for a provisional response, looks like its INVITE, and bounds its life.
func TestCancel(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		c, _ := l.Request(newRequest(sip.INVITE, "1"), udpTarget, &h)
		for range 2 {
			if err := c.Cancel(sip.NewHeader("Reason", "SIP;cause=200")); err != nil {
				t.Fatal(err)
			}
		}
		pass(100 * time.Millisecond)
		expect(t, "sent", f.take(), "INVITE@0")
		f.handler(answerTo(c.Request(), 100, ""), udpSource())
		cancel, ok := f.last().(*sip.Request)
		if !ok || cancel.Method != sip.CANCEL {
			t.Fatalf("sent %v", f.last())
		}
		if cancel.Via().Value() != c.Request().Via().Value() || cancel.CSeq().Value() != "7 CANCEL" || cancel.To().Params.Has("tag") {
			t.Errorf("CANCEL %s", cancel)
		}
		if r := cancel.GetHeader("Reason"); r == nil || r.Value() != "SIP;cause=200" {
			t.Errorf("Reason %v", r)
		}
		f.handler(answerTo(cancel, 200, "a"), udpSource())
		f.handler(answerTo(c.Request(), 487, "a"), udpSource())
		pass(time.Minute)
		expect(t, "sent", f.take(), "CANCEL@0.1", "ACK@0.1")
		expect(t, "heard", h.take(), "100", "487")
		if n := l.Stats().Clients; n != 0 {
			t.Errorf("%d transactions left", n)
		}
	})
}

func TestCancelUnanswered(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		c, _ := l.Request(newRequest(sip.INVITE, "1"), udpTarget, &h)
		f.handler(answerTo(c.Request(), 180, "a"), udpSource())
		pass(3 * time.Minute) // ringing has no end of its own
		expect(t, "heard", h.take(), "180")
		if err := c.Cancel(); err != nil {
			t.Fatal(err)
		}
		f.handler(answerTo(c.Request(), 180, "a"), udpSource())
		pass(31 * time.Second)
		expect(t, "heard", h.take(), "180")
		pass(2 * time.Second)
		expect(t, "heard", h.take(), "timeout")
	})
}

func TestCancelCrosses2xx(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		c, _ := l.Request(newRequest(sip.INVITE, "1"), udpTarget, &h)
		if err := c.Cancel(); err != nil {
			t.Fatal(err)
		}
		f.handler(answerTo(c.Request(), 200, "a"), udpSource())
		pass(time.Minute)
		expect(t, "sent", f.take(), "INVITE@0") // never a CANCEL behind a final response
		expect(t, "heard", h.take(), "200")
	})
}

func TestRequestChecks(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		var h listener
		if _, err := l.Request(sip.NewRequest(sip.BYE, sip.Uri{Scheme: "sip", Host: "h"}), udpTarget, &h); !errors.Is(err, ErrIncomplete) {
			t.Errorf("incomplete: %v", err)
		}
		c, err := l.Request(newRequest(sip.BYE, "1"), udpTarget, &h)
		if err != nil {
			t.Fatal(err)
		}
		sent := c.Request()
		if sent.MaxForwards() == nil || sent.ContentLength() == nil {
			t.Error("not completed")
		}
		again := newRequest(sip.BYE, "2")
		again.PrependHeader(sent.Via().Clone())
		if _, err := l.Request(again, udpTarget, &h); !errors.Is(err, ErrDuplicate) {
			t.Errorf("duplicate: %v", err)
		}
		l.Close()
		if _, err := l.Request(newRequest(sip.BYE, "3"), udpTarget, &h); !errors.Is(err, ErrClosed) {
			t.Errorf("closed: %v", err)
		}
		pass(time.Minute)
		expect(t, "heard", h.take())
	})
}

// TestAck: the ACK of a 2xx has a branch of its own, kept when it is sent again.
func TestAck(t *testing.T) {
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		ack := newRequest(sip.ACK, "1")
		for range 2 {
			if err := l.Ack(ack, udpTarget, nil); err != nil {
				t.Fatal(err)
			}
		}
		branch, _ := ack.Via().Params.Get("branch")
		if len(branch) < 20 || len(ack.GetHeaders("via")) != 1 {
			t.Errorf("branch %q", branch)
		}
		pass(time.Minute)
		expect(t, "sent", f.take(), "ACK@0", "ACK@0")
		f.err = io.ErrClosedPipe
		if err := l.Ack(ack, udpTarget, nil); !errors.Is(err, ErrTransport) {
			t.Error(err)
		}
		f.later = true
		var late error
		if err := l.Ack(ack, udpTarget, func(err error) { late = err }); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !errors.Is(late, ErrTransport) {
			t.Error(late)
		}
	})
}
