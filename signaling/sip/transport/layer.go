package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// The networks a Target may name.
const (
	UDP = "udp"
	TCP = "tcp"
	TLS = "tls"
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
	ErrLineBreak  = errors.New("line break inside a header field")           // a value that would have forged a field
	ErrNoVia      = errors.New("message without Via")                        // a request not made by the transaction layer
)

// Target is where a message goes: an IP address and port, never a name (the Resolver turns names into Targets).
type Target struct {
	Network string // UDP, TCP or TLS
	Addr    netip.AddrPort
	Name    string // the domain that was looked up, which a TLS certificate has to name; "" for an address
}

// String returns the target as "udp:192.0.2.1:5060".
func (t Target) String() string { return t.Network + ":" + t.Addr.String() }

// Source says where a message came from and on which of our sockets.
type Source struct {
	Network       string // UDP, TCP or TLS
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

// flow is a connection's key.
type flow struct {
	network string
	addr    netip.AddrPort
}

// Wire is one message as it went over the wire, for tracing. Data is only valid during the call.
type Wire struct {
	Sent          bool
	Network       string
	Local, Remote netip.AddrPort
	Data          []byte
	At            time.Time
}

// sockets are those a Layer listens on, set by Start; nil where the network is not served.
type sockets struct {
	udp      *net.UDPConn
	tcp, tls net.Listener
	bound    map[string]netip.AddrPort // the real ports, by network
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
	dial     func(context.Context, Target) (net.Conn, error) // over TCP or TLS

	credentials *credentials // nil without TLS

	admitted atomic.Pointer[map[netip.Addr]struct{}] // copied on write; holds every next hop given to Admit

	sockets
	ctx      context.Context // ends with Close; carries dials only
	cancel   context.CancelFunc
	wg       sync.WaitGroup
	mu       sync.Mutex // guards the following
	closed   bool
	conns    map[flow]*conn               // by network and remote address; those being dialled too
	perPeer  map[netip.Addr]int           // connections by remote address without port
	noStream map[netip.AddrPort]time.Time // peers that refused TCP, and until when not to ask again
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
		sockets:  sockets{bound: make(map[string]netip.AddrPort)},
		conns:    make(map[flow]*conn),
		perPeer:  make(map[netip.Addr]int),
		noStream: make(map[netip.AddrPort]time.Time),
	}
	l.dial = l.dialStream
	if _, ok := listen[TLS]; ok {
		if l.credentials, err = newCredentials(cfg.TLS); err != nil {
			cancel()
			return nil, err
		}
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
func (l *Layer) Start() error {
	if l.handler == nil {
		return errors.New("start transport: no message handler")
	}
	if err := l.open(); err != nil {
		return errors.Join(fmt.Errorf("start transport: %w", err), l.Close())
	}
	if l.udp != nil {
		l.wg.Go(l.readUDP)
	}
	if l.tcp != nil {
		l.wg.Go(func() { l.accept(TCP, l.tcp) })
	}
	if l.tls != nil {
		l.wg.Go(func() { l.accept(TLS, l.tls) })
	}
	attrs := []any{"udp", l.bound[UDP], "tcp", l.bound[TCP]}
	if l.tls != nil {
		attrs = append(attrs, "tls", l.bound[TLS])
	}
	l.log.Info("sip transport listening", attrs...)
	return nil
}

// open binds what Config.Listen names.
func (l *Layer) open() error {
	if addr, ok := l.listen[UDP]; ok {
		udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
		if err != nil {
			return err
		}
		l.udp = udp
		if err := udp.SetReadBuffer(4 << 20); err != nil {
			l.log.Warn("sip socket keeps the system's receive buffer", "error", err)
		}
		l.bound[UDP] = unmap(udp.LocalAddr().(*net.UDPAddr).AddrPort())
	}
	if addr, ok := l.listen[TCP]; ok {
		tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
		if err != nil {
			return err
		}
		l.tcp = tcp
		l.bound[TCP] = unmap(tcp.Addr().(*net.TCPAddr).AddrPort())
	}
	if addr, ok := l.listen[TLS]; ok {
		tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
		if err != nil {
			return err
		}
		l.tls = tcp // the handshake is each connection's own business
		l.bound[TLS] = unmap(tcp.Addr().(*net.TCPAddr).AddrPort())
	}
	return nil
}

// Close closes every socket and connection and waits for their goroutines. Safe twice. It must not be called from the
// message handler.
func (l *Layer) Close() error {
	l.mu.Lock()
	already := l.closed
	l.closed = true
	conns := make([]*conn, 0, len(l.conns))
	for _, c := range l.conns {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	var errs []error
	if !already {
		l.cancel()
		if l.udp != nil {
			errs = append(errs, l.udp.Close())
		}
		for _, listener := range []net.Listener{l.tcp, l.tls} {
			if listener != nil {
				errs = append(errs, listener.Close())
			}
		}
	}
	for _, c := range conns {
		c.close(ErrClosed)
	}
	l.wg.Wait()
	return errors.Join(errs...)
}

// receive takes one framed message: h and bad from splitHead, its body, and where it came from. A panic on the way up
// costs this message, not the process.
func (l *Layer) receive(h *head, bad *malformed, body []byte, src Source) {
	defer func() {
		if p := recover(); p != nil {
			l.stats.panics.Add(1)
			l.log.Error("sip message handler failed", "panic", p, "network", src.Network, "stack", string(debug.Stack()))
		}
	}()
	var msg sip.Message
	if bad == nil {
		msg, bad = h.message(body)
	}
	if bad != nil {
		l.refuse(h, bad, src)
		return
	}
	via := msg.Via()
	if _, ok := msg.(*sip.Response); ok {
		if len(msg.GetHeaders("via")) != 1 || !l.ours(via) {
			l.stats.foreign.Add(1) // RFC 3261 8.1.3.3 and 18.1.2: discard silently
			return
		}
		src.reply = src.Remote
	} else {
		src.reply = receive(via, src.Network, src.Remote)
	}
	msg.SetSource(src.Remote.String())
	msg.SetTransport(strings.ToUpper(src.Network))
	l.stats.received.Add(1)
	l.handler(msg, src)
}

// watch shows a message to the observer.
func (l *Layer) watch(sent bool, network string, remote netip.AddrPort, data []byte) {
	if l.observer != nil {
		l.observer(Wire{Sent: sent, Network: network, Local: l.bound[network], Remote: remote, Data: data, At: time.Now()})
	}
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Stats are counters since the start, and the connections open now.
type Stats struct {
	Received, Sent uint64 // well-formed messages
	NotPeer        uint64 // datagrams and connections of strangers, dropped without an answer
	Refused        uint64 // malformed requests answered statelessly
	Malformed      uint64 // malformed messages dropped without an answer
	Foreign        uint64 // responses whose Via is not ours, dropped
	Switched       uint64 // requests too large for UDP that went by TCP
	FellBack       uint64 // of these, those sent by UDP after all
	SendErrors     uint64
	Panics         uint64 // in the message handler
	Connections    int
}

type counters struct {
	received, sent, notPeer, refused, malformed, foreign, switched, fellBack, sendErrors, panics atomic.Uint64
}

// Stats returns the counters.
func (l *Layer) Stats() Stats {
	l.mu.Lock()
	open := len(l.conns)
	l.mu.Unlock()
	c := &l.stats
	return Stats{
		Received: c.received.Load(), Sent: c.sent.Load(), NotPeer: c.notPeer.Load(), Refused: c.refused.Load(),
		Malformed: c.malformed.Load(), Foreign: c.foreign.Load(), Switched: c.switched.Load(), FellBack: c.fellBack.Load(),
		SendErrors: c.sendErrors.Load(), Panics: c.panics.Load(), Connections: open,
	}
}
