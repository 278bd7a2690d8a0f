package pair

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/pion/dtls/v3"

	"causeway/media"
)

// sixth skips, loudly, where the machine has no IPv6 loopback.
func sixth(t *testing.T) {
	t.Helper()
	c, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: no IPv6 on the loopback:", err)
	}
	_ = c.Close()
}

// TestDualStack: a gateway with an IPv4 and an IPv6 address serves browsers of either, and says which of its own a call uses.
func TestDualStack(t *testing.T) {
	sixth(t)
	cfg := Config()
	probe, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Fatal(err)
	}
	six := probe.LocalAddr().(*net.UDPAddr).AddrPort()
	_ = probe.Close()
	cfg.ICE.MoreAddresses = []netip.AddrPort{six}
	p := start(t, cfg, media.Deps{})
	far, cert := quietFar(t), certificate(t)
	for _, want := range []netip.AddrPort{p.Gateway.AccessAddr(), six} {
		light, err := NewLightAt(want.Addr(), cert, []media.Codec{pcmu(0)})
		if err != nil {
			t.Fatal(err)
		}
		c := &lightCall{far: far, farAddr: addr(far.RTP), light: light}
		if c.session, err = p.Gateway.NewSession(media.SessionConfig{}); err != nil {
			t.Fatal(err)
		}
		if err = c.session.SetAccess(light.Remote()); err != nil {
			t.Fatal(err)
		}
		if err = c.session.SetCore(far.Remote([]media.Codec{pcmu(0)}, nil)); err != nil {
			t.Fatal(err)
		}
		local := c.session.AccessLocal()
		local.Candidates = slices.DeleteFunc(local.Candidates, func(k media.Candidate) bool { return k.Address != want })
		if err = light.Connect(local, cert, dtls.SRTP_AEAD_AES_128_GCM); err != nil {
			t.Fatal(err)
		}
		c.coreAddr = c.session.CoreLocal().RTP
		c.settle(t)
		c.up(t)
		c.down(t)
		if local, remote, ok := c.session.AccessPeer(); !ok || local != want || remote != light.Conn.LocalAddr().(*net.UDPAddr).AddrPort() {
			t.Errorf("pair %v, %v", local, remote)
		}
		c.session.Close()
		light.Close()
	}
}
