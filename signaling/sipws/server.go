package sipws

import (
	"log/slog"
	"net/netip"
	"strings"

	"causeway/signaling/sip/transaction"
)

// Conn is a user agent's WebSocket; *ws.Conn is one. Send and Close do not block.
type Conn interface {
	Send(message []byte)
	Close(code int, reason string)
	Remote() netip.Addr
	Port() uint16
	Secure() bool
}

// Socket is what a user agent looks like to the session: a page's connection.
type Socket interface {
	Send(frame []byte)
	Close(code int, reason string)
	Remote() netip.Addr
	Secure() bool
}

// Link takes the frames of a page; *session.Link is one. Closed is called once.
type Link interface {
	Frame(data []byte)
	Closed()
}

// Deps are the neighbours a Server works with.
type Deps struct {
	Attach  func(Socket) Link // gives a new page its link; it has the session's time limit to log in
	Tokens  bool              // users log in with tokens
	Digest  bool              // users log in with the network's own password
	Headers []string          // header fields a call may carry from and to user agents (ims.calls.custom_headers)
	Log     *slog.Logger
}

// Server makes a user agent of each connection. It is safe for concurrent use.
type Server struct {
	config Config
	deps   Deps
	timers transaction.Timers
	layer  *transaction.Layer // of no connection: those of the connections are made after it
	park   park
}

// maxTransactions bounds the transactions of one user agent.
const maxTransactions = 64

// New returns a server. config must be valid.
func New(config Config, deps Deps) *Server {
	s := &Server{config: config, deps: deps, timers: transaction.DefaultTimers(), park: park{agents: map[string]*agent{}}}
	s.timers.MaxTransactions = maxTransactions
	layer, err := transaction.New(&Flow{}, s.timers, deps.Log)
	if err != nil { // only timers that are not valid, and these are constants
		panic(err)
	}
	s.layer = layer
	return s
}

// Accept takes a new connection.
func (s *Server) Accept(c Conn) *Flow { return newFlow(s, c) }

// custom is the listed spelling of a header field that a call may carry, "" for any other.
func (s *Server) custom(name string) string {
	for _, h := range s.deps.Headers {
		if strings.EqualFold(h, name) {
			return h
		}
	}
	return ""
}
