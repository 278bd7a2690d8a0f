package access

import (
	"encoding/binary"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"causeway/media/packet"
)

// wire records what is sent.
type wire struct{ sent [][]byte }

func (w *wire) WriteTo(b []byte, _ netip.AddrPort) error {
	w.sent = append(w.sent, append([]byte(nil), b...))
	return nil
}

// owner records what a leg tells.
type owner struct {
	events  []Event
	packets int
	panics  bool
}

func (o *owner) AccessRTP([]byte, packet.RTP, time.Time) {
	o.packets++
	if o.panics {
		panic("poison")
	}
}
func (o *owner) AccessEvent(e Event) { o.events = append(o.events, e) }

func testPort(t testing.TB) *Port {
	t.Helper()
	id, err := NewIdentity(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return NewPort(id, Timeouts{ICE: 20 * time.Second, Handshake: time.Second, Consent: 30 * time.Second},
		packet.NewPool(), slog.New(slog.DiscardHandler))
}

func testLeg(t testing.TB, p *Port) (*Leg, *owner) {
	t.Helper()
	o := &owner{}
	l := p.NewLeg(o, 1, "cname", time.Second, slog.New(slog.DiscardHandler))
	t.Cleanup(l.Close)
	return l, o
}

func check(l Credentials, remote string, use bool, prio uint32) []byte {
	list := []stun.Setter{stun.TransactionID, stun.BindingRequest, stun.NewUsername(l.UFrag + ":" + remote),
		stun.RawAttribute{Type: stun.AttrPriority, Value: binary.BigEndian.AppendUint32(nil, prio)}}
	if use {
		list = append(list, stun.RawAttribute{Type: stun.AttrUseCandidate})
	}
	return stun.MustBuild(append(list, stun.NewShortTermIntegrity(l.Pwd), stun.Fingerprint)...).Raw
}

func at(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(port))
}

func (p *Port) feed(b []byte, from netip.AddrPort, via Writer, now time.Time) {
	buf := make([]byte, packet.BufferSize)
	p.datagram(new(stun.Message), buf[:copy(buf, b)], route{remote: from}, via, now)
}

func good() Remote {
	return Remote{UFrag: "them", Pwd: strings.Repeat("p", 22),
		Fingerprints: []Fingerprint{{Hash: "SHA-256", Value: strings.TrimSuffix(strings.Repeat("AB:", 32), ":")}}}
}

// expecter checks which of the addresses at(port) is nominated; 0 is none.
func expecter(t *testing.T, l *Leg) func(port int, why string) {
	return func(port int, why string) {
		t.Helper()
		if a, _, ok := l.Peer(); (port == 0) == ok || (ok && a != at(port)) {
			t.Fatalf("%s: nominated %v, %t", why, a, ok)
		}
	}
}

func TestNomination(t *testing.T) {
	p := testPort(t)
	l, _ := testLeg(t, p)
	w := &wire{}
	now := time.Unix(1000, 0)
	if err := l.SetRemote(good(), now); err != nil {
		t.Fatal(err)
	}
	local := l.Local()
	expect := expecter(t, l)
	p.feed(check(local, "them", false, 100), at(1), w, now)
	expect(0, "a check without USE-CANDIDATE")
	if len(w.sent) != 1 {
		t.Fatal("check not answered")
	}
	p.feed(check(local, "them", true, 100), at(1), w, now)
	expect(1, "nomination")
	p.feed(check(local, "them", true, 50), at(2), w, now.Add(100*time.Millisecond))
	expect(1, "aggressive nomination of a worse pair")
	p.feed(check(local, "them", true, 200), at(3), w, now.Add(200*time.Millisecond))
	expect(3, "aggressive nomination of a better pair")
	p.feed(check(local, "them", true, 50), at(2), w, now.Add(2*time.Second))
	expect(2, "the browser moved")
	p.feed(check(local, "them", false, 50), at(7), w, now.Add(7*time.Second))
	expect(2, "a check elsewhere while the pair lives")
	p.feed(check(local, "them", false, 50), at(7), w, now.Add(9*time.Second))
	expect(7, "a NAT moved the pair")
	p.feed(check(local, "them", true, 50), at(2), w, now.Add(11*time.Second))
	expect(2, "and back")
}

