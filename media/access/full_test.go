package access

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"causeway/media/ice"
)

// fullPort is a port of full agents with one line that sends to w.
func fullPort(t *testing.T, w Writer) *Port {
	t.Helper()
	p := testPort(t)
	p.Probe(Full{
		Lines: []ice.Line{{Number: 0, Priority: 126<<24 | 65535<<8 | 255}},
		Allow: func(a netip.AddrPort) bool { return a.Addr() == at(1).Addr() },
	})
	p.prober.writers[0] = w
	return p
}

// last is the newest message sent.
func (w *wire) last(t *testing.T) *stun.Message {
	t.Helper()
	m := new(stun.Message)
	if len(w.sent) == 0 || m.UnmarshalBinary(w.sent[len(w.sent)-1]) != nil {
		t.Fatal("nothing sent")
	}
	return m
}

// reply answers one of our checks as the browser.
func reply(q *stun.Message, pwd string) []byte {
	return stun.MustBuild(stun.NewTransactionIDSetter(q.TransactionID), stun.BindingSuccess,
		&stun.XORMappedAddress{IP: []byte{192, 0, 2, 9}, Port: 4478}, stun.NewShortTermIntegrity(pwd), stun.Fingerprint).Raw
}

// fullCall is a full agent that offered, and what its browser sees of it.
type fullCall struct {
	t      *testing.T
	w      *wire
	p      *Port
	l      *Leg
	o      *owner
	remote Remote
	now    time.Time
}

func (c *fullCall) describe(candidates ...Candidate) {
	c.t.Helper()
	c.remote.Candidates = candidates
	if err := c.l.SetRemote(c.remote, c.now); err != nil {
		c.t.Fatal(err)
	}
}

// answers gives the newest check's answer from an address.
func (c *fullCall) answers(from netip.AddrPort) {
	c.t.Helper()
	c.p.feed(reply(c.w.last(c.t), c.remote.Pwd), from, c.w, c.now)
}

// paces lets a second pass and checks be sent.
func (c *fullCall) paces() {
	c.now = c.now.Add(time.Second)
	c.p.Pace(c.now)
}

// ticks lets half a second pass and says whether a check was sent.
func (c *fullCall) ticks() bool {
	c.now = c.now.Add(500 * time.Millisecond)
	n := len(c.w.sent)
	c.l.Tick(c.now)
	return len(c.w.sent) > n
}

// TestFullChecks: a full agent checks what it may, takes answers only with the browser's password and from where it asked, nominates
// when it offered, and holds the call by the browser's consent alone.
func TestFullChecks(t *testing.T) {
	c := &fullCall{t: t, w: &wire{}, remote: good(), now: time.Unix(1000, 0)}
	c.p = fullPort(t, c.w)
	c.l, c.o = testLeg(t, c.p)
	c.remote.Answer = true // so we control
	c.describe(Candidate{at(7), 99}, Candidate{netip.MustParseAddrPort("10.0.0.1:5000"), 99})
	if st := c.p.Stats(); st.Forbidden != 1 {
		t.Errorf("%+v", st)
	}
	c.nominates()
	c.consents()
	c.restarts()
	if c.l.Close(); c.p.prober.askers.Len() != 0 || len(c.p.prober.busy) != 0 {
		t.Error("the leg is still known")
	}
}

// nominates: the first check says what it has to, wrong answers to it count for nothing, and a right one brings the nomination.
func (c *fullCall) nominates() {
	t := c.t
	c.p.Pace(c.now)
	q := c.w.last(t)
	name, _ := q.Get(stun.AttrUsername)
	if q.Type != stun.BindingRequest || string(name) != "them:"+c.l.Local().UFrag || !q.Contains(stun.AttrICEControlling) || q.Contains(stun.AttrUseCandidate) ||
		stun.NewShortTermIntegrity(c.remote.Pwd).Check(q) != nil || stun.Fingerprint.Check(q) != nil {
		t.Fatalf("%v", q)
	}
	for name, bad := range map[string][]byte{
		"wrong password": reply(q, strings.Repeat("x", 22)),
		"no integrity":   stun.MustBuild(stun.NewTransactionIDSetter(q.TransactionID), stun.BindingSuccess, &stun.XORMappedAddress{IP: []byte{1, 2, 3, 4}, Port: 1}).Raw,
		"another id":     reply(&stun.Message{TransactionID: stun.NewTransactionID()}, c.remote.Pwd),
	} {
		if c.p.feed(bad, at(7), c.w, c.now); c.p.routes.Len() != 0 {
			t.Errorf("%s: the route is believed", name)
		}
	}
	if c.answers(at(8)); c.p.routes.Len() != 0 {
		t.Error("an answer from elsewhere is believed")
	}
	c.answers(at(7))
	c.paces()
	if q = c.w.last(t); !q.Contains(stun.AttrUseCandidate) {
		t.Fatalf("not nominated: %v", q)
	}
	if _, _, ok := c.l.Peer(); ok {
		t.Error("nominated before the answer")
	}
	c.answers(at(7))
	if peer, _, ok := c.l.Peer(); !ok || peer != at(7) {
		t.Fatalf("pair %v, %t", peer, ok)
	}
}

