package ims

import (
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/fork"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/pidf"
	"causeway/signaling/sip/service"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// Calls from and to a registered user: what a P-CSCF writes into an originating INVITE (TS 24.229 5.2.6.3) and reads
// from a terminating one (5.2.6.4). Identities, routes and charging come from the registration only.

// InviteParams describes an outgoing call.
type InviteParams struct {
	Target    string         // what the user dialled: a number, service code, tel or sip URI; at most 256 bytes
	From      string         // one of the binding's identities; "" for the default
	Anonymous bool           // withhold the identity (CLIR: Privacy id, RFC 3323)
	SDP       string         // our offer
	Extras    Extras         // what the page adds
	Position  *pidf.Position // where the browser is; goes with emergency calls only; nil when unknown
	Notify    func(CallEvent)
}

// Invite starts a call. An error is a *call.Cause: NumberInvalid, Emergency, Forbidden (identity), Deregistered,
// Congestion (too many calls), UserDataRefused, HeaderRefused.
func (b *Binding) Invite(p InviteParams) (*Call, error) {
	target, err := b.client.plan.Normalise(p.Target)
	if err != nil {
		if service, yes := b.client.plan.Service(p.Target); yes && b.client.EmergencyRouted() {
			return b.emergency(p, service)
		}
		return nil, err
	}
	r := b.current.Load()
	if r == nil {
		return nil, &call.Cause{Side: call.Gateway, Kind: call.Deregistered, Text: "the user is not registered"}
	}
	id, ok := r.choose(p.From)
	if !ok {
		return nil, &call.Cause{Side: call.Gateway, Kind: call.Forbidden, Text: "this identity is not one of the user's"}
	}
	extras, err := b.client.headers(p.Extras)
	if err != nil {
		return nil, err
	}
	k := b.newCall(token(), token(), false)
	k.notify, k.back = p.Notify, r.entry
	offer := k.gate.offered(p.SDP, b.client.cfg.Calls.PreconditionsOriginating)
	k.profile.Contact = b.contactFor(r, p.Anonymous)
	k.profile.Initial = append(b.originating(r, id, p.Anonymous, k.icid), extras...)
	from := "<" + id.URI + ">"
	if p.Anonymous {
		from = `"Anonymous" <sip:anonymous@anonymous.invalid>` // RFC 3323 4.1.1.3
	}
	k.log.Debug("sip call started", "to", mask(target), "anonymous", p.Anonymous)
	return k.start(dialog.Call{Target: target, From: from, To: "<" + target + ">", Routes: r.routes, CallID: k.key.callID, SDP: offer})
}

// start enters a new call in the tables and sends its INVITE. The error is a *call.Cause.
func (k *Call) start(c dialog.Call) (_ *Call, err error) {
	if k.machine, err = dialog.NewCaller(&k.profile, c); err != nil {
		return nil, &call.Cause{Side: call.Gateway, Kind: call.Internal, Text: "the call cannot be written as SIP", Err: err}
	}
	k.key.localTag = k.machine.LocalTag()
	if !k.client.add(k) {
		k.client.stats.overloads.Add(1)
		return nil, &call.Cause{Side: call.Gateway, Kind: call.Congestion, Text: "the gateway carries as many calls as it may"}
	}
	k.client.stats.outgoing.Add(1)
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Start(now) })
	return k, nil
}

// choose finds the identity to call with; a page may write it with or without the scheme.
func (r *registration) choose(from string) (AssociatedIdentity, bool) {
	if from == "" {
		for _, id := range r.identities { // From and Contact need a SIP URI; the default may be a tel
			if strings.HasPrefix(id.URI, "sip:") {
				return id, true
			}
		}
		return r.identities[0], true
	}
	for _, id := range r.identities {
		if id.URI == from || identity.Number(id.URI) != "" && identity.Number(id.URI) == from {
			return id, true
		}
	}
	return AssociatedIdentity{}, false
}

