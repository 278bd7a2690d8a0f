package ice

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func addr(host, port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(host)}), uint16(port))
}

// end is one side of a simulated connection: line i of it is address addr(host, 1000+i).
type end struct {
	*Agent
	host   int
	chosen Key
}

// world carries checks and answers between two ends, losing some.
type world struct {
	ends [2]*end
	now  time.Time
	loss float64
	dark func(from, to netip.AddrPort) bool // ways that do not work
	sent int
	rnd  *rand.Rand
}

func newWorld(aControls, bControls bool, lines int) *world {
	w := &world{now: time.Unix(1000, 0), rnd: rand.New(rand.NewPCG(1, 2))}
	for i, c := range []bool{aControls, bControls} {
		var list []Line
		for n := range lines {
			list = append(list, Line{Number: uint8(n), Priority: 126<<24 | uint32(65535-n)<<8 | 255})
		}
		w.ends[i] = &end{Agent: New(uint32(i+1), list, c), host: i + 1}
	}
	return w
}

// meet gives both the other's candidates.
func (w *world) meet(lines int) {
	for i, e := range w.ends {
		for n := range lines {
			e.AddRemote(addr(w.ends[1-i].host, 1000+n), 126<<24|uint32(65535-n)<<8|255)
		}
	}
}

func (w *world) passes(from, to netip.AddrPort) bool {
	return (w.dark == nil || !w.dark(from, to)) && w.rnd.Float64() >= w.loss
}

// run lets time pass in steps of 10 ms.
func (w *world) run(d time.Duration) {
	for until := w.now.Add(d); w.now.Before(until); w.now = w.now.Add(10 * time.Millisecond) {
		for i, e := range w.ends {
			if c, ok := e.Next(w.now); ok {
				w.sent++
				w.carry(e, w.ends[1-i], c)
			}
		}
	}
}

// carry takes one check across and its answer back.
func (w *world) carry(e, peer *end, c Check) {
	from := addr(e.host, 1000+int(c.Line))
	if !w.passes(from, c.Remote) {
		return
	}
	back := Key{from, uint8(c.Remote.Port() - 1000)}
	refuse := peer.Resolve(c.Controlling, e.Tiebreaker())
	if !refuse && peer.Request(back, c.Priority, c.Use, w.now) {
		peer.chosen = back
	}
	if !w.passes(c.Remote, from) {
		return
	}
	if refuse {
		e.Conflict(c.Key, c.ID)
	} else if e.Response(c.Key, c.ID, w.now).Changed {
		e.chosen = c.Key
	}
}

func (w *world) agreed() error {
	a, b := w.ends[0], w.ends[1]
	switch {
	case !a.chosen.Remote.IsValid() || !b.chosen.Remote.IsValid():
		return fmt.Errorf("chosen %v and %v", a.chosen, b.chosen)
	case a.chosen.Remote != addr(2, 1000+int(b.chosen.Line)) || b.chosen.Remote != addr(1, 1000+int(a.chosen.Line)):
		return fmt.Errorf("different pairs: %v and %v", a.chosen, b.chosen)
	case a.Controlling() == b.Controlling():
		return fmt.Errorf("both have one role")
	case !a.Nominated(a.chosen) || !b.Nominated(b.chosen):
		return fmt.Errorf("told another pair than the nominated one")
	}
	return nil
}

// TestAgree: two agents agree on one pair, whatever roles they begin with, on bad networks, and where one does not know the other's
// addresses.
func TestAgree(t *testing.T) {
	for _, loss := range []float64{0, 0.2, 0.4} {
		for roles := range 4 {
			for seed := range 20 {
				w := newWorld(roles&1 != 0, roles&2 != 0, 2)
				w.loss, w.rnd = loss, rand.New(rand.NewPCG(uint64(seed), 7))
				w.meet(2)
				w.run(3 * time.Second)
				for end := w.now.Add(time.Minute); loss > 0 && w.agreed() != nil && w.now.Before(end); {
					w.run(time.Second)
				}
				if err := w.agreed(); err != nil {
					t.Fatalf("loss %v, roles %d, seed %d: %v", loss, roles, seed, err)
				}
			}
		}
	}
	w := newWorld(false, true, 1)
	w.ends[1].AddRemote(addr(1, 1000), 1) // only the browser knows us
	w.run(2 * time.Second)
	if err := w.agreed(); err != nil {
		t.Error("hidden names:", err)
	}
	w = newWorld(true, false, 2) // the best way does not work, the other does
	w.meet(2)
	w.dark = func(from, to netip.AddrPort) bool { return from.Port() == 1000 || to.Port() == 1000 }
	w.run(3 * time.Second)
	if err := w.agreed(); err != nil || w.ends[0].chosen.Line != 1 {
		t.Errorf("a dark way: %v, %v", w.ends[0].chosen, err)
	}
	w = newWorld(true, false, 1)
	w.meet(1)
	w.dark = func(_, _ netip.AddrPort) bool { return true }
	w.run(60 * time.Second)
	if w.sent > 2*maxSent {
		t.Errorf("%d checks into the dark", w.sent)
	}
	if w.ends[0].Busy() {
		t.Error("never gives up")
	}
}

