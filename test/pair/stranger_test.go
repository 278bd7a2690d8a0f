package pair

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/stun/v3"

	"causeway/media"
)

// stranger is a socket the call knows nothing of.
func stranger(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// hello is the start of a DTLS ClientHello record.
func hello() []byte {
	b := make([]byte, 120)
	copy(b, []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 107, 1, 0, 0, 95})
	return b
}

func marshal(t *testing.T, p *rtp.Packet) []byte {
	t.Helper()
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestStrangers sends at every port what does not belong there while a call is
// set up and while it runs: nothing gets through, nothing is answered, nothing
// ends the call.
func TestStrangers(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	bad := stranger(t)
	to := net.UDPAddrFromAddrPort(p.Gateway.AccessAddr())
	stop := make(chan struct{})
	var spray sync.WaitGroup
	spray.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		noise := [][]byte{
			hello(), {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0}, marshal(t, sound(0, 1, 1)),
			{0x80, 200, 0, 1, 0, 0, 0, 1}, stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw,
			{4}, make([]byte, 1900),
		}
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				_, _ = bad.WriteTo(noise[i%len(noise)], to)
			}
		}
	})
	c := dial(t, p, narrow())
	c.exchange(t, 0, 20)
	rtpTo := net.UDPAddrFromAddrPort(c.Session.CoreLocal().RTP)
	for i := range 20 { // RTP injection and bleed
		_, _ = bad.WriteTo(marshal(t, sound(0, 77, 20+i)), rtpTo)
	}
	c.exchange(t, 20, 20)
	eventually(t, func() bool {
		gw := p.Gateway.Stats()
		return gw.Access.Strangers > 0 && gw.Access.BadChecks > 0 && gw.Access.Unknown > 0 && gw.Oversize > 0
	})
	close(stop)
	spray.Wait()
	_ = bad.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := bad.ReadFrom(make([]byte, 2000)); err == nil {
		t.Fatalf("a stranger got %d octets", n)
	}
	if st := c.Session.Stats(); st.CoreRejected.Strangers != 0 {
		t.Errorf("core strangers %d, want 0: the connected socket keeps them out", st.CoreRejected.Strangers)
	}
}

// TestBadChecks sends the checks of a liar: each is silently dropped and changes
// nothing.
func TestBadChecks(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	c := dial(t, p, narrow())
	_, before, _ := c.Session.AccessPeer()
	local := c.Session.AccessLocal()
	bad := stranger(t)
	to := net.UDPAddrFromAddrPort(p.Gateway.AccessAddr())
	user := stun.NewUsername(local.UFrag + ":nobody")
	right := stun.NewShortTermIntegrity(local.Pwd)
	use := stun.RawAttribute{Type: stun.AttrUseCandidate}
	list := map[string][]stun.Setter{
		"no integrity":        {stun.TransactionID, stun.BindingRequest, user, use, stun.Fingerprint},
		"wrong password":      {stun.TransactionID, stun.BindingRequest, user, use, stun.NewShortTermIntegrity("0123456789012345678901"), stun.Fingerprint},
		"no fingerprint":      {stun.TransactionID, stun.BindingRequest, user, use, right},
		"wrong remote ufrag":  {stun.TransactionID, stun.BindingRequest, user, use, right, stun.Fingerprint},
		"unknown user":        {stun.TransactionID, stun.BindingRequest, stun.NewUsername("abcdefgh:x"), use, right, stun.Fingerprint},
		"no user":             {stun.TransactionID, stun.BindingRequest, use, right, stun.Fingerprint},
		"unprotected nominee": {stun.TransactionID, stun.BindingRequest, user, right, use, stun.Fingerprint},
		"response":            {stun.TransactionID, stun.BindingSuccess, user, use, right, stun.Fingerprint},
		"indication":          {stun.TransactionID, stun.NewType(stun.MethodBinding, stun.ClassIndication), user, use, right, stun.Fingerprint},
	}
	for name, setters := range list {
		msg, err := stun.Build(setters...)
		if err != nil {
			t.Fatal(name, err)
		}
		_, _ = bad.WriteTo(msg.Raw, to)
	}
	eventually(t, func() bool { return p.Gateway.Stats().Access.BadChecks >= uint64(len(list)) })
	_ = bad.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, _, err := bad.ReadFrom(make([]byte, 2000)); err == nil {
		t.Fatalf("a liar got %d octets", n)
	}
	if _, after, _ := c.Session.AccessPeer(); after != before {
		t.Fatalf("pair changed from %s to %s", before, after)
	}
	c.exchange(t, 0, 3)
}

// TestRoleConflict plays a browser that believes to be controlled: it is told to
// take the other role, its check changes nothing.
func TestRoleConflict(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	s, err := p.Gateway.NewSession(media.SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	local := s.AccessLocal()
	msg := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(local.UFrag+":them"),
		stun.RawAttribute{Type: stun.AttrICEControlled, Value: make([]byte, 8)},
		stun.RawAttribute{Type: stun.AttrUseCandidate},
		stun.NewShortTermIntegrity(local.Pwd), stun.Fingerprint)
	c := stranger(t)
	_, _ = c.WriteTo(msg.Raw, net.UDPAddrFromAddrPort(p.Gateway.AccessAddr()))
	_ = c.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 1500)
	n, _, err := c.ReadFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	reply := &stun.Message{Raw: b[:n]}
	var code stun.ErrorCodeAttribute
	if err := reply.Decode(); err != nil || code.GetFrom(reply) != nil || code.Code != stun.CodeRoleConflict {
		t.Fatalf("reply %v, code %v (%v)", reply, code, err)
	}
	if err := stun.NewShortTermIntegrity(local.Pwd).Check(reply); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := s.AccessPeer(); ok {
		t.Fatal("a conflicting check nominated a pair")
	}
}
