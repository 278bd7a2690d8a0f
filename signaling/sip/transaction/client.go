package transaction

import (
	"fmt"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// Client is one client transaction (RFC 3261 17.1).
type Client struct {
	core
	key     clientKey
	handler ClientHandler

	// Guarded by core.mu.
	req        *sip.Request
	target     transport.Target
	ack        *sip.Request // of the last non-2xx, to be repeated
	held       bool         // a CANCEL waits for the first provisional response
	cancelled  bool         // Cancel was called
	cancelWith []sip.Header // what it adds to the CANCEL
	err        error        // of the last failed send
}

// Request returns the request as sent, which must not be changed; nil once it can be neither repeated nor acknowledged here
// any more, although the transaction still lives.
func (c *Client) Request() *sip.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.req
}

// Target returns where the request went; its network is the one really used once known.
func (c *Client) Target() transport.Target {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.target
}

// Cancel asks the far side to give up this INVITE (RFC 3261 9.1): the CANCEL leaves as soon as a provisional response
// has come, or never if a final one comes first. extra header fields (Reason, RFC 3326) are added to it. The INVITE
// still ends by its own final response, or by Failed(ErrTimeout) 64*T1 after the CANCEL. Cancelling twice is harmless;
// after the final response it is ErrFinished.
func (c *Client) Cancel(extra ...sip.Header) error {
	if c.key.method != sip.INVITE {
		return ErrNotInvite
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancelled {
		return nil
	}
	c.cancelWith = extra
	if !c.commandLocked(Cancel, nil) {
		return ErrFinished
	}
	return nil
}

// begin sends the request for the first time. On an error known at once nothing is left behind.
func (c *Client) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m.clocks(set64T1, c.l.now()) // B, F
	r, known := c.l.tr.Post(c.req, c.target, c.sent)
	if known && r.Err != nil {
		c.m.state = Terminated
		c.schedule()
		return fmt.Errorf("%w: %w", ErrTransport, r.Err)
	}
	if known {
		c.took(r)
	}
	c.schedule()
	return nil
}

// sent is the transport's late word on a message of this transaction.
func (c *Client) sent(r transport.Result) {
	c.mu.Lock()
	c.took(r)
	c.schedule()
	c.mu.Unlock()
	c.deliver()
}

// took steps the machine with the outcome of a send. The lock is held.
func (c *Client) took(r transport.Result) {
	if r.Err != nil {
		c.err = r.Err
		c.l.stats.transportErrors.Add(1)
		c.step(SendFailed, nil)
		return
	}
	c.target.Network = r.Network
	if r.Network == transport.UDP {
		c.step(Sent, nil)
	} else {
		c.step(SentReliable, nil)
	}
}

func (c *Client) post(req *sip.Request) {
	if r, known := c.l.tr.Post(req, c.target, c.sent); known {
		c.took(r)
	}
}

// response gives a matching response to the machine.
func (c *Client) response(res *sip.Response) {
	switch {
	case res.StatusCode < 200:
		c.feed(Res1xx, res)
	case res.StatusCode < 300:
		c.feed(Res2xx, res)
	default:
		c.feed(ResFinal, res)
	}
	c.shed()
}

// shed lets go of a request that only waits for repeated responses: 64*T1 is long, and calls are many.
func (c *Client) shed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m.state == Accepted || c.m.state == Completed && c.key.method != sip.INVITE {
		c.req, c.cancelWith = nil, nil
	}
}

// act implements owner.
func (c *Client) act(do Action, msg sip.Message) {
	if do&DoPass != 0 {
		c.queue(event{kind: eventPass, msg: msg})
	}
	if do&DoStray != 0 {
		c.queue(event{kind: eventStray, msg: msg})
	}
	switch {
	case do&DoSend != 0:
		c.l.stats.retransmissions.Add(1)
		c.post(c.req)
	case do&DoAck != 0:
		if c.ack == nil {
			c.ack = ackFor(c.req, msg.(*sip.Response))
		} else {
			c.l.stats.retransmissions.Add(1)
		}
		c.post(c.ack)
	case do&DoHold != 0:
		c.held, c.cancelled = true, true
	case do&DoCancel != 0:
		c.cancelled = true
		c.l.sendCancel(cancelFor(c.req, c.cancelWith), c.target)
	}
	if do&DoAbsorb != 0 {
		c.l.stats.absorbed.Add(1)
	}
	if do&TellTimeout != 0 {
		c.l.stats.timeouts.Add(1)
		c.queue(event{kind: eventFailed, err: ErrTimeout})
	}
	if do&TellError != 0 {
		c.queue(event{kind: eventFailed, err: fmt.Errorf("%w: %w", ErrTransport, c.err)})
	}
	if c.held && c.m.state == Proceeding {
		c.held = false
		c.step(Cancel, nil)
	}
}

// emit implements owner.
func (c *Client) emit(e event) {
	switch e.kind {
	case eventPass:
		c.handler.Response(e.msg.(*sip.Response))
	case eventStray:
		c.l.stray(e.msg.(*sip.Response), transport.Source{Network: c.Target().Network, Remote: c.Target().Addr})
	case eventFailed:
		c.handler.Failed(e.err)
	}
}

// over implements owner.
func (c *Client) over() { c.l.removeClient(c) }

// ackFor builds the ACK of a non-2xx (RFC 3261 17.1.1.3): the INVITE's Request-URI, top Via, Route, From, Call-ID and
// sequence number, and the response's To.
func ackFor(req *sip.Request, res *sip.Response) *sip.Request {
	ack := within(req, sip.ACK)
	ack.AppendHeader(sip.HeaderClone(res.To()))
	ack.SetBody(nil)
	return ack
}

// cancelFor builds the CANCEL (RFC 3261 9.1): the same with the INVITE's own To.
func cancelFor(req *sip.Request, extra []sip.Header) *sip.Request {
	cancel := within(req, sip.CANCEL)
	cancel.AppendHeader(sip.HeaderClone(req.To()))
	for _, h := range extra {
		cancel.AppendHeader(h)
	}
	cancel.SetBody(nil)
	return cancel
}

// within builds a request in the transaction of req, all but To and body.
func within(req *sip.Request, method sip.RequestMethod) *sip.Request {
	out := sip.NewRequest(method, *req.Recipient.Clone())
	out.AppendHeader(req.Via().Clone())
	sip.CopyHeaders("route", req, out)
	hops := sip.MaxForwardsHeader(70)
	out.AppendHeader(&hops)
	out.AppendHeader(sip.HeaderClone(req.From()))
	id := *req.CallID()
	out.AppendHeader(&id)
	out.AppendHeader(&sip.CSeqHeader{SeqNo: req.CSeq().SeqNo, MethodName: method})
	return out
}
