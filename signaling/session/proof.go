package session

import (
	"errors"
	"sync/atomic"
	"time"

	"causeway/signaling/auth"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sip/digest"
	"causeway/signaling/wire"
)

// A login with the network's own password (SIP digest, TS 33.203 X scenario 1). Nobody is let in before the network has
// taken the password: until then the session has no place among the user's, replaces none, rings for nobody, and ends with
// its socket. The login's answer waits for the registration.
//
//	session.login, digest --> Door.Enter --> knock: Bind --> Challenged --> session.challenge
//	                                                            Prove <--- session.prove
//	                          admit: login's answer <-- Registered
//	                          turnAway: error, close <-- RegistrationFailed

// proof is what a session with a password keeps.
type proof struct {
	within   time.Duration
	admitted atomic.Bool // written in the queue, read by the Link
	login    wire.ID     // the request that waits
	link     *Link       // of that request
	question ims.Challenged
}

// proofErrors are the browser's words for a failed proof.
var proofErrors = map[ims.AuthFailure]string{
	ims.AuthRefused:     wire.NamePasswordRefused,
	ims.AuthUnanswered:  wire.NameChallengeUnanswered,
	ims.AuthUnsupported: wire.NameDigestUnsupported,
}

// secure reports whether the socket is encrypted on its way to the gateway.
func (l *Link) secure() bool {
	s, ok := l.socket.(interface{ Secure() bool })
	return ok && s.Secure()
}

// admitted reports a socket whose user is logged in.
func (l *Link) admitted() bool { return l.session != nil && l.session.admitted() }

// admitted reports a session whose user is known.
func (s *Session) admitted() bool { return s.proof == nil || s.proof.admitted.Load() }

// knock begins or resumes a session with a password.
func (l *Link) knock(id wire.ID, p wire.LoginParams) {
	door := l.manager.deps.Door
	if p.Resume != nil { // the secret shows whose session it is; the network asks for the password anew
		identity, err := door.Claim(l.secure(), p.IMPI, p.IMPU)
		if err != nil {
			l.refuseLogin(id, l.refusal(err))
		} else if !l.resume(id, p, identity) {
			l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameResumeUnknown)))
		}
		return
	}
	identity, err := door.Enter(time.Now(), l.socket.Remote(), l.secure(), p.IMPI, p.IMPU)
	if err != nil {
		l.refuseLogin(id, l.refusal(err))
		return
	}
	s := newSession(l.manager, identity, p)
	s.proof = &proof{within: door.Within(), login: id, link: l}
	if fault := l.manager.await(s); fault != nil {
		l.refuseLogin(id, fault)
		return
	}
	l.session = s // the login's time limit goes on
	s.post(func() {
		s.link = l
		s.bind(&ims.Digest{Secure: l.secure(), Within: s.proof.within})
	})
}

// await notes a session that is not admitted yet, so that it ends with the gateway.
func (m *Manager) await(s *Session) *wire.Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.draining {
		return wire.NewError(wire.NameDraining)
	}
	m.sessions[s.id] = s
	return nil
}

// lend gives a login its telephone identity; the function returned is never nil.
func (m *Manager) lend(id auth.Identity, instance string) (auth.Identity, func(), error) {
	if m.deps.Lender == nil {
		if id.Lent {
			return id, nil, &auth.Error{Kind: auth.Refused, Err: errors.New("nobody lends identities")}
		}
		return id, func() {}, nil
	}
	return m.deps.Lender.Lend(id, instance)
}

// returnIdentity gives a lent identity back.
func (s *Session) returnIdentity() {
	if s.giveBack != nil {
		s.giveBack()
	}
}

// challenged hands the network's question to the page. A page that is away finds it when it comes back.
func (s *Session) challenged(c ims.Challenged) {
	s.proof.question = c
	e := wire.SessionChallenge{ID: c.ID, Username: c.Username, Realm: c.Challenge.Realm, Nonce: c.Challenge.Nonce, Algorithm: c.Challenge.Algorithm,
		Method: c.Method, URI: c.URI, Stale: c.Challenge.Stale, Within: wire.Millis(c.AnswerWithin)}
	if c.Challenge.QOP {
		e.QOP = "auth"
	}
	s.tell(wire.EventChallenge, e)
}

// prove takes the page's answer.
func (l *Link) prove(id wire.ID, p wire.ProveParams) {
	s := l.session
	if s == nil || s.proof == nil {
		l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameLoginRequired)))
		return
	}
	s.post(func() {
		prover, ok := s.binding.(Prover)
		q := s.proof.question
		switch {
		case s.ended.Load():
			l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameSessionEnded)))
		case !ok || q.ID == "" || q.ID != p.Challenge:
			l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameChallengeUnanswered).WithMessage("This challenge is over.")))
		case !prover.Prove(q, digest.Answer{Response: p.Response, CNonce: p.CNonce, Count: p.Count}):
			l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameParamsInvalid).WithMessage(
				"params.response must be as long as the challenge's algorithm says, and params.cnonce 8 to 64 of A-Z a-z 0-9 - _ .")))
		default:
			s.proof.question = ims.Challenged{}
			l.answer(id, nil)
		}
	})
}

// admit lets a user in whose password the network has taken.
func (s *Session) admit() {
	p := s.proof
	s.manager.deps.Door.Proved(s.identity.IMPI)
	older, fault := s.manager.add(s)
	if fault != nil {
		s.turnAway(fault)
		return
	}
	p.admitted.Store(true)
	p.link.timeout.Stop()
	if older != nil {
		older.post(older.replaced)
	}
	p.link.answer(p.login, s.loginResult(false))
	s.log.Info("session started", "user", redacted(s.identity.IMPU), "scheme", wire.SchemeDigest)
	s.manager.look(s)
}

// turnAway answers a login that came to nothing and ends the session.
func (s *Session) turnAway(fault *wire.Error) {
	p := s.proof
	s.manager.count(func(t *Stats) { t.LoginFailures[fault.Name]++ })
	s.log.Info("login refused", "error", fault.Name)
	p.link.socket.Send(wire.ErrorResponse(p.login, fault))
	code := fault.CloseCode()
	if code == 0 {
		code = wire.CloseTryAgain
	}
	s.end(ending{cause: call.Cause{Side: call.Gateway, Kind: call.SessionEnded, Text: fault.Name}, code: code})
}
