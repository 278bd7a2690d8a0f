package handset

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"causeway/test/lab/sip"
)

// inside serves a request within the call's dialog.
func (c *Call) inside(tx *sip.ServerTx) {
	m := tx.Request
	d := &c.dialog
	if e := c.early[m.Tag("From")]; e != nil && c.state != "up" {
		d = e
	}
	n, _ := m.CSeq()
	if n <= d.remoteSeq {
		c.fault("cseq", "%s with CSeq %d after %d", m.Method, n, d.remoteSeq)
		tx.Reply(500, "CSeq Out Of Order", "")
		return
	}
	d.remoteSeq = n
	if c.state == "ended" && m.Method != "BYE" {
		tx.Reply(481, "Call/Transaction Does Not Exist", "")
		return
	}
	switch m.Method {
	case "BYE":
		c.bye(tx)
	case "PRACK":
		c.prack(tx)
	case "UPDATE", "INVITE":
		c.offerInside(tx)
	case "INFO":
		c.infoRequest(tx)
	case "REFER":
		c.referred(tx)
	case "NOTIFY":
		c.notified(tx)
	case "OPTIONS", "MESSAGE":
		tx.Respond(c.response(m, 200, "OK", ""))
	default:
		tx.Reply(405, "Method Not Allowed", "")
	}
}

func (c *Call) bye(tx *sip.ServerTx) {
	tx.Respond(c.response(tx.Request, 200, "OK", ""))
	if c.state != "up" && c.invite != nil && !c.invite.Final() { // RFC 3261 15.1.2
		c.invite.Reply(487, "Request Terminated", c.dialog.localTag)
	}
	cause := "hung up by the far side"
	if r := tx.Request.Get("Reason"); r != "" {
		cause += " (" + r + ")"
	}
	c.end(cause)
}

// offerInside answers re-INVITE and UPDATE (RFC 3261 14.2, RFC 3311 5.2).
func (c *Call) offerInside(tx *sip.ServerTx) {
	m := tx.Request
	busy := c.media.open || m.Method == "INVITE" && (c.ok.timer != nil || c.state != "up")
	if busy && (m.Method == "INVITE" || len(m.Body) > 0) {
		tx.Reply(491, "Request Pending", "")
		return
	}
	if contact := contactOf(m); contact != "" {
		c.dialog.target = contact // target refresh, RFC 3261 12.2.2
	} else {
		c.fault("contact", "%s without Contact", m.Method)
	}
	body := ""
	switch {
	case len(m.Body) > 0:
		var ok bool
		if body, ok = c.answerInside(tx); !ok {
			return
		}
	case m.Method == "INVITE":
		body, c.ok.offer = c.makeOffer(c.script, nil), true
	}
	res := c.response(m, 200, "OK", body)
	c.sessionTimer(m, res)
	if m.Method == "INVITE" {
		c.final(tx, res)
		return
	}
	tx.Respond(res)
	c.met()
}

// answerInside makes the answer, the precondition status in it where used.
func (c *Call) answerInside(tx *sip.ServerTx) (string, bool) {
	m := tx.Request
	var pre *preconditions
	if c.pre.used && c.state != "up" {
		if _, media, err := readSDP(m.Body); err == nil {
			p := readPreconditions(media)
			c.pre.remote = p.remote
			c.pre.waiting = p.remote != "sendrecv"
			pre = &c.pre.preconditions
		}
	}
	body, err := c.takeOffer(m.Body, pre, false)
	if err == nil {
		return body, true
	}
	if !errors.Is(err, errNoCodec) {
		c.fault("offer", "%s: %v", m.Method, err)
	}
	tx.Reply(488, "Not Acceptable Here", "")
	return "", false
}

// infoRequest takes digits by INFO, for those who cannot send telephone-events.
func (c *Call) infoRequest(tx *sip.ServerTx) {
	if strings.HasPrefix(strings.ToLower(tx.Request.Get("Content-Type")), "application/dtmf-relay") {
		for line := range strings.Lines(string(tx.Request.Body)) {
			if name, v, ok := strings.Cut(line, "="); ok && strings.EqualFold(strings.TrimSpace(name), "Signal") {
				c.stream.InfoDigit(strings.TrimSpace(v))
			}
		}
	}
	if strings.Contains(string(tx.Request.Body), "picture_fast_update") { // RFC 5168
		c.picture.info.Infos++
	}
	tx.Respond(c.response(tx.Request, 200, "OK", ""))
}

// sessionTimer agrees on RFC 4028 as the answering side: the caller refreshes
// unless it asked otherwise.
func (c *Call) sessionTimer(req, res *sip.Message) {
	se, ok := sessionExpires(req)
	if !ok || !req.HasToken("Supported", "timer") {
		return
	}
	refresher, _ := sip.HeaderParams("x;" + req.Get("Session-Expires")).Get("refresher")
	if refresher == "" {
		refresher = "uac"
	}
	res.Add("Session-Expires", strconv.Itoa(se)+";refresher="+refresher)
	if refresher == "uac" {
		res.Add("Require", "timer")
	}
	c.watchSession(se, refresher == "uas")
}

// watchSession refreshes at half time, or ends the call when no refresh comes
// (RFC 4028 10: BYE min(32 s, a third) before the end).
func (c *Call) watchSession(seconds int, ours bool) {
	c.expiry.Stop()
	se := time.Duration(seconds) * time.Second
	if ours {
		c.expiry = c.farm.stack.After(se/2, func() { c.refresh(seconds) })
		return
	}
	c.expiry = c.farm.stack.After(se-min(32*time.Second, se/3), func() {
		c.fault("no_refresh", "the session was not refreshed within %d s", seconds)
		c.hangup("session timer ran out")
	})
}

// refresh sends an UPDATE without a description.
func (c *Call) refresh(seconds int) {
	if c.state != "up" {
		return
	}
	m := c.dialog.request("UPDATE", 0)
	m.Add("Contact", c.contact())
	m.Add("Supported", "timer")
	m.Add("Session-Expires", strconv.Itoa(seconds)+";refresher=uac")
	c.send(&c.dialog, m, func(res *sip.Message) {
		switch {
		case c.state != "up" || res != nil && res.Status < 200:
		case res == nil || res.Status == 408 || res.Status == 481:
			c.hangup("the refresh failed")
		default:
			c.watchSession(seconds, true)
		}
	})
}
