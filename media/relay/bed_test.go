package relay

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/turn/v5"

	"causeway/media/packet"
)

// accessPort is an access port that answers in capitals.
type accessPort struct {
	mu   sync.Mutex
	got  []string
	from []netip.AddrPort
}

func (p *accessPort) Relayed(b []byte, from netip.AddrPort, line uint8, back Writer, _ time.Time) {
	if cap(b) < packet.BufferSize {
		panic("no room to work in place")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, fmt.Sprintf("%d:%s", line, b))
	p.from = append(p.from, from)
	_ = back.WriteTo(bytes.ToUpper(b), from)
}

var (
	gatewayAddr = netip.MustParseAddrPort("203.0.113.5:4478")
	sixAddr     = netip.MustParseAddrPort("[2001:db8::5]:4478")
)

type bed struct {
	*Server
	port   *accessPort
	udp    netip.AddrPort
	tcp    netip.AddrPort
	tls    netip.AddrPort
	issuer Issuer
	last   net.PacketConn // of the client dialled last
}

func free(t *testing.T, network string) netip.AddrPort {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		return c.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func serve(t *testing.T, change func(*Config)) *bed {
	t.Helper()
	b := &bed{port: &accessPort{}, udp: free(t, "udp"), tcp: free(t, "tcp"), tls: free(t, "tcp")}
	cfg := DefaultConfig()
	cfg.UDP, cfg.TCP, cfg.TLS = []netip.AddrPort{b.udp}, []netip.AddrPort{b.tcp}, []netip.AddrPort{b.tls}
	cfg.Certificate, cfg.Key = "made", "below"
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	var err error
	if b.issuer, err = NewIssuer(cfg, func(a netip.Addr) netip.Addr { return a }); err != nil {
		t.Fatal(err)
	}
	cert, err := selfsign.GenerateSelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	b.Server, err = New(cfg, b.issuer, Deps{
		Access: b.port, Lines: map[netip.AddrPort]uint8{gatewayAddr: 0, sixAddr: 1}, Pool: packet.NewPool(),
		Certificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// dial makes a TURN client over one of the three ways.
func (b *bed) dial(t *testing.T, way string, s Servers) *turn.Client {
	t.Helper()
	var conn net.PacketConn
	to := b.udp
	switch way {
	case "udp":
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		conn = c
	case "tcp":
		to = b.tcp
		c, err := net.Dial("tcp", to.String())
		if err != nil {
			t.Fatal(err)
		}
		conn = turn.NewSTUNConn(c)
	case "tls":
		to = b.tls
		c, err := tls.Dial("tcp", to.String(), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // made for this test
		if err != nil {
			t.Fatal(err)
		}
		conn = turn.NewSTUNConn(c)
	}
	b.last = conn
	c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: to.String(), TURNServerAddr: to.String(), Conn: conn,
		Username: s.Username, Password: s.Credential, Realm: realm, RTO: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); _ = conn.Close() })
	return c
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("never:", what)
		}
	}
}
