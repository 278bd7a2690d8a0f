package session

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/auth"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sip/digest"
	"causeway/signaling/wire"
)

// securePage is a page whose socket is encrypted.
type securePage struct{ *page }

func (securePage) Secure() bool { return true }

// provingBed is a manager that takes passwords.
func provingBed(t *testing.T) *bed {
	t.Helper()
	b := newBed(t, nil)
	c := auth.DefaultConfig()
	c.Schemes = []string{auth.SchemeToken, auth.SchemeDigest}
	c.Digest.AttemptsPerIdentity = 3
	b.manager.deps.Door = auth.NewDoor(c)
	b.line.proving = true
	return b
}

func (b *bed) securePage() *page {
	p := &page{bed: b}
	p.link = b.manager.Attach(securePage{p})
	return p
}

func digestLogin() map[string]any {
	return map[string]any{"scheme": "digest", "impi": "bob@ims.example", "impu": "sip:bob@ims.example", "instance": instance}
}

func challenge() ims.Challenged {
	return ims.Challenged{ID: "c1", Challenge: digest.Challenge{Realm: "ims.example", Nonce: "n", Algorithm: "MD5", QOP: true, Opaque: "o"},
		Username: "bob@ims.example", Method: "REGISTER", URI: "sip:ims.example", AnswerWithin: 8 * time.Second}
}

var hash = strings.Repeat("0f", 16)

// ready logs a page in by password and returns the login's result.
func (p *page) proved() map[string]any {
	p.bed.t.Helper()
	if a := p.ask(wire.MethodLogin, digestLogin()); a != nil {
		p.bed.t.Fatalf("login answered before the network was: %v", a)
	}
	login := p.nextID
	line := p.bed.line.last()
	line.notify(challenge())
	e := p.last(wire.EventChallenge)
	if e["id"] != "c1" || e["realm"] != "ims.example" || e["nonce"] != "n" || e["qop"] != "auth" || e["opaque"] != nil || e["within"] != 8000.0 {
		p.bed.t.Fatalf("%v", e)
	}
	if a := p.ask(wire.MethodProve, map[string]any{"challenge": "c1", "response": hash, "cnonce": "c1d2e3f4"}); a["error"] != nil {
		p.bed.t.Fatalf("prove: %v", a)
	}
	line.notify(registeredEvent())
	a := p.answer(login)
	if a["result"] == nil {
		p.bed.t.Fatalf("login: %v", a)
	}
	return a["result"].(map[string]any)
}

func registeredEvent() ims.Registered {
	return ims.Registered{Identities: []ims.AssociatedIdentity{{URI: "sip:bob@ims.example", Display: "Bob", Default: true}, {URI: "tel:+15550203"}}, Expires: time.Hour}
}

// TestPassword: nobody is in before the network has taken the password; then the phone works as any.
func TestPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := provingBed(t)
		p := b.securePage()
		if a := p.ask(wire.MethodLogin, digestLogin()); a != nil {
			t.Fatalf("%v", a)
		}
		if name := errorName(p.ask(wire.MethodStart, map[string]any{"call": "c", "target": "+1555", "sdp": read(t, "chromium-offer-audio.sdp")})); name != wire.NameLoginRequired {
			t.Fatalf("a call before the proof: %q", name)
		}
		if name := errorName(p.ask(wire.MethodToken, map[string]any{"token": "alice"})); name != wire.NameLoginRequired {
			t.Fatalf("a token before the proof: %q", name)
		}
		if name := errorName(p.ask(wire.MethodProve, map[string]any{"challenge": "c1", "response": hash})); name != wire.NameChallengeUnanswered {
			t.Fatalf("a proof nobody asked for: %q", name)
		}
		q := b.securePage()
		result := q.proved()
		if r := result["registration"].(map[string]any); r["state"] != "registered" || len(r["identities"].([]any)) != 2 {
			t.Fatalf("%v", r)
		}
		if result["lastSeq"] != 1.0 || result["user"] != "bob" {
			t.Fatalf("%v", result)
		}
		if name := errorName(q.ask(wire.MethodToken, map[string]any{"token": "alice"})); name != wire.NameSchemeRefused {
			t.Fatalf("a token for a session with a password: %q", name)
		}
		time.Sleep(10 * time.Second) // the first page never proves anything
		if code := p.closeCode(); code != wire.CloseLoginTimeout {
			t.Fatalf("close %d", code)
		}
		p.link.Closed()
		synctest.Wait()
		if s := b.manager.Stats(); s.Sessions != 1 || s.Logins != 1 {
			t.Fatalf("%+v", s)
		}
		if q.closeCode() != 0 {
			t.Fatal("a stranger's attempt closed the user's own phone")
		}
	})
}

