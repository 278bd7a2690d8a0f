package transport

import (
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// TestMain fails if a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		os.Exit(code) // the fuzzer keeps a goroutine of its own
	}
	for end := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before && code == 0 {
		buf := make([]byte, 1<<16)
		fmt.Fprintf(os.Stderr, "%d goroutines left behind\n%s\n", n-before, buf[:runtime.Stack(buf, true)])
		code = 1
	}
	os.Exit(code)
}

// got is one delivered message.
type got struct {
	msg sip.Message
	src Source
}

// node is a layer on loopback whose messages arrive on a channel.
type node struct {
	*Layer
	in chan got
}

var loopback = netip.MustParsePrefix("127.0.0.1/32")

// newNode starts a layer with UDP and TCP on one port. change may adapt the configuration.
func newNode(t testing.TB, change func(*Config)) *node {
	t.Helper()
	return newNodeWith(t, slog.New(slog.DiscardHandler), change)
}

func newNodeWith(t testing.TB, log *slog.Logger, change func(*Config)) *node {
	t.Helper()
	for try := 0; ; try++ {
		cfg := DefaultConfig()
		port := freePort(t)
		cfg.Listen = []string{fmt.Sprintf("udp:127.0.0.1:%d", port), fmt.Sprintf("tcp:127.0.0.1:%d", port)}
		cfg.Peers = []netip.Prefix{loopback}
		if change != nil {
			change(&cfg)
		}
		l, err := New(cfg, log)
		if err != nil {
			t.Fatal(err)
		}
		n := &node{l, make(chan got, 4096)}
		l.OnMessage(func(msg sip.Message, src Source) { n.in <- got{msg, src} })
		if err := l.Start(); err != nil {
			if try < 20 {
				continue
			}
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
		return n
	}
}

func freePort(t testing.TB) uint16 {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).AddrPort().Port()
}

// next waits for a message.
func (n *node) next(t testing.TB) got {
	t.Helper()
	select {
	case g := <-n.in:
		return g
	case <-time.After(30 * time.Second):
		t.Fatal("no message came")
		return got{}
	}
}

// request builds a plain request with a Via.
func request(method sip.RequestMethod, branch string) *sip.Request {
	req := sip.NewRequest(method, sip.Uri{Scheme: "sip", User: "bob", Host: "example.com"})
	via := &sip.ViaHeader{}
	via.Params.Add("branch", magicCookie+branch)
	req.AppendHeader(via)
	from := &sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: "alice", Host: "example.com"}}
	from.Params.Add("tag", "f"+branch)
	req.AppendHeader(from)
	req.AppendHeader(&sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: "bob", Host: "example.com"}})
	id := sip.CallIDHeader("call-" + branch)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: method})
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	req.SetBody(nil)
	return req
}

// wireText is a request as a hand would write it; extra lines end with CRLF.
func wireText(method, via, extra, body string) string {
	return method + " sip:bob@example.com SIP/2.0\r\n" +
		"Via: " + via + "\r\n" +
		"From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c1\r\nCSeq: 1 " + method + "\r\n" +
		extra + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
}

// rawUDP opens a plain socket on an address of 127.0.0.0/8.
func rawUDP(t testing.TB, ip string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func rawTCP(t testing.TB, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// readUntil reads a stream until it holds the text.
func readUntil(t testing.TB, c net.Conn, text string) string {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	var all strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(all.String(), text) {
		n, err := c.Read(buf)
		all.Write(buf[:n])
		if err != nil {
			t.Fatalf("stream ended before %q: %v; got %q", text, err, all.String())
		}
	}
	return all.String()
}
