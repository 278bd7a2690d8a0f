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

// TestFullChecks: a full agent checks what it may, takes answers only with the browser's password and from where it asked, nominates
// when it offered, and holds the call by the browser's consent alone.
func TestFullChecks(t *testing.T) {
	w, now := &wire{}, time.Unix(1000, 0)
	p := fullPort(t, w)
	l, o := testLeg(t, p)
	local := l.Local()
	r := good()
	r.Answer = true // so we control
	r.Candidates = []Candidate{{at(7), 99}, {netip.MustParseAddrPort("10.0.0.1:5000"), 99}}
	if err := l.SetRemote(r, now); err != nil {
		t.Fatal(err)
	}
	if st := p.Stats(); st.Forbidden != 1 {
		t.Errorf("%+v", st)
	}
	p.Pace(now)
	q := w.last(t)
	name, _ := q.Get(stun.AttrUsername)
	if q.Type != stun.BindingRequest || string(name) != "them:"+local.UFrag || !q.Contains(stun.AttrICEControlling) || q.Contains(stun.AttrUseCandidate) ||
		stun.NewShortTermIntegrity(r.Pwd).Check(q) != nil || stun.Fingerprint.Check(q) != nil {
		t.Fatalf("%v", q)
	}
	for name, bad := range map[string][]byte{
		"wrong password": reply(q, strings.Repeat("x", 22)),
		"no integrity":   stun.MustBuild(stun.NewTransactionIDSetter(q.TransactionID), stun.BindingSuccess, &stun.XORMappedAddress{IP: []byte{1, 2, 3, 4}, Port: 1}).Raw,
		"another id":     reply(&stun.Message{TransactionID: stun.NewTransactionID()}, r.Pwd),
	} {
		if p.feed(bad, at(7), w, now); p.routes.Len() != 0 {
			t.Errorf("%s: the route is believed", name)
		}
	}
	if p.feed(reply(q, r.Pwd), at(8), w, now); p.routes.Len() != 0 {
		t.Error("an answer from elsewhere is believed")
	}
	p.feed(reply(q, r.Pwd), at(7), w, now)
	now = now.Add(time.Second)
	p.Pace(now)
	if q = w.last(t); !q.Contains(stun.AttrUseCandidate) {
		t.Fatalf("not nominated: %v", q)
	}
	if _, _, ok := l.Peer(); ok {
		t.Error("nominated before the answer")
	}
	p.feed(reply(q, r.Pwd), at(7), w, now)
	if peer, _, ok := l.Peer(); !ok || peer != at(7) {
		t.Fatalf("pair %v, %t", peer, ok)
	}
	for range 120 { // a minute of consent
		now = now.Add(500 * time.Millisecond)
		n := len(w.sent)
		if l.Tick(now); len(w.sent) > n {
			p.feed(reply(w.last(t), r.Pwd), at(7), w, now)
		}
	}
	if len(o.events) != 0 || l.path.Load() == nil {
		t.Fatalf("%v", o.events)
	}
	for range 62 { // and half a minute without, though the browser's own checks go on
		now = now.Add(500 * time.Millisecond)
		l.Tick(now)
		p.feed(check(local, "them", false, 5), at(7), &wire{}, now)
	}
	if len(o.events) != 1 || o.events[0] != (Event{Kind: Lost, Reason: ReasonConsent}) || l.path.Load() != nil {
		t.Fatalf("%v", o.events)
	}
	n := len(w.sent)
	for range 40 {
		now = now.Add(500 * time.Millisecond)
		l.Tick(now)
	}
	if len(w.sent) != n {
		t.Errorf("%d checks after consent has ended", len(w.sent)-n)
	}
	r.UFrag = "next" // the browser restarts ICE from another address
	r.Candidates = []Candidate{{at(11), 99}}
	if err := l.SetRemote(r, now); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		now = now.Add(time.Second)
		p.Pace(now)
		p.feed(reply(w.last(t), r.Pwd), at(11), w, now)
	}
	if peer, _, _ := l.Peer(); peer != at(11) || o.events[len(o.events)-1].Kind != Restored || l.checker.prev != nil {
		t.Fatalf("pair %v, %v", peer, o.events)
	}
	if l.Close(); p.prober.askers.Len() != 0 || len(p.prober.busy) != 0 {
		t.Error("the leg is still known")
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
