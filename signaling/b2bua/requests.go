package b2bua

import (
	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// Start begins an originating call for the request id. An emergency call is obeyed by no policy. wish is what the call fulfils, nil
// for an ordinary one.
func (c *Call) Start(id wire.ID, p wire.StartParams, emergency bool, wish *ims.Wish) {
	if emergency {
		c.fsm.Mode, c.position = lenient(c.fsm.Mode), p.Position
	}
	c.extras, c.late = Extras(p.UserToUser, p.Headers), p.LateAnswer
	c.remote = wire.Remote{URI: p.Target}
	if c.follows = wish; wish != nil {
		c.remote = Party(wish.Target)
	}
	c.log.Info("call started", "direction", c.direction)
	c.request(id, call.Start{Request: ref(id), Target: p.Target, From: p.From, Anonymous: p.Anonymous, SDP: p.SDP})
}

// Ring begins a terminating call, which belongs to dialog d; second tells that the user is in another call already, and replaces names
// the one whose place this call takes.
func (c *Call) Ring(d Dialog, e ims.IncomingCall, second bool, replaces string) {
	c.dialog, c.replaces, c.place = d, replaces, c.host.Call(replaces)
	c.remote, c.called, c.waiting = Party(e.Remote), e.Called, second || e.Waiting
	c.divertedBy, c.farExtras = diversion(e.Diverted), e.Extras
	c.log = c.log.With("sip_call", d.ID())
	c.log.Info("call started", "direction", c.direction)
	d.SetNotify(c.notifyDialog())
	c.input(call.Incoming{SDP: e.SDP, Preconditions: e.Preconditions, Replaces: replaces != ""})
}

// Serve serves a request of the browser for this call; it is answered or refused through the host, now or later. false
// means that params are none of a running call.
func (c *Call) Serve(id wire.ID, params wire.Params) bool {
	switch p := params.(type) {
	case wire.RingingParams:
		c.request(id, call.Alerting{Request: ref(id)})
	case wire.AnswerParams:
		if c.direction == wire.Incoming && c.fsm.AnsweredAt.IsZero() {
			c.extras = Extras(p.UserToUser, p.Headers)
		}
		c.request(id, call.Answer{Request: ref(id), SDP: p.SDP})
	case wire.RejectParams:
		c.request(id, call.Reject{Request: ref(id), Kind: rejectKind(p.Reason)})
	case wire.HangupParams:
		c.request(id, call.Hangup{Request: ref(id)})
	case wire.HoldParams:
		c.request(id, call.Hold{Request: ref(id)})
	case wire.ResumeParams:
		c.request(id, call.Resume{Request: ref(id)})
	case wire.DTMFParams:
		c.request(id, call.Digits{Request: ref(id), Digits: p.Digits, Duration: p.Duration, Gap: p.Gap})
	case wire.UpdateParams:
		c.request(id, call.Update{Request: ref(id), SDP: p.SDP})
	case wire.CandidatesParams:
		c.candidates(id, p)
	case wire.RefuseVideoParams:
		c.refuseVideo()
		c.host.Answer(id, nil)
	case wire.TransferParams:
		c.hand(id, p)
	default:
		return false
	}
	return true
}

// request hands a request's input to the table; its answer comes as an action.
func (c *Call) request(id wire.ID, in call.Input) {
	c.requests[ref(id)] = id
	c.input(in)
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

// lenient is policy for an emergency call: asked where it is asked, and obeyed by nobody (TS 29.214 4.4.1, TS 24.229 5.2.10).
func lenient(m call.PolicyMode) call.PolicyMode {
	if m == call.PolicyRequired {
		return call.PolicyBestEffort
	}
	return m
}

// candidates gives the browser's trickled candidates to media (RFC 8838).
func (c *Call) candidates(id wire.ID, p wire.CandidatesParams) {
	var list []media.Candidate
	for _, text := range p.Candidates {
		one, usable, err := sdp.ParseCandidate(text.Candidate)
		if err != nil {
			c.host.Refuse(id, wire.NewError(wire.NameParamsInvalid).WithMessage("%v.", err))
			return
		}
		if usable {
			list = append(list, mediaCandidate(one))
		}
	}
	if c.stream != nil {
		c.stream.AddCandidates(list)
	}
	c.host.Answer(id, nil)
}
