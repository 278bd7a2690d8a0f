package sipws

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/wire"
)

// What happens in a call that is up: hold, new offers, digits.

// offered takes a new offer of the user agent (re-INVITE or UPDATE). One that no longer wants to hear is a hold, one that wants
// to hear again ends it (RFC 3264 8.4); the answer is the session's in either case. When the far party does not agree the offer
// is refused and everything stays as it was.
func (c *call) offered(sdp string) {
	hold := !wantsToHear(sdp)
	if hold == c.held {
		c.update(sdp)
		return
	}
	method := wire.MethodResume
	if hold {
		method = wire.MethodHold
	}
	c.agent.ask(method, params{"call": c.name}, func(r answer) {
		if r.Fault != nil {
			c.refuseOffer(r.Fault)
			return
		}
		c.held = hold
		c.update(sdp)
	})
}

// update lets the session answer the offer.
func (c *call) update(sdp string) {
	c.agent.ask(wire.MethodUpdate, params{"call": c.name, "sdp": sdp}, func(r answer) {
		if r.Fault != nil {
			c.refuseOffer(r.Fault)
			return
		}
		var result wire.UpdateResult
		if err := json.Unmarshal(r.Result, &result); err != nil {
			c.agent.log.Error("frame of the session not read", "err", err)
			return
		}
		c.local = result.SDP
		c.step(func(m *dialog.Session, now time.Time) []dialog.Action {
			out, err := m.Answer(now, c.local)
			if err != nil {
				c.agent.log.Debug("no offer to answer", "err", err)
			}
			return out
		})
	})
}

func (c *call) refuseOffer(f *fault) {
	status := statusOf(f.Data.Name)
	if status == 401 || status < 400 {
		status = 488
	}
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.RefuseOffer(now, status)
		if err != nil {
			c.agent.log.Debug("no offer to answer", "err", err)
		}
		return out
	})
}

// wantsToHear reports the direction of the first audio in use: sendrecv, recvonly, or none given (RFC 3264 5.1).
func wantsToHear(sdp string) bool {
	direction, session, audio := "sendrecv", true, false
	for line := range strings.Lines(sdp) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "m="):
			if audio {
				return direction == "sendrecv" || direction == "recvonly"
			}
			session, audio = false, strings.HasPrefix(line, "m=audio ") && !strings.HasPrefix(line, "m=audio 0 ")
		case line == "a=sendrecv", line == "a=sendonly", line == "a=recvonly", line == "a=inactive":
			if session || audio {
				direction = line[2:]
			}
		}
	}
	return direction == "sendrecv" || direction == "recvonly"
}

// info takes digits (draft-kaplan-dispatch-info-dtmf-package: Signal and Duration; plain application/dtmf: the digit).
func (c *call) info(e dialog.Info) {
	digit, length := "", 0
	if e.ContentType == "application/dtmf" {
		digit = strings.TrimSpace(string(e.Body))
	}
	for line := range strings.Lines(string(e.Body)) {
		name, value, _ := strings.Cut(line, "=")
		switch value = strings.TrimSpace(value); strings.ToLower(strings.TrimSpace(name)) {
		case "signal":
			digit = value
		case "duration":
			length, _ = strconv.Atoi(value)
		}
	}
	digit = keyOf(digit)
	if digit == "" || c.over {
		return
	}
	p := params{"call": c.name, "digits": digit}
	if length > 0 {
		p["duration"] = min(max(length, int(wire.MinDTMFDuration/time.Millisecond)), int(wire.MaxDTMFDuration/time.Millisecond))
	}
	c.agent.ask(wire.MethodDTMF, p, func(r answer) {
		if r.Fault != nil {
			c.agent.log.Info("SIP digit not sent", "error", r.Fault.Data.Name)
		}
	})
}

// keyOf is a key's character; 10 to 15 are the event numbers of * # A B C D (RFC 4733 3.2).
func keyOf(s string) string {
	s = strings.ToUpper(s)
	if len(s) == 2 && s >= "10" && s <= "15" {
		return string("*#ABCD"[s[1]-'0'])
	}
	if len(s) == 1 && strings.Contains("0123456789ABCD*#", s) {
		return s
	}
	return ""
}

// digit passes on a key that the far party pressed: a page cannot see it in the sound.
func (c *call) digit(e wire.CallDTMF) {
	body := "Signal=" + e.Digit + "\r\nDuration=" + strconv.FormatInt(int64(time.Duration(e.Duration)/time.Millisecond), 10) + "\r\n"
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.SendInfo(now, "application/dtmf-relay", []byte(body))
		if err != nil {
			c.agent.log.Debug("digit not passed on", "err", err)
		}
		return out
	})
}
