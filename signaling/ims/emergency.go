package ims

import (
	"time"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/pidf"
	"causeway/signaling/sip/transport"
)

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
