package pair

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"github.com/pion/webrtc/v4"

	"causeway/media"
)

// streaming is a gateway that serves ICE-TCP.
func streaming(t *testing.T) (*Pair, netip.AddrPort) {
	t.Helper()
	cfg := Config()
	cfg.ICE.TCP = true
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.ICE.TCPPort = uint16(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	return start(t, cfg, media.Deps{}), netip.AddrPortFrom(cfg.AccessAddress.Addr(), cfg.ICE.TCPPort)
}

func overTCP() Setup {
	s := narrow()
	s.Browser.Network = []webrtc.NetworkType{webrtc.NetworkTypeTCP4}
	return s
}

// TestStream: a browser that has TCP alone speaks both ways, restarts ICE, and its connection ends with the call.
func TestStream(t *testing.T) {
	p, at := streaming(t)
	c := dial(t, p, overTCP())
	c.exchange(t, 0, 50)
	local, remote, ok := c.Session.AccessPeer()
	if !ok || local != at || remote.Port() == 0 {
		t.Fatalf("pair %v, %v", local, remote)
	}
	offer, err := c.Browser.Offer(true)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Session.SetAccess(c.Browser.Remote(offer)); err != nil {
		t.Fatal(err)
	}
	if err := c.Browser.Accept(c.Session.AccessLocal()); err != nil {
		t.Fatal(err)
	}
	if _, err := Wait[media.AccessPeerChanged](c); err != nil {
		t.Fatal(err)
	}
	i := c.settle(t, 50)
	c.exchange(t, i, 20)
	if local, after, _ := c.Session.AccessPeer(); local != at || after == remote {
		t.Fatalf("pair %v, %v after the restart", local, after)
	}
	if err := c.Reload(overTCP().Browser); err != nil {
		t.Fatal(err)
	}
	if _, err := Wait[media.AccessRestored](c); err != nil {
		t.Fatal(err)
	}
	c.exchange(t, i+20, 10)
	c.Session.Close()
	eventually(t, func() bool { return p.Gateway.Stats().Streams.Open == 0 })
	if st := p.Gateway.Stats(); st.Streams.Accepted < 3 || st.Streams.Refused+st.Streams.Oversize+st.Streams.Slow+st.Access.Strangers != 0 {
		t.Errorf("%+v, %+v", st.Streams, st.Access)
	}
}

// TestStreamPairsWithBoth: a browser that has UDP too takes that.
func TestStreamPairsWithBoth(t *testing.T) {
	p, _ := streaming(t)
	s := narrow()
	s.Browser.Network = []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4}
	c := dial(t, p, s)
	c.exchange(t, 0, 10)
	eventually(t, func() bool { local, _, _ := c.Session.AccessPeer(); return local == p.Gateway.AccessAddr() })
}

// framed puts the length before a datagram (RFC 4571).
func framed(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

// readFrame is the next STUN message of a connection.
func readFrame(t *testing.T, c net.Conn) *stun.Message {
	t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(c, head); err != nil {
		t.Fatal(err)
	}
	m := &stun.Message{Raw: make([]byte, binary.BigEndian.Uint16(head))}
	if _, err := io.ReadFull(c, m.Raw); err != nil {
		t.Fatal(err)
	}
	if err := m.Decode(); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestStreamStrangers: what a connection may do before a right check, and what ends it.
func TestStreamStrangers(t *testing.T) {
	p, at := streaming(t)
	session, err := p.Gateway.NewSession(media.SessionConfig{ID: "x"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	local := session.AccessLocal()
	right := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(local.UFrag+":them"),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{90, 0, 0, 1}}, stun.NewShortTermIntegrity(local.Pwd), stun.Fingerprint).Raw
	wrong := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(local.UFrag+":them"),
		stun.NewShortTermIntegrity("0123456789012345678901"), stun.Fingerprint).Raw
	hello := append([]byte{22, 0xfe, 0xfd}, make([]byte, 100)...)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(patience))
		return c
	}
	for name, sent := range map[string][]byte{
		"a ClientHello":      framed(hello),
		"noise":              framed([]byte("GET / HTTP/1.1\r\n\r\n")),
		"an empty frame":     {0, 0},
		"a frame too long":   framed(make([]byte, 4000)),
		"HTTP without frame": []byte("GET / HTTP/1.1\r\nHost: gateway.example\r\n\r\n"),
		"many wrong checks":  append(append(append(framed(wrong), framed(wrong)...), append(framed(wrong), framed(wrong)...)...), append(append(framed(wrong), framed(wrong)...), append(framed(wrong), framed(wrong)...)...)...),
	} {
		c := dial()
		if _, err := c.Write(sent); err != nil {
			t.Fatal(name, err)
		}
		if n, err := c.Read(make([]byte, 100)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %d octets, %v", name, n, err)
		}
	}
	c := dial() // a right check is answered, after a wrong one and byte by byte too
	for _, b := range append(framed(wrong), framed(right)...) {
		if _, err := c.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	reply := readFrame(t, c)
	if reply.Type != stun.BindingSuccess {
		t.Fatalf("%v", reply)
	}
	var mapped stun.XORMappedAddress
	if err := mapped.GetFrom(reply); err != nil || mapped.Port != c.LocalAddr().(*net.TCPAddr).Port {
		t.Errorf("mapped %v, %v", mapped, err)
	}
	// Another call's user over the same connection is refused: it serves one call in its life.
	other, err := p.Gateway.NewSession(media.SessionConfig{ID: "y"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	theirs := other.AccessLocal()
	_, _ = c.Write(framed(stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(theirs.UFrag+":them"),
		stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.NewShortTermIntegrity(theirs.Pwd), stun.Fingerprint).Raw))
	_, _ = c.Write(framed(right)) // answered after it, so it was judged
	readFrame(t, c)
	if _, _, ok := other.AccessPeer(); ok {
		t.Error("a connection of one call nominated a pair of another")
	}
	eventually(t, func() bool { return p.Gateway.Stats().Streams.Waiting == 0 }) // a stranger sees the end before it is counted
	if st := p.Gateway.Stats(); st.Streams.Oversize < 2 || st.Access.Strangers < 2 || st.Access.BadChecks < 10 {
		t.Errorf("%+v, %+v", st.Streams, st.Access)
	}
}
