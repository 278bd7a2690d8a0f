package peer

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"causeway/diameter/dict"

	"github.com/fiorix/go-diameter/v4/diam"
)

// Errors of [Manager.Do]. Only after ErrTimeout may the request have reached somebody.
var (
	ErrNoPeer  = errors.New("no diameter peer is usable")
	ErrTimeout = errors.New("diameter request not answered in time")
	ErrBusy    = errors.New("too many diameter requests are waiting for an answer")
	ErrStopped = errors.New("diameter client stopped")
)

// Config is what the manager is told. Durations of 0 and a MaxPending of 0 take the defaults of timers.go.
type Config struct {
	OriginHost, OriginRealm string   // our identity (RFC 6733 6.3, 6.4)
	Peers                   []string // "host:port" in order of preference, 1 to 32
	Timers                  Timers
	Timeout                 time.Duration // for one request, every peer and attempt included
	MaxPending              int           // requests waiting at once
}

// Deps is what the manager works with.
type Deps struct {
	Log        *slog.Logger
	Dictionary *dict.Dictionary
	// OriginStateID must stay the same as long as this process keeps its sessions (RFC 6733 8.16).
	OriginStateID uint32
	// Dial makes the connection to a peer; nil for TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Serve answers a request of the Rx application that a peer sent; nil for one whose command it does not know. It
	// is called by the loop and must not block.
	Serve func(req *diam.Message) *diam.Message
}

// Request is one request to be answered.
type Request struct {
	Message   *diam.Message // made by [Manager.NewRequest]
	SessionID string        // must be in the answer
	Host      string        // Diameter identity of the peer to prefer, "" for none
	Repeated  bool          // sent before under this End-to-End id: the T flag is set from the start
	// Late gets the answer that comes after Do has returned ErrTimeout or its context's error, for a minute. It is
	// called by the loop and must not block.
	Late func(*diam.Message)
}

// Manager keeps the connections and matches answers to requests. Make one with New and let Run run.
type Manager struct {
	cfg   Config
	deps  Deps
	inbox chan any
	done  chan struct{} // closed when the loop has ended
	work  sync.WaitGroup

	started atomic.Bool
	usable  atomic.Int32
	e2e     atomic.Uint32
	count   counters
}

// New checks the configuration. Nothing is dialled before Run.
func New(cfg Config, deps Deps) (*Manager, error) {
	if cfg.OriginHost == "" || cfg.OriginRealm == "" {
		return nil, errors.New("diameter: origin host and realm are needed")
	}
	if len(cfg.Peers) == 0 || len(cfg.Peers) > 32 {
		return nil, fmt.Errorf("diameter: %d peers, want 1 to 32", len(cfg.Peers))
	}
	if deps.Dictionary == nil || deps.Log == nil || deps.Serve == nil {
		return nil, errors.New("diameter: dictionary, log and serve are needed")
	}
	if deps.Dial == nil {
		var d net.Dialer
		deps.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return d.DialContext(ctx, "tcp", address)
		}
	}
	fill(&cfg.Timers.Watchdog, defaultTw)
	fill(&cfg.Timers.Dial, defaultDial)
	fill(&cfg.Timers.Base, defaultBase)
	fill(&cfg.Timers.MinWait, defaultMinWait)
	fill(&cfg.Timers.MaxWait, defaultMaxWait)
	fill(&cfg.Timeout, defaultTimeout)
	fill(&cfg.MaxPending, defaultPending)
	if cfg.Timers.Watchdog < minWatchdog {
		return nil, fmt.Errorf("diameter: watchdog of %v, want at least %v (RFC 3539 3.4.1)", cfg.Timers.Watchdog, minWatchdog)
	}
	m := &Manager{cfg: cfg, deps: deps, inbox: make(chan any, inboxEvents), done: make(chan struct{})}
	m.count.peers = make([]peerCounters, len(cfg.Peers))
	// The high 12 bits are the time's low ones, the rest is random and counts (RFC 6733 3).
	m.e2e.Store(uint32(time.Now().Unix())<<20 | uint32(seed())>>12)
	return m, nil
}

func fill[T comparable](v *T, preset T) {
	var zero T
	if *v == zero {
		*v = preset
	}
}

