package rx

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"causeway/diameter/dict"
	"causeway/diameter/peer"

	"github.com/fiorix/go-diameter/v4/diam"
)

// SessionParams describes whose session it is. They go into the initial AAR.
type SessionParams struct {
	UE           netip.Addr       // source address of the browser's signalling (TS 29.213 C.2.2)
	Subscription []SubscriptionID // at most 8; personal, never logged
	AFChargingID string           // icid-value
	ServiceURN   string           // for emergency: the text after "urn:service:"
	Priority     uint32           // Reservation-Priority, 1 to 15; 0 sends none
	// Actions are the events to be reported; nil for those a call can act on.
	Actions []SpecificAction
	// Notify gets the session's events, in order, never two at once, from a goroutine of the client's. It must not
	// block. nil for nobody.
	Notify func(Event)
}

// ErrEnded is returned by Authorize after Terminate.
var ErrEnded = errors.New("rx: session has been terminated")

// Session is one Rx session. Open makes it, Terminate ends it.
type Session struct {
	client *Client
	params SessionParams
	turn   chan struct{} // one token: the right to send; one request of a session is on its way at a time

	events []Event // guarded by the mailbox

	mu          sync.Mutex // guards the following
	id          string
	host        string // the PCRF that answered: later requests are for it
	granted     bool   // the PCRF has the session: the next AAR is an UPDATE
	sent        bool   // the PCRF may have the session: an STR is due
	forked      bool   // SEVERAL_DIALOGUES was sent and not taken back
	aborted     bool
	terminating bool
	terminated  bool // the STR has been answered or given up
	regranted   bool // a late grant came while the STR was on its way: one more is due
	cause       TerminationCause
}

// Open makes a session. It sends nothing, and a session that is never authorised costs nothing.
func (c *Client) Open(p SessionParams) *Session {
	s := &Session{client: c, params: p, turn: make(chan struct{}, 1), id: c.newID()}
	s.turn <- struct{}{}
	return s
}

// ID returns the Session-Id, for logs and traces. It changes when the PCRF has forgotten the session.
func (s *Session) ID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id
}

// Authorize asks for the service: an initial AAR, or an update when the session has been granted before. What the PCRF
// decides, and its silence, is a Result without an error. Errors: ErrInvalid (nothing was sent), ErrEnded, too many
// sessions, and ctx's. It waits at most twice Config.Timeout beside its turn.
func (s *Session) Authorize(ctx context.Context, v Service) (Result, error) {
	r, err := s.authorize(ctx, v)
	if err != nil {
		s.client.count.failed.Add(1)
		return r, err
	}
	s.client.count.outcomes[r.Outcome].Add(1)
	s.client.deps.Log.Debug("rx authorisation", "rx_session", s.ID(), "outcome", r.Outcome.String(), "code", r.Code)
	return r, nil
}

func (s *Session) authorize(ctx context.Context, v Service) (Result, error) {
	if err := s.params.check(); err != nil {
		return Result{}, err
	}
	if err := v.check(); err != nil {
		return Result{}, err
	}
	select {
	case <-s.turn:
		defer func() { s.turn <- struct{}{} }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	r, err := s.ask(ctx, v)
	if err != nil || r.Code != dict.ResultUnknownSessionID || !s.renew() {
		return r, err
	}
	return s.ask(ctx, v)
}

// ask sends one AAR and reads its answer. The caller holds the turn.
func (s *Session) ask(ctx context.Context, v Service) (Result, error) {
	s.mu.Lock()
	if s.terminating {
		s.mu.Unlock()
		return Result{}, ErrEnded
	}
	id := s.id
	msg := s.aar(v)
	request := peer.Request{Message: msg, SessionID: id, Host: s.host, Late: func(a *diam.Message) { s.late(id, a) }}
	s.mu.Unlock()
	if err := s.client.add(id, s); err != nil {
		return Result{}, err
	}
	answer, err := s.client.peers.Do(ctx, request)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		r := classify(answer)
		s.learn(answer, r, v)
		return r, nil
	case errors.Is(err, peer.ErrTimeout):
		s.sent = true
		return unreachable(err), nil
	case errors.Is(err, peer.ErrNoPeer), errors.Is(err, peer.ErrBusy):
		return unreachable(err), nil
	case errors.Is(err, peer.ErrStopped):
		s.sent = true // it may have gone out before the stop
		return unreachable(err), nil
	case ctx.Err() != nil:
		s.sent = true // it may be on its way
		return Result{}, ctx.Err()
	default:
		return Result{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
}

// learn keeps what an answer says of the session. The caller holds mu.
func (s *Session) learn(answer *diam.Message, r Result, v Service) {
	switch {
	case r.Outcome == Granted:
		s.granted, s.sent, s.forked = true, true, v.Forking
		if host, ok := dict.AVPs(answer.AVP).Text(dict.CodeOriginHost, 0); ok && domain(host) {
			s.host = host
		}
	case r.Code == dict.ResultUnknownSessionID:
		s.sent = false // there is nothing to terminate
	case r.Outcome == Unreachable:
		s.sent = true // no decision: what the PCRF kept is unknown
	}
}

// renew gives a session that the PCRF has forgotten a new Session-Id. It reports false when the session was new.
func (s *Session) renew() bool {
	s.mu.Lock()
	old, was := s.id, s.granted
	if was {
		s.id, s.host, s.granted, s.sent = s.client.newID(), "", false, false
	}
	s.mu.Unlock()
	if was {
		s.client.remove(old)
		s.client.count.lostAtPCRF.Add(1)
		s.client.deps.Log.Warn("the PCRF has forgotten an rx session; making it anew", "rx_session", old)
	}
	return was
}

// late takes an answer that came after Authorize had returned; it runs in the peer's loop. A grant for a session whose
// STR is over would be a leak: the STR is sent again.
func (s *Session) late(id string, answer *diam.Message) {
	r := classify(answer)
	s.client.count.late.Add(1)
	s.mu.Lock()
	if id != s.id {
		s.mu.Unlock()
		return // of a session given up for a new one: the PCRF had forgotten it
	}
	s.learn(answer, r, Service{Forking: s.forked})
	again, live := s.terminated && r.Outcome == Granted, !s.terminating
	if again {
		s.terminated = false
	} else if s.terminating && r.Outcome == Granted {
		s.regranted = true
	}
	s.mu.Unlock()
	switch {
	case again:
		s.finish()
	case live:
		s.client.events.put(s, AnsweredLate{r}, true)
	}
}

// markAborted notes an ASR. It reports true for the first one of a session that is not being terminated already.
func (s *Session) markAborted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.aborted && !s.terminating
	s.aborted = true
	return first
}

// ending says whether Terminate has been called.
func (s *Session) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.terminating
}

// check refuses what no AAR may carry.
func (p SessionParams) check() error {
	switch {
	case !p.UE.IsValid() || p.UE.IsUnspecified():
		return fmt.Errorf("%w: the UE has no address", ErrInvalid)
	case len(p.Subscription) > 8 || len(p.Actions) > maxActions || p.Priority > 15:
		return fmt.Errorf("%w: too many identities or actions, or a priority above 15", ErrInvalid)
	case !identifier(p.AFChargingID) || !identifier(p.ServiceURN):
		return fmt.Errorf("%w: a charging identifier or service name too long or with control characters", ErrInvalid)
	}
	for _, id := range p.Subscription {
		if id.Data == "" || !identifier(id.Data) {
			return fmt.Errorf("%w: an identity empty, too long or with control characters", ErrInvalid)
		}
	}
	return nil
}

func identifier(s string) bool { return len(s) <= maxText && printable(s) }
