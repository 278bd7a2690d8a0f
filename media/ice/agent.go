package ice

import (
	"crypto/rand"
	"encoding/binary"
	mrand "math/rand/v2"
	"net/netip"
	"time"
)

// Limits and times. Those with a clause are the standard's, the others ours.
const (
	MaxRemotes = 32                     // candidates of one browser that are tried, its own checks' addresses included
	maxPairs   = 100                    // RFC 8445 6.1.2.5
	pace       = 50 * time.Millisecond  // Ta, RFC 8445 14.2
	firstRTO   = 500 * time.Millisecond // RFC 8445 14.3, doubled up to the next
	lastRTO    = 2 * time.Second        // a user waits
	maxSent    = 7                      // of one check: the last one is given up after 12 s
	settle     = 400 * time.Millisecond // how long a better pair is waited for once one is valid
	consent    = 5 * time.Second        // RFC 7675 5.1, times 0.8 to 1.2
	patience   = 3                      // 487s that a browser is told before it gets its way
	stale      = 17 * time.Second       // a nominated pair that did not answer three times gives way to one the browser checks
)

// Key names a pair: one of our lines and an address of the browser's.
type Key struct {
	Remote netip.AddrPort
	Line   uint8
}

// Line is one of our addresses that checks are sent from.
type Line struct {
	Number   uint8
	Six      bool
	Priority uint32 // of our candidate
}

// Check is a Binding request to send (RFC 8445 7.2.4).
type Check struct {
	Key
	ID          [12]byte
	Priority    uint32 // PRIORITY: of a peer-reflexive candidate
	Use         bool   // USE-CANDIDATE
	Controlling bool
}

type state uint8

const (
	waiting state = iota
	running
	valid
	failed
)

// pair is one line of the checklist.
type pair struct {
	Key
	state    state
	local    uint32 // priorities
	remote   uint32
	wanted   bool // the peer nominates it: ours once valid
	urgent   bool // triggered (RFC 8445 7.3.1.4)
	use      bool // the running check nominates
	role     bool // ours when it was sent
	id       [12]byte
	sent     int
	due      time.Time // of the next repeat
	answered time.Time
}

// Agent is one generation of one browser's connection. Its methods are not safe for concurrent use.
type Agent struct {
	tag         uint32 // first four octets of all transaction ids
	controlling bool
	tiebreaker  uint64
	refused     int // 487s told since the role was last settled

	lines     []Line
	pairs     []*pair
	remotes   []netip.AddrPort
	nominated *pair
	firstOK   time.Time
	lastSent  time.Time
	nextAsk   time.Time // consent
}

// New makes an agent. tag begins the ids of its checks, so that answers find it.
func New(tag uint32, lines []Line, controlling bool) *Agent {
	return &Agent{tag: tag, lines: lines, controlling: controlling, tiebreaker: mrand.Uint64()}
}

// Begin sets the role before the first check (RFC 8445 6.1.1).
func (a *Agent) Begin(controlling bool) { a.controlling = controlling }

// Controlling tells the present role, Tiebreaker the value that goes with it.
func (a *Agent) Controlling() bool  { return a.controlling }
func (a *Agent) Tiebreaker() uint64 { return a.tiebreaker }

// AddRemote pairs a candidate of the browser with the lines of its IP version. It reports whether there was room.
func (a *Agent) AddRemote(addr netip.AddrPort, priority uint32) bool {
	if !a.meet(addr) {
		return false
	}
	for _, l := range a.lines {
		if l.Six != addr.Addr().Is4() {
			a.add(Key{addr, l.Number}, l.Priority, priority)
		}
	}
	return true
}

// meet counts an address of the browser's.
func (a *Agent) meet(addr netip.AddrPort) bool {
	for _, r := range a.remotes {
		if r == addr {
			return true
		}
	}
	if len(a.remotes) >= MaxRemotes {
		return false
	}
	a.remotes = append(a.remotes, addr)
	return true
}

func (a *Agent) add(k Key, local, remote uint32) *pair {
	if p := a.find(k); p != nil {
		return p
	}
	if len(a.pairs) >= maxPairs {
		return nil
	}
	p := &pair{Key: k, local: local, remote: remote}
	a.pairs = append(a.pairs, p)
	return p
}

func (a *Agent) find(k Key) *pair {
	for _, p := range a.pairs {
		if p.Key == k {
			return p
		}
	}
	return nil
}

// priority of a pair (RFC 8445 6.1.2.3).
func (a *Agent) priority(p *pair) uint64 {
	g, d := uint64(p.local), uint64(p.remote)
	if !a.controlling {
		g, d = d, g
	}
	v := min(g, d)<<32 + 2*max(g, d)
	if g > d {
		v++
	}
	return v
}

// Resolve settles a role conflict of a request (RFC 8445 7.3.1.1): theirs is the role the browser claims, with its tiebreaker. refuse
// asks for a 487; otherwise our role now differs from the browser's. One that goes on all the same, as Firefox 153 does when it
// controls, gets its way: nothing else would bring the two together.
func (a *Agent) Resolve(theirs bool, tiebreaker uint64) (refuse bool) {
	if theirs != a.controlling {
		a.refused = 0
		return false
	}
	if a.tiebreaker >= tiebreaker == a.controlling && a.refused < patience {
		a.refused++
		return true // controlling with the larger value stays, controlled with the smaller one stays
	}
	a.controlling, a.refused = !a.controlling, 0
	return false
}

