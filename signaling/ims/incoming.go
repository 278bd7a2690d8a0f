package ims

import (
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/fork"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/refer"
	"causeway/signaling/sip/service"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// What comes from the core finds its call, its binding or its refusal here, on the transport's reader: nothing blocks.
//
//	To tag?  yes: Call-ID and our tag name a call --> its queue; NOTIFY: subscription --> binding's queue; else 481
//	         no:  INVITE, MESSAGE by Path token or Contact --> binding; OPTIONS 200; REFER 403; CANCEL is the transaction's; others 405

// request takes a new server transaction.
func (c *Client) request(srv *transaction.Server) {
	req := srv.Request()
	tag, inDialog := dialog.Param(dialog.First(req, "to", "t"), "tag")
	refuse := func(status int, extra ...dialog.Header) {
		_ = srv.Respond(dialog.NewResponse(req, status, token(), "", extra...)) // the transaction repeats it
	}
	defer func() { // one message must not take the reader, and with it everybody's calls, down
		if v := recover(); v != nil {
			c.log.Error("request failed inside", "method", string(req.Method), "panic", v, "stack", string(debug.Stack()))
			refuse(500)
		}
	}()
	callID := dialog.First(req, "call-id", "i")
	switch {
	case req.Method == sip.NOTIFY:
		c.mu.Lock()
		b := c.subs[callID]
		c.mu.Unlock()
		switch {
		case b != nil && b.q.post(func() { b.notified(srv, srv.Source()) }):
		case b == nil && inDialog: // a report on a transfer
			c.inside(srv, callKey{callID, tag}, refuse)
		default:
			refuse(481)
		}
	case inDialog:
		c.inside(srv, callKey{callID, tag}, refuse)
	case !known(c.allow(), req.Method):
		refuse(405, dialog.Header{Name: "Allow", Value: strings.Join(c.allow(), ", ")})
	default:
		c.outside(srv, refuse)
	}
}

// inside takes a request in a call's dialog.
func (c *Client) inside(srv *transaction.Server, key callKey, refuse func(int, ...dialog.Header)) {
	k := c.callOf(key)
	if k == nil {
		refuse(481)
		return
	}
	if srv.Request().Method == sip.MESSAGE { // it has no part in the call
		c.messaged(srv)
		return
	}
	ok := k.q.post(func() {
		if k.machine == nil {
			refuse(481)
			return
		}
		id := k.serve(srv)
		k.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Request(now, id, srv.Request()) })
	})
	if !ok {
		c.stats.overloads.Add(1)
		refuse(503, dialog.Header{Name: "Retry-After", Value: "10"})
	}
}

// outside takes a request outside any dialog.
func (c *Client) outside(srv *transaction.Server, refuse func(int, ...dialog.Header)) {
	req := srv.Request()
	if unknown := dialog.Unsupported(req, c.supported(true)); unknown != "" { // RFC 3261 8.2.2.3
		refuse(420, dialog.Header{Name: "Unsupported", Value: unknown})
		return
	}
	switch req.Method {
	case sip.INVITE:
		c.invited(srv)
	case sip.MESSAGE:
		c.messaged(srv)
	case sip.OPTIONS: // RFC 3261 11.2
		refuse(200, dialog.Header{Name: "Allow", Value: strings.Join(c.allow(), ", ")},
			dialog.Header{Name: "Accept", Value: "application/sdp, " + c.accepts()},
			dialog.Header{Name: "Supported", Value: strings.Join(c.supported(true), ", ")})
	case sip.REFER: // nobody may make a user call whom it does not speak with
		refuse(403)
	default: // a BYE, PRACK, UPDATE or INFO without a dialog
		refuse(481)
	}
}

// known reports a method of the list.
func known(methods []string, m sip.RequestMethod) bool {
	for _, have := range methods {
		if have == string(m) {
			return true
		}
	}
	return false
}

// ack takes the ACK of a 2xx.
func (c *Client) ack(req *sip.Request, _ transport.Source) {
	tag, _ := dialog.Param(dialog.First(req, "to", "t"), "tag")
	if k := c.callOf(callKey{dialog.First(req, "call-id", "i"), tag}); k != nil {
		k.do(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Request(now, 0, req) })
	}
}

// stray takes a response that belongs to no transaction: a 2xx that is still repeated, or of a very late fork.
func (c *Client) stray(res *sip.Response, _ transport.Source) { c.hangUpStray(res) }

// hangUpStray ends the dialog of a 2xx whose call is forgotten (RFC 3261 13.2.2.4).
func (c *Client) hangUpStray(res *sip.Response) {
	cseq := res.CSeq()
	if cseq == nil || cseq.MethodName != sip.INVITE || res.StatusCode/100 != 2 {
		return
	}
	ack, bye, err := dialog.HangUpStray(&dialog.Profile{}, res)
	if err != nil {
		return
	}
	target, n := c.core.Entry() // the route is not looked up: this runs on the reader
	if n == 0 {
		return
	}
	if err := c.tx.Ack(ack, target, nil); err != nil {
		return
	}
	quiet := handler{response: func(*sip.Response) {}, failed: func(error) {}}
	if _, err := c.tx.Request(bye, target, quiet); err != nil {
		c.log.Debug("stray answer not hung up", "error", err)
	}
}

