package sipws

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/wire"
)

// TestKeepAlive: double CRLF is answered by one, a single one by nothing (RFC 5626 4.4.1).
func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		p.flow.Frame([]byte("\r\n\r\n"))
		if got := p.next(); got != "\r\n" {
			t.Errorf("got %q", got)
		}
		p.flow.Frame([]byte("\r\n"))
		p.flow.Frame(nil)
		p.silent()
		if p.closeCode() != 0 {
			t.Error("closed")
		}
	})
}

// TestHostile: what is no SIP is answered where it can be and closes the connection in the end; what is too much is refused
// without keeping anything, and closes it as well.
func TestHostile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		p.register()
		p.write("", "OPTIONS sip:x SIP/2.0", "Via: SIP/2.0/WSS abc.invalid;branch=z9hG4bKh", "From: <sip:a@b>;tag=1", "To: <sip:c@d>", "Call-ID: 1", "CSeq: 1 INVITE")
		p.expect("SIP/2.0 400 ")
		for i := range maxBad - 1 {
			if p.closeCode() != 0 {
				t.Fatalf("closed after %d", i)
			}
			p.flow.Frame([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		}
		if p.closeCode() != wire.CloseBadFrames {
			t.Errorf("closed with %d", p.closeCode())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		p.register()
		refused := 0
		for i := 0; i < 10*messageBurst && p.closeCode() == 0; i++ {
			p.request("OPTIONS", "sip:ims.example")
			if strings.HasPrefix(p.next(), "SIP/2.0 503 ") {
				refused++
			}
			p.mu.Lock()
			p.heard = nil
			p.mu.Unlock()
			if i == 0 {
				time.Sleep(time.Second)
			}
			if refused == maxOver-1 {
				break
			}
		}
		p.request("OPTIONS", "sip:ims.example")
		if p.closeCode() != wire.CloseRate {
			t.Errorf("closed with %d after %d refused", p.closeCode(), refused)
		}
		if s := p.flow.tx.Stats(); s.Servers > maxTransactions+maxTransactions/4 {
			t.Errorf("%d transactions", s.Servers)
		}
	})
}

// TestSmuggling: header fields that would mean something to a core go nowhere, wherever they are written.
func TestSmuggling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		evil := []string{"P-Asserted-Identity: <sip:boss@ims.example>", "P-Charging-Vector: icid-value=evil", "Route: <sip:192.0.2.66;lr>", "Record-Route: <sip:192.0.2.66;lr>",
			"P-Access-Network-Info: evil", "P-Served-User: <sip:boss@ims.example>", "Resource-Priority: esnet.1", "Geolocation: <cid:evil>", "History-Info: <sip:evil@x>;index=1",
			"Feature-Caps: *;+evil", "Contact: <sip:evil@192.0.2.66:9;maddr=192.0.2.66>", "Accept-Contact: *;+evil", "Alert-Info: <http://192.0.2.66/>", "X-Other: evil", "Subject: evil",
			"User-Agent: evil", "Replaces: evil;to-tag=1;from-tag=2", "P-Preferred-Service: urn:evil", "X-Case: evil, but listed"}
		p.call("sip:+15550118@ims.example;maddr=192.0.2.66;evil=1", offer, evil...)
		start := l.asked(wire.MethodStart)
		got := text(t, start.params)
		if n := strings.Count(got, "evil"); n != 1 || !strings.Contains(got, "evil, but listed") {
			t.Errorf("call.start holds %s", got)
		}
		for _, target := range []string{"sip:a%0d%0aP-Evil:%20x@ims.example", "sip:+15550118@ims.example;x=%0d%0aEvil:1"} {
			p.call(target, offer)
			if s := l.asked(wire.MethodStart).params.(wire.StartParams); strings.ContainsAny(s.Target, "\r\n") {
				t.Errorf("target %q", s.Target)
			}
		}
	})
}