// Request takes a right check of the browser (RFC 8445 7.3.1): it may bring a new address, triggers a check of ours, and may nominate.
// chosen reports that the pair is now the nominated one and was not before.
func (a *Agent) Request(k Key, priority uint32, use bool, now time.Time) (chosen bool) {
	p := a.find(k)
	if p == nil {
		if !a.meet(k.Remote) {
			return false
		}
		if p = a.add(k, a.line(k.Line), priority); p == nil {
			return false
		}
	}
	if use = use && !a.controlling; use {
		for _, other := range a.pairs {
			other.wanted = false // the newest nomination counts
		}
	}
	switch {
	case p.state == valid && use:
		return a.nominate(p, now)
	case p.state != valid && p.state != running:
		p.urgent, p.state, p.sent, p.use = true, waiting, 0, false
	case p.state == running && p.sent > 1:
		p.due = now // what was lost before the browser opened its side need not wait
	case p.state == valid && a.nominated != nil && p != a.nominated && a.silent(now):
		p.urgent, p.state, p.sent = true, waiting, 0
	}
	p.wanted = p.wanted || use
	return false
}

// line is the priority of one of our candidates; of a line that no check of ours begins on (TCP, a relay) a low one.
func (a *Agent) line(number uint8) uint32 {
	for _, l := range a.lines {
		if l.Number == number {
			return l.Priority
		}
	}
	return 1 << 24
}

// Next is the check to send now, ok false for none.
func (a *Agent) Next(now time.Time) (c Check, ok bool) {
	if now.Sub(a.lastSent) < pace {
		return Check{}, false
	}
	p := a.pick(now)
	if p == nil {
		return Check{}, false
	}
	a.lastSent = now
	if p.state == waiting || p == a.nominated && p.state == valid {
		a.draw(p)
	}
	if p.state != valid {
		p.state = running
	}
	p.urgent, p.role = false, a.controlling
	p.due = now.Add(min(firstRTO<<p.sent, lastRTO))
	p.sent++
	return Check{Key: p.Key, ID: p.id, Priority: 110<<24 | p.local&0xffffff, Use: p.use, Controlling: a.controlling}, true
}

// draw gives the pair's next check a fresh id (RFC 8489 6.2.1: 96 bits; 64 of these are random, and answers are authenticated).
func (a *Agent) draw(p *pair) {
	_, _ = rand.Read(p.id[4:]) // never fails
	binary.BigEndian.PutUint32(p.id[:], a.tag)
	p.sent = 0
}

// pick chooses what is sent next.
func (a *Agent) pick(now time.Time) *pair {
	if n := a.nominated; n != nil {
		// What the browser asks for is still checked, and what may be better: a call that began through a relay moves when a candidate
		// that came later opens a direct way.
		if p := a.beside(n, now); p != nil {
			return p
		}
		if !now.Before(a.nextAsk) {
			a.nextAsk = now.Add(consent*4/5 + mrand.N(consent*2/5))
			n.use = a.controlling // says it again to who missed it
			return n
		}
		return nil
	}
	if p := a.choose(now); p != nil {
		return p
	}
	var best *pair
	for _, p := range a.pairs {
		switch {
		case p.state == waiting && p.urgent && (best == nil || !best.urgent || a.priority(p) > a.priority(best)),
			p.state == waiting && (best == nil || !best.urgent && a.priority(p) > a.priority(best)):
			best = p
		}
	}
	if best != nil {
		return best
	}
	for _, p := range a.pairs {
		if p.state == running && a.repeats(p, now) {
			return p
		}
	}
	return nil
}

// beside is what is checked beside the nominated pair n: one check that nominates at a time.
func (a *Agent) beside(n *pair, now time.Time) (next *pair) {
	moving := false
	for _, p := range a.pairs {
		if p != n && p.urgent {
			return p
		}
		moving = moving || p.state == running && p.use
	}
	for _, p := range a.pairs {
		better := a.priority(p) > a.priority(n)
		switch {
		case p == n:
		case p.state == running && a.repeats(p, now), p.state == waiting && better:
			return p
		case p.state == valid && better && a.controlling && !moving && (next == nil || a.priority(p) > a.priority(next)):
			next = p
		}
	}
	if next != nil {
		next.state, next.use, next.sent = waiting, true, 0
	}
	return next
}

// repeats reports whether a running check is to be sent again, and gives up one that was sent often enough.
func (a *Agent) repeats(p *pair, now time.Time) bool {
	switch {
	case now.Before(p.due):
		return false
	case p.sent >= maxSent:
		p.state = failed
		return false
	}
	return true
}

// choose nominates for a controlling agent (RFC 8445 8.1.1): the best valid pair, once nothing better is to be expected.
func (a *Agent) choose(now time.Time) *pair {
	if !a.controlling || a.firstOK.IsZero() {
		return nil
	}
	var best *pair
	better := false
	for _, p := range a.pairs {
		if p.state == running && p.use { // under way
			if a.repeats(p, now) {
				return p
			}
			if p.state == running {
				return nil
			}
		}
		if p.state == valid && (best == nil || a.priority(p) > a.priority(best)) {
			best = p
		}
	}
	for _, p := range a.pairs {
		better = better || best != nil && (p.state == waiting || p.state == running) && a.priority(p) > a.priority(best)
	}
	if best == nil || better && now.Sub(a.firstOK) < settle {
		return nil
	}
	best.state, best.use, best.sent = waiting, true, 0
	return best
}
