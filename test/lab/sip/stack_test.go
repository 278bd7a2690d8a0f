package sip_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"causeway/test/lab/sip"
)

// user is a handler that tells what it got.
type user struct {
	requests chan *sip.ServerTx
	acks     chan *sip.Message
	cancels  chan *sip.ServerTx
	broken   chan error
}

func newUser() *user {
	return &user{make(chan *sip.ServerTx, 16), make(chan *sip.Message, 16), make(chan *sip.ServerTx, 16), make(chan error, 16)}
}

func (u *user) Request(tx *sip.ServerTx)           { u.requests <- tx }
func (u *user) Ack(m *sip.Message, _ sip.Source)   { u.acks <- m }
func (u *user) Cancel(tx *sip.ServerTx)            { u.cancels <- tx }
func (u *user) Stray(_ *sip.Message, _ sip.Source) {}
func (u *user) Broken(err error, _ sip.Source)     { u.broken <- err }

// patient is a T1 with which nothing is repeated and nothing given up while a test runs, however slow the machine is.
const patient = 10 * time.Second

func newStack(t *testing.T, t1 time.Duration) (*sip.Stack, *user) {
	t.Helper()
	s, err := sip.New(sip.Config{Address: netip.MustParseAddrPort("127.0.0.1:0"), T1: t1})
	if err != nil {
		t.Fatal(err)
	}
	u := newUser()
	s.Start(u)
	t.Cleanup(s.Close)
	return s, u
}

func get[T any](t *testing.T, what string, ch chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came: " + what)
		panic("unreachable")
	}
}

func request(method string, padding int) *sip.Message {
	m := &sip.Message{Method: method, URI: "sip:b@127.0.0.1"}
	m.Add("From", "<sip:a@x>;tag=1")
	m.Add("To", "<sip:b@x>")
	m.Add("Call-ID", sip.Token())
	m.Add("CSeq", "1 "+method)
	m.Body = []byte(strings.Repeat("x", padding))
	return m
}

func send(s *sip.Stack, m *sip.Message, to netip.AddrPort, network string) (chan *sip.Message, *sip.ClientTx) {
	results := make(chan *sip.Message, 16)
	var tx *sip.ClientTx
	s.Do(func() {
		tx = s.Send(m, sip.Target{Network: network, Addr: to}, func(res *sip.Message) { results <- res })
	})
	return results, tx
}

// TestTransports: small goes by UDP, large by TCP, answers come back on both.
func TestTransports(t *testing.T) {
	a, _ := newStack(t, patient)
	b, u := newStack(t, patient)
	for want, size := range map[string]int{"udp": 10, "tcp": 3000} {
		results, _ := send(a, request("OPTIONS", size), b.Addr(), "")
		tx := get(t, "request", u.requests)
		if tx.Source.Network != want || len(tx.Request.Body) != size {
			t.Errorf("%d bytes by %s", size, tx.Source.Network)
		}
		b.Do(func() { tx.Reply(200, "OK", "t") })
		if res := get(t, "response", results); res == nil || res.Status != 200 || res.Tag("To") != "t" {
			t.Errorf("%+v", res)
		}
	}
}

// TestInvite: 180, 486, ACK absorbed; then 200 with its ACK handed up.
func TestInvite(t *testing.T) {
	a, _ := newStack(t, patient)
	b, u := newStack(t, patient)
	results, _ := send(a, request("INVITE", 0), b.Addr(), "udp")
	tx := get(t, "INVITE", u.requests)
	b.Do(func() { tx.Reply(180, "Ringing", "t"); tx.Reply(486, "Busy Here", "t"); tx.Reply(200, "OK", "t") })
	for _, want := range []int{100, 180, 486} {
		if res := get(t, "response", results); res == nil || res.Status != want {
			t.Fatalf("got %+v, want %d", res, want)
		}
	}
	results, _ = send(a, request("INVITE", 0), b.Addr(), "udp")
	tx = get(t, "INVITE", u.requests)
	b.Do(func() { tx.Reply(200, "OK", "t"); tx.Reply(200, "OK", "t") })
	get(t, "100", results)
	res := get(t, "200", results)
	get(t, "the repeated 200", results)
	ack := request("ACK", 0)
	ack.Set("To", res.Get("To"))
	ack.Set("Call-ID", res.CallID())
	a.Do(func() { a.Forward(ack, sip.Target{Network: "udp", Addr: b.Addr()}) })
	if m := get(t, "ACK", u.acks); m.CallID() != res.CallID() {
		t.Errorf("%+v", m)
	}
	if len(results) > 0 || len(u.requests) > 0 {
		t.Error("more than expected")
	}
}