func TestRestart(t *testing.T) {
	p := testPort(t)
	l, o := testLeg(t, p)
	w := &wire{}
	now := time.Unix(1000, 0)
	if err := l.SetRemote(good(), now); err != nil {
		t.Fatal(err)
	}
	local := l.Local()
	expect := expecter(t, l)
	p.feed(check(local, "them", true, 100), at(2), w, now)
	p.feed(check(local, "them", false, 100), at(1), w, now)
	r := good()
	r.UFrag = "new!"
	if err := l.SetRemote(r, now.Add(3*time.Second)); err != nil {
		t.Fatal(err)
	}
	fresh := l.Local()
	if fresh == local {
		t.Fatal("restart kept the credentials")
	}
	expect(2, "restart")
	p.feed(check(local, "them", true, 900), at(2), w, now.Add(4*time.Second))
	expect(2, "old credentials during the restart")
	p.feed(check(fresh, "new!", true, 10), at(4), w, now.Add(5*time.Second))
	expect(4, "nomination after the restart")
	bad := p.Stats().BadChecks
	p.feed(check(local, "them", true, 900), at(1), w, now.Add(6*time.Second))
	expect(4, "old credentials after the restart")
	if p.Stats().BadChecks != bad+1 {
		t.Error("old credentials are still good")
	}
	if n := p.routes.Len(); n != 1 {
		t.Errorf("%d addresses known after the restart", n)
	}
	l.Close()
	l.Close()
	if p.routes.Len() != 0 || p.users.Len() != 0 {
		t.Errorf("%d addresses and %d users left", p.routes.Len(), p.users.Len())
	}
	for _, e := range o.events {
		t.Errorf("event %+v before DTLS", e)
	}
}

func TestAddressesAreBounded(t *testing.T) {
	p := testPort(t)
	l, _ := testLeg(t, p)
	now := time.Unix(1000, 0)
	p.feed(check(l.Local(), "x", true, 100), at(1), &wire{}, now)
	for i := range 50 {
		p.feed(check(l.Local(), "x", false, 1), at(100+i), &wire{}, now.Add(time.Duration(i)*time.Millisecond))
	}
	if n := p.routes.Len(); n != maxPeers {
		t.Errorf("%d addresses", n)
	}
	if a, _, _ := l.Peer(); a != at(1) {
		t.Errorf("nominated %v", a)
	}
}

// TestTakeover has a user with valid credentials speak from another call's
// address.
func TestTakeover(t *testing.T) {
	p := testPort(t)
	victim, _ := testLeg(t, p)
	thief, _ := testLeg(t, p)
	w, now := &wire{}, time.Unix(1000, 0)
	p.feed(check(victim.Local(), "x", true, 1), at(1), w, now)
	p.feed(check(thief.Local(), "x", true, 1), at(1), w, now.Add(5*time.Second))
	if owner, _ := p.routes.Load(route{remote: at(1)}); owner != victim {
		t.Fatal("address taken over")
	}
	if _, _, ok := thief.Peer(); ok {
		t.Fatal("thief has a pair")
	}
	p.feed(check(thief.Local(), "x", true, 1), at(1), w, now.Add(11*time.Second)) // the first call is dead
	if owner, _ := p.routes.Load(route{remote: at(1)}); owner != thief {
		t.Fatal("a dead call keeps its address")
	}
}

