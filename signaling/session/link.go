package session

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"causeway/signaling/auth"
	"causeway/signaling/pace"
	"causeway/signaling/wire"
)

const (
	// maxBadFrames is how many frames that are no requests a socket may send in its life.
	maxBadFrames = 10
	// loginDeadline bounds the work of one login (it may fetch the issuer's keys).
	loginDeadline = 8 * time.Second
)

// Link is one socket on its way to a session. Frame and Closed are called by the socket's one reader.
type Link struct {
	manager *Manager
	socket  Socket
	log     *slog.Logger

	session *Session // nil before the login
	bad     int
	bucket  pace.Bucket
	timeout *time.Timer
}

// Attach takes a new socket. It has Config.LoginTimeout to log in.
func (m *Manager) Attach(socket Socket) *Link {
	l := &Link{manager: m, socket: socket, log: m.log.With("socket", newID()[:8])}
	l.timeout = time.AfterFunc(m.config.LoginTimeout, func() {
		l.log.Info("socket closed", "reason", "no login in time")
		socket.Close(wire.CloseLoginTimeout, "no login in time")
	})
	return l
}

// Frame handles one frame: the login itself, everything else in the session's queue.
func (l *Link) Frame(data []byte) {
	req, fault := wire.ParseRequest(data)
	if fault != nil {
		l.refuseFrame(req, fault)
		return
	}
	if wait, ok := l.bucket.Take(time.Now(), l.manager.config.RequestsPerSecond, l.manager.config.RequestBurst); !ok {
		l.socket.Send(wire.ErrorResponse(req.ID, wire.NewError(wire.NameRateLimited).WithRetryAfter(wait)))
		return
	}
	params, fault := req.Decode()
	if fault != nil {
		l.socket.Send(wire.ErrorResponse(req.ID, fault))
		return
	}
	switch p := params.(type) {
	case wire.LoginParams:
		l.login(req.ID, p)
	case wire.PingParams:
		l.answer(req.ID, nil)
	case wire.TokenParams:
		l.renew(req.ID, p)
	case wire.ProveParams:
		l.prove(req.ID, p)
	default:
		if !l.admitted() {
			l.socket.Send(wire.ErrorResponse(req.ID, wire.NewError(wire.NameLoginRequired)))
			return
		}
		s := l.session
		s.post(func() { s.request(l, req.ID, params) })
	}
}

// Closed tells the session that its socket is gone.
func (l *Link) Closed() {
	l.timeout.Stop()
	if s := l.session; s != nil {
		s.post(func() { s.detach(l) })
	}
}

func (l *Link) refuseFrame(req wire.Request, fault *wire.Error) {
	l.socket.Send(wire.ErrorResponse(req.ID, fault))
	if l.bad++; l.bad >= maxBadFrames {
		l.log.Info("socket closed", "reason", "too many bad frames")
		l.socket.Close(wire.CloseBadFrames, "too many frames that are no requests")
	}
}

func (l *Link) answer(id wire.ID, result any) {
	frame, err := wire.Response(id, result)
	if err != nil {
		l.log.Error("answer not encoded", "err", err)
		frame = wire.ErrorResponse(id, nil)
	}
	l.socket.Send(frame)
}

// verify checks a token and turns a refusal into the browser's words.
func (l *Link) verify(token string) (auth.Identity, *wire.Error) {
	ctx, cancel := context.WithTimeout(l.manager.ctx, loginDeadline)
	defer cancel()
	identity, err := l.manager.deps.Verifier.Verify(ctx, token)
	if err == nil {
		return identity, nil
	}
	return auth.Identity{}, l.refusal(err)
}

// refusal counts a refused login and turns it into the browser's words.
func (l *Link) refusal(err error) *wire.Error {
	name := wire.NameTokenInvalid
	var wait time.Duration
	var refused *auth.Error
	if errors.As(err, &refused) {
		name, wait = string(refused.Kind), refused.RetryAfter
	}
	l.manager.count(func(t *Stats) { t.LoginFailures[name]++ })
	l.log.Info("login refused", "error", name, "detail", err)
	fault := wire.NewError(name)
	if wait > 0 {
		fault = fault.WithRetryAfter(wait)
	}
	return fault
}

// login authenticates and starts or resumes a session. A refused token closes the socket with the error's code, after
// the answer, so that guessing costs a connection each.
func (l *Link) login(id wire.ID, p wire.LoginParams) {
	if l.session != nil {
		l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameAlreadyLoggedIn)))
		return
	}
	if p.Scheme == wire.SchemeDigest {
		l.knock(id, p)
		return
	}
	identity, fault := l.verify(p.Token)
	if fault != nil {
		l.refuseLogin(id, fault)
		return
	}
	if p.Resume != nil {
		if l.resume(id, p, identity) {
			return
		}
		l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameResumeUnknown)))
		return
	}
	identity, giveBack, err := l.manager.lend(identity, p.Instance)
	if err != nil {
		l.refuseLogin(id, l.refusal(err))
		return
	}
	s := newSession(l.manager, identity, p)
	s.giveBack = giveBack
	older, fault := l.manager.add(s)
	if fault != nil {
		giveBack()
		l.refuseLogin(id, fault)
		return
	}
	if older != nil {
		older.post(older.replaced)
	}
	l.enter(s)
	s.post(func() { s.begin(l, id) })
}

func (l *Link) refuseLogin(id wire.ID, fault *wire.Error) {
	l.socket.Send(wire.ErrorResponse(id, fault))
	if code := fault.CloseCode(); code != 0 {
		l.socket.Close(code, fault.Name)
	}
}

// resume attaches the socket to a living session of the same user.
func (l *Link) resume(id wire.ID, p wire.LoginParams, identity auth.Identity) bool {
	s := l.manager.find(p.Resume.Session)
	if s == nil || !s.owns(identity, p.Resume.Secret) || (s.proof != nil) != (p.Scheme == wire.SchemeDigest) {
		return false // a session goes on by the scheme it began with: a claim without a token must not outlive the token
	}
	l.enter(s)
	s.post(func() { s.resume(l, id, p.Resume.After, identity) })
	return true
}

func (l *Link) enter(s *Session) {
	l.timeout.Stop()
	l.session = s
}

// renew takes a fresh token for the same identity.
func (l *Link) renew(id wire.ID, p wire.TokenParams) {
	if !l.admitted() {
		l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameLoginRequired)))
		return
	}
	if l.session.proof != nil {
		l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameSchemeRefused).WithMessage("This session was begun with a password; it has no token to renew.")))
		return
	}
	identity, fault := l.verify(p.Token)
	if fault == nil && !identity.Same(l.session.identity) {
		fault = wire.NewError(wire.NameIdentityRefused)
	}
	if fault != nil { // the old token is still good: the session goes on until that one ends
		l.socket.Send(wire.ErrorResponse(id, fault))
		return
	}
	s := l.session
	s.post(func() { s.renewed(l, id, identity.Expires) })
}
