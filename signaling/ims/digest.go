package ims

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/digest"
)

// SIP digest passed through (TS 24.229 5.2.2.3 and 5.2.2.4, TS 33.203 X scenario 1): the user proves the password to the
// S-CSCF, and the gateway only carries the proof. It never sees the password.
//
//	page               gateway                                          S-CSCF
//	                      |--- REGISTER, nonce="", "tls-pending" --------->|
//	 |<-- Challenged -----|<-- 401 realm, nonce, algorithm, qop -----------|
//	 |--- Prove(hash) --->|--- REGISTER, response=hash, "tls-pending" ---->|
//	                      |<-- 200 ----------------------------------------|  the browser's connection is bound
//	                      |--- refresh: REGISTER, nonce="", "tls-yes" ---->|  200, or 401 and the page is asked again
//
// A new connection of the browser is not bound: Rebind registers anew, "tls-pending". Without TLS on the browser's
// connection the words are "ip-assoc-pending" and "ip-assoc-yes" (TS 24.229 7.2A.2). ck and ik, which a core sends to
// whoever stands in the P-CSCF's place, go no further.

// maxAsked bounds the challenges of one round: the first, and after it only stale nonces.
const maxAsked = 3

// Digest makes a binding prove itself by the user's own password.
type Digest struct {
	Secure bool          // the browser's connection is encrypted
	Within time.Duration // how long the page has for an answer, above 0
}

// AuthFailure is what went wrong with a proof of identity; "" for failures of another kind.
type AuthFailure string

// The failures of a proof.
const (
	AuthRefused     AuthFailure = "refused"     // wrong name or password
	AuthUnanswered  AuthFailure = "unanswered"  // the page did not answer the challenge in time
	AuthUnsupported AuthFailure = "unsupported" // the core asks for what a browser's password cannot give
)

// Challenged asks the page for the digest of a REGISTER; Prove answers. A later one replaces it.
type Challenged struct {
	ID           string // names the challenge in Prove
	Challenge    digest.Challenge
	Username     string // the private identity
	Method, URI  string // of the request, as they go into the digest
	AnswerWithin time.Duration
}

func (Challenged) bindingEvent() {}

// proof is where a binding stands with its challenge. It belongs to the binding's queue.
type proof struct {
	id        string // of the challenge that waits; "" for none
	challenge digest.Challenge
	answer    *digest.Answer // goes into the next REGISTER
	sent      bool           // the last REGISTER held an answer
	asked     int            // challenges of this round
	bound     bool           // the browser's present connection has been authenticated
}

// Prove answers a challenge. It reports whether the answer has the right form; whether the core takes it comes by Notify.
// An answer to another challenge than the one that waits is dropped.
func (b *Binding) Prove(c Challenged, a digest.Answer) bool {
	if !c.Challenge.Fits(a) {
		return false
	}
	b.q.post(func() {
		if b.proof.id == "" || b.proof.id != c.ID {
			return
		}
		b.stopTimer()
		b.proof.id, b.proof.answer = "", &a
		b.send()
	})
	return true
}

// Rebind says that the browser came back by another connection, which has to be authenticated before it is trusted as
// the first one was. The registration holds meanwhile.
func (b *Binding) Rebind(secure bool) {
	b.q.post(func() {
		if b.params.Digest == nil {
			return
		}
		b.params.Digest = &Digest{Secure: secure, Within: b.params.Digest.Within}
		b.proof.bound = false
		if b.state == regRegistered {
			b.stopTimer()
			b.register()
		}
	})
}

// authorization is REGISTER's Authorization.
func (b *Binding) authorization() string {
	home, impi := b.client.cfg.HomeDomain, b.params.Identity.IMPI
	mark := "auth-done" // TNA, TS 33.203 U.2
	if d := b.params.Digest; d != nil {
		kind, state := "ip-assoc", "-pending"
		if d.Secure {
			kind = "tls"
		}
		if b.proof.bound {
			state = "-yes"
		}
		mark = kind + state
	}
	mark = `,integrity-protected="` + mark + `"`
	a := b.proof.answer
	b.proof.answer, b.proof.sent = nil, a != nil
	if a != nil {
		return b.proof.challenge.Authorization(impi, "sip:"+home, *a, mark)
	}
	return `Digest username="` + impi + `",realm="` + home + `",nonce="",uri="sip:` + home + `",response=""` + mark
}

// challenged takes a 401 of a binding that can prove itself.
func (b *Binding) challenged(res *sip.Response) {
	p := &b.proof
	if b.state == regLeaving { // the page is going: nobody answers, and the registration ends by itself
		b.gone(refusal(401, nil))
		return
	}
	var values []string
	for _, h := range res.GetHeaders("WWW-Authenticate") {
		values = append(values, h.Value())
	}
	c, err := digest.Choose(values)
	cause := call.Cause{Side: call.Core, Kind: call.Forbidden, SIP: 401, Err: err}
	p.asked++
	switch {
	case err != nil:
		cause.Text = "the core's challenge cannot be answered: MD5 or SHA-256 with qop auth is needed"
		b.refusedProof(cause, AuthUnsupported)
		return
	case c.Realm != b.client.cfg.realm(): // a password's hash is given to the home network only
		cause.Text = "the core's challenge names another realm than ims.digest_realm, or than the home domain when that is empty"
		b.refusedProof(cause, AuthUnsupported)
		return
	case p.sent && !c.Stale, p.asked > maxAsked:
		cause.Text = "the core refuses the user's password"
		b.refusedProof(cause, AuthRefused)
		return
	}
	within := b.params.Digest.Within
	id := token()
	p.id, p.challenge, p.bound = id, c, false
	b.stopTimer()
	b.timer = time.AfterFunc(within, func() { b.q.post(func() { b.unproven(id) }) })
	b.params.Notify(Challenged{ID: id, Challenge: c, Username: b.params.Identity.IMPI, Method: "REGISTER", URI: "sip:" + b.client.cfg.HomeDomain, AnswerWithin: within})
}

// unproven gives a challenge up. While the old registration holds it is tried again; there is time until its end.
func (b *Binding) unproven(id string) {
	if b.proof.id != id {
		return
	}
	b.proof.id = ""
	cause := call.Cause{Side: call.Browser, Kind: call.Unavailable, Text: "the page did not answer the core's challenge in time"}
	if r := b.current.Load(); r != nil && time.Now().Before(r.until) {
		b.again(cause, 0)
		return
	}
	b.refusedProof(cause, AuthUnanswered)
}

// refusedProof ends the registration for good, because of the proof.
func (b *Binding) refusedProof(cause call.Cause, why AuthFailure) {
	b.client.stats.failed(cause.Kind)
	b.stopTimer()
	b.sub.stop()
	b.current.Store(nil)
	b.state = regFailed
	b.client.forget(b)
	b.log.Warn("registration refused", "cause", cause.Kind.String(), "status", cause.SIP, "text", cause.Text)
	b.params.Notify(RegistrationFailed{Cause: cause, Final: true, Auth: why})
}
