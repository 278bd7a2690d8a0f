package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"causeway/media/packet"
)

// realm is shown to browsers with each challenge; it means nothing to them.
const realm = "causeway"

// methodAllocate is STUN's number of Allocate (RFC 8656 18.6).
const methodAllocate = 0x003

// Writer sends one datagram back to a browser, without blocking.
type Writer interface {
	WriteTo(b []byte, to netip.AddrPort) error
}

// Access is the gateway's access port.
type Access interface {
	// Relayed takes one datagram of a browser as if it had come from its relayed address; b is the port's until it returns and has
	// packet.BufferSize octets of capacity.
	Relayed(b []byte, from netip.AddrPort, line uint8, back Writer, now time.Time)
}

// Deps are what the server needs of its owner.
type Deps struct {
	Access Access
	Lines  map[netip.AddrPort]uint8 // the access addresses as browsers are told them, with their numbers
	Pool   *packet.Pool
	// Certificate serves TLS; nil without.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
}

// Server is the TURN server. Safe for concurrent use.
type Server struct {
	cfg    Config
	deps   Deps
	issuer Issuer
	turn   *turn.Server
	counts counts

	mu      sync.Mutex // guards the following
	relays  map[netip.AddrPort]*allocation
	users   map[string]int
	clients map[origin]netip.AddrPort // with an allocation: its relayed address
	guests  map[origin]*guest
}

// origin is a browser's address and the one of ours it came to: browsers send to all their TURN servers from one socket, and a NAT may give
// the same address to a UDP and to a TCP client.
type origin struct {
	addr   netip.AddrPort
	server netip.AddrPort
	tcp    bool
}

func originOf(from, to net.Addr) origin {
	_, stream := from.(*net.TCPAddr)
	return origin{addrPort(from), addrPort(to), stream}
}

type counts struct {
	limited, strangers, refused, expired, failed, stale, quota, peers, astray, throttled, slow atomic.Uint64
}

// Stats of the server; all but the first only grow.
type Stats struct {
	Allocations int
	Limited     uint64 // requests over the rate of a source without an allocation
	Strangers   uint64 // datagrams that are no request, of a source without an allocation
	Refused     uint64 // connections: too many waiting
	Expired     uint64 // connections without an allocation in time
	BadAuth     uint64 // requests with a wrong credential
	Stale       uint64 // requests with a credential that has ended or is none of ours
	Quota       uint64 // allocations over a limit
	Peers       uint64 // permissions asked for addresses that are not ours
	Astray      uint64 // datagrams for another port
	Throttled   uint64 // datagrams over the bandwidth of an allocation
	Slow        uint64 // datagrams lost because a browser took them too slowly
}

// New opens the listeners and serves. The caller calls Close.
func New(cfg Config, issuer Issuer, deps Deps) (*Server, error) {
	s := &Server{
		cfg: cfg, deps: deps, issuer: issuer,
		relays: map[netip.AddrPort]*allocation{}, users: map[string]int{},
		clients: map[origin]netip.AddrPort{}, guests: map[origin]*guest{},
	}
	tc := turn.ServerConfig{
		Realm: realm, AuthHandler: s.auth, QuotaHandler: s.quota, InboundMTU: packet.BufferSize,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{}},
		EventHandler: turn.EventHandler{
			OnAuth: func(_, _ net.Addr, _, _, _, _ string, ok bool) {
				if !ok {
					s.counts.failed.Add(1)
				}
			},
			OnAllocationCreated: func(src, dst net.Addr, _, _, _ string, relay net.Addr, _ int) { s.allocated(src, dst, relay) },
			OnAllocationDeleted: func(src, dst net.Addr, _, _, _ string) { s.deallocated(src, dst) },
		},
	}
	if err := s.listen(&tc); err != nil {
		closeAll(tc)
		return nil, err
	}
	var err error
	if s.turn, err = turn.NewServer(tc); err != nil {
		closeAll(tc)
		return nil, fmt.Errorf("start the TURN server: %w", err)
	}
	return s, nil
}

func closeAll(tc turn.ServerConfig) {
	for _, c := range tc.PacketConnConfigs {
		_ = c.PacketConn.Close()
	}
	for _, c := range tc.ListenerConfigs {
		_ = c.Listener.Close()
	}
}

// listen opens what the configuration names.
func (s *Server) listen(tc *turn.ServerConfig) error {
	var cfg net.ListenConfig
	for _, a := range s.cfg.UDP {
		c, err := cfg.ListenPacket(context.Background(), "udp", a.String())
		if err != nil {
			return fmt.Errorf("turn.udp: %w", err)
		}
		d := &door{PacketConn: c, server: s}
		d.limiter.Rate, d.limiter.Burst = strangerRate, strangerBurst
		tc.PacketConnConfigs = append(tc.PacketConnConfigs, turn.PacketConnConfig{PacketConn: d, RelayAddressGenerator: s, PermissionHandler: s.permit})
	}
	for i, list := range [][]netip.AddrPort{s.cfg.TCP, s.cfg.TLS} {
		for _, a := range list {
			inner, err := cfg.Listen(context.Background(), "tcp", a.String())
			if err != nil {
				return fmt.Errorf("%s: %w", [2]string{"turn.tcp", "turn.tls"}[i], err)
			}
			var l net.Listener = &gated{Listener: inner, server: s, open: map[*guest]struct{}{}}
			if i == 1 {
				l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.deps.Certificate})
			}
			tc.ListenerConfigs = append(tc.ListenerConfigs, turn.ListenerConfig{Listener: l, RelayAddressGenerator: s, PermissionHandler: s.permit})
		}
	}
	return nil
}

