package media

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"causeway/media/access"
	"causeway/media/bridge"
	"causeway/media/packet"
	"causeway/media/tcp"
	"causeway/media/udp"
	"causeway/media/video"
	"causeway/media/xdp"
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
	Video    VideoMaker          // nil: the same for pictures
	// Certificate is that of Config.TURN.TLS; nil without.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Threads is told how many threads there are that rest without giving up their place in Go's scheduler: the packet threads, and one
	// that transcodes once there is something to transcode. It is told before one starts and after one has ended, must not block
	// and is not called twice at a time. May be nil.
	Threads func(n int)
	// ThreadTime replaces the measured processor time of a packet thread, 0 being the first; for tests. Nil measures.
	ThreadTime func(thread int) time.Duration
}

// Gateway is the media plane of one process.
type Gateway struct {
	cfg      Config
	log      *slog.Logger
	registry *transcode.Registry
	video    VideoMaker
	identity *access.Identity
	pool     *packet.Pool
	bypass   *xdp.Engine // nil: by sockets alone
	threads  *udp.Group
	crew     *bridge.Crew // transcodes
	port     *access.Port
	ports    *udp.Ports
	quality  *ledger
	pictures video.Totals
	once     sync.Once
	done     chan struct{} // closed with the gateway

	ways // how browsers come in; never changed once open

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
		cfg: cfg, log: deps.Log, registry: deps.Registry, video: deps.Video, identity: id,
		pool: packet.NewPool(), done: make(chan struct{}), sessions: map[*Session]struct{}{}, quality: newLedger(),
		ports: udp.NewPorts(cfg.CoreAddress, cfg.CorePorts.First, cfg.CorePorts.Last, cfg.Quarantine),
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	g.port = access.NewPort(id, access.Timeouts{
		ICE: cfg.ICETimeout, Handshake: cfg.HandshakeTimeout, Consent: cfg.ConsentTimeout,
	}, g.pool, g.log)
	if err := g.open(deps); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// open makes the packet threads and the access port's sockets.
func (g *Gateway) open(deps Deps) (err error) {
	most, processors := g.cfg.PacketThreads, runtime.GOMAXPROCS(0)
	if most == 0 {
		most = min(processors, max(2, processors/2)) // signalling and transcoding want the others
	}
	seats := &places{told: deps.Threads}
	g.crew = bridge.NewCrew(bridge.CrewOptions{Most: processors, Rest: crewRest * g.cfg.Coalesce, Nap: udp.Nap, Place: seats.crew})
	loop := udp.LoopOptions{Coalesce: g.cfg.Coalesce, Nice: g.cfg.PacketNice, Log: g.log}
	if g.startBypass(); g.bypass != nil {
		loop.Bypass, most = bypass{g.bypass}, 1 // its rings belong to one thread
	}
	g.threads, err = udp.NewGroup(udp.GroupOptions{
		Loop: loop,
		Most: most, Changed: seats.packets, Used: deps.ThreadTime, Log: g.log,
	})
	if err != nil {
		return err
	}
	opt := udp.Options{DSCP: g.cfg.DSCP, Receive: g.cfg.ReceiveBuffer, ReusePort: g.threads.ReusePort(), Burst: udp.TurnSize, Bypass: true}
	for i, a := range g.cfg.accessAddresses() {
		shared, err := g.threads.Share(a, func(loop *udp.Loop, addr netip.AddrPort) (*udp.Socket, error) {
			return g.port.Open(loop, addr, uint8(i), opt) //nolint:gosec // at most maxLines
		})
		if err != nil {
			return fmt.Errorf("open access port: %w", err)
		}
		g.shared = append(g.shared, shared)
		g.lines = append(g.lines, line{bound: shared.Local(), told: g.cfg.told(a.Addr())})
	}
	if err := g.openStreams(); err != nil {
		return err
	}
	g.candidates = candidates(g.lines)
	g.openFull()
	return g.openTURN(deps)
}

// Run serves until ctx is done or the packet engine fails, then closes the
// gateway with all sessions.
func (g *Gateway) Run(ctx context.Context) error {
	defer g.Close()
	g.threads.Start()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	pace := g.pacer()
	defer pace.Stop()
	var list []*Session
	watch := watch{last: time.Now()}
	for {
		select {
		case now := <-pace.C:
			g.port.Pace(now)
		case <-ctx.Done():
			return nil
		case <-g.done:
			return nil // closed from outside
		case err := <-g.threads.Failed():
			return fmt.Errorf("packet engine: %w", err)
		case now := <-ticker.C:
			g.threads.Tick(now)
			if watch.stoodStill(now) {
				continue
			}
			list = g.snapshot(list[:0])
			for _, s := range list {
				s.tick(now)
			}
			clear(list) // or what is no more would be kept until there are as many again
		}
	}
}

// watch tells the parties' silence from the gateway's own.
type watch struct{ last time.Time }

// stoodStill reports whether the whole program was stopped since the last look (a virtual machine that is moved, frozen or starved): nobody is
// judged by a time in which nobody was listened to, but by the next look, when what waited in the sockets has been read.
func (w *watch) stoodStill(now time.Time) bool {
	late := now.Sub(w.last) > 4*tick
	w.last = now
	return late
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
		if g.crew != nil {
			g.crew.Close()
		}
		for _, l := range g.streams {
			l.Close()
		}
		if g.turn != nil {
			g.turn.Close()
		}
		if g.threads != nil {
			g.threads.Close()
		}
		if g.bypass != nil {
			g.bypass.Close()
		}
		close(g.done)
	})
}

// AccessAddr is the first bound access address, its port chosen by the system where the
// configuration says 0.
func (g *Gateway) AccessAddr() netip.AddrPort { return g.lines[0].bound }

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

// GatewayStats are the figures of the process.
type GatewayStats struct {
	Sessions   int
	Ports      udp.PortStats
	Access     access.PortStats
	Oversize   uint64    // datagrams too long, access port
	SendErrors uint64    // datagrams the system did not take, access port
	Streams    tcp.Stats // ICE-TCP
	Relay      TURNStats // the built-in TURN server

	AccessQuality, CoreQuality LegQuality // of all calls so far

	Threads int // packet threads that take new calls

	Video VideoTotals

	Bypass xdp.Stats // packets that went past the system's sockets
}

// Stats returns the figures of the process.
func (g *Gateway) Stats() GatewayStats {
	s := GatewayStats{Ports: g.ports.Stats(), Access: g.port.Stats()}
	for _, shared := range g.shared {
		st := shared.Stats()
		s.Oversize += st.Oversize
		s.SendErrors += st.SendErrors
	}
	s.Threads, _ = g.threads.Threads()
	up, down := g.quality.readVideo()
	s.Video = VideoTotals{Up: up, Down: down, Sessions: int(g.pictures.Showing.Load()), KeyFrames: g.pictures.KeyFrames.Load()}
	if g.bypass != nil {
		s.Bypass = g.bypass.Stats()
	}
	s.AccessQuality, s.CoreQuality = g.quality.read()
	for _, l := range g.streams {
		s.Streams = s.Streams.Plus(l.Stats())
	}
	if g.turn != nil {
		s.Relay = g.turn.Stats()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Sessions = len(g.sessions)
	return s
}
