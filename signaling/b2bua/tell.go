package b2bua

import (
	"causeway/signaling/call"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// doTell carries out what only concerns the browser.
func (c *Call) doTell(a call.Action) {
	switch a := a.(type) {
	case call.Reply:
		c.reply(a)
	case call.TellIncoming:
		c.host.Tell(wire.EventIncoming, wire.CallIncomingEvent{Call: c.name, Remote: c.remote, Called: c.called, SDP: a.SDP,
			Waiting: c.waiting, DivertedBy: c.divertedBy, UserToUser: userToUser(c.farExtras), Headers: headersOf(c.farExtras), Replaces: c.replaces, Video: c.access.offered != nil && c.video.agreed != nil})
	case call.TellProgress:
		c.progress = string(a.Progress)
		c.host.Tell(wire.EventProgress, wire.CallProgress{Call: c.name, State: string(a.Progress), EarlyMedia: a.EarlyMedia, SIP: a.Status,
			Waiting: c.farWaiting, DivertedTo: c.divertedTo})
	case call.TellAccepted:
		c.log.Info("call answered")
		c.stream.ExpectAccess()
		c.host.Tell(wire.EventAccepted, wire.CallAccepted{Call: c.name, Remote: c.remote, StartedAt: wire.Timestamp{Time: a.At},
			UserToUser: userToUser(c.answerExtras()), Headers: headersOf(c.answerExtras())})
		c.settle()
	case call.TellHold:
		c.host.Tell(wire.EventHold, wire.CallHold{Call: c.name, Local: a.Local, Remote: a.Remote})
	case call.TellDigit:
		c.host.Tell(wire.EventDTMF, wire.CallDTMF{Call: c.name, Digit: string(a.Digit), Duration: wire.Millis(a.Duration)})
	case call.TellMedia:
		c.host.Tell(wire.EventMedia, wire.CallMedia{Call: c.name, State: string(a.Word)})
	case call.TellEnded:
		c.host.Tell(wire.EventEnded, wire.CallEnded{Call: c.name, Cause: browserCause(a.Cause), Duration: wire.Millis(a.Answered)})
	}
}

func (c *Call) reply(a call.Reply) {
	id, ok := c.requests[a.Request]
	if !ok {
		return // the input was no request
	}
	delete(c.requests, a.Request)
	switch {
	case a.Err != nil:
		e := wire.NewError(a.Err.Name)
		if a.Err.Text != "" {
			e = e.WithMessage("%s", wire.Sentence(a.Err.Text))
		}
		c.host.Refuse(id, e)
	case a.SDP != "":
		c.host.Answer(id, wire.StartResult{Call: c.name, SDP: a.SDP})
	default:
		c.host.Answer(id, nil)
	}
}

// browserCause gives a cause its face in the browser's protocol. Its sentence is the catalogue's, unless the gateway
// itself has a better one: what the far side wrote is given beside it, as its own words.
func browserCause(c call.Cause) wire.Cause {
	out := wire.NewCause(c.Kind.String(), c.Side.String())
	out.SIP, out.Q850, out.RetryAfter = c.SIP, c.Q850, wire.Millis(c.RetryAfter)
	switch {
	case c.Foreign:
		out.Reason = c.Text
	case c.Own() != "":
		out.Message = wire.Sentence(c.Own())
	}
	return out
}

// Snapshot describes the call to a browser that comes back.
func (c *Call) Snapshot() wire.Snapshot {
	s := wire.Snapshot{Call: c.name, Direction: c.direction, Remote: c.remote, LocalHold: c.fsm.LocalHold,
		RemoteHold: c.fsm.RemoteHold, StartedAt: wire.Timestamp{Time: c.fsm.AnsweredAt}}
	switch c.fsm.State {
	case call.Active:
		s.State = wire.CallActive
	case call.Offering, call.Ringing:
		s.State, s.SDP = wire.CallIncoming, c.access.local
	case call.Accepting, call.Confirming:
		s.State = wire.CallConnecting
	default:
		s.State = c.progress
	}
	s.Video = snapshotVideo(c.video.wish)
	return s
}

// snapshotVideo is what the page had of video. No wish is no video, though an empty direction otherwise means sendrecv (RFC 8866 6.7): a
// reloaded page would open the camera of a call that never had one.
func snapshotVideo(wish sdp.Direction) string {
	switch {
	case wish == "":
		return ""
	case wish.Sends():
		return wire.VideoBoth
	default:
		return wire.VideoReceive
	}
}
