package handset

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"causeway/test/lab/sip"
)

// Transfers, from a handset's side (RFC 3515, 3891, 3892):
//
//	REFER comes     referred: 202 and NOTIFY 100, or the script's refusal; a call to the target, whose progress becomes NOTIFYs
//	step transfer   REFER to a number (blind); attend: calls the number first, then REFER with that call's dialog; hand: calls the
//	                number and asks that one to take this call's place
//	INVITE, Replaces  takePlace: the old call's place is taken at once, then the old call is hung up

// reporting is a REFER that this handset follows: one NOTIFY at a time.
type reporting struct {
	active bool
	busy   bool
	queue  []string // status lines
}

// referred takes a REFER.
func (c *Call) referred(tx *sip.ServerTx) {
	m := tx.Request
	if c.script.RefuseRefer > 0 {
		tx.Reply(c.script.RefuseRefer, map[int]string{603: "Decline", 405: "Method Not Allowed", 403: "Forbidden"}[c.script.RefuseRefer], "")
		return
	}
	to := m.List("Refer-To")
	if len(to) != 1 || contactOf(m) == "" {
		c.fault("refer", "REFER with %d Refer-To and Contact %q", len(to), m.Get("Contact"))
		tx.Reply(400, "Bad Request", "")
		return
	}
	addr, err := sip.ParseAddress(to[0])
	if err != nil || c.reports.active {
		c.fault("refer", "Refer-To %q: %v", to[0], err)
		tx.Reply(400, "Bad Request", "")
		return
	}
	c.mark("Refer-To", to[0])
	res := c.response(m, 202, "Accepted", "")
	tx.Respond(res)
	c.reports.active = true
	c.report("100 Trying", false)
	uri, fields, _ := strings.Cut(addr.Raw, "?")
	o := Outgoing{To: uri}
	for field := range strings.SplitSeq(fields, "&") {
		name, value, _ := strings.Cut(field, "=")
		if text, err := url.PathUnescape(value); err == nil && (strings.EqualFold(name, "Replaces") || strings.EqualFold(name, "Require")) {
			o.Headers = append(o.Headers, name+": "+text)
		}
	}
	if by := m.Get("Referred-By"); by != "" {
		o.Headers = append(o.Headers, "Referred-By: "+by)
	}
	script := c.script
	script.Then = nil
	id, err := c.farm.dial(script, o)
	if err != nil {
		c.report("400 Bad Request", true)
		return
	}
	next := c.farm.byID(id)
	next.party = addr.URI.User
	next.watcher = func(status int, reason string) {
		c.report(strconv.Itoa(status)+" "+reason, status >= 200)
	}
}

// report sends or queues a NOTIFY.
func (c *Call) report(line string, last bool) {
	if !c.reports.active {
		return
	}
	c.reports.active = !last
	c.reports.queue = append(c.reports.queue, line)
	c.nextReport()
}

func (c *Call) nextReport() {
	if c.reports.busy || len(c.reports.queue) == 0 || c.state != "up" {
		return
	}
	line := c.reports.queue[0]
	c.reports.queue = c.reports.queue[1:]
	c.reports.busy = true
	m := c.dialog.request("NOTIFY", 0)
	m.Add("Contact", c.contact())
	m.Add("Event", "refer")
	state := "active;expires=120"
	if !c.reports.active && len(c.reports.queue) == 0 {
		state = "terminated;reason=noresource"
	}
	m.Add("Subscription-State", state)
	m.Add("Content-Type", "message/sipfrag;version=2.0")
	m.Body = []byte("SIP/2.0 " + line + "\r\n")
	c.send(&c.dialog, m, func(res *sip.Message) {
		if res != nil && res.Status < 200 {
			return
		}
		if res == nil || res.Status >= 300 {
			c.fault("notify_refused", "NOTIFY %s was not accepted", line)
		}
		c.reports.busy = false
		c.nextReport()
	})
}