// TestConsent: the nominated pair alone is asked, each 4 to 6 s, by a fresh id, and its answers tell.
func TestConsent(t *testing.T) {
	w := newWorld(true, false, 1)
	w.meet(1)
	w.run(time.Second)
	if err := w.agreed(); err != nil {
		t.Fatal(err)
	}
	a := w.ends[0]
	var last time.Time
	seen := map[[12]byte]bool{}
	for end := w.now.Add(time.Minute); w.now.Before(end); w.now = w.now.Add(10 * time.Millisecond) {
		c, ok := a.Next(w.now)
		if !ok {
			continue
		}
		if gap := w.now.Sub(last); !last.IsZero() && (gap < 4*time.Second || gap > 6*time.Second+20*time.Millisecond) {
			t.Errorf("asked after %v", gap)
		}
		if last = w.now; seen[c.ID] || !c.Use || c.Key != a.chosen {
			t.Errorf("asked by %+v", c)
		}
		seen[c.ID] = true
		if out := a.Response(Key{addr(9, 9), 0}, c.ID, w.now); out != (Outcome{}) {
			t.Error("an answer from elsewhere counts")
		}
		if out := a.Response(c.Key, [12]byte{1}, w.now); out != (Outcome{}) {
			t.Error("a made-up answer counts")
		}
		if out := a.Response(c.Key, c.ID, w.now); out != (Outcome{Valid: true, Consented: true}) {
			t.Errorf("%+v", out)
		}
	}
	if len(seen) < 10 {
		t.Errorf("asked %d times in a minute", len(seen))
	}
}

// TestBounds: a browser makes us check so many addresses and no more, at the pace of the standard.
func TestBounds(t *testing.T) {
	w := newWorld(true, false, 8)
	a := w.ends[0]
	taken := 0
	for i := range 200 {
		if a.AddRemote(addr(2, 2000+i), 1) {
			taken++
		}
		a.Request(Key{addr(3, 2000+i), 0}, 1, true, w.now)
	}
	if taken > MaxRemotes || len(a.pairs) > maxPairs || len(a.remotes) > MaxRemotes {
		t.Errorf("%d taken, %d pairs, %d addresses", taken, len(a.pairs), len(a.remotes))
	}
	w.dark = func(_, _ netip.AddrPort) bool { return true }
	w.ends[1] = &end{Agent: New(2, nil, false), host: 9}
	w.run(time.Second)
	if w.sent > 20 {
		t.Errorf("%d checks in a second", w.sent)
	}
	w.run(10 * time.Minute)
	if w.sent > maxPairs*maxSent {
		t.Errorf("%d checks in all", w.sent)
	}
}

// TestRenominate: the controlling browser moves the call; a check alone moves it only when the pair has fallen silent.
func TestRenominate(t *testing.T) {
	w := newWorld(false, true, 2)
	w.meet(2)
	w.run(time.Second)
	a, now := w.ends[0], w.now
	other := Key{addr(2, 1001), 1}
	ask := func(use bool) bool {
		if a.Request(other, 5, use, now) {
			return true
		}
		now = now.Add(time.Second)
		for range 5 {
			now = now.Add(pace)
			if c, ok := a.Next(now); ok && a.Response(c.Key, c.ID, now).Changed && c.Key == other {
				return true
			}
		}
		return false
	}
	if ask(false) {
		t.Error("a check alone moved the call")
	}
	if !ask(true) || !a.Nominated(other) {
		t.Error("a nomination does not move the call")
	}
	other = Key{addr(2, 5555), 1}
	now = now.Add(20 * time.Second)
	if !ask(false) {
		t.Error("a NAT that moved the browser loses it")
	}
}

