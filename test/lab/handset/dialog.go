package handset

import (
	"net/netip"
	"strconv"

	"causeway/test/lab/sip"
	"causeway/test/lab/voice"
)

// dialog is the state of RFC 3261 12, on either side.
type dialog struct {
	callID    string
	local     string // From value of our requests, tag included
	remote    string // To value of our requests
	localTag  string
	remoteTag string
	target    string
	routes    []string
	cseq      uint32 // of our last request
	remoteSeq uint32 // of their last request
	rseq      uint32 // of their last reliable provisional response
	icid      string
	terms     *voice.Terms // what this early dialog answered
}

// incomingDialog follows RFC 3261 12.1.1.
func incomingDialog(m *sip.Message, tag string) dialog {
	n, _ := m.CSeq()
	icid, _ := sip.HeaderParams(m.Get("P-Charging-Vector")).Get("icid-value")
	return dialog{callID: m.CallID(), local: m.Get("To") + ";tag=" + tag, remote: m.Get("From"), localTag: tag,
		remoteTag: m.Tag("From"), target: contactOf(m), routes: m.List("Record-Route"), remoteSeq: n, icid: icid}
}

// learn takes the remote half of an outgoing dialog from a response (12.1.2).
func (d *dialog) learn(res *sip.Message) {
	d.remote, d.remoteTag = res.Get("To"), res.Tag("To")
	if c := contactOf(res); c != "" {
		d.target = c
	}
	route := res.List("Record-Route")
	d.routes = make([]string, 0, len(route))
	for i := len(route) - 1; i >= 0; i-- {
		d.routes = append(d.routes, route[i])
	}
}

func contactOf(m *sip.Message) string {
	list := m.List("Contact")
	if len(list) == 0 {
		return ""
	}
	addr, err := sip.ParseAddress(list[0])
	if err != nil {
		return ""
	}
	return addr.Raw
}

// request builds the next request of the dialog (RFC 3261 12.2.1.1). ACK and
// CANCEL keep the CSeq number given.
func (d *dialog) request(method string, number uint32) *sip.Message {
	if number == 0 {
		d.cseq++
		number = d.cseq
	}
	m := &sip.Message{Method: method, URI: d.target}
	for _, r := range d.routes {
		m.Add("Route", r)
	}
	m.Add("From", d.local)
	m.Add("To", d.remote)
	m.Add("Call-ID", d.callID)
	m.Add("CSeq", strconv.FormatUint(uint64(number), 10)+" "+method)
	if d.icid != "" && method != "ACK" {
		m.Add("P-Charging-Vector", "icid-value="+d.icid)
	}
	return m
}

// next is the address of the next hop: the first route, else the target.
func (d *dialog) next(core netip.AddrPort) sip.Target {
	uri := d.target
	if len(d.routes) > 0 {
		if addr, err := sip.ParseAddress(d.routes[0]); err == nil {
			uri = addr.Raw
		}
	}
	u, err := sip.ParseURI(uri)
	if err != nil {
		return sip.Target{Addr: core}
	}
	host, err := netip.ParseAddr(u.Host)
	if err != nil {
		return sip.Target{Addr: core}
	}
	port := u.Port
	if port == 0 {
		port = 5060
	}
	return sip.Target{Addr: netip.AddrPortFrom(host, port)}
}
