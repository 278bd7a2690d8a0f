package ims

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/fork"
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/service"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// Pager-mode messages (RFC 3428; TS 24.229 5.2.6.3 and 5.2.6.4 for a P-CSCF's part, TS 24.341 for short messages in them). What is in a
// message is its user's business; here it is a content type and bytes.
//
//	user                            core
//	 | Envelope, Send                |
//	 |-------- MESSAGE ------------->|  one hop after the other on 503 and where there is no connection; never again after silence:
//	 |<------- 200, 202, 4xx --------|  the message may have arrived
//	 |                               |
//	 | IncomingMessage               |
//	 |<------- MESSAGE --------------|  by Path token, GRUU or Contact, as a call; inside a call's dialog as well
//	 |-- Respond: 200, 415, 480 ---->|

// reachable reports a URI that a request can be sent to as it is. Hosts may stand without a user: gateways of the core do.
func reachable(uri string) bool {
	var u sip.Uri
	if len(uri) > 255 || !identity.ASCII(uri) || strings.ContainsAny(uri, " <>\"\\,?") {
		return false
	}
	if strings.HasPrefix(uri, "tel:") {
		return identity.Assertable(uri)
	}
	host, _, _ := strings.Cut(uri[strings.LastIndexByte(uri, '@')+1:], ";")
	return strings.HasPrefix(uri, "sip:") && identity.HostPort(strings.TrimPrefix(host, "sip:")) && sip.ParseUri(uri, &u) == nil && u.Host != ""
}

// Envelope says who a message is from and for. It is made by Binding.Envelope or Binding.Reply and used once.
type Envelope struct {
	From, To  string // URIs as they will stand in the message; From is anonymous where the identity is withheld
	CallID    string
	InReplyTo string // Call-ID of the message that this one answers (RFC 3261 20.21), "" for none

	id        AssociatedIdentity
	anonymous bool
	r         *registration
}

// Content is a body and its type.
type Content struct {
	Type string
	Body []byte
}

// ErrTooLong is a message that must not be sent because of its size. Limit is what its body may have, bytes.
type ErrTooLong struct{ Bytes, Limit int }

// Error says how long it is.
func (e ErrTooLong) Error() string {
	return fmt.Sprintf("a body of %d bytes, %d are allowed", e.Bytes, e.Limit)
}

// Envelope addresses a message to what the user dialled, from one of the binding's identities ("" for the default). An error is a
// *call.Cause: NumberInvalid, Emergency, Forbidden (identity), Deregistered.
func (b *Binding) Envelope(target, from string, anonymous bool) (Envelope, error) {
	to, err := b.client.plan.Normalise(target)
	if err != nil {
		return Envelope{}, err
	}
	e, err := b.envelope(to, from)
	if e.anonymous = anonymous; anonymous {
		e.From = "sip:anonymous@anonymous.invalid" // RFC 3323 4.1.1.3
	}
	return e, err
}

// Reply addresses a message to a URI that the core or the operator gave: the sender of another one, a gateway, the short message centre.
// from is the identity that was called, in whatever form the core wrote it; the default one answers for one that is not found. The errors
// are those of Envelope.
func (b *Binding) Reply(to, from string) (Envelope, error) {
	if !reachable(to) {
		return Envelope{}, &call.Cause{Side: call.Core, Kind: call.NumberInvalid, Text: "the other side has no address that can be answered"}
	}
	if r := b.current.Load(); r != nil {
		if _, ok := r.choose(from); !ok {
			from = identity.Number(from)
		}
		if _, ok := r.choose(from); !ok {
			from = ""
		}
	}
	return b.envelope(to, from)
}

func (b *Binding) envelope(to, from string) (Envelope, error) {
	r := b.current.Load()
	if r == nil {
		return Envelope{}, &call.Cause{Side: call.Gateway, Kind: call.Deregistered, Text: "the user is not registered"}
	}
	id, ok := r.choose(from)
	if !ok {
		return Envelope{}, &call.Cause{Side: call.Gateway, Kind: call.Forbidden, Text: "this identity is not one of the user's"}
	}
	return Envelope{From: id.URI, To: to, CallID: token(), id: id, r: r}, nil
}

// SMS tells whether short messages are sent and taken.
func (b *Binding) SMS() (SMSConfig, bool) {
	c := b.client.cfg.Messaging.SMS
	c.Center = c.center()
	return c, c.Enabled
}

// Messages tells how many bytes the body of a message may have, and whether short messages are sent.
func (c *Client) Messages() (bytes int, short bool) {
	return c.cfg.Messaging.Messages.MaxBytes, c.cfg.Messaging.SMS.PSI != ""
}

// viaBytes is room for the Via that the transport writes.
const viaBytes = 120

// maxDatagram is what a MESSAGE may have, in all, where a hop may be without congestion control (RFC 3428 8).
const maxDatagram = 1300

