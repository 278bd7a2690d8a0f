package pair

import (
	"testing"
	"time"

	"causeway/media"
	"causeway/test/netsim"
)

// through makes a call whose browser reaches the gateway by a relay.
func through(t *testing.T, p *Pair, cond netsim.Conditions) (*Call, *netsim.Relay) {
	t.Helper()
	relay, err := netsim.New(p.Gateway.AccessAddr(), cond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.Close)
	s := narrow()
	s.Local = func(l *media.AccessLocal) { l.Candidates[0].Address = relay.Addr() }
	return dial(t, p, s), relay
}

// TestBadNetwork sets a call up and speaks over a network that loses a tenth,
// doubles some and reorders.
func TestBadNetwork(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	c, relay := through(t, p, netsim.Conditions{Loss: 0.1, Duplicate: 0.05, Delay: 2 * time.Millisecond, Jitter: 10 * time.Millisecond, Seed: 3})
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	const n = 300
	for i := range n {
		c.up(t, i)
		c.down(t, i)
		<-tick.C
	}
	eventually(t, func() bool { return len(c.Far.In) > n*3/4 && len(c.Browser.In) > n*3/4 })
	seen := map[uint16]bool{}
	for len(c.Far.In) > 0 {
		seq := (<-c.Far.In).SequenceNumber
		if seen[seq] {
			t.Fatalf("number %d came twice", seq)
		}
		seen[seq] = true
	}
	st := c.Session.Stats()
	if st.Access.Lost == 0 || st.Access.Jitter == 0 || relay.Counts().Duplicated == 0 {
		t.Errorf("%+v, network %+v", st.Access, relay.Counts())
	}
}

// TestMoved changes the browser's address as another network does, and lets it
// restart ICE: the call goes on from there.
func TestMoved(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	c, relay := through(t, p, netsim.Conditions{})
	c.exchange(t, 0, 3)
	before := lastSequence(t, c, 3)
	_, old, _ := c.Session.AccessPeer()
	relay.Rebind()
	offer, err := c.Browser.Offer(true)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Session.SetAccess(c.Browser.Remote(offer)); err != nil {
		t.Fatal(err)
	}
	local := c.Session.AccessLocal()
	local.Candidates[0].Address = relay.Addr()
	if err := c.Browser.Accept(local); err != nil {
		t.Fatal(err)
	}
	moved, err := Wait[media.AccessPeerChanged](c)
	if err != nil {
		t.Fatal(err)
	}
	if _, now, _ := c.Session.AccessPeer(); moved.Remote == old || now != moved.Remote {
		t.Fatalf("from %v to %v, event %v", old, now, moved.Remote)
	}
	i := c.settle(t, 4)
	c.exchange(t, i, 5)
	if got := lastSequence(t, c, i+5) - before; got > 1000 {
		t.Errorf("sequence jumped by %d", got)
	}
}

// TestSeveralThreads shares the access port between readers: a browser's packets may come to another thread than its far end's. The
// threads are busy by decree until there are three, and calls go on while they come.
func TestSeveralThreads(t *testing.T) {
	cfg := Config()
	cfg.PacketThreads = 3
	began := time.Now()
	p := start(t, cfg, media.Deps{ThreadTime: func(int) time.Duration { return time.Since(began) }})
	first := dial(t, p, narrow())
	sent := 0
	for p.Gateway.Stats().Threads < 3 {
		if time.Since(began) > time.Minute {
			t.Fatal("busy threads, and no further one")
		}
		first.exchange(t, sent, 5)
		sent += 5
	}
	for range 6 {
		c := dial(t, p, narrow())
		c.exchange(t, 0, 10)
		if err := c.Reload(narrow().Browser); err != nil {
			t.Fatal(err)
		}
		if _, err := Wait[media.AccessRestored](c); err != nil {
			t.Fatal(err)
		}
		c.exchange(t, 10, 5)
	}
	first.exchange(t, sent, 5)
}
