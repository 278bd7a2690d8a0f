package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/rtp"

	"causeway/media"
	"causeway/test/load/client"
	"causeway/test/netsim"
)

func TestMain(m *testing.M) { os.Exit(netsim.Isolated(m)) }

const patience = 30 * time.Second

// log keeps what the gateway logs.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// call is one call over the cable.
type call struct {
	t       *testing.T
	gateway *media.Gateway
	session *media.Session
	light   *client.Light
	far     *net.UDPConn
	core    netip.AddrPort // the gateway's
	seq     [2]uint16      // upwards, downwards
	in, out rtp.Header
}

// start runs a gateway whose two legs have these addresses.
func start(t *testing.T, engine media.Engine, access, core string) (*media.Gateway, *log) {
	t.Helper()
	cfg := media.DefaultConfig()
	cfg.Engine = engine
	cfg.AccessAddress = netip.AddrPortFrom(netip.MustParseAddr(access), 0)
	cfg.CoreAddress = netip.MustParseAddr(core)
	cfg.Quarantine = 0
	text := &log{}
	g, err := media.New(cfg, media.Deps{Log: slog.New(slog.NewTextHandler(text, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return g, text
}

// dial sets a call up between the far addresses.
func dial(t *testing.T, w *netsim.Wire, g *media.Gateway, browser, handset string, profile dtls.SRTPProtectionProfile) *call {
	t.Helper()
	cert, err := selfsign.GenerateSelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := w.Listen(netip.AddrPortFrom(netip.MustParseAddr(browser), 0))
	if err != nil {
		t.Fatal(err)
	}
	c := &call{t: t, gateway: g, light: client.NewLightOn(conn, cert, profile)}
	t.Cleanup(c.light.Close)
	if c.far, err = w.Listen(netip.AddrPortFrom(netip.MustParseAddr(handset), 0)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.far.Close() })
	connected := make(chan struct{}, 4)
	if c.session, err = g.NewSession(media.SessionConfig{ID: "wire", Notify: func(e media.Event) {
		if _, ok := e.(media.AccessConnected); ok {
			connected <- struct{}{}
		}
	}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.session.Close)
	pcmu := []media.Codec{{Name: "PCMU", ClockRate: 8000, Channels: 1}}
	offer, err := c.light.Offer()
	if err != nil {
		t.Fatal(err)
	}
	attribute := func(name string) string {
		_, rest, _ := strings.Cut(offer, "a="+name+":")
		value, _, _ := strings.Cut(rest, "\r\n")
		return value
	}
	algorithm, value, _ := strings.Cut(attribute("fingerprint"), " ")
	if err := c.session.SetAccess(media.AccessRemote{
		UFrag: attribute("ice-ufrag"), Pwd: attribute("ice-pwd"), Fingerprints: []media.Fingerprint{{Hash: algorithm, Value: value}},
		Setup: "active", Codecs: pcmu, Direction: media.SendRecv,
	}); err != nil {
		t.Fatal(err)
	}
	to := c.far.LocalAddr().(*net.UDPAddr).AddrPort()
	if err := c.session.SetCore(media.CoreRemote{RTP: to, RTCP: netip.AddrPortFrom(to.Addr(), to.Port()+1), Codecs: pcmu, Direction: media.SendRecv,
		RTCPBandwidthRS: -1, RTCPBandwidthRR: -1}); err != nil {
		t.Fatal(err)
	}
	local := c.session.AccessLocal()
	answer := fmt.Sprintf("a=setup:passive\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=candidate:1 1 udp 1 %s %d typ host\r\n", local.UFrag, local.Pwd,
		local.Candidates[0].Address.Addr(), local.Candidates[0].Address.Port())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.light.Accept(ctx, answer); err != nil {
		t.Fatal(err)
	}
	select {
	case <-connected:
	case <-ctx.Done():
		t.Fatal("the gateway's side is not connected")
	}
	c.core = c.session.CoreLocal().RTP
	return c
}

// packet is the next RTP packet, its payload 160 octets that begin with a text.
func (c *call) packet(way int, text string) []byte {
	c.seq[way]++
	b := make([]byte, 172, 256)
	b[0] = 0x80
	binary.BigEndian.PutUint16(b[2:], c.seq[way])
	binary.BigEndian.PutUint32(b[4:], uint32(c.seq[way])*160)
	binary.BigEndian.PutUint32(b[8:], 4711)
	copy(b[12:], text)
	return b
}

// up sends from the browser and waits until the far end has it.
func (c *call) up(text string) {
	c.t.Helper()
	sealed, err := c.light.Out.EncryptRTP(nil, c.packet(0, text), &c.out)
	if err == nil {
		_, err = c.light.Conn.WriteToUDPAddrPort(sealed, c.light.Peer)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	b := make([]byte, 2048)
	for {
		_ = c.far.SetReadDeadline(time.Now().Add(patience))
		n, from, err := c.far.ReadFromUDPAddrPort(b)
		if err != nil {
			c.t.Fatalf("%q did not reach the far end: %v", text, err)
		}
		if n == 172 && bytes.HasPrefix(b[12:n], []byte(text)) {
			if netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) != c.core {
				c.t.Fatalf("from %v, not %v", from, c.core)
			}
			return
		}
	}
}

// down sends from the far end and waits until the browser has it.
func (c *call) down(text string) {
	c.t.Helper()
	if _, err := c.far.WriteToUDPAddrPort(c.packet(1, text), c.core); err != nil {
		c.t.Fatal(err)
	}
	b := make([]byte, 2048)
	for {
		_ = c.light.Conn.SetReadDeadline(time.Now().Add(patience))
		n, from, err := c.light.Conn.ReadFromUDPAddrPort(b)
		if err != nil {
			c.t.Fatalf("%q did not reach the browser: %v", text, err)
		}
		if c.light.Respond(b[:n], from) || b[0]>>6 != 2 || b[1] >= 192 && b[1] <= 223 {
			continue
		}
		plain, err := c.light.In.DecryptRTP(nil, b[:n], &c.in)
		if err != nil {
			c.t.Fatal(err)
		}
		if bytes.HasPrefix(plain[12:], []byte(text)) {
			return
		}
	}
}

// talk sends n packets each way.
func (c *call) talk(n int) {
	c.t.Helper()
	for i := range n {
		c.up(fmt.Sprintf("up %06d.", i))
		c.down(fmt.Sprintf("down %06d.", i))
	}
}

// eventually waits for a condition, talking.
func (c *call) eventually(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			c.t.Fatal("waited in vain for: " + what)
		}
		c.talk(5)
	}
}

// TestCall: a call over AF_XDP, IPv4 and IPv6, both SRTP profiles; checks and handshakes go by the kernel, media by the engine, and
// tshark finds nothing wrong with the packets.
func TestCall(t *testing.T) {
	for _, c := range []struct {
		name, access, core, browser, handset string
		profile                              dtls.SRTPProtectionProfile
	}{
		{"IPv4", "10.9.0.1", "10.9.0.3", "10.9.0.2", "10.9.0.4", dtls.SRTP_AEAD_AES_128_GCM},
		{"IPv6", "fd09::1", "fd09::3", "fd09::2", "fd09::4", dtls.SRTP_AES128_CM_HMAC_SHA1_80},
		{"both", "fd09::1", "10.9.0.1", "fd09::2", "10.9.0.2", dtls.SRTP_AEAD_AES_128_GCM},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := cable(t)
			shark := capture(t, w)
			g, text := start(t, media.EngineXDP, c.access, c.core)
			if !strings.Contains(text.String(), "media goes by AF_XDP") {
				t.Fatalf("log: %s", text)
			}
			l := dial(t, w, g, c.browser, c.handset, c.profile)
			l.eventually("both next hops", func() bool { s := g.Stats().Bypass; return s.Sent > 200 && s.Received > 200 })
			before := g.Stats().Bypass
			l.talk(50)
			after := g.Stats().Bypass
			if after.Received-before.Received != 100 || after.Sent-before.Sent < 98 { // one of each direction may ask an old neighbour by the kernel
				t.Errorf("of 100 packets %d came and %d went by the engine", after.Received-before.Received, after.Sent-before.Sent)
			}
			if after.Dropped != 0 {
				t.Errorf("%+v", after)
			}
			if s := l.session.Stats(); s.Access.Lost != 0 || s.Core.Lost != 0 || s.Access.Rejected != 0 || s.Core.Rejected != 0 {
				t.Errorf("%+v", s)
			}
			shark.judge(t, int(after.Sent))
		})
	}
}

