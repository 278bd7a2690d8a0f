package ims

import (
	"strings"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/pidf"
	"causeway/signaling/sip/service"
	"causeway/signaling/sip/transport"
)

// Calls from a registered user: what a P-CSCF writes into an originating INVITE (TS 24.229 5.2.6.3; a terminating one is read in
// incoming.go), and calls for help. Identities, routes and charging come from the registration only.

// InviteParams describes an outgoing call.
type InviteParams struct {
	Target    string         // what the user dialled: a number, service code, tel or sip URI; at most 256 bytes
	From      string         // one of the binding's identities; "" for the default
	Anonymous bool           // withhold the identity (CLIR: Privacy id, RFC 3323)
	SDP       string         // our offer
	Extras    Extras         // what the page adds
	Position  *pidf.Position // where the browser is; goes with emergency calls only; nil when unknown
	Notify    func(CallEvent)
	// Wish is what the far end of another call asked for and this call fulfils: it says whom to call, Target does not; it is told
	// what becomes of the call. nil for an ordinary call.
	Wish *Wish
}

// Invite starts a call. An error is a *call.Cause: NumberInvalid, Emergency, Forbidden (identity), Deregistered,
// Congestion (too many calls), UserDataRefused, HeaderRefused.
func (b *Binding) Invite(p InviteParams) (*Call, error) {
	k, err := b.invite(p)
	if err != nil {
		p.Wish.Report(call.CauseOf(err).Status())
	}
	return k, err
}