func TestTimeouts(t *testing.T) {
	p := testPort(t)
	l, o := testLeg(t, p)
	now := time.Unix(1000, 0)
	l.Tick(now.Add(time.Hour))
	if err := l.SetRemote(good(), now); err != nil {
		t.Fatal(err)
	}
	l.Tick(now.Add(19 * time.Second))
	if len(o.events) != 0 {
		t.Fatal(o.events)
	}
	l.Tick(now.Add(21 * time.Second))
	l.Tick(now.Add(22 * time.Second))
	if len(o.events) != 1 || o.events[0] != (Event{Kind: Failed, Reason: ReasonICETimeout}) {
		t.Fatal(o.events)
	}

	l, o = testLeg(t, p) // a browser that gets our description later has its time from then on
	l.Defer()
	if err := l.SetRemote(good(), now); err != nil {
		t.Fatal(err)
	}
	l.Tick(now.Add(5 * time.Minute))
	if len(o.events) != 0 {
		t.Fatal(o.events)
	}
	l.Expect(now.Add(5 * time.Minute))
	l.Expect(now.Add(6 * time.Minute)) // nothing new
	l.Tick(now.Add(5*time.Minute + 19*time.Second))
	if len(o.events) != 0 {
		t.Fatal(o.events)
	}
	l.Tick(now.Add(5*time.Minute + 21*time.Second))
	if len(o.events) != 1 || o.events[0] != (Event{Kind: Failed, Reason: ReasonICETimeout}) {
		t.Fatal(o.events)
	}

	l, o = testLeg(t, p)
	p.feed(check(l.Local(), "x", true, 1), at(9), &wire{}, now)
	l.Tick(now.Add(29 * time.Second))
	if len(o.events) != 0 || l.path.Load() == nil {
		t.Fatal(o.events)
	}
	l.Tick(now.Add(31 * time.Second))
	l.Tick(now.Add(32 * time.Second))
	if len(o.events) != 1 || o.events[0] != (Event{Kind: Lost, Reason: ReasonConsent}) || l.path.Load() != nil {
		t.Fatal(o.events)
	}
	p.feed(check(l.Local(), "x", false, 1), at(9), &wire{}, now.Add(40*time.Second))
	if len(o.events) != 2 || o.events[1].Kind != Restored || l.path.Load() == nil {
		t.Fatal(o.events)
	}
}

func TestDescriptions(t *testing.T) {
	p := testPort(t)
	for name, c := range map[string]struct {
		change func(*Remote)
		want   string
	}{
		"short ufrag":  {func(r *Remote) { r.UFrag = "abc" }, "wrong length"},
		"long ufrag":   {func(r *Remote) { r.UFrag = strings.Repeat("a", 257) }, "wrong length"},
		"short pwd":    {func(r *Remote) { r.Pwd = "short" }, "wrong length"},
		"none":         {func(r *Remote) { r.Fingerprints = nil }, "sha-256 or better"},
		"sha-1 only":   {func(r *Remote) { r.Fingerprints = []Fingerprint{{"sha-1", "00:11"}} }, "sha-256 or better"},
		"md5 only":     {func(r *Remote) { r.Fingerprints = []Fingerprint{{"md5", "00:11"}} }, "sha-256 or better"},
		"cut off":      {func(r *Remote) { r.Fingerprints = []Fingerprint{{"sha-256", "00:11"}} }, "not 32 hexadecimal"},
		"not hex":      {func(r *Remote) { r.Fingerprints[0].Value = strings.Repeat("zz:", 32) }, "not 32 hexadecimal"},
		"far too many": {func(r *Remote) { r.Fingerprints = make([]Fingerprint, 17) }, "17 fingerprints"},
		"good":         {func(*Remote) {}, ""},
	} {
		l, _ := testLeg(t, p)
		r := good()
		c.change(&r)
		err := l.SetRemote(r, time.Now())
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		l.Close()
		if err := l.SetRemote(good(), time.Now()); err == nil {
			t.Errorf("%s: a closed leg takes a description", name)
		}
	}
}

func TestForged(t *testing.T) {
	record := func(kind byte, epoch byte, n int) []byte {
		b := make([]byte, 13+n)
		b[0], b[1], b[2], b[4], b[12] = kind, 0xfe, 0xfd, epoch, byte(n)
		return b
	}
	for name, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"plain alert":          {record(21, 0, 2), true},
		"plain data":           {record(23, 0, 5), true},
		"sealed alert":         {record(21, 1, 18), false},
		"repeated flight":      {record(22, 0, 40), false},
		"hidden behind flight": {append(record(22, 0, 40), record(21, 0, 2)...), true},
		"longer than it is":    {record(22, 0, 40)[:30], true},
		"tail":                 {append(record(21, 1, 18), 1, 2), true},
	} {
		if got := forged(c.b); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
