package pair

import (
	"net/netip"
	"testing"

	"causeway/media"
)

// full is a gateway whose legs are full ICE agents.
func full(t *testing.T) *Pair {
	t.Helper()
	cfg := Config()
	cfg.ICE.Mode = "full"
	return start(t, cfg, media.Deps{})
}

// TestFullAgent: with a full agent and with a lite one on the browser's side, which nominates or leaves that to us, whose candidates
// come with its description, later, or never (hidden names): media both ways, a restart, another browser.
func TestFullAgent(t *testing.T) {
	for name, c := range map[string]struct {
		lite   bool
		change func(*media.AccessRemote)
		later  bool
	}{
		"full":                {},
		"full, trickled":      {later: true},
		"full, hidden names":  {change: func(r *media.AccessRemote) { r.Candidates = nil }},
		"full, many and dead": {change: func(r *media.AccessRemote) { r.Candidates = append(dead(20), r.Candidates...) }},
		"lite":                {lite: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := full(t)
			s := narrow()
			s.Browser.Lite = c.lite
			var kept []media.Candidate
			s.Change = c.change
			if c.later {
				s.Change = func(r *media.AccessRemote) { kept, r.Candidates = r.Candidates, nil }
			}
			call, err := p.Start(s)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(call.Close)
			call.Session.AddCandidates(kept)
			if _, err := Wait[media.AccessConnected](call); err != nil {
				t.Fatal(err)
			}
			if err := call.Browser.Connected(); err != nil {
				t.Fatal(err)
			}
			call.exchange(t, 0, 20)
			if local, remote, ok := call.Session.AccessPeer(); !ok || local != p.Gateway.AccessAddr() || !remote.IsValid() {
				t.Errorf("pair %v, %v", local, remote)
			}
			if c.lite {
				return // pion's lite agent does not restart
			}
			offer, err := call.Browser.Offer(true)
			if err != nil {
				t.Fatal(err)
			}
			_, old, _ := call.Session.AccessPeer()
			if err := call.Session.SetAccess(call.Browser.Remote(offer)); err != nil {
				t.Fatal(err)
			}
			if _, now, ok := call.Session.AccessPeer(); !ok || now != old {
				t.Error("a restart drops the pair before there is another")
			}
			if err := call.Browser.Accept(call.Session.AccessLocal()); err != nil {
				t.Fatal(err)
			}
			i := call.settle(t, 20)
			call.exchange(t, i, 10)
			if err := call.Reload(narrow().Browser); err != nil {
				t.Fatal(err)
			}
			if _, err := Wait[media.AccessRestored](call); err != nil {
				t.Fatal(err)
			}
			call.exchange(t, i+10, 10)
		})
	}
}

// dead are candidates where nobody is.
func dead(n int) (list []media.Candidate) {
	for i := range n {
		a := addrAt(20000 + i)
		list = append(list, media.Candidate{Foundation: "9", Transport: "udp", Component: 1, Priority: 1<<31 - 1, Address: a, Type: "host"})
	}
	return list
}

// TestFullLeaves: a browser that says goodbye to a full agent is lost at once.
func TestFullLeaves(t *testing.T) {
	p := full(t)
	c := dial(t, p, narrow())
	c.exchange(t, 0, 3)
	if err := c.Browser.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Wait[media.AccessLost](c); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return !c.Session.Stats().AccessConnected })
}

func addrAt(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}
