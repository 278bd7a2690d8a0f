package farend

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// Behaviour answers a message with any octets, or with nil for silence. It runs on the connection's reader, one message after the other.
type Behaviour func(n *Node, m Message) []byte

// Node is a peer whose behaviour a test replaces. Safe for concurrent use. Inside a synctest bubble it belongs to the bubble; Cut ends
// its goroutines.
type Node struct {
	t testing.TB

	mu   sync.Mutex
	on   Behaviour
	down bool // connections are refused
	conn net.Conn
	seen []Message
	made int // connections
}

// NewNode is a node that does as it should (Behave).
func NewNode(t testing.TB) *Node { return &Node{t: t, on: Behave} }

// Run starts what talks to the nodes. stop ends it, once, waits for its end and cuts the connections; an error of run fails the test.
func Run(t testing.TB, run func(context.Context) error, nodes []*Node) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		for _, n := range nodes {
			n.Cut()
		}
	})
}

// Behaves replaces what the node does.
func (n *Node) Behaves(on Behaviour) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.on = on
}

// BehavesTo replaces what the node does with requests of one command; it does as it should with the rest.
func (n *Node) BehavesTo(command uint32, on Behaviour) {
	n.Behaves(func(n *Node, m Message) []byte {
		if m.Command() == command && m.Request() {
			return on(n, m)
		}
		return Behave(n, m)
	})
}

// Refuses makes the node refuse connections, or take them again.
func (n *Node) Refuses(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
}

// Seen returns the messages of the command that arrived, requests or answers, in order.
func (n *Node) Seen(command uint32, request bool) []Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := slices.Clone(n.seen)
	return slices.DeleteFunc(list, func(m Message) bool { return m.Command() != command || m.Request() != request })
}

// Count returns how many of them there were.
func (n *Node) Count(command uint32, request bool) int { return len(n.Seen(command, request)) }

// Last returns the last message of the command, request or answer; nil when none came.
func (n *Node) Last(command uint32) Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range slices.Backward(n.seen) {
		if m.Command() == command {
			return m
		}
	}
	return nil
}

// Connections returns how many were made.
func (n *Node) Connections() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.made
}

// Write sends octets on the present connection.
func (n *Node) Write(b []byte) {
	n.mu.Lock()
	c := n.conn
	n.mu.Unlock()
	if _, err := c.Write(b); err != nil {
		n.t.Logf("far end cannot write: %v", err)
	}
}

// Asks sends an RAR or an ASR for the session; Answered says what became of it.
func (n *Node) Asks(command uint32, session string, avps ...[]byte) {
	n.Write(New(0xc0, command, RxApplication, 0x51, 0x52, append([][]byte{AVP(263, []byte(session)), AVP(264, []byte("far.example"))}, avps...)...))
}

// Answered waits until the synctest bubble is idle and returns the Result-Code of the last answer to what Asks sent; the test fails when
// there is none.
func (n *Node) Answered(command uint32) uint32 {
	n.t.Helper()
	synctest.Wait()
	a := n.Last(command)
	if a == nil || a.Request() || a.Hop() != 0x51 || a.End() != 0x52 {
		n.t.Fatalf("no answer: % x", a)
	}
	v := a.AVP(268)
	return uint32(v[2])<<8 | uint32(v[3])
}

// Cut closes the present connection.
func (n *Node) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conn != nil {
		_ = n.conn.Close()
	}
}

// local gives a pipe the address of a host.
type local struct{ net.Conn }

func (local) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 40000} }

// Dial is the far end's side of a Deps.Dial.
func (n *Node) Dial(context.Context, string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return nil, errors.New("connection refused")
	}
	near, conn := net.Pipe()
	n.conn = conn
	n.made++
	out := make(chan []byte, 4096) // it reads on while its answers wait to be taken
	go func() {
		for b := range out {
			if _, err := conn.Write(b); err != nil {
				return
			}
		}
	}()
	go n.serve(conn, out)
	return local{near}, nil
}

func (n *Node) serve(conn net.Conn, out chan<- []byte) {
	defer conn.Close()
	defer close(out)
	for {
		m, err := Read(conn)
		if err != nil {
			return
		}
		n.mu.Lock()
		n.seen = append(n.seen, m)
		on := n.on
		n.mu.Unlock()
		if b := on(n, m); b != nil {
			out <- b
		}
	}
}

// Behave is a peer as it should be: it answers what it is asked, and has Rx.
func Behave(_ *Node, m Message) []byte {
	switch {
	case !m.Request():
		return nil
	case m.Command() == 257:
		return Answer(m, 2001, AVP(258, U32(RxApplication)))
	case m.Command() == 280, m.Command() == 282:
		return Answer(m, 2001)
	default:
		return Answer(m, 2001, AVP(263, m.AVP(263)))
	}
}

// Mute answers requests of the base protocol and nothing else.
func Mute(n *Node, m Message) []byte {
	if m.Command() == 257 || m.Command() == 280 || m.Command() == 282 {
		return Behave(n, m)
	}
	return nil
}
