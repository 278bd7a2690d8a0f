package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

func TestUDPRoundTrip(t *testing.T) {
	a, b := newNode(t, nil), newNode(t, nil)
	dst := Target{Network: UDP, Addr: b.Local(UDP)}
	if err := a.Send(t.Context(), request(sip.OPTIONS, "x1"), dst); err != nil {
		t.Fatal(err)
	}
	g := b.next(t)
	via := g.msg.Via()
	if via.Host != "127.0.0.1" || via.Port != int(a.Local(UDP).Port()) || via.Transport != "UDP" {
		t.Errorf("sent-by %s %s:%d is not ours", via.Transport, via.Host, via.Port)
	}
	if got := via.Params.GetOr("rport", ""); got != fmt.Sprint(a.Local(UDP).Port()) {
		t.Errorf("rport %q", got)
	}
	if got := via.Params.GetOr("received", ""); got != "127.0.0.1" {
		t.Errorf("received %q", got)
	}
	res := sip.NewResponseFromRequest(g.msg.(*sip.Request), 200, "OK", nil)
	if err := b.Send(t.Context(), res, g.src.Reply()); err != nil {
		t.Fatal(err)
	}
	if r := a.next(t).msg.(*sip.Response); r.StatusCode != 200 {
		t.Errorf("status %d", r.StatusCode)
	}
}

// TestReplyTarget is RFC 3261 18.2.2 and RFC 3581 4 on UDP.
func TestReplyTarget(t *testing.T) {
	remote := netip.MustParseAddrPort("192.0.2.9:40000")
	for _, c := range []struct{ via, network, want, received, rport string }{
		{"SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bK1", UDP, "192.0.2.9:5062", "", ""},
		{"SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1", UDP, "192.0.2.9:5060", "", ""},
		{"SIP/2.0/UDP pc.example.com;branch=z9hG4bK1", UDP, "192.0.2.9:5060", "192.0.2.9", ""},
		{"SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bK1;rport", UDP, "192.0.2.9:40000", "192.0.2.9", "40000"},
		{"SIP/2.0/UDP 192.0.2.9:40000;branch=z9hG4bK1;rport", UDP, "192.0.2.9:40000", "192.0.2.9", "40000"},
		{"SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bK1;received=198.51.100.1", UDP, "192.0.2.9:5062", "", ""},
		{"SIP/2.0/UDP 192.0.2.9:5062;branch=z9hG4bK1;maddr=198.51.100.1", UDP, "192.0.2.9:5062", "", ""},
		{"SIP/2.0/TCP 192.0.2.9:5062;branch=z9hG4bK1", TCP, "192.0.2.9:40000", "", ""},
	} {
		via, ok := parseVia(c.via)
		if !ok {
			t.Fatalf("%s not parsed", c.via)
		}
		if got := receive(via, c.network, remote); got.String() != c.want {
			t.Errorf("%s: reply to %v, want %s", c.via, got, c.want)
		}
		if got := via.Params.GetOr("received", ""); got != c.received {
			t.Errorf("%s: received %q, want %q", c.via, got, c.received)
		}
		if got := via.Params.GetOr("rport", ""); got != c.rport {
			t.Errorf("%s: rport %q, want %q", c.via, got, c.rport)
		}
	}
}

