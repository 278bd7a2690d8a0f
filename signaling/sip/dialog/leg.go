package dialog

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// exchange is where the offer/answer exchange of a dialog stands (RFC 3264 4, RFC 3311 5.1).
type exchange uint8

const (
	exchangeNone   exchange = iota // nothing offered yet
	exchangeLocal                  // our offer is unanswered
	exchangeRemote                 // their offer is unanswered
	exchangeStable                 // offered and answered
)

// String names the state.
func (e exchange) String() string {
	return [...]string{"none", "local offer", "remote offer", "stable"}[e]
}

// leg is one dialog (RFC 3261 12): identifiers, CSeq numbers, remote target, route set, and its offer/answer state.
type leg struct {
	callID     string
	local      string // From value of our requests, with tag
	remote     string // To value of our requests, with tag
	localTag   string
	remoteTag  string
	target     string   // remote target, a sip URI
	routes     []string // Route values in the order to be sent
	localSeq   uint32
	remoteSeq  uint32 // 0: none received yet
	allow      []string
	timer      bool // the far end lists "timer" in Supported
	rel100     bool // the far end lists 100rel in Supported or Require
	rseq       uint32
	exchange   exchange
	localSDP   string // last description we sent
	remoteSDP  string // last description received
	reliableOK bool   // the answer came in a reliable message, so later copies change nothing
	updated    bool   // a later exchange replaced the INVITE's, so copies of that one are stale
	gone       bool
}

// fromResponse makes the UAC's dialog of a 101-2xx response to our INVITE (RFC 3261 12.1.2).
func fromResponse(invite *sip.Request, res *sip.Response) (*leg, error) {
	to := First(res, "to", "t")
	tag, _ := Param(to, "tag")
	l := &leg{
		callID: First(invite, "call-id"), local: First(invite, "from"), remote: to, remoteTag: tag,
		localSeq: invite.CSeq().SeqNo,
	}
	l.localTag, _ = Param(l.local, "tag")
	if err := l.learn(res); err != nil {
		return nil, err
	}
	return l, nil
}

// learn takes target, route set and abilities from a dialog-creating response; the 2xx does it again (13.2.2.4).
func (l *leg) learn(res *sip.Response) error {
	if err := l.refreshTarget(res); err != nil {
		return err
	}
	if l.target == "" {
		return errURI
	}
	routes := Values(res, "record-route")
	slices.Reverse(routes)
	l.routes = routes
	l.abilities(res)
	return nil
}

// fromRequest makes the UAS's dialog of a received INVITE (RFC 3261 12.1.1).
func fromRequest(req *sip.Request, localTag string) (*leg, error) {
	l := &leg{
		callID: First(req, "call-id", "i"), local: First(req, "to", "t") + ";tag=" + localTag,
		remote: First(req, "from", "f"), localTag: localTag, routes: Values(req, "record-route"),
	}
	l.remoteTag, _ = Param(l.remote, "tag")
	if seq := req.CSeq(); seq != nil {
		l.remoteSeq = seq.SeqNo
	}
	if err := l.refreshTarget(req); err != nil {
		return nil, err
	}
	if l.target == "" {
		return nil, errURI
	}
	l.abilities(req)
	return l, nil
}

// refreshTarget replaces the remote target by the message's Contact, if it has one (RFC 3261 12.2.1.2).
func (l *leg) refreshTarget(msg Message) error {
	contacts := Values(msg, "contact", "m")
	if len(contacts) == 0 {
		return nil
	}
	uri := AddrSpec(contacts[0])
	if _, err := parseTarget(uri); err != nil {
		return err
	}
	l.target = uri
	return nil
}

// abilities notes what the far end can do; a message without an Allow says nothing (RFC 3261 20.5).
func (l *leg) abilities(msg Message) {
	if allow := Values(msg, "allow"); len(allow) > 0 {
		l.allow = allow
	}
	if HasToken(msg, "timer", "supported", "k") {
		l.timer = true
	}
	if HasToken(msg, "100rel", "supported", "k") || HasToken(msg, "100rel", "require") {
		l.rel100 = true
	}
}

// allows reports whether the far end said that it takes a method.
func (l *leg) allows(method sip.RequestMethod) bool {
	return slices.ContainsFunc(l.allow, func(m string) bool { return strings.EqualFold(m, string(method)) })
}

// request builds a request inside the dialog with the next CSeq (RFC 3261 12.2.1.1).
func (l *leg) request(p *Profile, method sip.RequestMethod, sdp string, extra ...Header) *sip.Request {
	l.localSeq++
	return l.requestSeq(p, method, l.localSeq, sdp, extra...)
}

// requestSeq builds a request with a given CSeq number; ACK takes its INVITE's.
func (l *leg) requestSeq(p *Profile, method sip.RequestMethod, seq uint32, sdp string, extra ...Header) *sip.Request {
	target, routes := l.target, l.routes
	if len(routes) > 0 && !loose(routes[0]) { // a strict router: RFC 3261 12.2.1.1 second case
		routes = append(slices.Clone(routes[1:]), "<"+target+">")
		target = AddrSpec(l.routes[0])
	}
	uri, err := parseTarget(target)
	if err != nil { // only a strict router's Record-Route can be unusable here; the target was checked
		uri, _ = parseTarget(l.target)
		routes = nil
	}
	req := sip.NewRequest(method, uri)
	add := func(name, value string) { req.AppendHeader(sip.NewHeader(name, value)) }
	add("Max-Forwards", "70")
	for _, r := range routes {
		add("Route", r)
	}
	add("From", l.local)
	add("To", l.remote)
	add("Call-ID", l.callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	switch method {
	case sip.REFER, sip.NOTIFY: // they refresh the target (RFC 3515 2.2, RFC 6665 3.2.2)
		add("Contact", p.Contact)
	case sip.INVITE, sip.UPDATE:
		add("Contact", p.Contact)
		add("Allow", strings.Join(p.Allow, ", "))
		add("Supported", strings.Join(p.Supported, ", "))
	}
	if method != sip.ACK {
		for _, h := range p.Request {
			add(h.Name, h.Value)
		}
	}
	for _, h := range extra {
		add(h.Name, h.Value)
	}
	setBody(req, sdp)
	return req
}

// loose reports whether a route value is a loose router's (RFC 3261 19.1.1 lr).
func loose(route string) bool {
	uri := strings.ToLower(AddrSpec(route))
	return strings.HasSuffix(uri, ";lr") || strings.Contains(uri, ";lr;") || strings.Contains(uri, ";lr=") || strings.Contains(uri, ";lr?")
}

// inOrder checks and takes the CSeq of a request of the far end (RFC 3261 12.2.2): a lower one is out of order.
func (l *leg) inOrder(seq uint32) bool {
	if l.remoteSeq != 0 && seq <= l.remoteSeq {
		return false
	}
	l.remoteSeq = seq
	return true
}
