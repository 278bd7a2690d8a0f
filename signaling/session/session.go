package session

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"causeway/signaling/auth"
	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/messaging"
	"causeway/signaling/pace"
	"causeway/signaling/wire"
)

// unbindTimeout bounds the de-registration of one binding.
const unbindTimeout = 5 * time.Second

// lifetime is how long a session lasts without a word of its page.
type lifetime struct {
	grace  *time.Timer   // runs while no socket is attached
	away   time.Duration // how long the page said it would be gone; 0: nothing was said
	expiry *time.Timer   // end of the token
	ended  atomic.Bool   // written in the queue, read by Link before it attaches
}

// Session is one browser's login. Settings never change after newSession; state belongs to the queue.
type Session struct {
	manager  *Manager
	id       string
	secret   string
	identity auth.Identity // Expires is not used after begin: see expiry
	instance string
	log      *slog.Logger

	queue        pace.Queue
	link         *Link // nil while no socket is attached
	out          outbox
	binding      Binding
	registration wire.Registration
	calls        map[string]*b2bua.Call
	messages     *messaging.Box
	wishes       map[string]*wished // by id; nil while there is none
	arriving     map[string]bool    // ids of calls that are being taken over from another browser of the user
	lifetime
	proof    *proof // nil: the user came with a token
	giveBack func() // returns a lent identity, once

	shown []wire.ElsewhereCall // what the user's other browsers see of this one; guarded by Manager.mu
}

func newSession(m *Manager, identity auth.Identity, p wire.LoginParams) *Session {
	s := &Session{
		manager: m, id: newID(), secret: newID(), identity: identity, instance: p.Instance,
		calls: map[string]*b2bua.Call{}, arriving: map[string]bool{}, registration: wire.Registration{State: wire.Registering},
	}
	s.log = m.log.With("session", s.id[:8])
	s.messages = m.office.NewBox(host{s})
	return s
}

// post runs f in the session's queue. A panic in f ends the session's calls with a reason, not the program.
func (s *Session) post(f func()) {
	s.queue.Post(func() {
		defer func() {
			if p := recover(); p != nil {
				s.panicked(p)
			}
		}()
		f()
	})
}

func (s *Session) panicked(p any) {
	s.manager.count(func(t *Stats) { t.Panics++ })
	s.log.Error("panic in a session, its calls end", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	for _, c := range s.calls {
		c.Destroy(call.Cause{Side: call.Gateway, Kind: call.Internal})
	}
}

// owns tells whether the token's identity and the secret are those of this session, and it still lives.
func (s *Session) owns(identity auth.Identity, secret string) bool {
	same := subtle.ConstantTimeCompare([]byte(secret), []byte(s.secret)) == 1
	return same && identity.Same(s.identity) && !s.ended.Load() && s.admitted()
}

// begin answers the login and registers in the core.
func (s *Session) begin(l *Link, id wire.ID) {
	s.link = l
	s.expireAt(s.identity.Expires)
	l.answer(id, s.loginResult(false))
	s.log.Info("session started", "user", redacted(s.identity.IMPU))
	s.manager.look(s)
	s.bind(nil)
}

// bind begins the registration; digest is nil for a user the gateway vouches for.
func (s *Session) bind(digest *ims.Digest) {
	binding, err := s.manager.deps.Line.Bind(ims.BindParams{
		Identity: ims.Identity{IMPI: s.identity.IMPI, IMPU: s.identity.IMPU},
		Instance: "urn:uuid:" + s.instance,
		Notify:   func(e ims.BindingEvent) { s.post(func() { s.bindingEvent(e) }) },
		Digest:   digest,
	})
	if err != nil {
		s.log.Error("binding not made", "err", err)
		s.end(ending{cause: call.Cause{Side: call.Gateway, Kind: call.Internal, Err: err}, closing: wire.ClosingDeregistered, code: wire.CloseTryAgain})
		return
	}
	s.binding = binding
}

// resume attaches a new socket: the answer holds a snapshot, then come the notifications it missed.
func (s *Session) resume(l *Link, id wire.ID, after uint64, identity auth.Identity) {
	if s.ended.Load() {
		l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameResumeUnknown)))
		l.socket.Close(wire.CloseTryAgain, "the session has just ended")
		return
	}
	if s.link != nil && s.link != l {
		s.link.socket.Close(wire.CloseReplaced, "the session was taken over by another connection")
	}
	stop(s.grace)
	s.link, s.away = l, 0
	s.expireAt(identity.Expires)
	l.answer(id, s.loginResult(true))
	for _, frame := range s.out.after(after) {
		l.socket.Send(frame)
	}
	s.messages.Attached()
	s.manager.count(func(t *Stats) { t.Resumed++ })
	s.log.Info("session resumed")
	if prover, ok := s.binding.(Prover); ok && s.proof != nil {
		prover.Rebind(l.secure())
	}
}

