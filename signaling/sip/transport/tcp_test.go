package transport

import (
	"context"
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

func TestTCPReusesConnection(t *testing.T) {
	a, b := newNode(t, nil), newNode(t, nil)
	dst := Target{Network: TCP, Addr: b.Local(TCP)}
	const messages = 500
	for i := range messages {
		if r, known := a.Post(request(sip.OPTIONS, fmt.Sprint(i)), dst, nil); known && r.Err != nil {
			if errors.Is(r.Err, ErrQueueFull) { // bounded by design: wait for the far side
				if err := a.Send(t.Context(), request(sip.OPTIONS, fmt.Sprint(i)), dst); err == nil {
					continue
				}
			}
			t.Fatal(r.Err)
		}
		if i%100 == 99 {
			for j := i - 99; j <= i; j++ {
				g := b.next(t)
				if want := "call-" + fmt.Sprint(j); string(*g.msg.CallID()) != want {
					t.Fatalf("got %s, want %s", *g.msg.CallID(), want)
				}
				if _, known := b.Post(sip.NewResponseFromRequest(g.msg.(*sip.Request), 200, "OK", nil), g.src.Reply(), nil); known {
					t.Fatal("response was not queued")
				}
			}
			for range 100 {
				a.next(t)
			}
		}
	}
	if n := a.Stats().Connections; n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestTCPFraming(t *testing.T) {
	n := newNode(t, nil)
	c := rawTCP(t, n.Local(TCP))
	one := wireText("MESSAGE", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKa", "", "hello\r\n\r\nworld")
	two := wireText("OPTIONS", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKb", "", "")
	for i := range len(one) { // byte by byte
		io.WriteString(c, one[i:i+1])
	}
	io.WriteString(c, "\r\n"+two+one+"\r\n\r\n"+two+one[:40])
	for i, want := range []sip.RequestMethod{"MESSAGE", "OPTIONS", "MESSAGE", "OPTIONS"} {
		if m := n.next(t).msg.(*sip.Request); m.Method != want {
			t.Fatalf("message %d is %s", i, m.Method)
		} else if want == "MESSAGE" && string(m.Body()) != "hello\r\n\r\nworld" {
			t.Fatalf("body %q", m.Body())
		}
	}
	if pong := readUntil(t, c, "\r\n"); pong != "\r\n" { // RFC 5626 4.4.1
		t.Fatalf("pong %q", pong)
	}
	io.WriteString(c, one[40:])
	n.next(t)
}

// TestTCPFramingLost: what cannot be cut into messages is answered where possible, and the connection ends.
func TestTCPFramingLost(t *testing.T) {
	via := "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKa"
	good := wireText("OPTIONS", via, "", "")
	for name, c := range map[string]struct{ text, answer string }{
		"no length":       {strings.Replace(good, "Content-Length: 0\r\n", "", 1), "SIP/2.0 400 Missing Content-Length"},
		"negative length": {strings.Replace(good, "Length: 0", "Length: -1", 1), "SIP/2.0 400 Malformed Content-Length"},
		"two lengths":     {strings.Replace(good, "Content-Length: 0", "l: 0\r\nContent-Length: 0", 1), "SIP/2.0 400 Repeated Content-Length"},
		"too long":        {strings.Replace(good, "Length: 0", "Length: 70000", 1), "SIP/2.0 513 "},
		"endless head":    {"OPTIONS sip:a@b SIP/2.0\r\nX: " + strings.Repeat("x", 40000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, nil)
			conn := rawTCP(t, n.Local(TCP))
			io.WriteString(conn, c.text)
			conn.SetReadDeadline(time.Now().Add(30 * time.Second))
			all, err := io.ReadAll(conn)
			if err != nil && !strings.Contains(err.Error(), "reset") {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(all), c.answer) {
				t.Fatalf("answer %q, want %q", all, c.answer)
			}
		})
	}
}

// TestTCPTimeouts: a connection that never speaks, one that stops within a message, one that idles.
func TestTCPTimeouts(t *testing.T) {
	good := wireText("OPTIONS", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKa", "", "")
	for name, text := range map[string]string{"silent": "", "half": good[:50], "idle": good} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, func(c *Config) { c.MessageTimeout, c.IdleTimeout = 30*time.Millisecond, 60*time.Millisecond })
			conn := rawTCP(t, n.Local(TCP))
			io.WriteString(conn, text)
			conn.SetReadDeadline(time.Now().Add(30 * time.Second))
			if all, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") || len(all) != 0 { // reset: the end was faster than the text
				t.Fatalf("read %q, %v; want the end of the stream", all, err)
			}
		})
	}
}

