package sipws

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/wire"
)

// TestRegister: a token in, the registration out; a refresh renews the token; leaving logs out and the connection stays.
func TestRegister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		p.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good", "Supported: path,gruu,outbound")
		l := p.bed.link()
		login := l.asked(wire.MethodLogin)
		if got := login.params.(wire.LoginParams); got.Token != "good" || got.Instance != instance || got.Resume != nil {
			t.Fatalf("login %+v", got)
		}
		l.answer(login, loginResult())
		l.answer(l.asked(wire.MethodToken), wire.TokenResult{Expires: wire.Timestamp{Time: time.Now().Add(5 * time.Minute)}})
		p.silent() // the core has not answered
		l.tell(wire.EventRegistration, registered())
		p.expect("SIP/2.0 200 OK", `Contact: <sip:q7k2@abc.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:`+instance+`>";expires=300`,
			`P-Associated-URI: "Al" <tel:+15550001>`, "P-Associated-URI: <sip:alice@ims.example>", "Service-Route: <sip:orig@causeway.invalid;transport=ws;lr>",
			"Require: outbound", "Via: SIP/2.0/WSS abc.invalid;branch=z9hG4bK1;received=192.0.2.7")

		p.request("REGISTER", "sip:ims.example", contact, `Authorization: Bearer realm="x", access_token="fresh"`) // TS 24.371
		token := l.asked(wire.MethodToken)
		if token.params.(wire.TokenParams).Token != "fresh" {
			t.Errorf("token %+v", token.params)
		}
		l.answer(token, wire.TokenResult{Expires: wire.Timestamp{Time: time.Now().Add(time.Hour)}})
		p.expect("SIP/2.0 200 OK", "expires=600")

		p.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer old")
		l.refuse(l.asked(wire.MethodToken), wire.NewError(wire.NameTokenExpired))
		p.expect("SIP/2.0 401 ", `WWW-Authenticate: Bearer realm="causeway", authz_server="https://login.example", error="invalid_token"`)

		p.request("REGISTER", "sip:ims.example", "Contact: *", "Expires: 0")
		p.expect("SIP/2.0 200 OK")
		l.answer(l.asked(wire.MethodLogout), nil)
		l.socket.Close(wire.CloseLogout, "logout")
		if p.closeCode() != 0 {
			t.Fatalf("closed with %d", p.closeCode())
		}
		if again := p.register(); again == l {
			t.Error("registered again over the session that is over")
		}
	})
}

// TestRegisterRefused: what speaks against a registration, as a SIP user agent understands it.
func TestRegisterRefused(t *testing.T) {
	tests := []struct {
		name   string
		lines  []string
		fault  *wire.Error // of the login; nil: there is none
		status string
		part   string
	}{
		{"no token", []string{contact}, nil, "401 ", `WWW-Authenticate: Bearer realm="causeway", authz_server="https://login.example"` + "\r\n"},
		{"a bad token", []string{contact, "Authorization: Bearer bad"}, wire.NewError(wire.NameTokenInvalid), "401 ", `error="invalid_token"`},
		{"an expired token", []string{contact, "Authorization: Bearer bad"}, wire.NewError(wire.NameTokenExpired), "401 ", `error="invalid_token"`},
		{"a token without an identity", []string{contact, "Authorization: Bearer bad"}, wire.NewError(wire.NameIdentityRefused), "403 ", "Warning: 399"},
		{"no place", []string{contact, "Authorization: Bearer bad"}, wire.NewError(wire.NameTooManySessions), "403 ", ""},
		{"no keys", []string{contact, "Authorization: Bearer bad"}, wire.NewError(wire.NameIssuerUnreachable), "503 ", "Retry-After: 5"},
		{"draining", []string{contact, "Authorization: Bearer bad"}, wire.NewError(wire.NameDraining).WithRetryAfter(9500 * time.Millisecond), "503 ", "Retry-After: 10"},
		{"too short", []string{contact[:len(contact)-3] + "30", "Authorization: Bearer x"}, nil, "423 ", "Min-Expires: 60"},
		{"two Contacts", []string{contact, contact, "Authorization: Bearer x"}, nil, "400 ", ""},
		{"a star that stays", []string{"Contact: *", "Expires: 60"}, nil, "400 ", ""},
		{"no number of seconds", []string{"Contact: <sip:a@b.invalid>", "Expires: soon"}, nil, "400 ", ""},
		{"an unknown demand", []string{contact, "Require: magic"}, nil, "420 ", "Unsupported: magic"},
		{"a basic password", []string{contact, "Authorization: Basic YTpi"}, nil, "401 ", "Bearer realm"},
		{"a digest nobody takes", []string{contact, `Authorization: Digest username="a", response="b"`}, nil, "401 ", "Bearer realm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newBed(t, nil).phone()
				p.request("REGISTER", "sip:ims.example", tt.lines...)
				if tt.fault != nil {
					l := p.bed.link()
					l.refuse(l.asked(wire.MethodLogin), tt.fault)
				}
				p.expect("SIP/2.0 "+tt.status, tt.part)
			})
		})
	}
}