// Close ends all allocations and connections.
func (s *Server) Close() { _ = s.turn.Close() }

// auth gives the key of a name: whoever has the password proves it with MESSAGE-INTEGRITY.
func (s *Server) auth(r *turn.RequestAttributes) (user string, key []byte, ok bool) {
	user, ok = judge(r.Username, r.Method == methodAllocate, time.Now())
	if !ok {
		s.counts.stale.Add(1)
		return "", nil, false
	}
	return user, turn.GenerateAuthKey(r.Username, r.Realm, s.issuer.password(r.Username)), true
}

// quota refuses an allocation over a limit (486). user is what auth returned.
func (s *Server) quota(user, _ string, _ net.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[user] >= s.cfg.PerUser || len(s.relays) >= s.cfg.Allocations {
		s.counts.quota.Add(1)
		return false
	}
	return true
}

// permit allows the access addresses alone (403).
func (s *Server) permit(_ net.Addr, peer net.IP) bool {
	ip, ok := netip.AddrFromSlice(peer)
	for a := range s.deps.Lines {
		if ok && a.Addr() == ip.Unmap() {
			return true
		}
	}
	s.counts.peers.Add(1)
	return false
}

// Errors of allocating.
var (
	errFamily = errors.New("no access address of that IP version")
	errQuota  = errors.New("too many allocations")
	errTCP    = errors.New("TCP is not relayed")
)

// Validate implements turn.RelayAddressGenerator.
func (s *Server) Validate() error { return nil }

// AllocatePacketConn makes a relayed address: the access address with a port that nobody else has.
func (s *Server) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	ip, ok := s.family(c.Network == "udp6")
	if !ok {
		return nil, nil, errFamily
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[c.UserID] >= s.cfg.PerUser || len(s.relays) >= s.cfg.Allocations {
		s.counts.quota.Add(1)
		return nil, nil, errQuota
	}
	addr := netip.AddrPortFrom(ip, port())
	for s.taken(addr) { // ends: there are fewer allocations than ports
		addr = netip.AddrPortFrom(ip, port())
	}
	a := &allocation{server: s, addr: addr, user: c.UserID, in: make(chan relayed, queueDepth), done: make(chan struct{})}
	s.relays[addr] = a
	s.users[c.UserID]++
	return a, a.LocalAddr(), nil
}

func port() uint16 { return uint16(10000 + rand.IntN(50000)) } //nolint:gosec // below 60000

func (s *Server) taken(a netip.AddrPort) bool {
	_, line := s.deps.Lines[a]
	return line || s.relays[a] != nil
}

// family is an access address of an IP version.
func (s *Server) family(six bool) (ip netip.Addr, ok bool) {
	number := uint8(0xff)
	for a, n := range s.deps.Lines {
		if a.Addr().Is4() != six && n <= number {
			ip, ok, number = a.Addr(), true, n
		}
	}
	return ip, ok
}

// AllocateListener refuses RFC 6062.
func (s *Server) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errTCP
}

// AllocateConn refuses RFC 6062.
func (s *Server) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errTCP }

func (s *Server) forget(a *allocation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.relays, a.addr)
	if s.users[a.user]--; s.users[a.user] <= 0 {
		delete(s.users, a.user)
	}
}

func (s *Server) allocated(src, dst, relay net.Addr) {
	from := originOf(src, dst)
	s.mu.Lock()
	s.clients[from] = addrPort(relay)
	k := s.guests[from]
	s.mu.Unlock()
	if k != nil {
		k.trust()
	}
}

func (s *Server) deallocated(src, dst net.Addr) {
	from := originOf(src, dst)
	s.mu.Lock()
	delete(s.clients, from)
	k := s.guests[from]
	s.mu.Unlock()
	if k != nil {
		k.doubt()
	}
}

// knows reports whether a browser has an allocation.
func (s *Server) knows(from origin) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients[from].IsValid()
}

func (s *Server) meet(k *guest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guests[k.from] = k
}

func (s *Server) part(k *guest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.guests[k.from] == k {
		delete(s.guests, k.from)
	}
}

// Client tells who stands behind a relayed address: the browser's own address, the one of ours it came to, and whether by TCP.
func (s *Server) Client(relayed netip.AddrPort) (from, to netip.AddrPort, stream, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for from, its := range s.clients {
		if its == relayed {
			return from.addr, from.server, from.tcp, true
		}
	}
	return from, to, false, false
}

// Stats returns the figures so far.
func (s *Server) Stats() Stats {
	c := &s.counts
	st := Stats{
		Limited: c.limited.Load(), Strangers: c.strangers.Load(), Refused: c.refused.Load(), Expired: c.expired.Load(),
		BadAuth: c.failed.Load(), Stale: c.stale.Load(), Quota: c.quota.Load(), Peers: c.peers.Load(),
		Astray: c.astray.Load(), Throttled: c.throttled.Load(), Slow: c.slow.Load(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Allocations = len(s.relays)
	return st
}