// Send sends a message. done is called once, from any goroutine: with nil when the core has taken it (2xx). An error, ErrTooLong or a
// *call.Cause, means that nothing was sent and done is not called.
func (b *Binding) Send(e Envelope, content Content, done func(*call.Cause)) error {
	c := b.client
	var uri sip.Uri
	if err := sip.ParseUri(e.To, &uri); err != nil {
		return &call.Cause{Side: call.Gateway, Kind: call.NumberInvalid, Text: "this address cannot be written as SIP", Err: err}
	}
	req := sip.NewRequest(sip.MESSAGE, uri)
	for _, h := range b.messageHeaders(e, content.Type) {
		req.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	req.SetBody(content.Body)
	target := c.core.For(req, e.r.entry)
	limit := c.cfg.Messaging.Messages.MaxBytes
	if target.Network == transport.UDP {
		limit = min(limit, maxDatagram-viaBytes-(len(req.String())-len(content.Body)))
	}
	if len(content.Body) > limit {
		return ErrTooLong{len(content.Body), limit}
	}
	if !c.core.Usable(target) {
		return &call.Cause{Side: call.Core, Kind: call.CoreUnreachable, Text: "the core does not answer", Err: hop.ErrDown}
	}
	(&page{client: c, back: e.r.entry, done: done}).to(target, req)
	return nil
}

// messageHeaders are those of TS 24.229 5.2.6.3 for a request outside a dialog. There is no Contact (RFC 3428 9).
func (b *Binding) messageHeaders(e Envelope, contentType string) []dialog.Header {
	c, from := b.client, "<"+e.From+">"
	if e.anonymous {
		from = `"Anonymous" ` + from
	}
	out := []dialog.Header{{Name: "Max-Forwards", Value: "70"}}
	for _, route := range e.r.routes {
		out = append(out, dialog.Header{Name: "Route", Value: route})
	}
	out = append(out, dialog.Header{Name: "From", Value: from + ";tag=" + token()}, dialog.Header{Name: "To", Value: "<" + e.To + ">"},
		dialog.Header{Name: "Call-ID", Value: e.CallID}, dialog.Header{Name: "CSeq", Value: "1 MESSAGE"})
	if c.trunk == nil || c.trunk.cfg.Asserted {
		out = append(out, dialog.Header{Name: "P-Asserted-Identity", Value: e.r.asserted(e.id)})
	}
	if e.anonymous {
		out = append(out, dialog.Header{Name: "Privacy", Value: "id"})
	}
	if c.trunk == nil {
		out = append(out, dialog.Header{Name: "P-Charging-Vector", Value: c.charging(token())})
		if info := c.accessInfo(); info != "" {
			out = append(out, dialog.Header{Name: "P-Access-Network-Info", Value: info})
		}
	}
	if e.InReplyTo != "" {
		out = append(out, dialog.Header{Name: "In-Reply-To", Value: e.InReplyTo})
	}
	return append(out, dialog.Header{Name: "Content-Type", Value: contentType})
}

// page is one MESSAGE on its way. Its transactions follow one another, so it needs no lock.
type page struct {
	client *Client
	back   transport.Target
	tried  []transport.Target
	done   func(*call.Cause)
}

func (p *page) to(target transport.Target, req *sip.Request) {
	c, spare := p.client, req.Clone()
	p.tried = append(p.tried, target)
	_, err := c.tx.Request(req, target, handler{
		response: func(res *sip.Response) { p.response(target, spare, res) },
		failed:   func(err error) { p.failed(target, spare, err) },
	})
	if err != nil {
		p.failed(target, spare, err)
	}
}

func (p *page) response(from transport.Target, req *sip.Request, res *sip.Response) {
	c := p.client
	if res.StatusCode < 200 {
		return
	}
	c.core.Outcome(from, res, nil)
	switch status := res.StatusCode; {
	case status < 300:
		p.done(nil)
	case status == 503 && p.again(req):
	case (status == 401 || status == 407) && c.trunk != nil && p.authorized(from, req, res):
	default:
		q850, text := reason(res)
		cause := call.FromSIP(status, q850, text)
		cause.RetryAfter = hop.RetryAfter(res)
		p.end(cause)
	}
}

func (p *page) failed(to transport.Target, req *sip.Request, err error) {
	p.client.core.Outcome(to, nil, err)
	switch {
	case errors.Is(err, transaction.ErrTooMany):
		p.client.stats.overloads.Add(1)
		p.end(call.Cause{Side: call.Gateway, Kind: call.Congestion, Text: "the gateway is busy", Err: err})
	case !errors.Is(err, transaction.ErrTimeout) && p.again(req):
	default:
		p.end(call.Cause{Side: call.Core, Kind: call.CoreUnreachable, Text: "the core does not answer", Err: err})
	}
}

func (p *page) end(cause call.Cause) {
	p.client.stats.messageRefused(cause.Kind)
	p.done(&cause)
}

// again sends the message to the next hop, if there is one.
func (p *page) again(req *sip.Request) bool {
	target, ok := p.client.core.Another(req, p.back, p.tried)
	if ok {
		p.to(target, req)
	}
	return ok
}

// authorized answers the challenge of a trunk's peer, once.
func (p *page) authorized(to transport.Target, req *sip.Request, res *sip.Response) bool {
	credentials, err := p.client.trunk.credentials(req, res)
	if err != nil {
		p.client.log.Warn("challenge of the SIP peer not answered", "method", string(req.Method), "err", err)
		return false
	}
	p.tried = p.tried[:len(p.tried)-1]
	p.to(to, dialog.Proving(req, req.CSeq().SeqNo+1, credentials))
	return true
}

// IncomingMessage is a message for this binding.
type IncomingMessage struct {
	Remote    RemoteParty
	Sender    string // the asserted URI, to which Reply may be sent; "" if the sender asked for privacy or none is asserted
	Called    string // the public identity it is for, a URI
	CallID    string
	InReplyTo string // Call-ID of a message of ours, "" if none is named
	Subject   string
	Content   Content
	// Respond answers the message: 200, or a refusal, which names a time to try again after if that is not 0. Only the first answer
	// counts. It has to be called, or the sender hears nothing for 32 s.
	Respond func(status int, retry time.Duration)
}

func (IncomingMessage) bindingEvent() {}

// accepts lists what a MESSAGE may contain.
func (c *Client) accepts() string {
	out := "text/plain, message/cpim, application/im-iscomposing+xml"
	if c.cfg.Messaging.SMS.Enabled {
		out += ", application/vnd.3gpp.sms"
	}
	return out
}

// messaged takes a MESSAGE on the transport's reader. What the peer of a trunk sends goes to every browser of its user; the first that
// takes it answers.
func (c *Client) messaged(srv *transaction.Server) {
	req := srv.Request()
	refuse := func(status int, extra ...dialog.Header) {
		_ = srv.Respond(dialog.NewResponse(req, status, token(), "", extra...)) // the transaction repeats it
	}
	bindings := c.calleesOf(req)
	contentType := dialog.First(req, "content-type", "c")
	encoding := dialog.First(req, "content-encoding", "e")
	kind, _, _ := strings.Cut(contentType, ";")
	switch {
	case len(bindings) == 0:
		refuse(404)
	case len(req.Body()) > c.cfg.Messaging.Messages.MaxBytes:
		refuse(413)
	case encoding != "" && !strings.EqualFold(encoding, "identity"):
		refuse(415, dialog.Header{Name: "Accept-Encoding", Value: "identity"})
	case !slices.Contains(strings.Split(c.accepts(), ", "), strings.ToLower(strings.TrimSpace(kind))):
		refuse(415, dialog.Header{Name: "Accept", Value: c.accepts()})
	default:
		answers := fork.New(req, len(bindings), srv.Respond, func(int) {})
		for i, b := range bindings {
			c.hand(b, req, contentType, answers.Arm(i))
		}
	}
}

// hand gives a message to a binding.
func (c *Client) hand(b *Binding, req *sip.Request, contentType string, tx responder) {
	var answered atomic.Bool
	respond := func(status int, retry time.Duration) {
		if answered.Swap(true) {
			return
		}
		var extra []dialog.Header
		if retry > 0 {
			extra = append(extra, dialog.Header{Name: "Retry-After", Value: fmt.Sprint(int64((retry + time.Second - 1) / time.Second))})
		}
		if status == 415 {
			extra = append(extra, dialog.Header{Name: "Accept", Value: c.accepts()})
		}
		if r := b.current.Load(); r != nil && (c.trunk == nil || c.trunk.cfg.Asserted) {
			extra = append(extra, dialog.Header{Name: "P-Asserted-Identity", Value: "<" + calledParty(req, r) + ">"})
		}
		if err := tx.Respond(dialog.NewResponse(req, status, token(), "", extra...)); err != nil {
			b.log.Debug("response not sent", "status", status, "error", err)
		}
	}
	r := b.current.Load()
	if r == nil {
		respond(480, 0)
		return
	}
	m := IncomingMessage{
		Remote: service.PartyOf(req, dialog.First(req, "from", "f")), Called: calledParty(req, r), CallID: dialog.First(req, "call-id", "i"),
		InReplyTo: dialog.First(req, "in-reply-to"), Subject: identity.Text(dialog.First(req, "subject", "s")),
		Content: Content{Type: contentType, Body: req.Body()}, Respond: respond,
	}
	if asserted := dialog.Values(req, "p-asserted-identity"); len(asserted) > 0 && !service.Withheld(req) {
		m.Sender = dialog.AddrSpec(asserted[0])
	} else if c.trunk != nil {
		m.Sender = m.Remote.URI
	}
	if !reachable(m.Sender) {
		m.Sender = ""
	}
	if !b.q.post(func() { b.params.Notify(m) }) {
		c.stats.overloads.Add(1)
		respond(480, 10*time.Second)
	}
}