// TestBeforeRegister: nothing is taken before, and the session's time limit closes the connection.
func TestBeforeRegister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		for _, method := range []string{"INVITE", "OPTIONS", "MESSAGE", "SUBSCRIBE", "PUBLISH", "BYE"} {
			p.request(method, "sip:+15550100@ims.example")
			p.expect("SIP/2.0 403 ")
		}
		p.request("REGISTER", "sip:ims.example", "Contact: *", "Expires: 0") // nothing to leave
		p.expect("SIP/2.0 200 ")
		l := p.bed.link()
		if l.count() != 0 {
			t.Fatal("the session was asked")
		}
		l.socket.Close(wire.CloseLoginTimeout, "no login in time")
		if p.closeCode() != wire.CloseLoginTimeout {
			t.Errorf("closed with %d", p.closeCode())
		}
	})
}

// TestGuessing: every refused token costs a place in the session room, and the fifth the connection.
func TestGuessing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		for range maxRefused {
			if p.closeCode() != 0 {
				t.Fatal("closed too early")
			}
			p.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer guess")
			l := p.bed.link()
			l.refuse(l.asked(wire.MethodLogin), wire.NewError(wire.NameTokenInvalid))
			l.socket.Close(wire.CloseToken, "token_invalid")
			p.expect("SIP/2.0 401 ")
			synctest.Wait()
			if l.mu.Lock(); !l.closed {
				t.Error("the place was not given up")
			}
			l.mu.Unlock()
		}
		if p.closeCode() != wire.CloseToken {
			t.Errorf("closed with %d", p.closeCode())
		}
	})
}

// TestCoreUnreachable: the session goes on trying; the user agent is told when to come again, and is answered at once then.
func TestCoreUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		p.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good")
		l := p.bed.link()
		l.answer(l.asked(wire.MethodLogin), loginResult())
		l.answer(l.asked(wire.MethodToken), wire.TokenResult{})
		l.tell(wire.EventRegistration, wire.Registration{State: wire.RegistrationFails, Error: wire.NewError(wire.NameCoreUnreachable).WithRetryAfter(20 * time.Second).Event()})
		p.expect("SIP/2.0 503 ", "Retry-After: 20")
		p.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good")
		l.tell(wire.EventRegistration, registered())
		l.answer(l.asked(wire.MethodToken), wire.TokenResult{})
		p.expect("SIP/2.0 200 ")
		p.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good")
		time.Sleep(patience) // nobody answers
		p.expect("SIP/2.0 503 ", "Retry-After: 10")
	})
}

// TestForeignAddress: a token of one user does not register another.
func TestForeignAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		p.write("", "REGISTER sip:ims.example SIP/2.0", "Via: SIP/2.0/WSS abc.invalid;branch=z9hG4bKx", "From: <sip:boss@ims.example>;tag=1", "To: <sip:boss@ims.example>",
			"Call-ID: a", "CSeq: 1 REGISTER", contact, "Authorization: Bearer good")
		l := p.bed.link()
		l.answer(l.asked(wire.MethodLogin), loginResult())
		l.answer(l.asked(wire.MethodToken), wire.TokenResult{})
		l.tell(wire.EventRegistration, registered())
		p.expect("SIP/2.0 403 ")
		l.asked(wire.MethodLogout)
	})
	synctest.Test(t, func(t *testing.T) { // what was granted goes on
		p := newBed(t, nil).phone()
		l := p.register()
		p.write("", "REGISTER sip:ims.example SIP/2.0", "Via: SIP/2.0/WSS abc.invalid;branch=z9hG4bKx", "From: <sip:boss@ims.example>;tag=1", "To: <sip:boss@ims.example>",
			"Call-ID: a", "CSeq: 1 REGISTER", contact, "Authorization: Bearer good")
		l.answer(l.asked(wire.MethodToken), wire.TokenResult{})
		p.expect("SIP/2.0 403 ")
		p.call("sip:+15550118@ims.example", offer)
		if got := l.asked(wire.MethodStart).params.(wire.StartParams); got.Target != "+15550118" {
			t.Errorf("%+v", got)
		}
	})
}

// TestNotRefreshed: a registration that nobody refreshes ends.
func TestNotRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		before := l.count()
		time.Sleep(10 * time.Minute)
		if l.count() != before {
			t.Fatal("ended too early")
		}
		time.Sleep(expiryGrace + time.Second)
		l.asked(wire.MethodLogout)
	})
}

