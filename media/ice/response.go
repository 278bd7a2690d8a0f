package ice

import (
	mrand "math/rand/v2"
	"time"
)

// Outcome is what an answer means.
type Outcome struct {
	Valid     bool // the pair works: it was asked, and answered from there
	Consented bool // it is the nominated one
	Changed   bool // it is so by this answer
}

// Response takes an authentic answer to a check of ours; k is where it came from and to.
func (a *Agent) Response(k Key, id [12]byte, now time.Time) Outcome {
	p := a.find(k)
	if p == nil || p.id != id || p.state != running && p != a.nominated {
		return Outcome{} // late, made up, or not from where it was asked (RFC 8445 7.2.5.2.1)
	}
	p.answered = now
	if p.state == running {
		p.state = valid
		if a.firstOK.IsZero() {
			a.firstOK = now
		}
	}
	out := Outcome{Valid: true, Consented: p == a.nominated}
	if a.controlling && p.use || !a.controlling && p.wanted || a.silent(now) {
		out.Changed = a.nominate(p, now)
		out.Consented = true
	}
	return out
}

// silent reports that the nominated pair has fallen silent. The browser's checks elsewhere then show that a NAT moved it; one that
// controls would have told us, but does not know. Where we control the pair stays: the browser restarts.
func (a *Agent) silent(now time.Time) bool {
	return a.nominated != nil && !a.controlling && now.Sub(a.nominated.answered) > stale
}

// Conflict takes a 487 to a check of ours (RFC 8445 7.2.5.1): the other role, a new tiebreaker, the check again.
func (a *Agent) Conflict(k Key, id [12]byte) {
	p := a.find(k)
	if p == nil || p.id != id || p.state != running {
		return
	}
	if a.controlling == p.role { // else the role was changed since
		a.controlling = !p.role
		a.tiebreaker = mrand.Uint64()
	}
	p.state, p.urgent, p.use, p.sent = waiting, true, false, 0
}

// nominate makes p the pair in use.
func (a *Agent) nominate(p *pair, now time.Time) (changed bool) {
	p.wanted, p.use = false, false
	if p == a.nominated {
		return false
	}
	a.nominated = p
	if p.answered.IsZero() {
		p.answered = now
	}
	a.nextAsk = now.Add(consent*4/5 + mrand.N(consent*2/5))
	return true
}

// Nominated reports whether a pair is the nominated one.
func (a *Agent) Nominated(k Key) bool { return a.nominated != nil && a.nominated.Key == k }

// Busy reports whether Next may have something to send before the next consent check.
func (a *Agent) Busy() bool {
	for _, p := range a.pairs {
		if p.urgent || p.state == running || p.state == waiting && (a.nominated == nil || a.priority(p) > a.priority(a.nominated)) {
			return true
		}
	}
	return a.nominated == nil && a.controlling && !a.firstOK.IsZero()
}