// consents: answered checks hold the call, half a minute without ends it.
func (c *fullCall) consents() {
	t := c.t
	for range 120 { // a minute of consent
		if c.ticks() {
			c.answers(at(7))
		}
	}
	if len(c.o.events) != 0 || c.l.path.Load() == nil {
		t.Fatalf("%v", c.o.events)
	}
	for range 62 { // and half a minute without, though the browser's own checks go on
		c.ticks()
		c.p.feed(check(c.l.Local(), "them", false, 5), at(7), &wire{}, c.now)
	}
	if len(c.o.events) != 1 || c.o.events[0] != (Event{Kind: Lost, Reason: ReasonConsent}) || c.l.path.Load() != nil {
		t.Fatalf("%v", c.o.events)
	}
	n := len(c.w.sent)
	for range 40 {
		c.ticks()
	}
	if len(c.w.sent) != n {
		t.Errorf("%d checks after consent has ended", len(c.w.sent)-n)
	}
}

// restarts: the browser restarts ICE from another address, and the call is back.
func (c *fullCall) restarts() {
	c.remote.UFrag = "next"
	c.describe(Candidate{at(11), 99})
	for range 4 {
		c.paces()
		c.answers(at(11))
	}
	if peer, _, _ := c.l.Peer(); peer != at(11) || c.o.events[len(c.o.events)-1].Kind != Restored || c.l.checker.prev != nil {
		c.t.Fatalf("pair %v, %v", peer, c.o.events)
	}
}

// TestFullConflict: of two that believe to have one role, the one with the smaller value gives way (RFC 8445 7.3.1.1), in both roles
// and on both sides.
func TestFullConflict(t *testing.T) {
	for name, c := range map[string]struct {
		offered bool
		theirs  stun.AttrType
		value   byte
		refused bool
	}{
		"both control, theirs larger":     {true, stun.AttrICEControlling, 0xff, false},
		"both control, theirs smaller":    {true, stun.AttrICEControlling, 0, true},
		"both controlled, theirs larger":  {false, stun.AttrICEControlled, 0xff, true},
		"both controlled, theirs smaller": {false, stun.AttrICEControlled, 0, false},
	} {
		w, now := &wire{}, time.Unix(1000, 0)
		p := fullPort(t, w)
		l, _ := testLeg(t, p)
		l.Local() // to ask for our credentials says nothing of who offers
		r := good()
		r.Answer = c.offered
		if err := l.SetRemote(r, now); err != nil {
			t.Fatal(err)
		}
		before := l.checker.cur.agent.Controlling()
		msg := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(l.ice.cur.UFrag+":them"),
			stun.RawAttribute{Type: c.theirs, Value: []byte{c.value, c.value, c.value, c.value, c.value, c.value, c.value, c.value}},
			stun.NewShortTermIntegrity(l.ice.cur.Pwd), stun.Fingerprint)
		p.feed(msg.Raw, at(7), w, now)
		if got := l.checker.cur.agent.Controlling() == before; got != c.refused || before != c.offered {
			t.Errorf("%s: role kept %t", name, got)
		}
		w.sent = nil
		l.AddCandidates([]Candidate{{at(7), 1}})
		now = now.Add(time.Second)
		p.Pace(now)
		role := l.checker.cur.agent.Controlling()
		q := w.last(t)
		p.feed(stun.MustBuild(stun.NewTransactionIDSetter(q.TransactionID), stun.BindingError, stun.CodeRoleConflict,
			stun.NewShortTermIntegrity(good().Pwd), stun.Fingerprint).Raw, at(7), w, now)
		now = now.Add(time.Second)
		p.Pace(now)
		if q = w.last(t); l.checker.cur.agent.Controlling() == role || q.Contains(stun.AttrICEControlling) == role {
			t.Errorf("%s: a 487 does not change our role", name)
		}
	}
}

// TestFullRoles: who offers first controls and a restart keeps that (RFC 8445 6.1.1, 9), but a page that was reloaded begins anew.
func TestFullRoles(t *testing.T) {
	p := fullPort(t, &wire{})
	l, _ := testLeg(t, p)
	var last []Fingerprint
	for i, c := range []struct {
		answer, another, controls bool
	}{{true, false, true}, {false, false, true}, {false, true, false}, {true, false, false}, {true, true, true}} {
		r := good()
		r.UFrag, r.Answer = fmt.Sprintf("frag%d", i), c.answer
		if c.another {
			r.Fingerprints = []Fingerprint{{"sha-256", strings.TrimSuffix(strings.Repeat(fmt.Sprintf("%02X:", i), 32), ":")}}
		} else if i > 0 {
			r.Fingerprints = last
		}
		last = r.Fingerprints
		if err := l.SetRemote(r, time.Unix(int64(1000+i), 0)); err != nil {
			t.Fatal(err)
		}
		if got := l.checker.cur.agent.Controlling(); got != c.controls {
			t.Errorf("description %d: controls %t", i, got)
		}
	}
}
