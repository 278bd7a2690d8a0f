package transport

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// The networks a Target may name. TLS is to become the third; everything but listening and dialling is ready for it.
const (
	UDP = "udp"
	TCP = "tcp"
)

// Errors a caller may want to tell apart.
var (
	ErrNotPeer    = errors.New("address is not a configured peer")           // neither in Config.Peers nor admitted
	ErrTooLarge   = errors.New("message too large")                          // above MaxMessage, or no TCP to switch to
	ErrQueueFull  = errors.New("send queue of the connection is full")       // the peer does not read
	ErrClosed     = errors.New("transport is closed")                        // Close was called
	ErrNoListener = errors.New("no listener for this network")               // Target.Network is not in Config.Listen
	ErrTooMany    = errors.New("too many connections")                       // MaxConnections or MaxConnectionsPerPeer reached
	ErrConnection = errors.New("connection lost before the message was out") // wraps the cause
)

// Target is where a message goes: an IP address and port, never a name (the Resolver turns names into Targets).
type Target struct {
	Network string // UDP or TCP
	Addr    netip.AddrPort
}

// String returns the target as "udp:192.0.2.1:5060".
func (t Target) String() string { return t.Network + ":" + t.Addr.String() }

// Source says where a message came from and on which of our sockets.
type Source struct {
	Network       string // UDP or TCP
	Remote, Local netip.AddrPort

	reply netip.AddrPort // RFC 3261 18.2.2 and RFC 3581 4; equal to Remote for TCP and for responses
}

// Reply is where a response to a request from this source has to go: the same connection on TCP; on UDP the source
// address with the source port if the request asked by rport, else the port of its Via. A maddr is never followed.
func (s Source) Reply() Target { return Target{Network: s.Network, Addr: s.reply} }

// Result tells what became of one message.
type Result struct {
	Network string // the network really used: TCP when a large request was switched
	Err     error  // nil: handed to the kernel, or queued on an open connection
}

// Handler receives one well-formed message. It is called on the one goroutine that reads the socket or connection, so
// messages arrive in wire order and a handler that blocks stops the socket. The message belongs to the handler.
type Handler func(msg sip.Message, src Source)

// Wire is one message as it went over the wire, for tracing. Data is only valid during the call.
type Wire struct {
	Sent          bool
	Network       string
	Local, Remote netip.AddrPort
	Data          []byte
	At            time.Time
}

// Layer owns the SIP sockets: it reads, frames, checks and parses what comes in, and routes, serialises and writes
// what goes out. All methods are safe for concurrent use after Start.
type Layer struct {
	cfg    Config
	log    *slog.Logger
	listen map[string]netip.AddrPort

	handler  Handler
	observer func(Wire)
	stats    counters

	admitted atomic.Pointer[map[netip.Addr]struct{}] // copied on write; holds every next hop given to Admit

	udp      *net.UDPConn              // set by Start
	tcp      net.Listener              // set by Start
	bound    map[string]netip.AddrPort // set by Start: the real ports
	ctx      context.Context           // ends with Close; carries dials only
	cancel   context.CancelFunc
	wg       sync.WaitGroup
	mu       sync.Mutex // guards the following
	closed   bool
	conns    map[netip.AddrPort]*conn // by remote address
	perPeer  map[netip.Addr]int
	draining map[*conn]struct{} // not reachable any more, not yet finished
}

// New checks the configuration and prepares a layer. It opens nothing; Start does.
func New(cfg Config, log *slog.Logger) (*Layer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	listen, err := parseListen(cfg.Listen)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Layer{
		cfg: cfg, log: log, listen: listen, ctx: ctx, cancel: cancel,
		bound:    make(map[string]netip.AddrPort),
		conns:    make(map[netip.AddrPort]*conn),
		perPeer:  make(map[netip.Addr]int),
		draining: make(map[*conn]struct{}),
	}
	l.admitted.Store(&map[netip.Addr]struct{}{})
	return l, nil
}

// OnMessage sets the receiver of every well-formed message. Call it once, before Start.
func (l *Layer) OnMessage(h func(msg sip.Message, src Source)) { l.handler = h }

// OnWire sets an observer of every message sent or received, malformed ones from peers included (tracing, HEP).
// It is called on the path of the message and must not block or keep Data. Call it before Start.
func (l *Layer) OnWire(h func(Wire)) { l.observer = h }

// Admit makes an address a peer: a next hop from the configuration or the answer of the resolver for one.
func (l *Layer) Admit(addr netip.Addr) {
	addr = addr.Unmap()
	l.mu.Lock()
	defer l.mu.Unlock()
	old := *l.admitted.Load()
	if _, ok := old[addr]; ok {
		return
	}
	next := make(map[netip.Addr]struct{}, len(old)+1)
	for a := range old {
		next[a] = struct{}{}
	}
	next[addr] = struct{}{}
	l.admitted.Store(&next)
}

// Peer reports whether the address may talk to us and be talked to.
func (l *Layer) Peer(addr netip.Addr) bool {
	addr = addr.Unmap()
	for _, p := range l.cfg.Peers {
		if p.Contains(addr) {
			return true
		}
	}
	_, ok := (*l.admitted.Load())[addr]
	return ok
}

// Local returns the address the network listens on, with the real port; the zero value if it does not, or before Start.
func (l *Layer) Local(network string) netip.AddrPort { return l.bound[network] }

// Start opens the sockets and begins to read. It fails without leaving anything open.
func (l *Layer) Start() error { return ErrClosed }

// Close closes every socket and connection and waits for their goroutines. Safe twice.
func (l *Layer) Close() error { return nil }
