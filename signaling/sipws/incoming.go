package sipws

import (
	"strings"
	"time"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transport"
	"causeway/signaling/wire"
)

// Calls to the user agent: call.incoming becomes an INVITE.

// incoming calls the user agent.
func (a *agent) incoming(e wire.CallIncomingEvent) {
	c := a.newCall(e.Call, newToken())
	c.incoming, c.begun, c.local = true, true, e.SDP
	from := `"Anonymous" <sip:anonymous@anonymous.invalid>`
	if uri := a.dialable(e.Remote); uri != "" {
		from = named(e.Remote.Name, uri)
	}
	c.profile.Initial = append(a.asserted(e.Remote), a.listed(e.Headers)...)
	if e.Called != "" {
		if _, err := transport.ParseURI(e.Called); err == nil {
			c.profile.Initial = append(c.profile.Initial, dialog.Header{Name: "P-Called-Party-ID", Value: "<" + e.Called + ">"})
		}
	}
	machine, err := dialog.NewCaller(&c.profile, dialog.Call{Target: a.target(), From: from, To: "<" + a.reg.as.aor + ">", CallID: c.callID, SDP: e.SDP})
	if err != nil {
		a.log.Info("SIP user agent not called", "err", err)
		c.release(wire.MethodReject, params{"reason": wire.RejectUnavailable})
		return
	}
	c.machine = machine
	a.dialogs[machine.LocalTag()] = c
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Start(now) })
}

// target is where the user agent is called: its Contact, which it recognises its own messages by.
func (a *agent) target() string {
	if a.reg.contact != nil {
		return a.reg.contact.Address.String()
	}
	return a.reg.as.aor
}

// accepted takes the user agent's answer.
func (c *call) accepted(sdp string) {
	c.answered = true
	c.agent.ask(wire.MethodAnswer, params{"call": c.name, "sdp": sdp}, func(r answer) {
		if r.Fault != nil && !c.over {
			cause := wire.Cause{Name: r.Fault.Data.Name}
			c.release(wire.MethodHangup, params{})
			c.hangup(statusOf(cause.Name), reasonOf(cause))
		}
	})
}

// rejection is the session's word for a refusal (TS 24.229 5.2.6.4).
func rejection(status int) string {
	switch status {
	case 486, 600:
		return wire.RejectBusy
	case 403, 603, 607:
		return wire.RejectDeclined
	}
	return wire.RejectUnavailable
}

// dialable is the remote party's address as a user agent can read and call it, "" for one that is withheld: a telephone number
// as an address of the user's own domain (RFC 3261 19.1.6).
func (a *agent) dialable(r wire.Remote) string {
	switch {
	case r.Anonymous:
		return ""
	case r.Number != "" && strings.Trim(r.Number, "+0123456789") == "":
		return "sip:" + r.Number + "@" + a.reg.as.domain + ";user=phone"
	}
	uri, err := transport.ParseURI(r.URI)
	if err != nil || uri.Scheme != "sip" && uri.Scheme != "sips" {
		return ""
	}
	return r.URI
}

// asserted is P-Asserted-Identity of the remote party as the network vouches for it (RFC 3325 9.1).
func (a *agent) asserted(r wire.Remote) []dialog.Header {
	uri := a.dialable(r)
	if uri == "" {
		return nil
	}
	return []dialog.Header{{Name: "P-Asserted-Identity", Value: named(r.Name, uri)}}
}

// listed are the header fields of the operator's list that came with a call.
func (a *agent) listed(headers map[string]string) (out []dialog.Header) {
	for name, value := range headers {
		if name = a.server.custom(name); name != "" && strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
			out = append(out, dialog.Header{Name: name, Value: value})
		}
	}
	return out
}

// named writes a name-addr (RFC 3261 25.1); control characters of a name are left out.
func named(name, uri string) string {
	if name == "" {
		return "<" + uri + ">"
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\\' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	return `"` + strings.ReplaceAll(name, `"`, `\"`) + `" <` + uri + ">"
}
