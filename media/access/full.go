package access

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v3"

	"causeway/media/demux"
	"causeway/media/ice"
)

// Candidate is an address of the browser's that may be checked.
type Candidate struct {
	Address  netip.AddrPort
	Priority uint32
}

// Full makes a port's legs full ICE agents.
type Full struct {
	Lines     []ice.Line                // the access addresses, by number
	Reflexive map[uint8]*ice.Reflexive  // by line; asked by Pace
	Allow     func(netip.AddrPort) bool // whether a check may be sent there
}

// prober is what a port with full agents has more.
type prober struct {
	Full
	askers  *demux.Table[uint32, *Leg]
	writers [256]Writer // by line; set before the first leg

	mu   sync.Mutex // guards the following
	busy map[*Leg]struct{}
	list []*Leg
}

// Probe makes all legs to come full agents. To be called after Open and before the first leg.
func (p *Port) Probe(f Full) {
	p.prober = &prober{Full: f, busy: map[*Leg]struct{}{}, askers: demux.NewTable[uint32, *Leg](func(t uint32) uint8 { return uint8(t) })} //nolint:gosec // any eight bits
	for i := range p.first {
		if s := p.first[i].Load(); s != nil {
			p.prober.writers[i] = s
		}
	}
}

// Pace sends what checks are due; the owner calls it at least each 50 ms (RFC 8445 14.2).
func (p *Port) Pace(now time.Time) {
	q := p.prober
	if q == nil {
		return
	}
	for line, r := range q.Reflexive {
		if b, to, ok := r.Next(now); ok && q.writers[line] != nil {
			_ = q.writers[line].WriteTo(b, to) // asked again
		}
	}
	q.mu.Lock()
	list := q.list[:0]
	for l := range q.busy {
		list = append(list, l)
	}
	q.list = list
	q.mu.Unlock()
	for _, l := range list {
		if !l.pace(now) {
			q.rest(l)
		}
	}
	clear(list) // those that end meanwhile are not to be kept
}

func (q *prober) wake(l *Leg) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy[l] = struct{}{}
}

func (q *prober) rest(l *Leg) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.busy, l)
}

// answer takes what may be an answer to a check or to a question about our own address.
func (p *Port) answer(msg *stun.Message, b []byte, from route, via Writer, now time.Time) bool {
	q := p.prober
	if q == nil {
		return false
	}
	tag, ok := ice.ParseAnswer(msg, b)
	if !ok {
		return false
	}
	if r := q.Reflexive[from.line]; r != nil && tag == 0 {
		return r.Answer(msg, from.remote, now)
	}
	leg, ok := q.askers.Load(tag)
	if !ok {
		return false
	}
	defer leg.guard()
	return leg.answer(msg, from, via, now)
}

// checker is the checking half of a full agent; the leg's lock guards it. It is nil for a lite one.
type checker struct {
	tag     uint32
	expired bool // consent ended: nothing is sent until another pair is nominated
	cur     *generation
	prev    *generation // during a restart
}

// generation is one set of credentials and its checklist.
type generation struct {
	agent *ice.Agent
	local string
	name  string // USERNAME of our checks; empty until the browser's description came
	pwd   string
}

// newChecker registers a leg for answers.
func (p *Port) newChecker(l *Leg) *checker {
	q := p.prober
	if q == nil {
		return nil
	}
	c := &checker{}
	for done := false; !done; {
		c.tag = rand.Uint32() | 1 // never 0: that is Reflexive's
		q.askers.Update(c.tag, func(old *Leg, ok bool) (*Leg, bool) {
			done = !ok
			if ok {
				return old, true
			}
			return l, true
		})
	}
	c.cur = &generation{agent: ice.New(c.tag, q.Lines, false), local: l.ice.cur.UFrag}
	return c
}

// close forgets the leg.
func (c *checker) close(p *Port, l *Leg) {
	p.prober.askers.Update(c.tag, func(*Leg, bool) (*Leg, bool) { return nil, false })
	p.prober.rest(l)
}

// begin takes the browser's description: the first one, or that of a restart; fresh, of one that was not there before. A restart keeps
// the roles (RFC 8445 9), but a page that was reloaded knows nothing of them. The caller holds the lock.
func (c *checker) begin(l *Leg, r Remote, restart, fresh bool) {
	if restart {
		role := c.cur.agent.Controlling()
		c.prev = c.cur
		c.cur = &generation{agent: ice.New(c.tag, l.port.prober.Lines, role), local: l.ice.cur.UFrag}
	}
	if c.cur.name == "" {
		c.cur.name, c.cur.pwd = r.UFrag+":"+c.cur.local, r.Pwd
		if !restart || fresh {
			c.cur.agent.Begin(r.Answer || r.Lite)
		}
	}
	c.add(l, r.Candidates)
}

// add takes candidates. The caller holds the lock.
func (c *checker) add(l *Leg, list []Candidate) {
	for _, one := range list {
		switch {
		case !l.port.prober.Allow(one.Address):
			l.port.counts.forbidden.Add(1)
		case !c.cur.agent.AddRemote(one.Address, one.Priority):
			l.port.counts.excess.Add(1)
		}
	}
	l.port.prober.wake(l)
}

