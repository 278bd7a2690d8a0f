package core

import (
	"net/netip"
	"time"

	"causeway/test/lab/sip"
)

// timerC ends a branch that rings for ever (RFC 3261 16.8).
const timerC = 180 * time.Second

// fork is the response context of one proxied request (RFC 3261 16.7).
type fork struct {
	core     *Core
	tx       *sip.ServerTx
	called   string // the number, on a terminating request
	from     origin
	inside   bool // a request within a dialog
	branches []*branch
	best     *sip.Message
}

type branch struct {
	client *sip.ClientTx
	done   bool
	timer  *sip.Timer
}

func (f *fork) refuse(status int, reason string) {
	f.tx.Reply(status, reason, sip.Token())
	f.over()
}

// over forgets the context once the final response has gone up.
func (f *fork) over() {
	delete(f.core.forks, f.tx)
	if !f.inside && (f.best == nil || f.best.Status >= 300) {
		f.core.forget(f.tx.Request.CallID())
	}
}

// start adds a branch. to is who is asked, whose answers are then checked.
func (f *fork) start(req *sip.Message, addr netip.AddrPort, to origin) {
	b := &branch{}
	f.branches = append(f.branches, b)
	b.client = f.core.stack.Send(req, sip.Target{Addr: addr}, func(res *sip.Message) { f.response(b, res, to) })
	if req.Method == "INVITE" {
		b.timer = f.core.stack.After(timerC, func() { b.client.Cancel() })
	}
}

func (f *fork) response(b *branch, res *sip.Message, to origin) {
	if res == nil {
		res = f.tx.Request.Response(408, "Request Timeout", sip.Token())
	} else {
		if to == gateway {
			f.core.checkAnswer(res, f.called)
		}
		res = res.Clone()
		res.PopFirst("Via")
		if d := f.core.dialogs[res.CallID()]; d != nil {
			d.tags[res.Tag("To")] = true
		}
	}
	switch {
	case res.Status == 100:
	case res.Status < 200:
		if !f.tx.Final() {
			f.tx.Respond(res)
		}
	case res.Status < 300:
		f.success(b, res)
	default:
		f.failure(b, res)
	}
}

// success forwards every 2xx at once and cancels the other branches.
func (f *fork) success(b *branch, res *sip.Message) {
	b.done = true
	b.timer.Stop()
	f.best = res
	f.tx.Respond(res)
	f.cancelOthers(b)
	f.over()
}

// failure waits for the other branches and sends the best (RFC 3261 16.7 step
// 6): a 6xx first, else the lowest class, the lowest code in it.
func (f *fork) failure(b *branch, res *sip.Message) {
	b.done = true
	b.timer.Stop()
	if f.best == nil || res.Status >= 600 && f.best.Status < 600 || f.best.Status < 600 && res.Status < f.best.Status {
		f.best = res
	}
	if res.Status >= 600 {
		f.cancelOthers(b)
	}
	for _, x := range f.branches {
		if !x.done {
			return
		}
	}
	if !f.tx.Final() {
		f.tx.Respond(f.best)
	}
	f.over()
}

func (f *fork) cancelOthers(keep *branch) {
	for _, x := range f.branches {
		if x != keep && !x.done {
			x.client.Cancel()
		}
	}
}

// Cancel passes a CANCEL on to every branch that has not answered.
func (c *Core) Cancel(tx *sip.ServerTx) {
	f := c.forks[tx]
	if f == nil {
		if !tx.Final() {
			tx.Reply(487, "Request Terminated", sip.Token())
		}
		return
	}
	f.cancelOthers(nil)
}