// TestPasswordRefused: each failure has its own word and close code, and leaves nothing.
func TestPasswordRefused(t *testing.T) {
	for _, c := range []struct {
		event ims.RegistrationFailed
		name  string
		code  int
	}{
		{ims.RegistrationFailed{Final: true, Auth: ims.AuthRefused, Cause: call.Cause{Kind: call.Forbidden}}, wire.NamePasswordRefused, wire.CloseToken},
		{ims.RegistrationFailed{Final: true, Auth: ims.AuthUnanswered}, wire.NameChallengeUnanswered, wire.CloseLoginTimeout},
		{ims.RegistrationFailed{Final: true, Auth: ims.AuthUnsupported}, wire.NameDigestUnsupported, wire.CloseIdentity},
		{ims.RegistrationFailed{Cause: call.Cause{Kind: call.CoreUnreachable}, RetryAfter: time.Second}, wire.NameCoreUnreachable, wire.CloseTryAgain},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := provingBed(t)
			p := b.securePage()
			p.ask(wire.MethodLogin, digestLogin())
			login := p.nextID
			b.line.last().notify(c.event)
			if name := errorName(p.answer(login)); name != c.name || p.closeCode() != c.code {
				t.Fatalf("%s, close %d", name, p.closeCode())
			}
			if s := b.manager.Stats(); s.Sessions != 0 || s.LoginFailures[c.name] != 1 {
				t.Fatalf("%+v", s)
			}
		})
	}
}

// TestPasswordAtTheDoor: what is refused before anything reaches the core.
func TestPasswordAtTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := provingBed(t)
		if p := b.page(); errorName(p.ask(wire.MethodLogin, digestLogin())) != wire.NameInsecureLogin {
			t.Fatal("a password over an unencrypted socket")
		}
		for range 3 {
			b.securePage().ask(wire.MethodLogin, digestLogin())
		}
		before := len(b.line.bindings)
		p := b.securePage()
		a := p.ask(wire.MethodLogin, digestLogin())
		if errorName(a) != wire.NameTooManyAttempts || p.closeCode() != wire.CloseRate {
			t.Fatalf("%v, close %d", a, p.closeCode())
		}
		if data := a["error"].(map[string]any)["data"].(map[string]any); data["retryAfter"] != 20000.0 {
			t.Fatalf("%v", data)
		}
		if len(b.line.bindings) != before {
			t.Fatal("the core was asked")
		}
		none := newBed(t, nil)
		if p := none.securePage(); errorName(p.ask(wire.MethodLogin, digestLogin())) != wire.NameSchemeRefused {
			t.Fatal("a password where none is taken")
		}
		for _, x := range b.line.bindings {
			x.notify(ims.RegistrationFailed{Final: true, Auth: ims.AuthUnanswered})
		}
		synctest.Wait()
	})
}

