package sipws

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/wire"
)

// Calls of the user agent: INVITE becomes call.start.

// invite takes a new INVITE.
func (a *agent) invite(tx *transaction.Server) *call {
	req := tx.Request()
	if len(a.calls) >= maxCalls {
		refuse(tx, 486, "Too many calls.")
		return nil
	}
	c := a.newCall(newToken(), dialog.First(req, "call-id", "i"))
	id := c.serve(tx)
	machine, status, headers, err := dialog.NewCallee(&c.profile, id, req, time.Now())
	if err != nil {
		delete(a.calls, c.name)
		refuse(tx, status, "", headers...)
		return nil
	}
	c.machine = machine
	a.dialogs[machine.LocalTag()] = c
	offer := machine.InviteSDP()
	if offer == "" {
		c.hangup(488, "", warning("An INVITE needs an SDP offer here."))
		return c
	}
	p := params{"call": c.name, "target": a.dialled(req.Recipient), "sdp": offer, "lateAnswer": true}
	if from := a.preferred(tx); from != "" {
		p["from"] = from
	}
	if anonymous(tx) {
		p["anonymous"] = true
	}
	if h := a.headers(tx); len(h) > 0 {
		p["headers"] = h
	}
	c.begun = true
	a.ask(wire.MethodStart, p, c.started)
	return c
}

// dialled is whom a URI calls: a number of the user's own domain as the number, anything else as the address.
func (a *agent) dialled(uri sip.Uri) string {
	if (uri.Scheme == "sip" || uri.Scheme == "sips") && strings.EqualFold(uri.Host, a.reg.as.domain) {
		number, _, _ := strings.Cut(uri.User, ";")
		number = strings.ReplaceAll(number, "%23", "#")
		if number != "" && strings.Trim(number, "+0123456789*#-.()") == "" {
			return number
		}
	}
	return uri.String()
}

// preferred is the identity the caller wants to be seen with (RFC 3325 9.2, else From), if it is one the network has given the
// user; the network's default one otherwise, as TS 24.229 5.2.6.3.1 has it.
func (a *agent) preferred(tx *transaction.Server) string {
	want := tx.Request().From().Address.String()
	if p := dialog.First(tx.Request(), "p-preferred-identity"); p != "" {
		want = dialog.AddrSpec(p)
	}
	i := slices.IndexFunc(a.reg.state.Identities, func(id wire.Identity) bool { return bare(id.URI) == bare(want) })
	if i < 0 {
		return ""
	}
	return a.reg.state.Identities[i].URI
}

// anonymous reports a caller who withholds the number (RFC 3323 4.2, 4.1.1.3).
func anonymous(tx *transaction.Server) bool {
	for _, v := range dialog.Values(tx.Request(), "privacy") {
		for word := range strings.SplitSeq(v, ";") {
			if w := strings.ToLower(strings.TrimSpace(word)); w == "id" || w == "header" || w == "user" {
				return true
			}
		}
	}
	return strings.EqualFold(tx.Request().From().Address.Host, "anonymous.invalid")
}

// headers are those of the operator's list. The session checks their values.
func (a *agent) headers(tx *transaction.Server) map[string]string {
	out := map[string]string{}
	for _, name := range a.server.deps.Headers {
		if v := dialog.First(tx.Request(), strings.ToLower(name)); v != "" {
			out[name] = v
		}
	}
	return out
}

// started takes the answer to call.start. The session's description goes to the user agent at once; one that does not look at
// provisional responses finds it in the 200.
func (c *call) started(r answer) {
	if r.Fault != nil {
		c.begun = false
		if !c.over {
			var extra []dialog.Header
			if r.Fault.Data.RetryAfter > 0 {
				extra = append(extra, retryAfter(time.Duration(r.Fault.Data.RetryAfter)))
			}
			cause := wire.Cause{Name: r.Fault.Data.Name}
			c.hangup(statusOf(cause.Name), reasonOf(cause), append(extra, warning(r.Fault.Message))...)
		}
		return
	}
	var result wire.StartResult
	if err := json.Unmarshal(r.Result, &result); err != nil {
		c.agent.log.Error("frame of the session not read", "err", err)
		return
	}
	c.local = result.SDP
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Progress(now, 183, c.local) })
}

// progress passes on what the far side is doing.
func (c *call) progress(e wire.CallProgress) {
	status := 0
	switch e.State {
	case wire.CallRinging:
		status = 180
	case wire.CallDiverted:
		status = 181
	}
	if status != 0 && !c.incoming {
		c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Progress(now, status, "") })
	}
}

// connected passes the far side's answer on, with who it is (RFC 3325 9.1).
func (c *call) connected(e wire.CallAccepted) {
	c.answered = true
	if c.incoming {
		return
	}
	c.profile.Answer = append(c.agent.asserted(e.Remote), c.agent.listed(e.Headers)...)
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.Accept(now, c.local)
		if err != nil {
			c.agent.log.Debug("SIP user agent has hung up already", "err", err)
		}
		return out
	})
}