func (b *Binding) invite(p InviteParams) (*Call, error) {
	target, err := b.client.plan.Normalise(p.Wish.or(p.Target))
	if err != nil && p.Wish != nil {
		return nil, err // help is not called because somebody else says so
	}
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
	k.notify, k.back, k.follows, k.far, k.own = p.Notify, r.entry, p.Wish, target, id.URI
	offer := k.gate.offered(p.SDP, b.client.cfg.Calls.PreconditionsOriginating)
	k.profile.Contact = b.contactFor(r, p.Anonymous)
	k.profile.Initial = append(b.originating(r, id, p.Anonymous, k.icid), extras...)
	wished, parts := p.Wish.write()
	k.profile.Initial = append(k.profile.Initial, wished...)
	from := "<" + id.URI + ">"
	if p.Anonymous {
		from = `"Anonymous" <sip:anonymous@anonymous.invalid>` // RFC 3323 4.1.1.3
		k.own = ""
	}
	k.log.Debug("sip call started", "to", mask(target), "anonymous", p.Anonymous)
	return k.start(dialog.Call{Target: target, From: from, To: "<" + target + ">", Routes: r.routes, CallID: k.key.callID, SDP: offer, Parts: parts})
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

// Emergency calls (TS 24.229 5.2.10, 5.1.6.8; RFC 5031, 6442, 7135). They are recognised before anything else and are never ordinary
// calls. Without a configured E-CSCF they are refused, with the words that a telephone has to be used (the semantics of 380, TS 24.229
// 5.2.10.4). With one the INVITE goes there, past the Service-Route, whether its caller is registered or not:
//
//	INVITE urn:service:sos.fire
//	Route: <sip:ecscf.example;lr>
//	P-Asserted-Identity: who calls, if registered; else From is anonymous
//	Priority: emergency, Resource-Priority: esnet.0
//	Geolocation: <cid:...>, Geolocation-Routing: yes, and the position as a body part, if the page gave one

// Emergency reports whether what was dialled asks for an emergency service.
func (c *Client) Emergency(target string) bool {
	_, yes := c.plan.Service(target)
	return yes
}

// EmergencyRouted reports whether such calls are carried; otherwise they are refused.
func (c *Client) EmergencyRouted() bool { return c.cfg.EmergencyRoute != "" }

// EmergencyNumbers are the digits that are recognised.
func (c *Client) EmergencyNumbers() []string { return c.cfg.EmergencyNumbers }

// emergency makes the INVITE of an emergency call.
func (b *Binding) emergency(p InviteParams, service string) (*Call, error) {
	r := b.current.Load()
	from, asserted := `"Anonymous" <sip:anonymous@anonymous.invalid>`, ""
	k := b.newCall(token(), token(), false)
	k.notify = p.Notify
	if r != nil {
		if id, ok := r.choose(p.From); ok {
			from, asserted = "<"+id.URI+">", r.asserted(id)
		}
		k.profile.Contact = b.contactFor(r, false)
	}
	k.profile.Initial = b.emergencyHeaders(asserted, k.icid)
	var parts []dialog.Part
	if p.Position != nil {
		text, err := pidf.Document(*p.Position, time.Now())
		if err == nil { // a call without a place is better than no call
			cid := token() + "@" + b.client.plan.Home
			parts = []dialog.Part{{Type: pidf.Type, ID: cid, Body: text}}
			k.profile.Initial = append(k.profile.Initial, dialog.Header{Name: "Geolocation", Value: "<cid:" + cid + ">"}, dialog.Header{Name: "Geolocation-Routing", Value: "yes"})
		}
	}
	k.log.Warn("emergency call", "service", service, "registered", r != nil, "position", len(parts) > 0)
	k.emergency = true
	return k.start(dialog.Call{
		Target: service, From: from, To: "<" + service + ">", Routes: []string{b.client.emergencyRoute()}, CallID: k.key.callID, SDP: k.gate.offered(p.SDP, false), Parts: parts,
	})
}

// emergencyHeaders are those of the first INVITE. Whoever is not registered has nothing that could be asserted.
func (b *Binding) emergencyHeaders(asserted, icid string) []dialog.Header {
	out := []dialog.Header{
		{Name: "Priority", Value: "emergency"}, {Name: "Resource-Priority", Value: "esnet.0"}, {Name: "Accept-Contact", Value: "*;" + mmtel},
		{Name: "P-Charging-Vector", Value: b.client.charging(icid)}, {Name: "P-Early-Media", Value: "supported"},
	}
	if asserted != "" {
		out = append(out, dialog.Header{Name: "P-Asserted-Identity", Value: asserted})
	}
	if info := b.client.accessInfo(); info != "" {
		out = append(out, dialog.Header{Name: "P-Access-Network-Info", Value: info})
	}
	return append(out, dialog.Header{Name: "Accept", Value: "application/sdp, application/3gpp-ims+xml"})
}

// emergencyRoute is the Route to the E-CSCF.
func (c *Client) emergencyRoute() string {
	return "<sip:" + c.cfg.EmergencyRoute + ";lr>"
}

// emergencyHop is the E-CSCF as something to be looked up. The address has been validated.
func (c Config) emergencyHop() transport.Query {
	host, port, _ := identity.SplitHost(c.EmergencyRoute) //nolint:errcheck // Validate has seen it
	return transport.Query{Host: host, Port: port}
}

// What supplementary services add to a call's messages, in both directions: user-to-user information (RFC 7433), headers of
// applications, diversions (TS 24.604).

// UserData is user-to-user information.
type UserData = service.UserData

// CustomHeader is one header of an application.
type CustomHeader = service.Header

// Extras go from an application at one end of a call to one at the other.
type Extras struct {
	UserToUser UserData
	Headers    []CustomHeader
}

// Diversion says that a call was diverted.
type Diversion struct {
	By     RemoteParty // whose phone diverted it; nothing is known of it where it is anonymous
	To     RemoteParty // where it went
	Reason string      // "unconditional", "busy", "noAnswer", "unreachable", "deflected", "unknown"
}

// extras reads what a message of the core brings.
func (c *Client) extras(msg dialog.Message) Extras {
	e := Extras{Headers: service.ReadCustom(msg, c.cfg.Calls.CustomHeaders)}
	if c.cfg.Calls.UserToUser {
		e.UserToUser = service.ReadUserData(msg)
	}
	return e
}

// CheckExtras reports whether a page may send these. An error is a *call.Cause: UserDataRefused, HeaderRefused.
func (b *Binding) CheckExtras(e Extras) error {
	_, err := b.client.headers(e)
	return err
}

// headers checks what a page wants to send and writes it. An error is a *call.Cause: UserDataRefused, HeaderRefused.
func (c *Client) headers(e Extras) ([]dialog.Header, error) {
	var out []dialog.Header
	if e.UserToUser != (UserData{}) {
		if !c.cfg.Calls.UserToUser {
			return nil, &call.Cause{Side: call.Gateway, Kind: call.UserDataRefused, Text: "this gateway does not carry user-to-user information"}
		}
		if err := e.UserToUser.Check(); err != nil {
			return nil, &call.Cause{Side: call.Browser, Kind: call.UserDataRefused, Text: err.Error()}
		}
		out = append(out, dialog.Header{Name: "User-to-User", Value: e.UserToUser.Header()})
	}
	list, err := service.Choose(c.cfg.Calls.CustomHeaders, e.Headers)
	if err != nil {
		return nil, &call.Cause{Side: call.Browser, Kind: call.HeaderRefused, Text: err.Error()}
	}
	for _, h := range list {
		out = append(out, dialog.Header{Name: h.Name, Value: h.Value})
	}
	return out, nil
}

// diverted reads the newest diversion of a message, nil if there is none.
func diverted(msg dialog.Message) *Diversion {
	d, ok := service.LastDiversion(msg)
	if !ok {
		return nil
	}
	return &Diversion{By: service.Named(d.By, d.ByName), To: service.Named(d.To, d.ToName), Reason: d.Reason}
}

// mask hides all but the last two digits or letters of an identity, for logs.
func mask(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	user, _, _ := strings.Cut(rest, "@")
	user, _, _ = strings.Cut(user, ";")
	if len(user) <= 2 {
		return scheme + ":..."
	}
	return scheme + ":..." + user[len(user)-2:]
}
