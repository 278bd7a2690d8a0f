package session

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/messaging"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// Manager owns all sessions. It is safe for concurrent use.
type Manager struct {
	config Config
	deps   Deps
	log    *slog.Logger
	agent  *b2bua.Agent
	office *messaging.Agent
	ctx    context.Context // ends when Close is called; bounds policy questions and key fetches
	cancel context.CancelFunc

	mu       sync.Mutex // guards the following
	sessions map[string]*Session
	users    map[string][]*Session // by IMPU
	calls    int
	draining bool
	quiet    chan struct{} // closed when draining and calls reached 0
	hush     sync.Once     // closes it: a call for help may come after that
	stats    Stats

	wg sync.WaitGroup // de-registrations
}

// Stats counts since the start; Sessions and Calls are gauges.
type Stats struct {
	Sessions, Calls int
	Logins          uint64
	Resumed         uint64
	LoginFailures   map[string]uint64 // by catalogue name
	Ended           map[b2bua.Outcome]uint64
	Panics          uint64
	Messages        messaging.Stats
}

// NewManager checks the configuration against what this build can do.
func NewManager(config Config, deps Deps) (*Manager, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.Policy != call.PolicyOff && deps.Policy == nil {
		return nil, errors.New("session.policy asks for a PCRF, but none is configured: set rx.peers or session.policy: off")
	}
	calls := b2bua.Config{
		Policy: config.Policy, Refers: config.Transfer, QualityInterval: config.QualityInterval,
		Limits:       call.Limits{Ring: config.RingTimeout, Alert: config.AlertTimeout, Lost: max(config.ResumeWindow, time.Second)},
		AccessCodecs: choose(config.AccessCodecs, deps.Codecs, sdp.DefaultAccessCodecs),
		CoreCodecs:   choose(config.CoreCodecs, deps.Codecs, sdp.DefaultCoreCodecs),
	}
	if config.Video != VideoOff {
		calls.VideoCodecs = sdp.DefaultVideoCodecs(slices.Contains(deps.Codecs, "VP8"))
	}
	if len(calls.AccessCodecs) == 0 || len(calls.CoreCodecs) == 0 {
		return nil, errors.New("session.access_codecs or session.core_codecs names no codec that this build has: build with cgo and the codec libraries, or name PCMA and PCMU")
	}
	m := &Manager{
		config: config, deps: deps, log: deps.Log,
		sessions: map[string]*Session{}, users: map[string][]*Session{}, quiet: make(chan struct{}),
		stats: Stats{LoginFailures: map[string]uint64{}, Ended: map[b2bua.Outcome]uint64{}},
	}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.office = messaging.New(config.Messages)
	m.agent = b2bua.New(m.ctx, calls, b2bua.Deps{Media: deps.Media, Policy: deps.Policy})
	return m, nil
}

// choose lists the wanted codecs that are available, in the wanted order, in the form sdp writes them.
func choose(want, available []string, form func(...string) []sdp.Codec) []sdp.Codec {
	var out []sdp.Codec
	for _, name := range want {
		if name == "CN" || slices.ContainsFunc(available, func(a string) bool { return strings.EqualFold(a, name) }) {
			out = append(out, form(name)...)
		}
	}
	return out
}

// newID returns 128 random bits in hexadecimal.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read does not fail (it aborts the program)
	return hex.EncodeToString(b[:])
}

// find returns a living session.
func (m *Manager) find(id string) *Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions[id]
}

// add takes a new session in, or says why not. An older session of the same browser profile is returned to be ended:
// a page that lost its resume secret logs in anew.
func (m *Manager) add(s *Session) (older *Session, refusal *wire.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.draining {
		return nil, wire.NewError(wire.NameDraining)
	}
	mine := m.users[s.identity.IMPU]
	for _, other := range mine {
		if other.instance == s.instance {
			older = other
		}
	}
	limit := m.config.MaxSessionsPerUser
	if limit > 0 && older == nil && len(mine) >= limit {
		return nil, wire.NewError(wire.NameTooManySessions)
	}
	m.sessions[s.id] = s
	m.users[s.identity.IMPU] = append(mine, s)
	m.stats.Logins++
	return older, nil
}

// remove forgets a session.
func (m *Manager) remove(s *Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sessions[s.id] != s {
		return
	}
	delete(m.sessions, s.id)
	mine := slices.DeleteFunc(slices.Clone(m.users[s.identity.IMPU]), func(o *Session) bool { return o == s })
	if m.users[s.identity.IMPU] = mine; len(mine) == 0 {
		delete(m.users, s.identity.IMPU)
	}
}

// enter counts a call in; false while draining.
func (m *Manager) enter(always bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.draining && !always {
		return false
	}
	m.calls++
	return true
}

// leave counts a call out.
func (m *Manager) leave(o b2bua.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls--
	m.stats.Ended[o]++
	if m.draining && m.calls == 0 {
		m.hush.Do(func() { close(m.quiet) })
	}
}

func (m *Manager) count(f func(*Stats)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.stats)
}

// Stats returns a copy of the counters.
func (m *Manager) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.stats
	t.Messages = m.office.Stats()
	t.Sessions, t.Calls = len(m.sessions), m.calls
	t.LoginFailures = make(map[string]uint64, len(m.stats.LoginFailures))
	for k, v := range m.stats.LoginFailures {
		t.LoginFailures[k] = v
	}
	t.Ended = make(map[b2bua.Outcome]uint64, len(m.stats.Ended))
	for k, v := range m.stats.Ended {
		t.Ended[k] = v
	}
	return t
}

// Drain refuses new logins and calls, tells every browser, and returns when the last call has ended or ctx is done.
func (m *Manager) Drain(ctx context.Context) {
	m.mu.Lock()
	if !m.draining {
		m.draining = true
		if m.calls == 0 {
			m.hush.Do(func() { close(m.quiet) })
		}
	}
	calls := m.calls
	all := m.all()
	m.mu.Unlock()
	m.log.Info("draining", "calls", calls, "sessions", len(all))
	for _, s := range all {
		s.post(s.tellDrain)
	}
	select {
	case <-m.quiet:
	case <-ctx.Done():
	}
}

// all lists the sessions. The caller holds mu.
func (m *Manager) all() []*Session {
	list := make([]*Session, 0, len(m.sessions))
	for _, s := range m.sessions {
		list = append(list, s)
	}
	return list
}

// Close ends every session: its calls, its registration and its socket. It returns when all of it is done or ctx is.
func (m *Manager) Close(ctx context.Context) {
	m.mu.Lock()
	m.draining = true
	all := m.all()
	m.mu.Unlock()
	for _, s := range all {
		s.post(func() {
			s.end(ending{cause: call.Cause{Side: call.Gateway, Kind: call.Draining}, closing: wire.ClosingDrain, code: wire.CloseTryAgain})
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, s := range all {
			s.queue.Wait()
		}
		m.wg.Wait()
		m.agent.Wait()
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	m.cancel()
}

// mayWrite tells a page what messages may be.
func (m *Manager) mayWrite() wire.Messages {
	bytes, short := m.deps.Line.Messages()
	return wire.Messages{Bytes: bytes, SMS: short}
}
