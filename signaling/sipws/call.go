package sipws

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
	"causeway/signaling/wire"
)

const (
	sessionExpires = 30 * time.Minute // RFC 4028 4
	minSE          = 90 * time.Second // RFC 4028 5
	// ringLimit is longer than the session rings: it is the session that gives a call up.
	ringLimit = 10 * time.Minute
	// offerLimit is how long a re-INVITE may wait for the far party's consent to hold; its sender waits 32 s (RFC 3261 17.1.1.2).
	offerLimit = 28 * time.Second
)

// supported lists the option tags towards user agents.
func supported() []string { return []string{"100rel", "timer"} }

// call is one call: the dialog with the user agent on one side, a call of the session on the other. It belongs to its agent's
// queue.
type call struct {
	agent    *agent
	name     string // in the session
	callID   string // in SIP
	incoming bool   // from the core
	profile  dialog.Profile
	machine  *dialog.Session // nil once finished
	servers  map[uint64]*transaction.Server
	invites  map[uint64]*transaction.Client
	nextTx   uint64
	timer    *time.Timer

	local    string // the session's description
	begun    bool   // the session has this call
	over     bool   // the session has it no more, or has been told to end it
	ringing  bool   // call.ringing has been sent
	answered bool
	held     bool // by the user agent
}

// newCall makes a call without a machine.
func (a *agent) newCall(name, callID string) *call {
	c := &call{agent: a, name: name, callID: callID, servers: map[uint64]*transaction.Server{}, invites: map[uint64]*transaction.Client{}}
	c.profile = dialog.Profile{
		Contact: "<sip:" + newToken() + "@" + host + ";transport=ws>", Allow: allow(), Supported: supported(),
		SessionExpires: sessionExpires, MinSE: minSE, AnswerLimit: ringLimit, OfferLimit: offerLimit,
		Timers: dialog.Timers{T1: a.server.timers.T1, T2: a.server.timers.T2},
		Random: rand.Int64N, Token: newToken,
	}
	a.calls[name] = c
	return c
}

// step gives the machine one input and carries out what it asks for.
func (c *call) step(f func(m *dialog.Session, now time.Time) []dialog.Action) {
	if c.machine == nil {
		return
	}
	for _, action := range f(c.machine, time.Now()) {
		c.perform(action)
	}
	if c.machine == nil {
		return
	}
	at, ok := c.machine.Deadline()
	switch {
	case !ok:
		stop(c.timer)
	case c.timer != nil:
		c.timer.Reset(time.Until(at))
	default:
		a := c.agent
		c.timer = time.AfterFunc(time.Until(at), func() {
			a.post(func() {
				if c.agent == a {
					c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Tick(now) })
				}
			})
		})
	}
}

// perform carries out one action. Without a connection nothing can be sent: the user agent hears of it when it is back.
func (c *call) perform(action dialog.Action) {
	f := c.agent.flow
	switch action := action.(type) {
	case dialog.Send:
		c.send(action)
	case dialog.Ack:
		if f != nil {
			_ = f.tx.Ack(action.Request, transport.Target{Network: transport.WS}, nil)
		}
	case dialog.Cancel:
		if inv := c.invites[action.Tx]; inv != nil {
			var extra []sip.Header
			if action.Reason != "" {
				extra = append(extra, sip.NewHeader("Reason", action.Reason))
			}
			_ = inv.Cancel(extra...)
		}
	case dialog.Respond:
		if tx := c.servers[action.Tx]; tx != nil {
			_ = tx.Respond(action.Response)
			if action.Response.StatusCode >= 200 && tx.Request().Method != sip.INVITE {
				delete(c.servers, action.Tx)
			}
		}
	case dialog.Emit:
		c.event(action.Event)
	case dialog.Finish:
		c.finish()
	}
}

// responses gives a client transaction's outcome to its call.
type responses struct {
	c  *call
	a  *agent
	tx uint64
}

// Response implements transaction.ClientHandler.
func (r responses) Response(res *sip.Response) {
	r.a.post(func() {
		r.c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Response(now, r.tx, res) })
	})
}

// Failed implements transaction.ClientHandler.
func (r responses) Failed(err error) {
	r.a.post(func() {
		r.c.step(func(m *dialog.Session, now time.Time) []dialog.Action {
			return m.Failed(now, r.tx, errors.Is(err, transaction.ErrTimeout), err)
		})
	})
}