// asserted is the P-Asserted-Identity value: the identity and its counterpart of the other scheme (RFC 3325 9.1).
func (r *registration) asserted(id AssociatedIdentity) string {
	out := "<" + id.URI + ">"
	number := identity.Number(id.URI)
	for _, other := range r.identities {
		if number != "" && identity.Number(other.URI) == number && strings.HasPrefix(other.URI, "tel:") != strings.HasPrefix(id.URI, "tel:") {
			return out + ", <" + other.URI + ">"
		}
	}
	return out
}

// originating are the headers of TS 24.229 5.2.6.3 and 5.1.3.1.
func (b *Binding) originating(r *registration, id AssociatedIdentity, anonymous bool, icid string) []dialog.Header {
	if b.client.trunk != nil {
		return b.client.trunkHeaders(id, anonymous)
	}
	out := []dialog.Header{
		{Name: "P-Asserted-Identity", Value: r.asserted(id)},
		{Name: "P-Preferred-Service", Value: "urn:urn-7:3gpp-service.ims.icsi.mmtel"},
		{Name: "Accept-Contact", Value: "*;" + mmtel},
		{Name: "P-Charging-Vector", Value: b.client.charging(icid)},
		{Name: "P-Early-Media", Value: "supported"},
	}
	if anonymous {
		out = append(out, dialog.Header{Name: "Privacy", Value: "id"})
	}
	if info := b.client.accessInfo(); info != "" {
		out = append(out, dialog.Header{Name: "P-Access-Network-Info", Value: info})
	}
	return append(out, dialog.Header{Name: "Accept", Value: "application/sdp, application/3gpp-ims+xml"})
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
	if !c.add(k) {
		c.stats.overloads.Add(1)
		refuse(503, dialog.Header{Name: "Retry-After", Value: "10"})
		return nil
	}
	c.stats.incoming.Add(1)
	k.gate.open(machine.InviteSDP(), machine.Reliable() && c.cfg.Calls.Preconditions && wantsPreconditions(req))
	event := IncomingCall{
		Call: k, Remote: party(req, dialog.First(req, "from", "f")), Called: called, SDP: machine.InviteSDP(), Preconditions: k.gate.shut,
		Waiting: service.Waits(req), Diverted: diverted(req), Extras: c.extras(req),
	}
	k.log.Debug("sip call received", "from", mask(event.Remote.URI), "preconditions", k.gate.shut)
	k.do(func(*dialog.Session, time.Time) []dialog.Action { return nil }) // arms the machine's timers
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

// Ring tells the caller that the user is alerted (180), and if waiting that the user is in another call (TS 24.615 4.5.5.2). It
// waits for the caller's preconditions. text is our offer if the INVITE had none, else "": a caller that takes reliable
// provisionals has to find it in the first (RFC 3261 13.2.1), another in the 200.
func (k *Call) Ring(text string, waiting bool) {
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		if waiting {
			k.profile.Ringing = []dialog.Header{{Name: "Alert-Info", Value: service.CallWaiting}}
		}
		if k.gate.shut {
			k.gate.ring = true
			return nil
		}
		return m.Progress(now, 180, text)
	})
}

// Progress sends 183 with our description: the answer, or the offer if the INVITE had none. "" sends none.
func (k *Call) Progress(text string) {
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		if k.gate.shut {
			k.gate.told = k.gate.told || text != ""
			return m.Progress(now, 183, k.gate.answer(text), "precondition")
		}
		return m.Progress(now, 183, k.gate.answer(text))
	})
}

// Accept answers the call with our description and what the page adds. With preconditions open it leaves when they are met. An
// error is a *call.Cause or says that the call is over; nothing was sent then.
func (k *Call) Accept(text string, extras Extras) error {
	if err := k.usable(text); err != nil {
		return err
	}
	headers, err := k.client.headers(extras)
	if err != nil {
		return err
	}
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		k.profile.Answer = headers
		if k.gate.shut {
			k.gate.accept = text
			if k.gate.told {
				return nil
			}
			k.gate.told = true
			return m.Progress(now, 183, k.gate.answer(text), "precondition")
		}
		out, err := m.Accept(now, k.gate.answer(text))
		if err != nil {
			k.log.Debug("call not accepted", "error", err)
		}
		return out
	})
	return nil
}

// Reject refuses an incoming call.
func (k *Call) Reject(cause call.Cause) { k.Hangup(cause) }