// callOf finds a call.
func (c *Client) callOf(key callKey) *Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[key]
}

// calleesOf finds whom a terminating INVITE is for: one binding of a core, every browser of the user that a trunk's peer calls.
func (c *Client) calleesOf(req *sip.Request) []*Binding {
	if b := c.bindingOf(req); b != nil {
		return []*Binding{b}
	}
	if c.trunk == nil {
		return nil
	}
	return c.calledUser(req)
}

// bindingOf finds the binding of a terminating request: by our Path token in the top Route, else by a GRUU or our Contact in
// the Request-URI (TS 24.229 5.2.6.4).
func (c *Client) bindingOf(req *sip.Request) *Binding {
	c.mu.Lock()
	defer c.mu.Unlock()
	if routes := dialog.Values(req, "route"); len(routes) > 0 {
		var uri sip.Uri
		if err := sip.ParseUri(dialog.AddrSpec(routes[0]), &uri); err == nil {
			if token, found := strings.CutPrefix(uri.User, "mt-"); found {
				return c.bindings[token]
			}
		}
	}
	if c.trunk != nil {
		return c.bindings[req.Recipient.User]
	}
	if b := c.gruus[gruuKeyOf(req.Recipient)]; b != nil {
		return b
	}
	return c.bindings[req.Recipient.User]
}

// invited takes a new INVITE on the transport's reader. Where the peer of a trunk calls a user with several browsers, all of them
// are called, as forks; a core forks itself.
func (c *Client) invited(srv *transaction.Server) {
	req := srv.Request()
	refuse := func(status int, extra ...dialog.Header) {
		_ = srv.Respond(dialog.NewResponse(req, status, token(), "", extra...)) // the transaction repeats it
	}
	callees := c.calleesOf(req)
	if len(callees) == 0 {
		refuse(404)
		return
	}
	calls := make([]*Call, len(callees))
	answers := fork.New(req, len(callees), srv.Respond, func(arm int) { calls[arm].elsewhere() })
	for i, b := range callees {
		var tx responder = srv
		if len(callees) > 1 {
			tx = answers.Arm(i)
		}
		calls[i] = c.called(b, srv, tx)
	}
	srv.OnCancel(func(cancel *sip.Request) {
		for _, k := range calls {
			if k != nil {
				k.do(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Cancelled(now, cancel) })
			}
		}
	})
}

// called makes a binding's call of a new INVITE; nil if it was refused.
func (c *Client) called(b *Binding, srv *transaction.Server, tx responder) *Call {
	req := srv.Request()
	refuse := func(status int, extra ...dialog.Header) {
		_ = tx.Respond(dialog.NewResponse(req, status, token(), "", extra...))
	}
	r := b.current.Load()
	if r == nil {
		refuse(480)
		return nil
	}
	icid, _ := dialog.Param("x;"+dialog.First(req, "p-charging-vector"), "icid-value")
	if icid = identity.Text(icid); icid == "" || !identity.ASCII(icid) || strings.ContainsAny(icid, ` ;,<>"`) {
		icid = token()
	}
	k := b.newCall(dialog.First(req, "call-id", "i"), icid, true)
	k.back = transport.Target{Network: srv.Source().Network, Addr: srv.Source().Remote}
	called := calledParty(req, r)
	k.profile.Contact = b.contactFor(r, false)
	if c.trunk == nil || c.trunk.cfg.Asserted {
		k.profile.Response = []dialog.Header{{Name: "P-Asserted-Identity", Value: "<" + called + ">"}}
	}
	machine, status, headers, err := dialog.NewCallee(&k.profile, k.serve(tx), req, time.Now())
	if err != nil {
		k.log.Debug("INVITE refused", "status", status, "error", err)
		refuse(status, headers...)
		return nil
	}
	k.machine, k.key.localTag = machine, machine.LocalTag()
	if status, headers := unconditional(req, machine); status != 0 {
		refuse(status, headers...)
		return nil
	}
	replaced, status := c.replaced(req, b)
	if status != 0 {
		refuse(status)
		return nil
	}
	if !c.add(k) {
		c.stats.overloads.Add(1)
		refuse(503, dialog.Header{Name: "Retry-After", Value: "10"})
		return nil
	}
	c.stats.incoming.Add(1)
	k.gate.open(machine.InviteSDP(), machine.Reliable() && c.cfg.Calls.Preconditions && wantsPreconditions(req))
	event := IncomingCall{
		Call: k, Remote: service.PartyOf(req, dialog.First(req, "from", "f")), Called: called, SDP: machine.InviteSDP(), Preconditions: k.gate.shut,
		Waiting: service.Waits(req), Diverted: diverted(req), Extras: c.extras(req),
	}
	k.log.Debug("sip call received", "from", mask(event.Remote.URI), "preconditions", k.gate.shut)
	k.own, k.far, k.taking = called, event.Remote.URI, replaced != nil
	k.do(func(*dialog.Session, time.Time) []dialog.Action { return nil }) // arms the machine's timers
	if replaced != nil {
		replaced.by(k, event)
		return k
	}
	b.q.post(func() { b.params.Notify(event) })
	return k
}