// TestBetterLater: a call that began on a poor pair moves to a better one that is learned later, whoever controls.
func TestBetterLater(t *testing.T) {
	for _, weControl := range []bool{true, false} {
		w := newWorld(weControl, !weControl, 2)
		for i, e := range w.ends {
			e.AddRemote(addr(w.ends[1-i].host, 1001), 1)
		}
		w.dark = func(from, to netip.AddrPort) bool { return from.Port() != 1001 || to.Port() != 1001 }
		w.run(3 * time.Second)
		if err := w.agreed(); err != nil || w.ends[0].chosen.Line != 1 {
			t.Fatalf("%v, %v", w.ends[0].chosen, err)
		}
		w.dark = nil
		w.meet(1)
		w.run(3 * time.Second)
		if err := w.agreed(); err != nil || w.ends[0].chosen.Line != 0 {
			t.Errorf("controlling %t: %v, %v", weControl, w.ends[0].chosen, err)
		}
	}
}

func TestReflexive(t *testing.T) {
	now := time.Unix(1000, 0)
	server := netip.MustParseAddrPort("192.0.2.9:3478")
	r := NewReflexive(server)
	ask := func() *stun.Message {
		b, to, ok := r.Next(now)
		m := &stun.Message{Raw: b}
		if !ok || to != server || m.Decode() != nil || m.Type != stun.BindingRequest {
			t.Fatalf("%v %t", to, ok)
		}
		return m
	}
	reply := func(id [12]byte) *stun.Message {
		b := stun.MustBuild(stun.NewTransactionIDSetter(id), stun.BindingSuccess, &stun.XORMappedAddress{IP: []byte{203, 0, 113, 5}, Port: 40000}).Raw
		m := new(stun.Message)
		if tag, ok := ParseAnswer(m, b); !ok || tag != 0 {
			t.Fatal(tag, ok)
		}
		return m
	}
	q := ask()
	if r.Answer(reply(q.TransactionID), addr(7, 7), now) || r.Answer(reply([12]byte{0, 0, 0, 0, 1}), server, now) || r.Mapped().IsValid() {
		t.Error("somebody else's answer was taken")
	}
	if !r.Answer(reply(q.TransactionID), server, now) || r.Mapped() != netip.MustParseAddrPort("203.0.113.5:40000") {
		t.Error(r.Mapped())
	}
	if _, _, ok := r.Next(now.Add(asking - 1)); ok {
		t.Error("asked too often")
	}
	for range 4 {
		now = now.Add(asking)
		ask()
	}
	if r.Mapped().IsValid() {
		t.Error("what a server that is gone has said is still believed")
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingSuccess, &stun.XORMappedAddress{IP: []byte{1, 2, 3, 4}, Port: 5}, stun.NewShortTermIntegrity("pwd"), stun.Fingerprint).Raw)
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingError, stun.CodeRoleConflict, stun.NewShortTermIntegrity("pwd")).Raw)
	r := NewReflexive(addr(1, 1))
	f.Fuzz(func(_ *testing.T, b []byte) {
		m := new(stun.Message)
		if _, ok := ParseAnswer(m, b); ok {
			Authentic(m, "pwd")
			Conflicting(m)
			r.Answer(m, addr(1, 1), time.Unix(1, 0))
		}
	})
}

// TestDeafToConflict: a browser that sends the same check again after each 487 gets the role it claims, after a few.
func TestDeafToConflict(t *testing.T) {
	for _, role := range []bool{true, false} {
		a := New(1, []Line{{Number: 0, Priority: 1}}, role)
		value := uint64(0) // theirs, so that ours stands
		if !role {
			value = math.MaxUint64
		}
		told := 0
		for a.Resolve(role, value) {
			if told++; told > patience {
				t.Fatal("a browser that does not listen is refused for ever")
			}
		}
		if told != patience || a.Controlling() == role {
			t.Errorf("%d refusals, role %t of %t", told, a.Controlling(), role)
		}
	}
}