// AddCandidates takes trickled candidates (RFC 8838); a lite agent has no use for them.
func (l *Leg) AddCandidates(list []Candidate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.checker != nil && !l.closed {
		l.checker.add(l, list)
	}
}

// of is the generation that a number of the agent's stands for.
func (c *checker) of(l *Leg, gen uint32) *generation {
	if gen == l.ice.generation {
		return c.cur
	}
	return c.prev
}

// conflict settles the roles of a request; refuse asks for a 487. The caller holds the lock.
func (c *checker) conflict(l *Leg, r request, gen uint32) (refuse bool) {
	g := c.of(l, gen)
	if g == nil {
		return false
	}
	for _, theirs := range []bool{true, false} {
		kind := stun.AttrICEControlled
		if theirs {
			kind = stun.AttrICEControlling
		}
		if v, err := r.msg.Get(kind); err == nil && len(v) == 8 {
			return g.agent.Resolve(theirs, binary.BigEndian.Uint64(v))
		}
	}
	return false
}

// request takes a right check. The caller holds the lock.
func (c *checker) request(l *Leg, r request, from route, gen uint32, now time.Time) {
	g := c.of(l, gen)
	if g == nil || from.line&StreamLine == 0 && from.line&RelayLine == 0 && !l.port.prober.Allow(from.remote) {
		return
	}
	if g.agent.Request(ice.Key{Remote: from.remote, Line: from.line}, r.priority(), r.msg.Contains(stun.AttrUseCandidate), now) {
		c.choose(l, from, gen, now)
	}
	l.port.prober.wake(l)
	c.send(l, now)
}

// choose follows a nomination. The caller holds the lock.
func (c *checker) choose(l *Leg, r route, gen uint32, now time.Time) {
	if gen < l.ice.nominatedAs {
		return
	}
	if cur := l.ice.current(); cur != nil {
		cur.used = time.Time{} // the agent has decided: see dampNominate
	}
	l.lastCheck.Store(now.UnixNano())
	c.expired = false
	l.nominated(r, gen, now)
	if l.ice.prev.UFrag == "" {
		c.prev = nil
	}
	l.revive()
}

// answer takes an answer to one of the leg's checks.
func (l *Leg) answer(msg *stun.Message, from route, via Writer, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.checker
	if l.closed || c == nil {
		return false
	}
	for back, g := range []*generation{c.cur, c.prev} {
		if g == nil || g.name == "" || !ice.Authentic(msg, g.pwd) {
			continue
		}
		key := ice.Key{Remote: from.remote, Line: from.line}
		if ice.Conflicting(msg) {
			g.agent.Conflict(key, msg.TransactionID)
			l.port.prober.wake(l)
			return true
		}
		var mapped stun.XORMappedAddress
		if msg.Type != stun.BindingSuccess || mapped.GetFrom(msg) != nil {
			return false
		}
		out := g.agent.Response(key, msg.TransactionID, now)
		if !out.Valid || !l.hold(from, via, now) {
			return out.Valid
		}
		gen := l.ice.generation - uint32(back) //nolint:gosec // 0 or 1
		l.meet(from, via, gen, now)
		switch {
		case out.Changed:
			c.choose(l, from, gen, now)
		case out.Consented && gen == l.ice.nominatedAs && !c.expired:
			l.lastCheck.Store(now.UnixNano())
			l.revive()
		}
		c.send(l, now)
		return true
	}
	return false
}

// meet notes a route that answered. The caller holds the lock.
func (l *Leg) meet(from route, via Writer, gen uint32, now time.Time) {
	if p := l.ice.find(from); p != nil {
		p.last, p.via, p.candidate = now, via, max(p.candidate, gen)
		return
	}
	if evicted := l.ice.validated(peer{route: from, via: via, last: now, candidate: gen}); evicted.remote.IsValid() {
		l.release(evicted)
	}
}

// pace sends what is due and reports whether more is to come before the next Tick.
func (l *Leg) pace(now time.Time) bool {
	defer l.guard()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.failed || l.checker == nil {
		return false
	}
	l.checker.send(l, now)
	return l.checker.cur.agent.Busy()
}

// send sends the next check of each generation. The caller holds the lock.
func (c *checker) send(l *Leg, now time.Time) {
	for _, g := range []*generation{c.cur, c.prev} {
		if g == nil || g.name == "" || c.expired && g != c.cur {
			continue
		}
		check, ok := g.agent.Next(now)
		if !ok || c.expired && g.agent.Nominated(check.Key) {
			continue
		}
		via := l.port.prober.writers[check.Line]
		if p := l.ice.find(route{check.Remote, check.Line}); p != nil {
			via = p.via
		}
		if via == nil {
			continue // a connection that is gone
		}
		if b, err := check.Build(g.name, g.pwd, g.agent.Tiebreaker()); err == nil {
			_ = via.WriteTo(b, check.Remote) // repeated when it is lost
		}
	}
}