// TestStrangers: nobody but peers gets a byte or a connection, in either direction.
func TestStrangers(t *testing.T) {
	n := newNode(t, nil)
	stranger := rawUDP(t, "127.0.0.2")
	good := wireText("OPTIONS", "SIP/2.0/UDP 127.0.0.2:9;rport;branch=z9hG4bKa", "", "")
	bad := strings.Replace(good, "CSeq: 1", "CSeq: x", 1)
	to := net.UDPAddrFromAddrPort(n.Local(UDP))
	stranger.WriteToUDP([]byte(good), to)
	stranger.WriteToUDP([]byte(bad), to)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	conn, err := dialer.Dial("tcp", n.Local(TCP).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	if all, err := io.ReadAll(conn); err == nil && len(all) != 0 {
		t.Errorf("stranger was told %q", all)
	}
	// A peer's message behind the stranger's proves that those have been looked at.
	peer := rawUDP(t, "127.0.0.1")
	peer.WriteToUDP([]byte(good), to)
	if g := n.next(t); g.src.Remote.Addr() != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("delivered from %v", g.src.Remote)
	}
	stranger.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if k, _, err := stranger.ReadFromUDP(make([]byte, 2048)); err == nil {
		t.Errorf("stranger got %d bytes", k)
	}
	if s := n.Stats(); s.NotPeer != 3 || s.Sent != 0 {
		t.Errorf("stats %+v", s)
	}
	for _, network := range []string{UDP, TCP} {
		err := n.Send(t.Context(), request(sip.OPTIONS, "1"), Target{Network: network, Addr: netip.MustParseAddrPort("127.0.0.2:5060")})
		if !errors.Is(err, ErrNotPeer) {
			t.Errorf("%s: sent to a stranger: %v", network, err)
		}
	}
	n.Admit(netip.MustParseAddr("127.0.0.2"))
	stranger.WriteToUDP([]byte(good), to)
	n.next(t)
}

func TestLargeRequestGoesByTCP(t *testing.T) {
	a, b := newNode(t, nil), newNode(t, nil)
	big := request(sip.MESSAGE, "big")
	big.SetBody([]byte(strings.Repeat("x", 2000)))
	dst := Target{Network: UDP, Addr: b.Local(UDP)}
	done := make(chan Result, 1)
	if r, known := a.Post(big, dst, func(r Result) { done <- r }); known {
		t.Fatalf("known at once: %+v", r)
	}
	g := b.next(t)
	if g.src.Network != TCP || g.msg.Via().Transport != "TCP" || g.msg.Via().Port != int(a.Local(TCP).Port()) {
		t.Errorf("came by %s with Via %s", g.src.Network, g.msg.Via().Value())
	}
	if r := <-done; r.Err != nil || r.Network != TCP {
		t.Errorf("result %+v", r)
	}
	// Responses stay on UDP whatever their size.
	small := request(sip.OPTIONS, "small")
	if err := a.Send(t.Context(), small, dst); err != nil {
		t.Fatal(err)
	}
	g = b.next(t)
	res := sip.NewResponseFromRequest(g.msg.(*sip.Request), 200, "OK", []byte(strings.Repeat("y", 3000)))
	if err := b.Send(t.Context(), res, g.src.Reply()); err != nil {
		t.Fatal(err)
	}
	if g := a.next(t); g.src.Network != UDP || len(g.msg.Body()) != 3000 {
		t.Errorf("response by %s with %d bytes", g.src.Network, len(g.msg.Body()))
	}
}

func TestRefusedTCPFallsBackToUDP(t *testing.T) {
	a := newNode(t, nil)
	b := newNode(t, func(c *Config) { c.Listen = c.Listen[:1] }) // no TCP there
	dst := Target{Network: UDP, Addr: b.Local(UDP)}
	for i := range 2 {
		big := request(sip.MESSAGE, fmt.Sprint("big", i))
		big.SetBody([]byte(strings.Repeat("x", 2000)))
		if err := a.Send(t.Context(), big, dst); err != nil {
			t.Fatal(err)
		}
		g := b.next(t)
		if g.src.Network != UDP || g.msg.Via().Transport != "UDP" || g.msg.Via().Port != int(a.Local(UDP).Port()) {
			t.Errorf("came by %s with Via %s", g.src.Network, g.msg.Via().Value())
		}
	}
	if s := a.Stats(); s.Switched != 1 || s.FellBack != 1 {
		t.Errorf("the refusal was not remembered: %+v", s)
	}
}

