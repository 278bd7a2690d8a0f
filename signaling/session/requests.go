package session

import (
	"slices"
	"strings"

	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// request serves one request of the attached socket. One seen before gets its old answer again.
func (s *Session) request(l *Link, id wire.ID, params wire.Params) {
	if s.ended.Load() {
		l.socket.Send(wire.ErrorResponse(id, wire.NewError(wire.NameSessionEnded)))
		return
	}
	if frame, known := s.out.begin(id); known {
		if frame != nil {
			l.socket.Send(frame)
		}
		return
	}
	switch p := params.(type) {
	case wire.LogoutParams:
		s.answer(id, nil)
		s.end(ending{cause: call.Cause{Side: call.Browser, Kind: call.SessionEnded, Text: "logout"}})
	case wire.StartParams:
		s.start(id, p)
	case wire.RingingParams:
		s.give(id, p.Call, call.Alerting{Request: ref(id)})
	case wire.AnswerParams:
		s.answerCall(id, p)
	case wire.RejectParams:
		s.give(id, p.Call, call.Reject{Request: ref(id), Kind: rejectKind(p.Reason)})
	case wire.HangupParams:
		s.give(id, p.Call, call.Hangup{Request: ref(id)})
	case wire.HoldParams:
		s.give(id, p.Call, call.Hold{Request: ref(id)})
	case wire.ResumeParams:
		s.give(id, p.Call, call.Resume{Request: ref(id)})
	case wire.DTMFParams:
		s.give(id, p.Call, call.Digits{Request: ref(id), Digits: p.Digits, Duration: p.Duration, Gap: p.Gap})
	case wire.UpdateParams:
		s.give(id, p.Call, call.Update{Request: ref(id), SDP: p.SDP})
	case wire.CandidatesParams:
		s.candidates(id, p)
	default:
		s.refuse(id, wire.NewError(wire.NameMethodUnknown))
	}
}

// ref is a request's name inside the call table; unref its way back.
func ref(id wire.ID) call.Request { return call.Request(id.String()) }

func rejectKind(reason string) call.Kind {
	switch reason {
	case wire.RejectBusy:
		return call.Busy
	case wire.RejectUnavailable:
		return call.Unavailable
	default:
		return call.Declined
	}
}

// answer and refuse give a request its one answer, keep it for repetition and send it if a socket is there.
func (s *Session) answer(id wire.ID, result any) {
	frame, err := wire.Response(id, result)
	if err != nil {
		s.log.Error("answer not encoded", "err", err)
		frame = wire.ErrorResponse(id, nil)
	}
	s.send(id, frame)
}

func (s *Session) refuse(id wire.ID, e *wire.Error) { s.send(id, wire.ErrorResponse(id, e)) }

func (s *Session) send(id wire.ID, frame []byte) {
	s.out.finish(id, frame)
	if s.link != nil {
		s.link.socket.Send(frame)
	}
}

// give hands an input to a call of this session.
func (s *Session) give(id wire.ID, name string, in call.Input) {
	c := s.calls[name]
	if c == nil {
		s.refuse(id, wire.NewError(wire.NameCallUnknown))
		return
	}
	c.requests[ref(id)] = id
	c.input(in)
}

// answerCall answers a terminating call. What the page adds is checked before anything is sent.
func (s *Session) answerCall(id wire.ID, p wire.AnswerParams) {
	extras := pageExtras(p.UserToUser, p.Headers)
	if fault := s.mayAdd(extras); fault != nil {
		s.refuse(id, fault)
		return
	}
	if c := s.calls[p.Call]; c != nil && c.direction == wire.Incoming && c.fsm.AnsweredAt.IsZero() {
		c.extras = extras
	}
	s.give(id, p.Call, call.Answer{Request: ref(id), SDP: p.SDP})
}

// mayAdd says why a page may not add something to a call's messages.
func (s *Session) mayAdd(e ims.Extras) *wire.Error {
	if e.UserToUser == (ims.UserData{}) && len(e.Headers) == 0 || s.binding == nil {
		return nil
	}
	err := s.binding.CheckExtras(e)
	if err == nil {
		return nil
	}
	cause := asCause(err)
	return wire.NewError(cause.Kind.String()).WithMessage("%s", sentence(cause.Text))
}

// start begins an originating call. What is wrong with the request itself is said before there is a call.
func (s *Session) start(id wire.ID, p wire.StartParams) {
	emergency := s.manager.deps.Line.Emergency(p.Target) // before everything else (TS 24.229 5.2.1): nothing below may stop such a call
	if fault := s.mayStart(p); fault != nil && (!emergency || s.calls[p.Call] != nil) {
		s.refuse(id, fault)
		return
	}
	if _, err := sdp.ParseAccess(p.SDP); err != nil {
		s.refuse(id, wire.NewError(wire.NameSDPInvalid).WithMessage("The offer cannot be used: %v.", err))
		return
	}
	extras := pageExtras(p.UserToUser, p.Headers)
	if fault := s.mayAdd(extras); fault != nil && !emergency {
		s.refuse(id, fault)
		return
	}
	if !s.manager.enter(emergency) {
		s.refuse(id, wire.NewError(wire.NameDraining))
		return
	}
	c := s.newCall(p.Call, wire.Outgoing)
	if emergency {
		c.fsm.Mode, c.position = lenient(c.fsm.Mode), p.Position
	}
	c.extras = extras
	c.remote = wire.Remote{URI: p.Target}
	c.requests[ref(id)] = id
	c.log.Info("call started", "direction", c.direction)
	c.input(call.Start{Request: ref(id), Target: p.Target, From: p.From, Anonymous: p.Anonymous, SDP: p.SDP})
}

// mayStart says what speaks against an ordinary call.
func (s *Session) mayStart(p wire.StartParams) *wire.Error {
	if fault := s.mayCall(p.Call); fault != nil {
		return fault
	}
	if s.registration.State != wire.Registered {
		return wire.NewError(wire.NameNotRegistered)
	}
	if !s.mayCallAs(p.From) {
		return wire.NewError(wire.NameIdentityBarred)
	}
	return nil
}

// lenient is policy for an emergency call: asked where it is asked, and obeyed by nobody (TS 29.214 4.4.1, TS 24.229 5.2.10).
func lenient(m call.PolicyMode) call.PolicyMode {
	if m == call.PolicyRequired {
		return call.PolicyBestEffort
	}
	return m
}

func (s *Session) mayCall(name string) *wire.Error {
	if s.calls[name] != nil {
		return wire.NewError(wire.NameCallExists)
	}
	if len(s.calls) >= s.manager.config.MaxCalls {
		return wire.NewError(wire.NameTooManyCalls)
	}
	return nil
}

// mayCallAs reports one of the identities that the core has registered (P-Associated-URI), as a URI or as its number; ""
// is the default one. A barred identity is not among them (TS 24.229 5.2.6.3).
func (s *Session) mayCallAs(from string) bool {
	return from == "" || slices.ContainsFunc(s.registration.Identities, func(id wire.Identity) bool {
		_, rest, _ := strings.Cut(id.URI, ":")
		number, _, _ := strings.Cut(rest, "@")
		number, _, _ = strings.Cut(number, ";")
		return from == id.URI || strings.HasPrefix(number, "+") && from == number
	})
}

// ring begins a terminating call, or refuses it when this browser cannot take one more.
func (s *Session) ring(d Dialog, e ims.IncomingCall) {
	name := newID()
	waits := len(s.calls) > 0
	if fault := s.mayCall(name); fault != nil || waits && !s.manager.config.CallWaiting {
		d.Hangup(call.Cause{Side: call.Gateway, Kind: call.Busy})
		return
	}
	if !s.manager.enter(false) {
		d.Hangup(call.Cause{Side: call.Gateway, Kind: call.Draining})
		return
	}
	c := s.newCall(name, wire.Incoming)
	c.dialog = d
	c.remote, c.called, c.waiting = party(e.Remote), e.Called, waits || e.Waiting
	c.divertedBy, c.farExtras = diversion(e.Diverted), e.Extras
	c.log = c.log.With("sip_call", d.ID())
	c.log.Info("call started", "direction", c.direction)
	d.SetNotify(c.notifyDialog())
	c.input(call.Incoming{SDP: e.SDP, Preconditions: e.Preconditions})
}

// candidates gives the browser's trickled candidates to media (RFC 8838).
func (s *Session) candidates(id wire.ID, p wire.CandidatesParams) {
	c := s.calls[p.Call]
	if c == nil {
		s.refuse(id, wire.NewError(wire.NameCallUnknown))
		return
	}
	var list []media.Candidate
	for _, text := range p.Candidates {
		one, usable, err := sdp.ParseCandidate(text.Candidate)
		if err != nil {
			s.refuse(id, wire.NewError(wire.NameParamsInvalid).WithMessage("%v.", err))
			return
		}
		if usable {
			list = append(list, mediaCandidate(one))
		}
	}
	if c.stream != nil {
		c.stream.AddCandidates(list)
	}
	s.answer(id, nil)
}