// send starts a client transaction.
func (c *call) send(s dialog.Send) {
	h := responses{c, c.agent, s.Tx}
	if c.agent.flow == nil {
		h.Failed(transaction.ErrTransport)
		return
	}
	tx, err := c.agent.flow.tx.Request(s.Request, transport.Target{Network: transport.WS}, h)
	if err != nil {
		h.Failed(err)
		return
	}
	if s.Request.Method == sip.INVITE {
		c.invites[s.Tx] = tx
	}
}

// serve notes a server transaction for the machine.
func (c *call) serve(tx *transaction.Server) uint64 {
	for id, old := range c.servers {
		if tx.Request().Method == sip.INVITE && old.Request().Method == sip.INVITE { // the next INVITE comes after the last one's ACK
			delete(c.servers, id)
		}
	}
	c.nextTx++
	c.servers[c.nextTx] = tx
	return c.nextTx
}

// request takes a request inside the dialog.
func (c *call) request(tx *transaction.Server) {
	if c.machine == nil {
		refuse(tx, 481, "")
		return
	}
	id := c.serve(tx)
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Request(now, id, tx.Request()) })
}

func (c *call) acked(ack *sip.Request) {
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Request(now, 0, ack) })
}

func (c *call) cancelled(cancel *sip.Request) {
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Cancelled(now, cancel) })
}

// finish: the machine will never ask for anything again.
func (c *call) finish() {
	delete(c.agent.dialogs, c.machine.LocalTag())
	c.machine = nil
	stop(c.timer)
	c.leave()
}

// leave takes the call off the books when neither side has it any more.
func (c *call) leave() {
	if c.machine == nil && c.over {
		delete(c.agent.calls, c.name)
	}
}

// forget drops the call without a word to either side.
func (c *call) forget() {
	stop(c.timer)
	c.machine, c.over = nil, true
}

// release ends the session's side: the user agent has hung up, or refused.
func (c *call) release(method string, p params) {
	if c.over {
		return
	}
	c.over = true
	if c.begun {
		p["call"] = c.name
		c.agent.insist(method, p)
	} // else the answer to call.start finds that it is over
	c.leave()
}

// hangup ends the user agent's side in whatever way its state asks for.
func (c *call) hangup(status int, reason string, extra ...dialog.Header) {
	c.over = true
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action {
		if out := m.Reject(now, status, reason, extra...); len(out) > 0 {
			return out
		}
		return m.Hangup(now, reason)
	})
	c.leave()
}

// event takes what the dialog says.
func (c *call) event(e dialog.Event) {
	switch e := e.(type) {
	case dialog.Provisional:
		if e.Response.StatusCode == 180 && !c.ringing && !c.over {
			c.ringing = true
			c.agent.ask(wire.MethodRinging, params{"call": c.name}, func(answer) {})
		}
	case dialog.Accepted:
		c.accepted(e.SDP)
	case dialog.Refused:
		c.release(wire.MethodReject, params{"reason": rejection(e.Status)})
	case dialog.Offered:
		c.offered(e.SDP)
	case dialog.Info:
		c.info(e)
	case dialog.Referred:
		c.referred(e.Request)
	case dialog.Ended:
		c.release(wire.MethodHangup, params{})
	}
}

// notified takes a notification about the call.
func (c *call) notified(method string, data json.RawMessage) error {
	switch method {
	case wire.EventProgress:
		var e wire.CallProgress
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		c.progress(e)
	case wire.EventAccepted:
		var e wire.CallAccepted
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		c.connected(e)
	case wire.EventDTMF:
		var e wire.CallDTMF
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		c.digit(e)
	case wire.EventTransferring:
		var e wire.CallTransferring
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		c.transferring(e)
	case wire.EventRefer: // the far party wants to hand the user on; user agents ask for that among themselves only
		var e wire.CallRefer
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		c.agent.ask(wire.MethodRefuseRefer, params{"refer": e.Refer}, func(answer) {})
	case wire.EventEnded:
		var e wire.CallEnded
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		c.ended(e.Cause)
	}
	return nil
}

// ended takes the end of the session's call.
func (c *call) ended(cause wire.Cause) {
	var extra []dialog.Header
	if cause.RetryAfter > 0 {
		extra = append(extra, retryAfter(time.Duration(cause.RetryAfter)))
	}
	if cause.Message != "" && !c.answered && !c.incoming {
		extra = append(extra, warning(cause.Message))
	}
	c.hangup(refusalOf(cause), reasonOf(cause), extra...)
}
