package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"causeway/media/access"
	"causeway/media/packet"
	"causeway/media/udp"
	"causeway/transcode"
)

// tick is how often the housekeeper looks at every session: it bounds how late a
// timeout or a report can be.
const tick = 250 * time.Millisecond

// Errors of NewSession.
var (
	ErrNoPorts  = udp.ErrNoPorts // every core port pair is in use or in quarantine
	ErrSessions = errors.New("too many media sessions")
	ErrClosed   = errors.New("media gateway is closed")
)

// Deps are what the media plane needs of the program.
type Deps struct {
	Log      *slog.Logger        // nil is silent
	Registry *transcode.Registry // nil: nothing is transcoded
}

// Gateway is the media plane of one process.
type Gateway struct {
	cfg      Config
	log      *slog.Logger
	registry *transcode.Registry
	identity *access.Identity
	pool     *packet.Pool
	loops    []*udp.Loop
	port     *access.Port
	ports    *udp.Ports
	nextLoop atomic.Uint32
	quality  *ledger
	once     sync.Once

	lines      []line        // the access addresses; never changed once open
	sockets    []*udp.Socket // of all lines
	candidates []Candidate   // of all lines; never changed once open

	mu       sync.Mutex // guards the following
	sessions map[*Session]struct{}
	closed   bool
}

// New validates cfg and binds the access port. Nothing is read before Run. The
// caller calls Close, or lets Run end.
func New(cfg Config, deps Deps) (*Gateway, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("media configuration: %w", err)
	}
	id, err := access.NewIdentity(time.Now())
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		cfg: cfg, log: deps.Log, registry: deps.Registry, identity: id,
		pool: packet.NewPool(), sessions: map[*Session]struct{}{}, quality: newLedger(),
		ports: udp.NewPorts(cfg.CoreAddress, cfg.CorePorts.First, cfg.CorePorts.Last, cfg.Quarantine),
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	g.port = access.NewPort(id, access.Timeouts{
		ICE: cfg.ICETimeout, Handshake: cfg.HandshakeTimeout, Consent: cfg.ConsentTimeout,
	}, g.pool, g.log)
	if err := g.open(); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// open makes the loops and the access sockets, one for each loop.
func (g *Gateway) open() error {
	for _, a := range g.cfg.accessAddresses() {
		g.lines = append(g.lines, line{bound: a, told: g.cfg.told(a.Addr())})
	}
	opt := udp.Options{DSCP: g.cfg.DSCP, Receive: g.cfg.ReceiveBuffer, ReusePort: g.cfg.PacketThreads > 1, Burst: 32}
	for range g.cfg.PacketThreads {
		loop, err := udp.NewLoop(udp.LoopOptions{Coalesce: g.cfg.Coalesce, Nice: g.cfg.PacketNice, Log: g.log})
		if err != nil {
			return err
		}
		g.loops = append(g.loops, loop)
		for i := range g.lines {
			socket, err := g.port.Open(loop, g.lines[i].bound, uint8(i), opt) //nolint:gosec // at most maxLines
			if err != nil {
				return fmt.Errorf("open access port: %w", err)
			}
			g.sockets = append(g.sockets, socket)
			g.lines[i].bound = socket.Local() // port 0 was chosen by the system: share that one
		}
	}
	g.candidates = candidates(g.lines)
	return nil
}

// Run serves until ctx is done or the packet engine fails, then closes the
// gateway with all sessions.
func (g *Gateway) Run(ctx context.Context) error {
	defer g.Close()
	failed := make(chan error, len(g.loops))
	for _, loop := range g.loops {
		go func() { failed <- loop.Run() }()
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var list []*Session
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			if err == nil {
				return nil // closed from outside
			}
			return fmt.Errorf("packet engine: %w", err)
		case now := <-ticker.C:
			list = g.snapshot(list[:0])
			for _, s := range list {
				s.tick(now)
			}
		}
	}
}

func (g *Gateway) snapshot(list []*Session) []*Session {
	g.mu.Lock()
	defer g.mu.Unlock()
	for s := range g.sessions {
		list = append(list, s)
	}
	return list
}

// Close ends all sessions and the packet engine. Safe to call twice.
func (g *Gateway) Close() {
	g.once.Do(func() {
		g.mu.Lock()
		g.closed = true
		g.mu.Unlock()
		for _, s := range g.snapshot(nil) {
			s.Close()
		}
		for _, loop := range g.loops {
			loop.Close()
		}
	})
}

// AccessAddr is the first bound access address, its port chosen by the system where the
// configuration says 0.
func (g *Gateway) AccessAddr() netip.AddrPort { return g.sockets[0].Local() }

// Fingerprint is that of the gateway's certificate.
func (g *Gateway) Fingerprint() Fingerprint { return g.identity.Fingerprint() }

// NewSession makes the media of one call. Errors: ErrNoPorts, ErrSessions,
// ErrClosed. The caller calls Close.
func (g *Gateway) NewSession(c SessionConfig) (*Session, error) {
	if err := g.admit(nil); err != nil {
		return nil, err
	}
	s, err := newSession(g, c)
	if err != nil {
		return nil, err
	}
	if err := g.admit(s); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// admit checks the limits and, given a session, counts it in.
func (g *Gateway) admit(s *Session) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return ErrClosed
	case g.cfg.MaxSessions > 0 && len(g.sessions) >= g.cfg.MaxSessions:
		return ErrSessions
	case s != nil:
		g.sessions[s] = struct{}{}
	}
	return nil
}

func (g *Gateway) forget(s *Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.sessions, s)
}

// loop deals the loops out in turn.
func (g *Gateway) loop() *udp.Loop {
	return g.loops[int(g.nextLoop.Add(1))%len(g.loops)]
}

// GatewayStats are the figures of the process.
type GatewayStats struct {
	Sessions   int
	Ports      udp.PortStats
	Access     access.PortStats
	Oversize   uint64 // datagrams too long, access port
	SendErrors uint64 // datagrams the system did not take, access port

	AccessQuality, CoreQuality LegQuality // of all calls so far
}

// Stats returns the figures of the process.
func (g *Gateway) Stats() GatewayStats {
	s := GatewayStats{Ports: g.ports.Stats(), Access: g.port.Stats()}
	s.AccessQuality, s.CoreQuality = g.quality.read()
	for _, socket := range g.sockets {
		st := socket.Stats()
		s.Oversize += st.Oversize
		s.SendErrors += st.SendErrors
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Sessions = len(g.sessions)
	return s
}
