package session

import (
	"slices"
	"strings"

	"causeway/signaling/b2bua"
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
	if frame, known := s.out.begin(id, params); known {
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
	case wire.AnswerParams:
		s.answerCall(id, p)
	case wire.PullParams:
		s.pull(id, p)
	case wire.ICEParams:
		var ice wire.ICE
		if s.manager.deps.ICE != nil {
			ice = s.manager.deps.ICE(s.id)
		}
		s.answer(id, ice)
	case wire.AwayParams:
		s.away = p.Within
		s.answer(id, nil)
	case wire.RefuseReferParams:
		s.refuseWish(id, p)
	case wire.CallParams:
		s.give(id, p)
	case wire.MessageParams:
		if !s.messages.Serve(id, p) {
			s.refuse(id, wire.NewError(wire.NameMethodUnknown))
		}
	default:
		s.refuse(id, wire.NewError(wire.NameMethodUnknown))
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

// give hands a request to the call it is for.
func (s *Session) give(id wire.ID, p wire.CallParams) {
	c := s.calls[p.CallID()]
	if c == nil {
		s.refuse(id, wire.NewError(wire.NameCallUnknown))
		return
	}
	if !c.Serve(id, p) {
		s.refuse(id, wire.NewError(wire.NameMethodUnknown))
	}
}

// answerCall answers a terminating call. What the page adds is checked before anything is sent.
func (s *Session) answerCall(id wire.ID, p wire.AnswerParams) {
	if fault := s.mayAdd(b2bua.Extras(p.UserToUser, p.Headers)); fault != nil {
		s.refuse(id, fault)
		return
	}
	s.give(id, p)
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
	cause := call.CauseOf(err)
	return wire.NewError(cause.Kind.String()).WithMessage("%s", wire.Sentence(cause.Text))
}

// start begins an originating call. What is wrong with the request itself is said before there is a call.
func (s *Session) start(id wire.ID, p wire.StartParams) {
	if p.Refer != "" && s.wishes[p.Refer] == nil {
		s.refuse(id, wire.NewError(wire.NameReferUnknown))
		return
	}
	emergency := s.manager.deps.Line.Emergency(p.Target) // before everything else (TS 24.229 5.2.1): nothing below may stop such a call
	if fault := s.mayStart(p); fault != nil && (!emergency || s.calls[p.Call] != nil) {
		s.refuse(id, fault)
		return
	}
	if _, err := sdp.ParseAccess(p.SDP); err != nil {
		s.refuse(id, wire.NewError(wire.NameSDPInvalid).WithMessage("The offer cannot be used: %v.", err))
		return
	}
	if fault := s.mayAdd(b2bua.Extras(p.UserToUser, p.Headers)); fault != nil && !emergency {
		s.refuse(id, fault)
		return
	}
	if !s.manager.enter(emergency) {
		s.refuse(id, wire.NewError(wire.NameDraining))
		return
	}
	s.newCall(p.Call, wire.Outgoing).Start(id, p, emergency, s.takeWish(p.Refer))
}

// mayStart says what speaks against an ordinary call.
func (s *Session) mayStart(p wire.StartParams) *wire.Error {
	if fault := s.mayCall(p.Call, p.Refer != ""); fault != nil {
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

// mayCall says what speaks against one more call. One that goes on where another ends may be one too many for a moment.
func (s *Session) mayCall(name string, goesOn bool) *wire.Error {
	if s.calls[name] != nil || s.arriving[name] {
		return wire.NewError(wire.NameCallExists)
	}
	limit := s.manager.config.MaxCalls
	if goesOn {
		limit++
	}
	if len(s.calls)+len(s.arriving) >= limit {
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

// ring begins a terminating call, or refuses it when this browser cannot take one more. One that replaces another is none more.
func (s *Session) ring(d b2bua.Dialog, e ims.IncomingCall) {
	name := newID()
	replaces, ok := s.callOf(e.Replaces)
	if !ok {
		s.ringElsewhere(d, e)
		return
	}
	goesOn := replaces != ""
	waits := len(s.calls) > 0 && !goesOn
	if fault := s.mayCall(name, goesOn); fault != nil || waits && !s.manager.config.CallWaiting {
		d.Hangup(call.Cause{Side: call.Gateway, Kind: call.Busy})
		return
	}
	if !s.manager.enter(goesOn) {
		d.Hangup(call.Cause{Side: call.Gateway, Kind: call.Draining})
		return
	}
	s.newCall(name, wire.Incoming).Ring(d, e, waits, replaces)
}