func (s *Session) loginResult(resumed bool) wire.LoginResult {
	r := wire.LoginResult{
		Session: s.id, Secret: s.secret, User: s.identity.Name, Resumed: resumed, LastSeq: s.out.seq,
		ResumeWindow: wire.Millis(s.manager.config.ResumeWindow),
		Limits:       wire.Limits{Frame: wire.MaxFrame, Calls: s.manager.config.MaxCalls},
		Registration: s.registration,
		Messages:     s.manager.mayWrite(),
		Emergency:    wire.Emergency{Numbers: s.manager.deps.Line.EmergencyNumbers(), Routed: s.manager.deps.Line.EmergencyRouted()},
	}
	if s.manager.deps.ICE != nil && s.admitted() { // who has not proved a password gets no relay
		r.ICE = s.manager.deps.ICE(s.id)
	}
	if r.User == "" {
		r.User = s.identity.Subject
	}
	for _, c := range s.calls {
		r.Calls = append(r.Calls, c.Snapshot())
	}
	return r
}

// detach starts the resume window when the attached socket is gone.
func (s *Session) detach(l *Link) {
	if s.link != l || s.ended.Load() {
		return
	}
	s.link = nil
	if !s.admitted() {
		s.end(ending{cause: call.Cause{Side: call.Browser, Kind: call.SessionEnded, Text: "the browser left before it had proved its password"}})
		return
	}
	s.log.Info("socket lost", "calls", len(s.calls))
	stop(s.grace)
	window := s.manager.config.ResumeWindow
	if s.away > 0 {
		window = min(window, s.away)
	}
	s.grace = time.AfterFunc(window, func() {
		s.post(func() {
			if s.link == nil {
				s.end(ending{cause: call.Cause{Side: call.Browser, Kind: call.SessionEnded, Text: "the browser did not come back"}})
			}
		})
	})
}

// renewed takes the end of a fresh token.
func (s *Session) renewed(l *Link, id wire.ID, expires time.Time) {
	if s.ended.Load() {
		return
	}
	s.expireAt(expires)
	l.answer(id, wire.TokenResult{Expires: timestamp(expires)})
	s.log.Debug("token renewed")
}

// expireAt ends the session with its token (SPEC: an expired token that is not renewed de-registers).
func (s *Session) expireAt(at time.Time) {
	stop(s.expiry)
	if at.IsZero() {
		return
	}
	s.expiry = time.AfterFunc(time.Until(at), func() {
		s.post(func() {
			s.end(ending{cause: call.Cause{Side: call.Gateway, Kind: call.SessionEnded, Text: "the token expired"}, closing: wire.ClosingTokenExpired, code: wire.CloseToken})
		})
	})
}

func (s *Session) replaced() {
	s.end(ending{cause: call.Cause{Side: call.Browser, Kind: call.SessionEnded, Text: "the same browser logged in anew"}, closing: wire.ClosingReplaced, code: wire.CloseReplaced})
}

func (s *Session) tellDrain() {
	if !s.ended.Load() {
		s.tell(wire.EventClosing, wire.SessionClosing{Reason: wire.ClosingDrain, Text: "The gateway is about to restart. Running calls go on; new ones need another gateway."})
	}
}

// ending is how a session ends. Without code the socket, if there is one, is closed as after a logout.
type ending struct {
	cause   call.Cause
	closing string // reason of session.closing, "" for none
	code    int
}

