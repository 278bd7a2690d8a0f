package ims

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// wire is how a scripted core hears and speaks: a real socket, or the fake link of a synctest bubble.
type wire interface {
	send(text string)
	receive() (string, bool)
	address() string
}

// udpWire is a real UDP socket.
type udpWire struct {
	conn *net.UDPConn
	to   net.Addr
	seen map[string]bool
}

func (w *udpWire) address() string { return w.conn.LocalAddr().String() }
func (w *udpWire) send(text string) {
	_, _ = w.conn.WriteTo([]byte(text), w.to)
}

// receive passes repeats over: what is sent again because a slow machine answered late is nothing new.
func (w *udpWire) receive() (string, bool) {
	buf := make([]byte, 65536)
	_ = w.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		n, from, err := w.conn.ReadFrom(buf)
		if err != nil {
			return "", false
		}
		w.to = from
		if text := string(buf[:n]); !w.seen[text] {
			w.seen[text] = true
			return text, true
		}
	}
}

// tcpWire is a real TCP listener that takes one connection.
type tcpWire struct {
	ln   net.Listener
	conn net.Conn
	in   *bufio.Reader
}

func (w *tcpWire) address() string { return w.ln.Addr().String() }
func (w *tcpWire) send(text string) {
	_, _ = w.conn.Write([]byte(text))
}
func (w *tcpWire) receive() (string, bool) {
	if w.conn == nil {
		conn, err := w.ln.Accept()
		if err != nil {
			return "", false
		}
		w.conn, w.in = conn, bufio.NewReader(conn)
	}
	_ = w.conn.SetReadDeadline(time.Now().Add(patience))
	var b strings.Builder
	for !strings.HasSuffix(b.String(), "\r\n\r\n") {
		line, err := w.in.ReadString('\n')
		if err != nil {
			return "", false
		}
		if b.Len() == 0 && line == "\r\n" {
			continue
		}
		b.WriteString(line)
	}
	n, _ := strconv.Atoi(head(b.String(), "Content-Length"))
	rest := make([]byte, n)
	if _, err := io.ReadFull(w.in, rest); err != nil {
		return "", false
	}
	return b.String() + string(rest), true
}

// fakeLink is a transport without sockets, for synctest bubbles.
type fakeLink struct {
	mu      sync.Mutex
	handler func(sip.Message, transport.Source)
	out     []string
}

func (l *fakeLink) OnMessage(h func(sip.Message, transport.Source)) { l.handler = h }
func (l *fakeLink) Admit(netip.Addr)                                {}
func (l *fakeLink) Peer(netip.Addr) bool                            { return true }
func (l *fakeLink) Start() error                                    { return nil }
func (l *fakeLink) Close() error                                    { return nil }
func (l *fakeLink) Local(network string) netip.AddrPort {
	if network == "udp" {
		return netip.MustParseAddrPort("192.0.2.1:5060")
	}
	return netip.AddrPort{}
}
func (l *fakeLink) Post(msg sip.Message, dst transport.Target, _ func(transport.Result)) (transport.Result, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out = append(l.out, msg.String())
	return transport.Result{Network: dst.Network}, true
}

func (l *fakeLink) address() string { return "192.0.2.7:5060" }
func (l *fakeLink) send(text string) {
	msg, err := sip.NewParser().ParseSIP([]byte(text))
	if err != nil {
		panic(err)
	}
	l.handler(msg, transport.Source{Network: "udp", Remote: netip.MustParseAddrPort(l.address()), Local: l.Local("udp")})
}

// receive returns the next message without waiting: in a bubble the script calls synctest.Wait first.
func (l *fakeLink) receive() (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.out) == 0 {
		return "", false
	}
	m := l.out[0]
	l.out = l.out[1:]
	return m, true
}

// waiting counts the messages of a kind that were sent and not read.
func (l *fakeLink) waiting(want string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.out {
		if strings.Contains(firstLine(m), want) {
			n++
		}
	}
	return n
}

// forgetful drops everything unread.
func (l *fakeLink) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out = nil
}

// strict is a link whose only peer is 192.0.2.7.
type strict struct{ *fakeLink }

func (strict) Peer(a netip.Addr) bool { return a == netip.MustParseAddr("192.0.2.7") }
