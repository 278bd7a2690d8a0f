package sipws

import (
	"sync"
	"time"

	"causeway/signaling/sip/dialog"
)

// park keeps the calls of user agents whose connection was lost while the session waits for them (its resume window). A user
// agent that registers again with the same instance, by whatever connection, takes them up: the calls have gone on meanwhile.
//
//	lost ---> put ---- resume window ----> the session has ended the calls: forgotten
//	           |
//	           '-- REGISTER, same address of record and instance --> find --> session.login, resume --> take, moveTo
type park struct {
	mu     sync.Mutex
	agents map[string]parked // by address of record and instance
}

// parked is what a session is resumed with.
type parked struct {
	agent           *agent
	session, secret string
	seq             uint64
	timer           *time.Timer
}

// key is who may take parked calls up, if the session's secret and the token agree.
func (w wish) key() string { return w.aor + " " + w.instance }

// put keeps an agent without a connection.
func (p *park) put(a *agent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := a.reg.wish.key()
	if old, ok := p.agents[key]; ok {
		old.timer.Stop()
		old.drop()
	}
	p.agents[key] = parked{agent: a, session: a.reg.session, secret: a.reg.secret, seq: a.seq, timer: time.AfterFunc(a.reg.window, func() {
		p.mu.Lock()
		if p.agents[key].agent == a {
			delete(p.agents, key)
		}
		p.mu.Unlock()
		a.post(a.over)
	})}
}

// find looks a parked agent up. It stays: whoever asks has not shown yet that the session is theirs.
func (p *park) find(key string) (parked, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.agents[key]
	return found, ok
}

// take takes a parked agent out; false when somebody else was faster.
func (p *park) take(key string, what parked) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.agents[key] != what {
		return false
	}
	delete(p.agents, key)
	what.timer.Stop()
	return true
}

// drop lets an agent go.
func (p parked) drop() { p.agent.post(p.agent.over) }

// moveTo gives the calls to the agent that has resumed the session. Nothing comes in for the old one any more but its timers. What
// the session says meanwhile is about these calls, and waits for them.
func (p parked) moveTo(a *agent) {
	old := p.agent
	a.moving = true
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
				c.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Tick(now) })
			}
		})
	})
}