// handOn performs the step of that name. Only a call that is up has a dialog to send REFER in: the callee's 200 may be under way still.
func (c *Call) handOn(what, number string) error {
	switch {
	case c.state != "up":
		return ErrNoCall
	case what == "transfer":
		c.ask("<tel:" + number + ">")
		return nil
	}
	return c.consult(number, what == "hand")
}

// ask sends a REFER.
func (c *Call) ask(referTo string) {
	m := c.dialog.request("REFER", 0)
	m.Add("Contact", c.contact())
	m.Add("Refer-To", referTo)
	m.Add("Referred-By", c.identity())
	c.send(&c.dialog, m, func(res *sip.Message) {
		switch {
		case res == nil:
			c.mark("Refer", "no answer")
		case res.Status >= 200:
			c.mark("Refer", strings.TrimSpace(strconv.Itoa(res.Status)+" "+c.seen["Refer"])) // a NOTIFY may have been faster
		}
	})
}

// notified takes a report on our REFER: the statuses are kept, and a success ends the call.
func (c *Call) notified(tx *sip.ServerTx) {
	m := tx.Request
	if event := m.Get("Event"); !strings.HasPrefix(event, "refer") {
		tx.Respond(c.response(m, 200, "OK", ""))
		return
	}
	if m.Get("Subscription-State") == "" || !strings.HasPrefix(m.Get("Content-Type"), "message/sipfrag") || contactOf(m) == "" {
		c.fault("notify", "NOTIFY of a transfer without state, type or Contact")
	}
	tx.Respond(c.response(m, 200, "OK", ""))
	parts := strings.SplitN(string(m.Body), " ", 3)
	if len(parts) < 3 || parts[0] != "SIP/2.0" {
		c.fault("notify", "a report that is no status line: %.40q", m.Body)
		return
	}
	c.mark("Refer", strings.TrimSpace(c.seen["Refer"]+" "+parts[1]))
	if parts[1] >= "200" {
		if !strings.HasPrefix(m.Get("Subscription-State"), "terminated") {
			c.fault("notify", "the last report does not end the subscription")
		}
		if parts[1] < "300" {
			c.hangup("transferred")
		}
	}
}

// place names a call's dialog for somebody who is to take our place in it, as a Refer-To.
func (c *Call) place(uri string) string {
	text := c.dialog.callID + ";to-tag=" + c.dialog.remoteTag + ";from-tag=" + c.dialog.localTag
	return "<" + uri + "?Replaces=" + url.QueryEscape(text) + "&Require=replaces>"
}

// consult calls a number; when that call is up, one of the two is asked to take our place in the other.
func (c *Call) consult(number string, hand bool) error {
	script := c.script
	script.Then = nil
	id, err := c.farm.dial(script, Outgoing{To: number})
	if err != nil {
		return err
	}
	second := c.farm.byID(id)
	second.watcher = func(status int, _ string) {
		switch {
		case status/100 != 2 || c.state != "up":
		case hand:
			second.later(0, func() { second.ask(c.place("sip:" + c.party + "@" + c.farm.cfg.HomeDomain)) })
		default:
			second.later(0, func() { c.ask(second.place("sip:" + number + "@" + c.farm.cfg.HomeDomain)) })
		}
	}
	return nil
}

// takePlace answers an INVITE with Replaces at once and hangs the old call up (RFC 3891 3), or refuses it.
func (c *Call) takePlace(value string) {
	callID, params, _ := strings.Cut(value, ";")
	p := sip.HeaderParams(params)
	local, _ := p.Get("to-tag")
	remote, _ := p.Get("from-tag")
	old := c.farm.find(strings.TrimSpace(callID), local, remote)
	if old == nil || old.state != "up" {
		c.invite.Reply(481, "Call/Transaction Does Not Exist", c.dialog.localTag)
		c.end("nobody's place to take")
		return
	}
	c.answer()
	c.later(0, func() { old.hangup(fmt.Sprintf("replaced by %s", c.party)) })
}

// byID finds a call.
func (f *Farm) byID(id string) *Call {
	for _, c := range f.calls {
		if c.id == id {
			return c
		}
	}
	return nil
}
