package ws

import (
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

// Handler is the owner of a connection's frames. Frame is called by the connection's one reader, one frame at a time;
// the slice is the handler's to keep. Closed is called once, after the last Frame.
type Handler interface {
	Frame(data []byte)
	Closed()
}

// Protocol is a subprotocol that is spoken (RFC 6455 1.9), and who takes its connections.
type Protocol struct {
	Name   string
	Binary bool                // its messages may be binary as well as text
	Accept func(*Conn) Handler // returns the handler of a new connection
}

// Server upgrades HTTP requests. It is an http.Handler and safe for concurrent use.
type Server struct {
	config    Config
	protocols []Protocol
	log       *slog.Logger
	upgrader  websocket.Upgrader

	mu      sync.Mutex // guards the following
	conns   map[*Conn]struct{}
	perAddr map[netip.Addr]int
	closed  bool
	wg      sync.WaitGroup // readers and writers

	stats Stats
}

// Stats counts since the start; Open is a gauge.
type Stats struct {
	Open          int
	Accepted      uint64
	RefusedOrigin uint64
	RefusedOther  uint64 // limits, bad handshakes
	Slow          uint64 // closed because the browser did not read
}

// New returns a server that speaks these protocols; where a browser offers several, the first of ours wins.
func New(config Config, log *slog.Logger, protocols ...Protocol) *Server {
	s := &Server{
		config: config, protocols: protocols, log: log,
		conns: map[*Conn]struct{}{}, perAddr: map[netip.Addr]int{},
	}
	var names []string
	for _, p := range protocols {
		names = append(names, p.Name)
	}
	s.upgrader = websocket.Upgrader{
		ReadBufferSize:  1024, // small on purpose: it stays for the socket's life, frames may be longer
		WriteBufferPool: &sync.Pool{},
		Subprotocols:    names,
		CheckOrigin:     func(*http.Request) bool { return true }, // checked before, with our own answer
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			http.Error(w, reason.Error(), status)
		},
	}
	return s
}

// ServeHTTP answers 403 to a foreign origin, 400 to a client without the subprotocol, 429 or 503 over a limit, and
// otherwise upgrades.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(r) {
		s.count(func(t *Stats) { t.RefusedOrigin++ })
		s.log.Info("websocket refused", "reason", "origin")
		http.Error(w, "This page's origin is not on the gateway's list (websocket.origins).", http.StatusForbidden)
		return
	}
	offered := websocket.Subprotocols(r)
	if !slices.ContainsFunc(s.upgrader.Subprotocols, func(name string) bool { return slices.Contains(offered, name) }) {
		s.count(func(t *Stats) { t.RefusedOther++ })
		http.Error(w, "Offer the WebSocket subprotocol "+strings.Join(s.upgrader.Subprotocols, " or ")+".", http.StatusBadRequest)
		return
	}
	addr := s.client(r)
	if status, text := s.reserve(addr); status != 0 {
		w.Header().Set("Retry-After", "10")
		http.Error(w, text, status)
		return
	}
	socket, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil { // the upgrader has answered
		s.release(addr)
		s.count(func(t *Stats) { t.RefusedOther++ })
		return
	}
	c := newConn(s, socket, addr)
	c.secure = s.secure(r)
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && peer.Addr().Unmap() == addr {
		c.port = peer.Port()
	}
	s.serve(c, s.spoken(socket.Subprotocol()))
}

// spoken is the protocol that was agreed.
func (s *Server) spoken(name string) Protocol {
	i := slices.IndexFunc(s.protocols, func(p Protocol) bool { return p.Name == name })
	return s.protocols[i] // the upgrader has chosen it from this list
}

// serve registers the connection and starts its reader in a goroutine of its own, so that the HTTP handler returns.
func (s *Server) serve(c *Conn, p Protocol) {
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.conns[c] = struct{}{}
		s.stats.Accepted++
		s.wg.Add(1)
	}
	s.mu.Unlock()
	if closed {
		s.release(c.remote)
		_ = c.socket.Close()
		return
	}
	h := p.Accept(c)
	go func() {
		defer s.wg.Done()
		c.read(h, p)
		s.remove(c)
		h.Closed()
	}()
}

// reserve takes a place for a client address, or says with which status and words there is none.
func (s *Server) reserve(addr netip.Addr) (status int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		s.stats.RefusedOther++
		return http.StatusServiceUnavailable, "The gateway is stopping."
	case s.config.MaxConnections > 0 && len(s.conns) >= s.config.MaxConnections:
		s.stats.RefusedOther++
		return http.StatusServiceUnavailable, "The gateway has as many connections as it may have."
	case s.config.MaxPerAddress > 0 && s.perAddr[addr] >= s.config.MaxPerAddress:
		s.stats.RefusedOther++
		return http.StatusTooManyRequests, "Your address has as many connections as it may have."
	}
	s.perAddr[addr]++
	return 0, ""
}

func (s *Server) release(addr netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.perAddr[addr]--; s.perAddr[addr] <= 0 {
		delete(s.perAddr, addr)
	}
}

func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.release(c.remote)
}

func (s *Server) count(f func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.stats)
}

// Stats returns the counters.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.stats
	t.Open = len(s.conns)
	return t
}

// Close refuses new connections, closes the open ones with 1001 (going away) and waits for their goroutines.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	open := make([]*Conn, 0, len(s.conns))
	for c := range s.conns {
		open = append(open, c)
	}
	s.mu.Unlock()
	for _, c := range open {
		c.Close(websocket.CloseGoingAway, "the gateway is stopping")
	}
	s.wg.Wait()
}

// allowed compares the Origin exactly. Browsers always send it on a WebSocket handshake.
func (s *Server) allowed(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return s.config.AllowNoOrigin
	}
	return len(origins) == 1 && slices.Contains(s.config.Origins, origins[0])
}

// client is the browser's address: the TCP peer, or what a trusted proxy says of it. Of several X-Forwarded-For
// entries the last one that no trusted proxy wrote counts; what stands before it anyone may have written.
func (s *Server) client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(addr); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = next.Unmap()
	}
	return addr
}

// secure reports TLS all the way: here, or at a trusted proxy that says so (X-Forwarded-Proto).
func (s *Server) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !s.trusted(peer.Addr().Unmap()) {
		return false
	}
	said := r.Header.Values("X-Forwarded-Proto")
	return len(said) == 1 && (strings.EqualFold(said[0], "https") || strings.EqualFold(said[0], "wss"))
}

func (s *Server) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(s.config.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}