func TestLineBreakIsNotSent(t *testing.T) {
	a, b := newNode(t, nil), newNode(t, nil)
	for _, evil := range []string{"x\r\nP-Asserted-Identity: <sip:admin@example.com>", "x\ny", "x\ry", "x\r\n\r\nbody"} {
		req := request(sip.OPTIONS, "1")
		req.AppendHeader(sip.NewHeader("Subject", evil))
		if err := a.Send(t.Context(), req, Target{Network: UDP, Addr: b.Local(UDP)}); !errors.Is(err, ErrLineBreak) {
			t.Errorf("%q: %v", evil, err)
		}
	}
}

func TestForeignResponsesAreDropped(t *testing.T) {
	n := newNode(t, nil)
	c := rawUDP(t, "127.0.0.1")
	send := func(vias ...string) {
		text := "SIP/2.0 200 OK\r\n"
		for _, v := range vias {
			text += "Via: " + v + "\r\n"
		}
		text += "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: " + fmt.Sprint(len(vias), vias[0][12:16]) +
			"\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
		c.WriteToUDP([]byte(strings.ReplaceAll(text, "Call-ID: 1 ", "Call-ID: 1")), net.UDPAddrFromAddrPort(n.Local(UDP)))
	}
	port := n.Local(UDP).Port()
	ours := fmt.Sprintf("SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK1", port)
	send(fmt.Sprintf("SIP/2.0/UDP 198.51.100.1:%d;branch=z9hG4bK1", port))
	send(fmt.Sprintf("SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK1", port+1))
	send(ours, "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK2")
	send(ours)
	if g := n.next(t); len(g.msg.GetHeaders("Via")) != 1 || g.msg.Via().Port != int(port) {
		t.Errorf("delivered %s", g.msg)
	}
	if s := n.Stats(); s.Foreign+s.Malformed != 3 {
		t.Errorf("stats %+v", s)
	}
}

func TestHandlerPanicCostsOneMessage(t *testing.T) {
	n := newNode(t, nil)
	inner := n.handler
	n.handler = func(msg sip.Message, src Source) {
		if msg.(*sip.Request).Method == "POISON" {
			panic("poison")
		}
		inner(msg, src)
	}
	c := rawTCP(t, n.Local(TCP))
	via := "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKa"
	io.WriteString(c, wireText("POISON", via, "", "")+wireText("OPTIONS", via, "", ""))
	if m := n.next(t).msg.(*sip.Request); m.Method != "OPTIONS" || n.Stats().Panics != 1 {
		t.Errorf("%s, %+v", m.Method, n.Stats())
	}
}

func TestStatelessAnswer(t *testing.T) {
	n := newNode(t, nil)
	c := rawUDP(t, "127.0.0.1")
	ask := func(text string) string {
		c.WriteToUDP([]byte(text), net.UDPAddrFromAddrPort(n.Local(UDP)))
		c.SetReadDeadline(time.Now().Add(30 * time.Second))
		buf := make([]byte, 4096)
		k, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:k])
	}
	text := wireText("INVITE", "SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKa", "Max-Forwards: 999\r\n", "")
	first, second := ask(text), ask(text)
	if first != second {
		t.Errorf("two answers to one request differ:\n%s\n%s", first, second)
	}
	for _, want := range []string{"SIP/2.0 400 Malformed Max-Forwards\r\n", ";branch=z9hG4bKa", "received=127.0.0.1", "CSeq: 1 INVITE\r\n", "Call-ID: c1\r\n", ";tag="} {
		if !strings.Contains(first, want) {
			t.Errorf("no %q in\n%s", want, first)
		}
	}
	// Neither an ACK nor a response is ever answered.
	c.WriteToUDP([]byte(strings.ReplaceAll(text, "INVITE", "ACK")), net.UDPAddrFromAddrPort(n.Local(UDP)))
	if again := ask(text); again != first {
		t.Errorf("the ACK was answered: %s", again)
	}
	if s := n.Stats(); s.Refused != 3 || s.Malformed != 1 {
		t.Errorf("stats %+v", s)
	}
}