// TestFallsBack: the core leg is on loopback, so sockets serve everything, and one line says why.
func TestFallsBack(t *testing.T) {
	cable(t)
	g, text := start(t, media.EngineAuto, "10.9.0.1", "127.0.0.1")
	if !strings.Contains(text.String(), "media goes by sockets: AF_XDP is not available") || !strings.Contains(text.String(), "127.0.0.1 is an address of the loopback interface") {
		t.Fatalf("log: %s", text)
	}
	if s := g.Stats().Bypass; s.Received != 0 {
		t.Errorf("%+v", s)
	}
}

// TestCableOut: the cable is pulled out at either end and put back; the call goes on, by the engine as soon as the next hop is known again.
func TestCableOut(t *testing.T) {
	w := cable(t)
	g, _ := start(t, media.EngineXDP, "10.9.0.1", "10.9.0.1")
	l := dial(t, w, g, "10.9.0.2", "10.9.0.2", dtls.SRTP_AEAD_AES_128_GCM)
	for _, pull := range []func(state string){
		func(string) {},
		func(state string) { w.There(t, "ip", "link", "set", w.Far, state) },
		func(state string) { w.Here(t, "ip", "link", "set", w.Near, state) },
	} {
		pull("down")
		pull("up")
		w.Ready(t)
		before := g.Stats().Bypass
		l.eventually("the engine", func() bool {
			s := g.Stats().Bypass
			return s.Sent > before.Sent+100 && s.Received > before.Received+100
		})
	}
}

