package call

import "time"

func incoming(c *Call, in Input, _ time.Time) []Action {
	i := in.(Incoming)
	c.State, c.reserving, c.replaces = Offering, i.Preconditions, i.Replaces
	return []Action{OpenMedia{SDP: i.SDP}}
}

// openedIncoming tells the browser, unless the caller still reserves resources: then it gets our answer first, and the
// user hears of the call when it can be had (RFC 3312 6).
func openedIncoming(c *Call, in Input, _ time.Time) []Action {
	c.offer = in.(MediaOpened).SDP
	ring := StartTimer{RingTimer, c.Limits.Ring}
	if c.reserving {
		return []Action{SendProgress{}, ring}
	}
	return append(c.tell(), ring)
}

// resources ends the wait for preconditions.
func resources(c *Call, _ Input, _ time.Time) []Action {
	waited := c.reserving && c.offer != ""
	c.reserving = false
	if !waited {
		return nil
	}
	return c.tell()
}

// tell shows the call to the browser.
func (c *Call) tell() []Action {
	sdp := c.offer
	c.offer, c.told = "", true
	return []Action{TellIncoming{SDP: sdp}, StartTimer{AlertTimer, c.Limits.Alert}}
}

// earlyAnswer is the PRACK's answer to the offer that an offerless INVITE made us send in the first reliable provisional
// (RFC 3262 5).
func earlyAnswer(c *Call, in Input, _ time.Time) []Action {
	return c.coreAnswered(remote{sdp: in.(CoreAnswer).SDP, heard: true})
}

func alerting(c *Call, in Input, _ time.Time) []Action {
	c.State = Ringing
	return []Action{StopTimer{AlertTimer}, SendRinging{}, Reply{Request: in.(Alerting).Request}}
}

// answer gives media the browser's answer; the request is answered when media has taken it.
func answer(c *Call, in Input, _ time.Time) []Action {
	a := in.(Answer)
	c.State, c.request = Accepting, a.Request
	return []Action{StopTimer{AlertTimer}, StopTimer{RingTimer}, SetAccess{SDP: a.SDP}}
}

// accessSet goes on with an answer that media has taken: when policy is required, the 200 waits for it.
func accessSet(c *Call, _ Input, now time.Time) []Action {
	out := []Action{Reply{Request: c.request}}
	c.request = ""
	if c.Mode == PolicyRequired {
		return append(out, c.ask("")...)
	}
	out = append(append(out, AcceptCore{}), c.ask("")...)
	return append(out, c.activate(now)...)
}

func reject(c *Call, in Input, now time.Time) []Action {
	r := in.(Reject)
	return append([]Action{Reply{Request: r.Request}}, c.end(Cause{Side: Browser, Kind: r.Kind}, now)...)
}