// TestDigest: where the network does not know the guessed identity, a question of the gateway's own tells who is asking; then
// the network's question and the user agent's answer pass through.
func TestDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, func(_ *Config, d *Deps) { d.Digest = true }).phone()
		question := wire.SessionChallenge{ID: "c1", Username: "15550001@ims.example", Realm: "ims.example", Nonce: "n1", Algorithm: "MD5", QOP: "auth", Method: "REGISTER", URI: "sip:ims.example", Within: 8e9}
		p.request("REGISTER", "sip:ims.example", contact)
		l := p.bed.link()
		login := l.asked(wire.MethodLogin)
		if got := login.params.(wire.LoginParams); got.Scheme != wire.SchemeDigest || got.IMPI != "+15550001@ims.example" || got.IMPU != aor {
			t.Fatalf("login %+v", got)
		}
		l.refuse(login, wire.NewError(wire.NameRegistrationRefused)) // nobody's private identity
		l.socket.Close(wire.CloseTryAgain, "registration_refused")
		p.expect("SIP/2.0 401 Unauthorized", "WWW-Authenticate: Bearer ", "\"\r\nWWW-Authenticate: Digest realm=\"ims.example\", nonce=\"", `", algorithm=MD5, qop="auth"`)
		const digest = `Authorization: Digest algorithm=MD5, username="15550001@ims.example", realm="ims.example", nonce=%q, uri="sip:ims.example", response="0123456789abcdef0123456789abcdef", qop=auth, cnonce="c0c0c0c0c0c0", nc=00000001`
		answer := func(nonce string) string { return fmt.Sprintf(digest, nonce) }
		before := p.bed.link()
		p.request("REGISTER", "sip:ims.example", contact, answer("ours"))
		p.expect("SIP/2.0 423 ", "Min-Expires: 600") // so that it begins anew, with a nonce count of 1
		if before.count() != 0 {
			t.Fatal("asked with an answer to another question")
		}
		p.request("REGISTER", "sip:ims.example", contact)
		l = p.bed.link()
		login = l.asked(wire.MethodLogin)
		if got := login.params.(wire.LoginParams); got.IMPI != "15550001@ims.example" {
			t.Fatalf("login %+v", got)
		}
		question.Nonce, question.ID = "n2", "c2"
		l.tell(wire.EventChallenge, question)
		p.expect("SIP/2.0 401 ", `nonce="n2"`)
		p.request("REGISTER", "sip:ims.example", contact, answer("n2"))
		prove := l.asked(wire.MethodProve)
		if got := prove.params.(wire.ProveParams); got.Challenge != "c2" || got.Response != "0123456789abcdef0123456789abcdef" || got.CNonce != "c0c0c0c0c0c0" || got.Count != "00000001" {
			t.Fatalf("prove %+v", got)
		}
		l.answer(prove, nil)
		p.silent()
		result := loginResult()
		result.Registration = registered()
		l.answer(login, result)
		p.expect("SIP/2.0 200 ")

		p.request("REGISTER", "sip:ims.example", contact) // the connection is the one that was proved
		p.expect("SIP/2.0 200 ")
		question.Nonce, question.ID = "n3", "c3"
		l.tell(wire.EventChallenge, question) // the network asks on its own account
		p.request("REGISTER", "sip:ims.example", contact)
		p.expect("SIP/2.0 401 ", `nonce="n3"`)
		p.request("REGISTER", "sip:ims.example", contact, answer("n3"))
		l.answer(l.asked(wire.MethodProve), nil)
		p.expect("SIP/2.0 200 ")
	})
}

// TestDigestRefused: wrong passwords, other URIs, and too many attempts.
func TestDigestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, func(_ *Config, d *Deps) { d.Digest, d.Tokens = true, false }).phone()
		question := wire.SessionChallenge{ID: "c1", Username: "+15550001@ims.example", Realm: "ims.example", Nonce: "n1", Algorithm: "MD5", QOP: "auth", URI: "sip:ims.example", Within: 8e9}
		const digest = `Authorization: Digest username="+15550001@ims.example", realm="ims.example", nonce=%q, uri="%s", response="0123456789abcdef0123456789abcdef", qop=auth, cnonce="c0c0c0c0c0c0", nc=%s`
		p.request("REGISTER", "sip:ims.example", contact, `Authorization: Digest username="+15550001@ims.example", realm="ims.example", nonce="", uri="sip:ims.example", response=""`) // TS 24.229 5.1.1.2
		l := p.bed.link()
		login := l.asked(wire.MethodLogin)
		l.tell(wire.EventChallenge, question)
		if m := p.expect("SIP/2.0 401 ", `nonce="n1"`); strings.Contains(m, "stale") || strings.Contains(m, "Bearer") {
			t.Errorf("%s", m)
		}
		p.request("REGISTER", "sip:ims.example", contact, fmt.Sprintf(digest, "other", "sip:ims.example", "00000001"))
		p.expect("SIP/2.0 401 ", `nonce="n1"`)
		p.request("REGISTER", "sip:ims.example", contact, fmt.Sprintf(digest, "n1", "sip:other.example", "00000001"))
		p.expect("SIP/2.0 403 ", "sip:ims.example")
		p.request("REGISTER", "sip:ims.example", contact, fmt.Sprintf(digest, "n1", "sip:ims.example", "00000001"))
		l.answer(l.asked(wire.MethodProve), nil)
		l.refuse(login, wire.NewError(wire.NamePasswordRefused))
		l.socket.Close(wire.CloseToken, "password_refused")
		p.expect("SIP/2.0 403 ")
		p.request("REGISTER", "sip:ims.example", contact)
		l = p.bed.link()
		l.refuse(l.asked(wire.MethodLogin), wire.NewError(wire.NameTooManyAttempts).WithRetryAfter(time.Minute))
		p.expect("SIP/2.0 503 ", "Retry-After: 60")
	})
}
