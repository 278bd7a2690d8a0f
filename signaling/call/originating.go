package call

import "time"

func start(c *Call, in Input, _ time.Time) []Action {
	s := in.(Start)
	c.State, c.Outgoing, c.start, c.request = Opening, true, s, s.Request
	return []Action{OpenMedia{SDP: s.SDP}}
}

// openedOutgoing answers the browser at once with the gateway's own access answer, so that ICE and DTLS are up before
// the far side answers and the peer's address is known to policy, and sends the INVITE.
func openedOutgoing(c *Call, in Input, _ time.Time) []Action {
	s, r := c.start, c.request
	c.State, c.start, c.request, c.told = Calling, Start{}, "", true
	return []Action{
		Reply{Request: r, SDP: in.(MediaOpened).SDP},
		StartTimer{RingTimer, c.Limits.Ring},
		SendInvite{Target: s.Target, From: s.From, Anonymous: s.Anonymous},
	}
}

func provisional(c *Call, in Input, _ time.Time) []Action {
	p := in.(Provisional)
	var out []Action
	if p.SDP != "" {
		out = c.coreAnswered(p.SDP)
	}
	c.EarlyMedia = p.EarlyMedia
	word := ProgressTrying
	switch {
	case p.EarlyMedia:
		word = ProgressEarly
	case p.Status == 180:
		word = ProgressRinging
	}
	return append(out, TellProgress{Progress: word, Status: p.Status, EarlyMedia: p.EarlyMedia})
}

// coreAnswered connects media to an SDP answer of the core and asks policy; when policy is required, it asks first.
// The same answer again (in the 200 after the 183) changes nothing.
func (c *Call) coreAnswered(sdp string) []Action {
	if sdp == c.answered {
		return nil
	}
	c.answered = sdp
	if c.Mode == PolicyRequired {
		c.pending = sdp
		return c.ask(sdp)
	}
	return append([]Action{ConnectCore{SDP: sdp}}, c.ask(sdp)...)
}

func accepted(c *Call, in Input, now time.Time) []Action {
	var out []Action
	if sdp := in.(Accepted).SDP; sdp != "" {
		out = c.coreAnswered(sdp)
	}
	if c.answered == "" {
		return c.end(Cause{Side: Core, Kind: MediaIncompatible, Text: "the far side answered without media"}, now)
	}
	if c.Mode == PolicyRequired && !c.Granted {
		c.State = Confirming
		return append(out, StopTimer{RingTimer})
	}
	return append(out, c.activate(now)...)
}

func failed(c *Call, in Input, now time.Time) []Action { return c.end(in.(Failed).Cause, now) }
