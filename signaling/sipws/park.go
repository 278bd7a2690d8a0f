package sipws

import (
	"sync"
	"time"

	"causeway/signaling/sip/dialog"
)

// park knows the registered user agents by address of record and instance, those whose connection was lost included, for as long as
// their session waits for them (its resume window). A user agent that registers again with the same instance by another
// connection takes its session up: the calls have gone on meanwhile, and what it missed comes now. The old connection may still
// seem alive: a phone that changes its network says no goodbye.
//
//	granted ---> keep ---- lost, replaced ---- resume window ----> over: the session has ended the calls
//	              |
//	              '-- REGISTER, same key --> find --> session.login, resume --> moveTo: the calls have another agent
type park struct {
	mu     sync.Mutex // guards the following
	agents map[string]*agent
}

// key is who may take a session up, if its secret and the token agree.
func (w wish) key() string { return w.aor + " " + w.instance }

// keep enters an agent, in place of an older one.
func (p *park) keep(key string, a *agent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.agents[key] = a
}

// find looks an agent up.
func (p *park) find(key string) *agent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.agents[key]
}

// forget takes an agent out, unless another one stands in its place.
func (p *park) forget(key string, a *agent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.agents[key] == a {
		delete(p.agents, key)
	}
}

// wait lets an agent without a place in the session room wait for its user agent.
func (a *agent) wait() {
	stop(a.reg.timer)
	a.reg.timer = time.AfterFunc(a.reg.window, func() { a.post(a.over) })
}

// resumption is what a session is taken up with.
type resumption struct {
	from            *agent
	session, secret string
	seq             uint64
}

// resumable asks the agent that has the session of this REGISTER, if there is one, what to take it up with. A session that began
// with a password is not: only the network can say whose it is, and asks anew.
func (a *agent) resumable(then func(*resumption)) {
	old := a.server.park.find(a.reg.wish.key())
	if old == nil || old == a {
		then(nil)
		return
	}
	old.post(func() {
		var r *resumption
		if old.reg.in && !old.reg.digest && !old.reg.leaving {
			r = &resumption{from: old, session: old.reg.session, secret: old.reg.secret, seq: old.seq}
		}
		a.post(func() { then(r) })
	})
}

// moveTo gives the calls to the agent that has resumed the session. What the session says meanwhile is about these calls, and waits
// for them.
func (r *resumption) moveTo(a *agent) {
	a.moving = true
	old := r.from
	old.post(func() {
		calls := old.calls
		old.calls, old.dialogs = map[string]*call{}, map[string]*call{}
		for _, c := range calls {
			stop(c.timer)
			c.agent = a
		}
		old.over()
		a.post(func() {
			for name, c := range calls {
				a.calls[name] = c
				if c.machine != nil {
					a.dialogs[c.machine.LocalTag()] = c
				}
			}
			a.moving = false
			for _, frame := range a.behind {
				a.heard(a.seat, frame)
			}
			a.behind = nil
			for _, c := range calls {
				c.timer = nil // it belongs to the old agent's queue
				c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Tick(now) })
			}
		})
	})
}