// elsewhere ends a call that another browser of the same user has answered or declined for all.
func (k *Call) elsewhere() {
	if k == nil {
		return
	}
	cancel := sip.NewRequest(sip.CANCEL, sip.Uri{})
	cancel.AppendHeader(sip.NewHeader("Reason", `SIP;cause=200;text="Call completed elsewhere"`))
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Cancelled(now, cancel) })
}

// calledParty is the public identity that was called (P-Called-Party-ID, RFC 7315 4.2), if it is one of the user's.
func calledParty(req *sip.Request, r *registration) string {
	uri := dialog.AddrSpec(dialog.First(req, "p-called-party-id"))
	same := func(id AssociatedIdentity) bool {
		return id.URI == uri || identity.Number(id.URI) != "" && identity.Number(id.URI) == identity.Number(uri)
	}
	if identity.Assertable(uri) && slices.ContainsFunc(r.identities, same) {
		return uri
	}
	return r.identities[0].URI
}

// unconditional refuses an INVITE whose preconditions cannot work: of a kind nobody here knows (RFC 3312 8), or demanded by a
// caller that takes no reliable provisionals, without which they cannot be met (RFC 3312 11, 4032 2). 0 if there is nothing to refuse.
func unconditional(req *sip.Request, machine *dialog.Session) (status int, headers []dialog.Header) {
	if !wantsPreconditions(req) {
		return 0, nil
	}
	for line := range strings.Lines(machine.InviteSDP()) {
		f := strings.Fields(strings.ToLower(line))
		if len(f) > 1 && strings.HasPrefix(f[0], "a=des:") && f[0] != "a=des:qos" && f[1] == "mandatory" {
			return 580, nil
		}
	}
	if dialog.HasToken(req, "precondition", "require") && !machine.Reliable() {
		return 421, []dialog.Header{{Name: "Require", Value: "100rel"}}
	}
	return 0, nil
}

// wantsPreconditions reports that the caller uses preconditions at all (RFC 3312 11).
func wantsPreconditions(req *sip.Request) bool {
	return dialog.HasToken(req, "precondition", "require") || dialog.HasToken(req, "precondition", "supported", "k")
}

// maxPast bounds the ended calls that are remembered.
const maxPast = 256

// pastCall is a call that has ended: whoever wants its place hears that it is over, not that it never was.
type pastCall struct {
	key     callKey
	binding string
}

// passed remembers a call. The caller holds mu.
func (c *Client) passed(k *Call) {
	if len(c.past) == maxPast {
		c.past = append(c.past[:0], c.past[1:]...)
	}
	c.past = append(c.past, pastCall{k.key, k.binding.token})
}

// replacement is a call whose place a new one wants.
type replacement struct {
	old  *Call
	want refer.Replaces
}

// replaced finds the call that an INVITE with Replaces means: one of the same registration, and no other (RFC 3891 3). nil and 0: there
// is no such header. status refuses the INVITE.
func (c *Client) replaced(req *sip.Request, b *Binding) (r *replacement, status int) {
	values := req.GetHeaders("replaces")
	if len(values) == 0 {
		return nil, 0
	}
	want, err := refer.ParseReplaces(values[0].Value())
	if err != nil || len(values) > 1 || len(req.GetHeaders("join")) > 0 {
		return nil, 400
	}
	key := callKey{want.CallID, want.ToTag}
	if old := c.callOf(key); old != nil && old.binding == b {
		return &replacement{old, want}, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.past, pastCall{key, b.token}) {
		return nil, 603
	}
	return nil, 481
}

// by lets the new call take the old one's place, if the old one stands so that it can (RFC 3891 3); else the new one is refused. The old
// call's state is its queue's.
func (r *replacement) by(k *Call, event IncomingCall) {
	refuse := func(status int) {
		k.log.Info("call that should replace another refused", "status", status)
		k.do(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Reject(now, status, "") })
	}
	ok := r.old.q.post(func() {
		standing := dialog.Gone
		if r.old.machine != nil {
			standing = r.old.machine.Standing(r.want.FromTag)
		}
		switch {
		case standing == dialog.Gone:
			refuse(603)
		case standing == dialog.Established && r.want.EarlyOnly:
			refuse(486)
		case standing == dialog.Established, standing == dialog.EarlyOurs:
			event.Replaces = r.old.Key()
			k.binding.q.post(func() { k.binding.params.Notify(event) })
		default: // unknown, or ringing here: that is not for others to take (RFC 3891 3)
			refuse(481)
		}
	})
	if !ok {
		refuse(481)
	}
}
