package ims

import (
	"runtime/debug"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// What comes from the core finds its call, its binding or its refusal here, on the transport's reader: nothing blocks.
//
//	To tag?  yes: Call-ID and our tag name a call --> its queue; NOTIFY: subscription --> binding's queue; else 481
//	         no:  INVITE by Path token or Contact --> binding; OPTIONS 200; CANCEL is the transaction's; others 405

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
		if b == nil || !b.q.post(func() { b.notified(srv, srv.Source()) }) {
			refuse(481)
		}
	case inDialog:
		k := c.callOf(callKey{callID, tag})
		if k == nil {
			refuse(481)
			return
		}
		ok := k.q.post(func() {
			if k.machine == nil {
				refuse(481)
				return
			}
			id := k.serve(srv)
			k.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Request(now, id, req) })
		})
		if !ok {
			c.stats.overloads.Add(1)
			refuse(503, dialog.Header{Name: "Retry-After", Value: "10"})
		}
	case !known(c.allow(), req.Method):
		refuse(405, dialog.Header{Name: "Allow", Value: strings.Join(c.allow(), ", ")})
	default:
		c.outside(srv, refuse)
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
	case sip.OPTIONS: // RFC 3261 11.2
		refuse(200, dialog.Header{Name: "Allow", Value: strings.Join(c.allow(), ", ")},
			dialog.Header{Name: "Accept", Value: "application/sdp"},
			dialog.Header{Name: "Supported", Value: strings.Join(c.supported(true), ", ")})
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