func cable(t *testing.T) *netsim.Wire {
	t.Helper()
	return netsim.NewWire(t, []string{"10.9.0.1/24", "10.9.0.3/24", "fd09::1/64", "fd09::3/64"}, []string{"10.9.0.2/24", "10.9.0.4/24", "fd09::2/64", "fd09::4/64"})
}

// shark captures at the far end.
type shark struct {
	path string
	cmd  *exec.Cmd
	said *log // by tcpdump
}

func capture(t *testing.T, w *netsim.Wire) *shark {
	t.Helper()
	for _, p := range []string{"tcpdump", "tshark"} {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(p + " is not installed (make deps-test)")
			}
			t.Log("NOT CHECKED: " + p + " is not installed (make deps-test)")
			return nil
		}
	}
	s := &shark{path: filepath.Join(t.TempDir(), "far.pcap")}
	s.cmd = w.Command("tcpdump", "-U", "--immediate-mode", "-B", "16384", "-s", "1600", "-Z", "root", "-i", w.Far, "-Q", "in", "-w", s.path, "udp")
	said := &log{}
	s.cmd.Stderr, s.said = said, said
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	for end := time.Now().Add(patience); !strings.Contains(said.String(), "listening on"); {
		if time.Now().After(end) {
			t.Fatalf("tcpdump: %s", said)
		}
		time.Sleep(time.Millisecond)
	}
	return s
}

// judge lets tshark check all packets that came to the far end: of those of the engine, which are at least n, none may have a wrong
// checksum, DSCP, time to live or length.
func (s *shark) judge(t *testing.T, n int) {
	t.Helper()
	if s == nil {
		return
	}
	const last = "no packet comes after this one"
	c, err := net.Dial("udp", "10.9.0.2:9")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		_, _ = c.Write([]byte(last))
		if b, err := os.ReadFile(s.path); err == nil && bytes.Contains(b, []byte(last)) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("tcpdump did not write everything")
		}
	}
	_ = s.cmd.Process.Signal(os.Interrupt)
	_ = s.cmd.Wait()
	out, err := exec.Command("tshark", "-r", s.path, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields",
		"-e", "ip.checksum.status", "-e", "udp.checksum.status", "-e", "ip.dsfield.dscp", "-e", "ipv6.tclass.dscp", "-e", "ip.ttl", "-e", "ipv6.hlim", "-e", "_ws.expert.message", "-e", "udp.payload").Output()
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		first, err := strconv.ParseUint(f[7][:min(2, len(f[7]))], 16, 8)
		if err != nil || first>>6 != 2 || f[1] != "1" {
			continue // of the kernel: a check, a handshake; on a cable that needs no UDP checksums it leaves them out
		}
		if (f[0] != "" && f[0] != "1") || f[2]+f[3] != "46" || f[4]+f[5] != "64" || f[6] != "" && !strings.Contains(f[6], "Encrypted RTCP") {
			t.Fatalf("tshark says %q", f)
		}
		good++
	}
	if good < n {
		t.Errorf("%d packets with right checksums came, %d were sent by the engine; tcpdump says %s", good, n, s.said)
	}
}