// TestDialBlocksNobody: while one connection is being set up, other targets are served and its own queue is bounded.
func TestDialBlocksNobody(t *testing.T) {
	a, b := newNode(t, func(c *Config) { c.SendQueue = 4 }), newNode(t, nil)
	dead := netip.MustParseAddrPort("127.0.0.1:1")
	dialing := make(chan struct{})
	real := a.dial
	a.dial = func(ctx context.Context, to Target) (net.Conn, error) {
		if to.Addr != dead {
			return real(ctx, to)
		}
		close(dialing)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	results := make(chan Result, 8)
	full := 0
	for i := range 6 {
		r, known := a.Post(request(sip.OPTIONS, fmt.Sprint(i)), Target{Network: TCP, Addr: dead}, func(r Result) { results <- r })
		if known && errors.Is(r.Err, ErrQueueFull) {
			full++
		}
	}
	<-dialing
	if full != 2 {
		t.Errorf("%d sends found the queue full, want 2", full)
	}
	for _, network := range []string{UDP, TCP} {
		if err := a.Send(t.Context(), request(sip.OPTIONS, network), Target{Network: network, Addr: b.Local(network)}); err != nil {
			t.Fatal(err)
		}
		b.next(t)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := a.Send(ctx, request(sip.OPTIONS, "late"), Target{Network: TCP, Addr: dead}); !errors.Is(err, ErrQueueFull) {
		t.Errorf("queue above its bound: %v", err)
	}
	a.Close()
	for range 4 {
		if r := <-results; !errors.Is(r.Err, ErrConnection) {
			t.Errorf("result %+v", r)
		}
	}
}

// TestResponseFindsNewConnection is RFC 3261 18.2.2: the connection a request came on is gone.
func TestResponseFindsNewConnection(t *testing.T) {
	a, b := newNode(t, nil), newNode(t, nil)
	if err := a.Send(t.Context(), request(sip.OPTIONS, "1"), Target{Network: TCP, Addr: b.Local(TCP)}); err != nil {
		t.Fatal(err)
	}
	g := b.next(t)
	a.mu.Lock()
	c := a.conns[flow{TCP, b.Local(TCP)}]
	a.mu.Unlock()
	c.close(io.EOF)
	for b.connected(Target{Network: TCP, Addr: g.src.Remote}) {
		time.Sleep(time.Millisecond)
	}
	if err := b.Send(t.Context(), sip.NewResponseFromRequest(g.msg.(*sip.Request), 200, "OK", nil), g.src.Reply()); err != nil {
		t.Fatal(err)
	}
	if r := a.next(t).msg.(*sip.Response); r.StatusCode != 200 {
		t.Error(r.StatusCode)
	}
}

func TestConnectionLimit(t *testing.T) {
	n := newNode(t, func(c *Config) { c.MaxConnectionsPerPeer = 2 })
	text := wireText("OPTIONS", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKa", "", "")
	for range 2 {
		io.WriteString(rawTCP(t, n.Local(TCP)), text)
		n.next(t)
	}
	third := rawTCP(t, n.Local(TCP))
	third.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.ReadAll(third); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatal(err)
	}
	if c := n.Stats().Connections; c != 2 {
		t.Errorf("%d connections", c)
	}
}