// end is the one exit of a session: its calls, its binding, its socket. Safe to call twice.
func (s *Session) end(e ending) {
	if s.ended.Swap(true) {
		return
	}
	for _, c := range s.calls {
		c.End(e.cause)
	}
	s.dropWishes()
	s.messages.Close()
	stop(s.grace)
	stop(s.expiry)
	if e.closing != "" {
		s.tell(wire.EventClosing, wire.SessionClosing{Reason: e.closing, Text: e.cause.Text})
	}
	if s.link != nil {
		code := e.code
		if code == 0 {
			code = wire.CloseLogout
		}
		s.link.socket.Close(code, e.cause.Kind.String())
	}
	s.manager.wg.Add(1) // before it leaves the table: Close waits for what is in either
	s.manager.remove(s)
	s.log.Info("session ended", "cause", e.cause.Kind.String(), "text", e.cause.Text)
	if s.binding == nil {
		s.returnIdentity()
		s.manager.wg.Done()
		return
	}
	binding := s.binding
	go func() {
		defer s.manager.wg.Done()
		ctx, cancel := context.WithTimeout(s.manager.ctx, unbindTimeout)
		defer cancel()
		defer s.returnIdentity()
		if err := binding.Unbind(ctx); err != nil {
			s.log.Warn("de-registration not confirmed", "err", err)
		}
	}()
}

// tell numbers a notification, keeps it for resume and sends it if a socket is there.
func (s *Session) tell(method string, params any) {
	frame := s.out.add(method, params)
	if s.link != nil {
		s.link.socket.Send(frame)
	}
}

// bindingEvent takes what the core says of the registration, and incoming calls.
func (s *Session) bindingEvent(e ims.BindingEvent) {
	if s.ended.Load() {
		switch in := e.(type) {
		case ims.IncomingCall:
			in.Call.Hangup(call.Cause{Side: call.Gateway, Kind: call.SessionEnded})
		case ims.IncomingMessage:
			s.messages.Receive(in) // it is closed and refuses
		}
		return
	}
	switch e := e.(type) {
	case ims.Challenged:
		s.challenged(e)
	case ims.Registered:
		s.registration = wire.Registration{State: wire.Registered}
		if e.Expires > 0 {
			s.registration.Expires = timestamp(time.Now().Add(e.Expires))
		}
		for _, id := range e.Identities {
			s.registration.Identities = append(s.registration.Identities, wire.Identity{URI: id.URI, Display: id.Display, Default: id.Default})
		}
		if !s.admitted() {
			s.admit()
			return
		}
		s.tell(wire.EventRegistration, s.registration)
	case ims.RegistrationFailed:
		if !s.admitted() {
			s.turnAway(registrationFault(e))
			return
		}
		s.registration = wire.Registration{State: wire.RegistrationFails, Error: registrationFault(e).Event()}
		s.tell(wire.EventRegistration, s.registration)
		if e.Auth != "" { // the password was asked for again and is wrong now: nobody here is the user
			s.binding = nil // there is nothing left to remove
			cause := call.Cause{Side: call.Gateway, Kind: call.SessionEnded, Text: e.Cause.Text}
			s.end(ending{cause: cause, closing: wire.ClosingRefused, code: wire.CloseToken})
		}
	case ims.Deregistered:
		if e.Renewing {
			for _, c := range s.calls { // their dialogs went through a registrar that let go of them (TS 24.229 5.2.8)
				c.End(e.Cause)
			}
			s.registration = wire.Registration{State: wire.Registering}
			s.tell(wire.EventRegistration, s.registration)
			return
		}
		s.registration = wire.Registration{State: wire.RegistrationEnded}
		s.tell(wire.EventRegistration, s.registration)
		s.binding = nil // there is nothing left to remove
		s.end(ending{cause: e.Cause, closing: wire.ClosingDeregistered, code: wire.CloseIdentity})
	case ims.IncomingCall:
		s.ring(e.Call, e)
	case ims.IncomingMessage:
		s.messages.Receive(e)
	}
}

func registrationFault(e ims.RegistrationFailed) *wire.Error {
	name := wire.NameRegistrationRefused
	if e.Cause.Kind == call.CoreUnreachable || e.Cause.Kind == call.Congestion {
		name = wire.NameCoreUnreachable
	}
	if e.Auth != "" {
		return wire.NewError(proofErrors[e.Auth])
	}
	err := wire.NewError(name)
	err.Retryable = !e.Final
	if e.RetryAfter > 0 {
		err = err.WithRetryAfter(e.RetryAfter)
	}
	return err
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// redacted keeps enough of an identity to recognise it in a log and not enough to dial it.
func redacted(uri string) string {
	user, domain, _ := strings.Cut(uri, "@")
	return "***" + user[max(0, len(user)-2):] + "@" + domain
}