// TestCancel: the CANCEL waits for the provisional response and is answered;
// the INVITE ends with 487.
func TestCancel(t *testing.T) {
	a, _ := newStack(t, patient)
	b, u := newStack(t, patient)
	results, tx := send(a, request("INVITE", 0), b.Addr(), "udp")
	a.Do(tx.Cancel)
	got := get(t, "INVITE", u.requests)
	if c := get(t, "CANCEL", u.cancels); c != got {
		t.Error("another transaction was cancelled")
	}
	b.Do(func() { got.Reply(487, "Request Terminated", "t") })
	for _, want := range []int{100, 487} {
		if res := get(t, "response", results); res == nil || res.Status != want {
			t.Fatalf("%+v, want %d", res, want)
		}
	}
}

// TestRetransmission: a silent peer sees the request again and again, then the
// user is told; a repeated request gets the same answer and is handled once.
func TestRetransmission(t *testing.T) {
	a, u := newStack(t, 20*time.Millisecond)
	peer, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	results, _ := send(a, request("OPTIONS", 0), peer.LocalAddr().(*net.UDPAddr).AddrPort(), "udp")
	buf, seen := make([]byte, 2048), map[string]int{}
	for range 4 {
		_ = peer.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, _, err := peer.ReadFromUDP(buf)
		if err != nil {
			t.Fatal(err)
		}
		seen[string(buf[:n])]++
	}
	if len(seen) != 1 {
		t.Errorf("%d different copies", len(seen))
	}
	if res := get(t, "timeout", results); res != nil {
		t.Errorf("%+v", res)
	}
	text := "MESSAGE sip:b@x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK9\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n\r\n"
	var answers []string
	for i := range 2 {
		if _, err := peer.WriteToUDPAddrPort([]byte(text), a.Addr()); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			tx := get(t, "MESSAGE", u.requests)
			a.Do(func() { tx.Reply(202, "Accepted", "t") })
		}
		n, err := peer.Read(buf)
		for err == nil && strings.HasPrefix(string(buf[:n]), "OPTIONS") {
			n, err = peer.Read(buf)
		}
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, string(buf[:n]))
	}
	if answers[0] != answers[1] || !strings.HasPrefix(answers[0], "SIP/2.0 202 ") || len(u.requests) > 0 {
		t.Errorf("%q", answers)
	}
}

// TestStream: two messages in pieces on one connection, then one that is no SIP.
func TestStream(t *testing.T) {
	a, u := newStack(t, patient)
	c, err := net.Dial("tcp", a.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	one := func(branch string) string {
		return "\r\n\r\nOPTIONS sip:b@x SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK" + branch + "\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nl: 4\r\n\r\nbody"
	}
	text := one("1") + one("2") + "no SIP\r\n\r\n"
	for len(text) > 0 {
		n := min(17, len(text))
		if _, err := c.Write([]byte(text[:n])); err != nil {
			t.Fatal(err)
		}
		text = text[n:]
	}
	for range 2 {
		if tx := get(t, "request", u.requests); string(tx.Request.Body) != "body" {
			t.Errorf("%q", tx.Request.Body)
		}
	}
	get(t, "complaint", u.broken)
}

// TestDeadPeer: a refused TCP connection fails the transaction at once.
func TestDeadPeer(t *testing.T) {
	a, _ := newStack(t, patient)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	_ = l.Close()
	results, _ := send(a, request("OPTIONS", 0), addr, "tcp")
	if res := get(t, "failure", results); res != nil {
		t.Errorf("%+v", res)
	}
}
