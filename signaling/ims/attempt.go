package ims

import (
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// A request of a call goes to one next hop at a time (RFC 3263 4.3): the next one is tried when the first cannot be reached, is silent
// until its transaction times out, or says 503 before it has said anything else. A provisional response settles it: that hop has the
// request, and two must never have it. What an abandoned hop answers all the same is hung up as a stray.

// attempt is one request on its way.
type attempt struct {
	k       *Call
	id      uint64       // the dialog machine's number of the transaction
	spare   *sip.Request // the request as it was before it was sent, while there is another hop for it; nil otherwise
	tried   []transport.Target
	settled bool         // a provisional response came
	sent    *sip.Request // trunk mode: the request as it went out, to be sent again with credentials
}

// send starts a client transaction.
func (k *Call) send(a dialog.Send) {
	t := &attempt{k: k, id: a.Tx}
	t.to(k.client.core.For(a.Request, k.back), a.Request)
}

// to sends the request to a hop.
func (t *attempt) to(target transport.Target, req *sip.Request) {
	k := t.k
	t.spare, t.tried = nil, append(t.tried, target)
	if req.Method == sip.INVITE && !inDialog(req) && !k.client.core.Usable(target) {
		k.failed(t.id, hop.ErrDown) // at once: who calls must not wait 32 s for what is known
		return
	}
	if k.client.trunk != nil {
		t.sent = req.Clone()
	}
	if k.client.core.Alternatives(req, k.back) > len(t.tried) {
		t.spare = req.Clone()
	}
	tx, err := k.client.tx.Request(req, target, handler{
		response: func(res *sip.Response) { k.q.post(func() { t.response(res) }) },
		failed:   func(err error) { k.q.post(func() { t.failed(err) }) },
	})
	if err != nil {
		t.failed(err)
		return
	}
	if req.Method == sip.INVITE && k.invites != nil {
		k.invites[t.id] = tx
	}
}

func inDialog(req *sip.Request) bool {
	to := req.To()
	return to != nil && to.Params.Has("tag")
}

// response takes a response, on the call's queue.
func (t *attempt) response(res *sip.Response) {
	k := t.k
	if k.machine == nil {
		k.client.hangUpStray(res)
		return
	}
	switch {
	case res.StatusCode < 200:
		t.settled = t.settled || res.StatusCode > 100
	default:
		delete(k.invites, t.id)
		k.client.core.Outcome(t.tried[len(t.tried)-1], res, nil)
		if res.StatusCode == 503 && t.again() || t.authorized(res) {
			return
		}
		t.spare = nil
	}
	k.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Response(now, t.id, res) })
}

// authorized answers the challenge of a trunk's peer; false where there is none to answer.
func (t *attempt) authorized(res *sip.Response) bool {
	k := t.k
	if t.sent == nil || res.StatusCode != 401 && res.StatusCode != 407 {
		return false
	}
	credentials, err := k.client.trunk.credentials(t.sent, res)
	if err != nil {
		k.log.Warn("challenge of the SIP peer not answered", "method", string(t.sent.Method), "err", err)
		return false
	}
	again := false
	k.step(func(m *dialog.Session, now time.Time) (out []dialog.Action) {
		out, again = m.Authorized(now, t.id, t.sent, credentials)
		return out
	})
	return again
}

// failed takes the end of a transaction without a response, on the call's queue.
func (t *attempt) failed(err error) {
	k := t.k
	k.client.core.Outcome(t.tried[len(t.tried)-1], nil, err)
	if k.machine != nil && !errors.Is(err, transaction.ErrTooMany) && t.again() {
		return
	}
	t.spare = nil
	k.failed(t.id, err)
}

// again sends the request to the next hop, if there is one for it.
func (t *attempt) again() bool {
	if t.settled || t.spare == nil {
		return false
	}
	target, ok := t.k.client.core.Another(t.spare, t.k.back, t.tried)
	if !ok {
		return false
	}
	t.k.log.Debug("request goes to the next hop", "method", string(t.spare.Method), "hop", target.String())
	t.to(target, t.spare)
	return true
}