// TestPasswordLater: a page that comes back proves itself anew; one that cannot is out.
func TestPasswordLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := provingBed(t)
		p := b.securePage()
		login := p.proved()
		p.link.Closed()
		q := b.securePage()
		back := digestLogin()
		back["resume"] = map[string]any{"session": login["session"], "secret": login["secret"], "after": login["lastSeq"]}
		if a := q.ask(wire.MethodLogin, back); a["result"] == nil || a["result"].(map[string]any)["resumed"] != true {
			t.Fatalf("%v", a)
		}
		line := b.line.last()
		if line.rebound() != 1 {
			t.Fatal("the new connection was not authenticated")
		}
		c := challenge()
		c.ID = "c2"
		line.notify(c)
		if q.last(wire.EventChallenge)["id"] != "c2" {
			t.Fatal("not asked again")
		}
		if name := errorName(q.ask(wire.MethodProve, map[string]any{"challenge": "c1", "response": hash, "cnonce": "c1d2e3f4"})); name != wire.NameChallengeUnanswered {
			t.Fatalf("an old challenge: %q", name)
		}
		if name := errorName(q.ask(wire.MethodProve, map[string]any{"challenge": "c2", "response": hash + hash, "cnonce": "c1d2e3f4"})); name != wire.NameParamsInvalid {
			t.Fatalf("a hash of the wrong length: %q", name)
		}
		q.ask(wire.MethodProve, map[string]any{"challenge": "c2", "response": hash, "cnonce": "c1d2e3f4"})
		line.notify(ims.RegistrationFailed{Final: true, Auth: ims.AuthRefused, Cause: call.Cause{Kind: call.Forbidden, Text: "the core refuses the user's password"}})
		if e := q.last(wire.EventClosing); e["reason"] != wire.ClosingRefused || q.closeCode() != wire.CloseToken {
			t.Fatalf("%v, close %d", e, q.closeCode())
		}
		if e := q.last(wire.EventRegistration)["error"].(map[string]any); e["name"] != wire.NamePasswordRefused {
			t.Fatalf("%v", e)
		}
	})
}

// TestResumeKeepsTheScheme: a session begun with a token cannot be taken up without one, whatever else is known of it.
func TestResumeKeepsTheScheme(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := provingBed(t)
		p := b.securePage()
		login := p.login("bob") // the token's identities are those of the password's user
		back := digestLogin()
		back["resume"] = map[string]any{"session": login["session"], "secret": login["secret"], "after": 0}
		if name := errorName(b.securePage().ask(wire.MethodLogin, back)); name != wire.NameResumeUnknown {
			t.Fatalf("taken up without a token: %q", name)
		}
		q := b.securePage()
		proved := q.proved()
		token := map[string]any{"token": "bob", "instance": instance, "resume": map[string]any{"session": proved["session"], "secret": proved["secret"], "after": 0}}
		if name := errorName(b.securePage().ask(wire.MethodLogin, token)); name != wire.NameResumeUnknown {
			t.Fatalf("taken up without a password: %q", name)
		}
	})
}

// lender lends one identity.
type lender struct{ out int }

func (l *lender) Lend(id auth.Identity, _ string) (auth.Identity, func(), error) {
	if l.out == 1 {
		return id, nil, &auth.Error{Kind: auth.Exhausted, Err: context.DeadlineExceeded}
	}
	l.out++
	id.IMPI, id.IMPU = "guest@ims.example", "sip:guest@ims.example"
	return id, func() { l.out-- }, nil
}

// TestLentIdentity: a pool's identity is the session's until the network has forgotten the registration.
func TestLentIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		l := &lender{}
		b.manager.deps.Lender = l
		p := b.page()
		p.login("ann")
		if got := b.line.last().identity; got.IMPU != "sip:guest@ims.example" || got.IMPI != "guest@ims.example" {
			t.Fatalf("%+v", got)
		}
		if name := errorName(b.page().ask(wire.MethodLogin, map[string]any{"token": "eve", "instance": instance})); name != wire.NamePoolExhausted {
			t.Fatalf("a second login: %q", name)
		}
		p.ask(wire.MethodLogout, map[string]any{})
		if !b.line.last().isUnbound() || l.out != 0 {
			t.Fatal("the identity was not given back")
		}
	})
}