func seed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return binary.BigEndian.Uint64(b[:])
}

// NewRequest makes an empty, proxiable request of the Rx application with a fresh End-to-End id.
func (m *Manager) NewRequest(command uint32) *diam.Message {
	return m.deps.Dictionary.Request(command, diam.ProxiableFlag, dict.ApplicationRx, m.e2e.Add(1))
}

// Do sends the request and waits for its answer, at most Config.Timeout. Errors are those above, the context's, and a
// message that cannot be serialised or exceeds [dict.MaxMessage].
func (m *Manager) Do(ctx context.Context, r Request) (*diam.Message, error) {
	if !m.started.Load() {
		return nil, ErrNoPeer
	}
	frame, err := r.Message.Serialize()
	if err != nil {
		return nil, fmt.Errorf("diameter request: %w", err)
	}
	if len(frame) > dict.MaxMessage {
		return nil, fmt.Errorf("diameter request of %d octets, at most %d are sent", len(frame), dict.MaxMessage)
	}
	h := r.Message.Header
	if r.Repeated {
		frame[4] |= diam.RetransmittedFlag
	}
	x := &exchange{
		session: r.SessionID, host: r.Host, late: r.Late, frame: frame,
		command: h.CommandCode, endToEnd: h.EndToEndID, at: nowhere, place: -1, reply: make(chan reply, 1),
	}
	if !m.post(submitted{x}, nil) {
		return nil, ErrStopped
	}
	select {
	case a := <-x.reply:
		return a.message, a.err
	case <-ctx.Done():
		m.post(cancelled{x}, nil)
		return nil, ctx.Err()
	case <-m.done:
		return nil, ErrStopped
	}
}

// post gives the loop an event. It reports false when the loop has ended or gone (nil for never) is closed first.
func (m *Manager) post(ev any, gone <-chan struct{}) bool {
	select {
	case m.inbox <- ev:
		return true
	case <-m.done:
		return false
	case <-gone:
		return false
	}
}

// Ready says whether a request would be sent now.
func (m *Manager) Ready() bool { return m.usable.Load() > 0 }

// counters are written by the loop and read by anybody.
type counters struct {
	peers   []peerCounters
	pending atomic.Int64
}

type peerCounters struct {
	state                                         atomic.Uint32
	connects, failures, failovers, malformed      atomic.Uint64
	requests, repeats, answers, timeouts          atomic.Uint64
	late, stray, served, refused, watchdogsMissed atomic.Uint64
}

// PeerStats counts what happened with one peer since the start.
type PeerStats struct {
	Address         string
	State           string // name of the machine's [State]
	Connects        uint64 // capabilities exchanges that succeeded
	Failures        uint64 // attempts and connections that failed
	Failovers       uint64 // times the requests waiting here were moved
	Malformed       uint64 // messages that could not be read
	Requests        uint64 // requests sent here, repeats included
	Repeats         uint64 // of those, with the T flag
	Answers         uint64 // answers matched
	Timeouts        uint64 // requests last sent here and never answered in time
	Late            uint64 // answers after that
	Stray           uint64 // answers that fit no request
	Served          uint64 // requests of the peer answered by Serve
	Refused         uint64 // requests of the peer answered with an error by the manager
	WatchdogsMissed uint64
}

// Stats is a snapshot of the manager's counters.
type Stats struct {
	Peers   []PeerStats
	Pending int // requests waiting for an answer
}

// Stats returns a snapshot.
func (m *Manager) Stats() Stats {
	s := Stats{Pending: int(m.count.pending.Load())}
	for i, addr := range m.cfg.Peers {
		c := &m.count.peers[i]
		s.Peers = append(s.Peers, PeerStats{
			Address: addr, State: State(c.state.Load()).String(),
			Connects: c.connects.Load(), Failures: c.failures.Load(), Failovers: c.failovers.Load(),
			Malformed: c.malformed.Load(), Requests: c.requests.Load(), Repeats: c.repeats.Load(),
			Answers: c.answers.Load(), Timeouts: c.timeouts.Load(), Late: c.late.Load(), Stray: c.stray.Load(),
			Served: c.served.Load(), Refused: c.refused.Load(), WatchdogsMissed: c.watchdogsMissed.Load(),
		})
	}
	return s
}