// TestNamesOfCallers: a caller's name is data, whatever is in it.
func TestNamesOfCallers(t *testing.T) {
	for name, want := range map[string]string{
		`Bob`:               `"Bob" <sip:b@x>`,
		`B"ob`:              `"B\"ob" <sip:b@x>`,
		"B\r\nEvil: 1":      `"BEvil: 1" <sip:b@x>`,
		`B\`:                `"B" <sip:b@x>`,
		"Zoë":               `"Zoë" <sip:b@x>`,
		"bad \xff":          `"bad " <sip:b@x>`,
		"":                  `<sip:b@x>`,
		`a" <sip:evil@x>;"`: `"a\" <sip:evil@x>;\"" <sip:b@x>`,
	} {
		if got := named(name, "sip:b@x"); got != want {
			t.Errorf("%q became %s, want %s", name, got, want)
		}
	}
}

// TestComesBack: a user agent whose connection is lost in a call finds the call when it registers again with the same instance
// by another connection, and the session is resumed where it was left; one with another instance finds nothing.
func TestComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.phone()
		l := p.register()
		d, name := up(t, p, l)
		p.flow.Closed()
		synctest.Wait()

		stranger := b.phone()
		stranger.request("REGISTER", "sip:ims.example", strings.Replace(contact, instance, "00000000-0000-4000-8000-000000000000", 1), "Authorization: Bearer good")
		if got := b.link().asked(wire.MethodLogin).params.(wire.LoginParams); got.Resume != nil {
			t.Fatalf("another instance resumes: %+v", got)
		}

		q := b.phone()
		q.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good")
		l2 := b.link()
		login := l2.asked(wire.MethodLogin)
		if got := login.params.(wire.LoginParams); got.Resume == nil || *got.Resume != (wire.Resume{Session: "s1", Secret: "x1", After: l.seq}) {
			t.Fatalf("login %+v", got)
		}
		result := loginResult()
		result.Resumed, result.Registration = true, registered()
		frame, err := wire.Response(login.id, result)
		if err != nil {
			t.Fatal(err)
		}
		l2.socket.Send(frame) // and at once what it missed
		l2.seq = l.seq
		l2.tell(wire.EventDTMF, wire.CallDTMF{Call: name, Digit: "5", Duration: 100e6})
		info := q.expect("INFO ", "Signal=5")
		q.respond(info, "200 OK", "")
		l2.answer(l2.asked(wire.MethodToken), wire.TokenResult{})
		q.expect("SIP/2.0 200 ", "CSeq: 1 REGISTER")
		d.p = q
		d.send("INVITE", offer) // a new offer, to restart ICE
		l2.answer(l2.asked(wire.MethodUpdate), wire.UpdateResult{SDP: description})
		d.takes(q.expect("SIP/2.0 200 "))
		d.send("ACK", "")
		l2.tell(wire.EventEnded, ends(name, wire.NameHangup, nil))
		bye := q.expect("BYE ")
		q.respond(bye, "200 OK", "")
		if a := q.flow.agent.Load(); len(a.calls)+len(a.dialogs) != 0 {
			t.Errorf("left: %d calls, %d dialogs", len(a.calls), len(a.dialogs))
		}
	})
}

// TestComesBackByAnotherWay: a phone changes its network and comes back while its old connection still seems alive. Somebody else's
// attempt to do so changes nothing.
func TestComesBackByAnotherWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.phone()
		l := p.register()
		d, name := up(t, p, l)

		stranger := b.phone()
		stranger.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer another's")
		l2 := b.link()
		l2.refuse(l2.asked(wire.MethodLogin), wire.NewError(wire.NameResumeUnknown))
		other := loginResult()
		other.Registration = wire.Registration{State: wire.Registered, Identities: []wire.Identity{{URI: "sip:other@ims.example"}}}
		l2.answer(l2.asked(wire.MethodLogin), other)
		l2.answer(l2.asked(wire.MethodToken), wire.TokenResult{})
		stranger.expect("SIP/2.0 403 ")
		l2.asked(wire.MethodLogout)
		d.send("OPTIONS", "")
		p.expect("SIP/2.0 200 ")

		q := b.phone()
		q.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good")
		l3 := b.link()
		login := l3.asked(wire.MethodLogin)
		if login.params.(wire.LoginParams).Resume == nil {
			t.Fatal("not resumed")
		}
		l.socket.Close(wire.CloseReplaced, "the session was taken over by another connection")
		result := loginResult()
		result.Registration = registered()
		l3.answer(login, result)
		l3.answer(l3.asked(wire.MethodToken), wire.TokenResult{})
		q.expect("SIP/2.0 200 ")
		if p.closeCode() != wire.CloseReplaced {
			t.Errorf("the old connection was closed with %d", p.closeCode())
		}
		p.silent() // no BYE
		p.flow.Closed()
		time.Sleep(time.Minute)
		l3.tell(wire.EventEnded, ends(name, wire.NameHangup, nil))
		q.expect("BYE ")
	})
}

// TestComesBackIdle: also without a call the session is taken up, once, and what came meanwhile is told; after a logout it is not, and
// neither is one that was begun with a password.
func TestComesBackIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.phone()
		l := p.register()
		p.flow.Closed()
		q := b.phone()
		q.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good")
		l2 := b.link()
		login := l2.asked(wire.MethodLogin)
		if got := login.params.(wire.LoginParams); got.Resume == nil || got.Resume.After != l.seq {
			t.Fatalf("login %+v", got)
		}
		result := loginResult()
		result.Registration = registered()
		l2.seq = l.seq
		l2.answer(login, result)
		l2.tell(wire.EventMessage, wire.MessageReceived{Message: "r1", Remote: wire.Remote{Number: "+15550118"}, Text: "Still there?"})
		q.expect("MESSAGE ")
		l2.answer(l2.asked(wire.MethodToken), wire.TokenResult{})
		q.expect("SIP/2.0 200 ")
		q.request("REGISTER", "sip:ims.example", contact[:len(contact)-3]+"0")
		q.expect("SIP/2.0 200 ")
		l2.asked(wire.MethodLogout)
		q.flow.Closed()
		r := b.phone()
		r.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good")
		if got := b.link().asked(wire.MethodLogin).params.(wire.LoginParams); got.Resume != nil {
			t.Errorf("resumed after a logout: %+v", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, func(_ *Config, d *Deps) { d.Digest = true })
		p := b.phone()
		p.request("REGISTER", "sip:ims.example", contact)
		l := b.link()
		result := loginResult()
		result.Registration = registered()
		l.answer(l.asked(wire.MethodLogin), result)
		p.expect("SIP/2.0 200 ")
		p.flow.Closed()
		for _, credentials := range []string{"X-None: 1", "Authorization: Bearer good"} {
			q := b.phone()
			q.request("REGISTER", "sip:ims.example", contact, credentials)
			if got := b.link().asked(wire.MethodLogin).params.(wire.LoginParams); got.Resume != nil {
				t.Errorf("%s resumes what a password began: %+v", credentials, got)
			}
		}
	})
}

// TestComesBackTooLate: the session is over: the user agent logs in anew and its old dialog is gone.
func TestComesBackTooLate(t *testing.T) {
	for _, wait := range []time.Duration{time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			b := newBed(t, nil)
			p := b.phone()
			d, _ := up(t, p, p.register())
			p.flow.Closed()
			time.Sleep(wait)
			q := b.phone()
			q.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good")
			l := b.link()
			login := l.asked(wire.MethodLogin)
			if resumes := login.params.(wire.LoginParams).Resume != nil; resumes != (wait < 30*time.Second) {
				t.Fatalf("resumes after %v: %v", wait, resumes)
			} else if resumes {
				l.refuse(login, wire.NewError(wire.NameResumeUnknown))
				login = l.asked(wire.MethodLogin)
			}
			result := loginResult()
			result.Registration = registered()
			l.answer(login, result)
			l.answer(l.asked(wire.MethodToken), wire.TokenResult{})
			q.expect("SIP/2.0 200 ")
			d.p = q
			d.send("BYE", "")
			q.expect("SIP/2.0 481 ")
			time.Sleep(time.Minute)
			synctest.Wait()
			if n := len(b.server.park.agents); n != 1 || b.server.park.find(wish{aor: aor, instance: instance}.key()) != q.flow.agent.Load() {
				t.Errorf("%d agents are known", n)
			}
		})
	}
}

// FuzzFrame: whatever a registered user agent in a call writes, what comes of it are valid requests of the page's protocol, and
// the connection either answers or is closed.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("INFO sip:x SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: a\r\nCSeq: 1 INFO\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=1\r\nDuration=5"))
	f.Add([]byte("REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\nAuthorization: Digest username=\"a\\\"\", nonce=\r\nContact: <sip:a@b>;+sip.instance=\"<urn:uuid:x>\";expires=0\r\n\r\n"))
	f.Add(fmt.Appendf(nil, "INVITE sip:+1@b SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nContact: <sip:a@b>\r\nPrivacy: id\r\nX-Case: \"\r\nContent-Type: application/sdp\r\n\r\n%s", offer))
	f.Add([]byte("MESSAGE sip:+1@b SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: a\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain\r\n\r\nhello"))
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		synctest.Test(t, func(t *testing.T) {
			p := newBed(t, func(_ *Config, d *Deps) { d.Digest = true }).phone()
			l := p.register()
			up(t, p, l)
			p.flow.Frame(data)
			synctest.Wait() // fakeLink has failed the test for a frame that is none
			time.Sleep(time.Minute)
			if p.closeCode() == wire.CloseTryAgain {
				t.Error("panic")
			}
		})
	})
}
