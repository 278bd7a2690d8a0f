package pcrf

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"causeway/test/lab/diameter"
)

// Bounds of what is kept.
const (
	keepMessages   = 1000
	keepViolations = 1000
)

// Policies a user may have.
const (
	Grant      = "grant"
	Reject5063 = "reject5063" // REQUESTED_SERVICE_NOT_AUTHORIZED
	Reject5065 = "reject5065" // IP-CAN_SESSION_NOT_AVAILABLE
	Silent     = "silent"     // no answer at all
	Slow       = "slow"       // granted after Config.SlowBy
)

// ErrNoSession answers an abort of what is not there.
var ErrNoSession = errors.New("no such Rx session")

// Config of the policy server.
type Config struct {
	Address netip.AddrPort // TCP; port 0 takes a free one
	Host    string         // Origin-Host; "" = pcrf.<realm>
	Realm   string
	SlowBy  time.Duration // 0 = 2 s
	Log     *slog.Logger
}

// PCRF is a running policy server.
type PCRF struct {
	cfg      Config
	listener *net.TCPListener
	state    uint32 // Origin-State-Id

	mu         sync.Mutex // guards what follows
	policies   map[string]string
	fallback   string
	sessions   map[string]*session
	messages   []Message
	violations []Violation
	peers      map[*peer]struct{}

	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup
}

// session is one AF session.
type session struct {
	Session
	peer  *peer
	host  string // Origin-Host and realm of the AF, for our requests
	realm string
}

// Session is one AF session as GET /rx shows it.
type Session struct {
	ID       string               `json:"id"`
	User     string               `json:"user"`
	Charging string               `json:"afChargingIdentifier"`
	Updates  int                  `json:"updates"` // AARs after the first
	Started  time.Time            `json:"started"`
	Last     []diameter.Described `json:"last"` // AVPs of the last AAR
}

// Message is one message in the log.
type Message struct {
	Time      time.Time            `json:"time"`
	Direction string               `json:"direction"` // in, out
	Name      string               `json:"name"`      // AAR, STA, ...
	Result    uint32               `json:"result,omitempty"`
	AVPs      []diameter.Described `json:"avps"`
}

// Violation is one breach of the grammar.
type Violation struct {
	Time    time.Time `json:"time"`
	Message string    `json:"message"`
	Text    string    `json:"text"`
}

// State is all that GET /rx shows.
type State struct {
	Peers      []string          `json:"peers"`
	Sessions   []Session         `json:"sessions"`
	Messages   []Message         `json:"messages"`
	Violations []Violation       `json:"violations"`
	Policies   map[string]string `json:"policies"`
}

// New binds the socket and starts to serve.
func New(cfg Config) (*PCRF, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Host == "" {
		cfg.Host = "pcrf." + cfg.Realm
	}
	if cfg.SlowBy == 0 {
		cfg.SlowBy = 2 * time.Second
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(cfg.Address))
	if err != nil {
		return nil, fmt.Errorf("pcrf: %w", err)
	}
	p := &PCRF{cfg: cfg, listener: l, state: uint32(time.Now().Unix()), policies: map[string]string{}, fallback: Grant,
		sessions: map[string]*session{}, peers: map[*peer]struct{}{}}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.wg.Add(1)
	go p.accept()
	return p, nil
}

// Addr is where the server listens.
func (p *PCRF) Addr() netip.AddrPort { return p.listener.Addr().(*net.TCPAddr).AddrPort() }

// Close drops every connection and waits.
func (p *PCRF) Close() {
	p.stop()
	_ = p.listener.Close()
	p.Drop()
	p.wg.Wait()
}

// Drop closes every peer's connection without a DPR, as a crash would.
func (p *PCRF) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for peer := range p.peers {
		_ = peer.conn.Close()
	}
}

func (p *PCRF) accept() {
	defer p.wg.Done()
	for {
		conn, err := p.listener.AcceptTCP()
		if err != nil {
			return
		}
		peer := &peer{pcrf: p, conn: conn}
		p.mu.Lock()
		if p.ctx.Err() != nil {
			p.mu.Unlock()
			_ = conn.Close()
			return
		}
		p.peers[peer] = struct{}{}
		p.mu.Unlock()
		p.wg.Add(1)
		go peer.serve()
	}
}

// SetPolicy decides what a user's requests get; user "" is everybody else. The
// user is a number, or any other Subscription-Id-Data.
func (p *PCRF) SetPolicy(user, policy string) error {
	switch policy {
	case Grant, Reject5063, Reject5065, Silent, Slow:
	default:
		return fmt.Errorf("no such policy: %q", policy)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if user == "" {
		p.fallback = policy
	} else {
		p.policies[user] = policy
	}
	return nil
}

func (p *PCRF) policy(user string) string {
	if v, ok := p.policies[user]; ok {
		return v
	}
	return p.fallback
}

// State returns a copy of everything, sessions by start.
func (p *PCRF) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := State{Peers: []string{}, Sessions: []Session{}, Messages: slices.Clone(p.messages), Violations: append([]Violation{}, p.violations...), Policies: maps.Clone(p.policies)}
	s.Policies["*"] = p.fallback
	if s.Messages == nil {
		s.Messages = []Message{}
	}
	for peer := range p.peers {
		if peer.host != "" {
			s.Peers = append(s.Peers, peer.host)
		}
	}
	for _, x := range p.sessions {
		s.Sessions = append(s.Sessions, x.Session)
	}
	slices.SortFunc(s.Sessions, func(a, b Session) int { return a.Started.Compare(b.Started) })
	return s
}

// Forget empties the log and the violations; sessions stay.
func (p *PCRF) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.messages, p.violations = nil, nil
}

// Abort sends ASR for the sessions of a user, or for the one with that id, or
// for all with "" (TS 29.214 4.4.6.1; cause 0 = BEARER_RELEASED).
func (p *PCRF) Abort(userOrID string, cause uint32) error {
	return p.request(userOrID, func(s *session) *diameter.Message {
		return p.toAF(s, diameter.AbortSession, diameter.Number(500, cause).Of(diameter.Vendor3GPP))
	})
}

// Notify sends RAR with Specific-Actions (TS 29.214 4.4.6.2).
func (p *PCRF) Notify(userOrID string, actions ...uint32) error {
	return p.request(userOrID, func(s *session) *diameter.Message {
		var avps []diameter.AVP
		for _, a := range actions {
			avps = append(avps, diameter.Number(513, a).Of(diameter.Vendor3GPP))
		}
		return p.toAF(s, diameter.ReAuth, avps...)
	})
}

func (p *PCRF) request(userOrID string, build func(*session) *diameter.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := ErrNoSession
	for _, s := range p.sessions {
		if userOrID == "" || s.ID == userOrID || s.User == userOrID {
			err = s.peer.write(build(s))
		}
	}
	return err
}

func (p *PCRF) toAF(s *session, command uint32, more ...diameter.AVP) *diameter.Message {
	s.peer.nextID++
	m := &diameter.Message{Flags: diameter.FlagRequest | diameter.FlagProxiable, Command: command, App: rxApplication,
		HopByHop: s.peer.nextID, EndToEnd: p.state<<20 | s.peer.nextID&0xfffff}
	m.AVPs = []diameter.AVP{diameter.Text(263, s.ID), diameter.Text(264, p.cfg.Host), diameter.Text(296, p.cfg.Realm),
		diameter.Text(283, s.realm), diameter.Text(293, s.host), diameter.Number(258, rxApplication)}
	m.AVPs = append(m.AVPs, more...)
	return m
}

func (p *PCRF) violate(message, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.cfg.Log.Warn("Rx violation", "message", message, "text", text)
	if len(p.violations) < keepViolations {
		p.violations = append(p.violations, Violation{time.Now(), message, text})
	}
}

// log keeps a message; watchdogs would only hide the rest.
func (p *PCRF) log(direction string, m *diameter.Message) {
	if m.Command == diameter.DeviceWatchdog {
		return
	}
	e := Message{Time: time.Now(), Direction: direction, Name: name(m), AVPs: diameter.Describe(m.AVPs)}
	e.Result = result(m)
	if len(p.messages) == keepMessages {
		p.messages = p.messages[1:]
	}
	p.messages = append(p.messages, e)
}

func result(m *diameter.Message) uint32 {
	if a, ok := diameter.Find(m.AVPs, 268, 0); ok {
		n, _ := a.Uint32()
		return n
	}
	if a, ok := diameter.Find(m.AVPs, 297, 0); ok {
		if c, ok := diameter.Find(a.Members(), 298, 0); ok {
			n, _ := c.Uint32()
			return n
		}
	}
	return 0
}

func name(m *diameter.Message) string {
	short := map[uint32]string{diameter.CapabilitiesExchange: "CE", diameter.ReAuth: "RA", diameter.AA: "AA", diameter.AbortSession: "AS",
		diameter.SessionTermination: "ST", diameter.DeviceWatchdog: "DW", diameter.DisconnectPeer: "DP"}[m.Command]
	if short == "" {
		short = fmt.Sprintf("%d-", m.Command)
	}
	if m.Flags&diameter.FlagRequest != 0 {
		return short + "R"
	}
	return short + "A"
}

// userOf is the number in the Subscription-Ids, or what else is there.
func userOf(m *diameter.Message) string {
	user := ""
	for _, a := range m.AVPs {
		if a.Code != 443 {
			continue
		}
		members := a.Members()
		data, _ := diameter.Find(members, 444, 0)
		text := string(data.Data)
		if kind, ok := diameter.Find(members, 450, 0); ok {
			if n, _ := kind.Uint32(); n == 0 { // END_USER_E164, RFC 8506 8.47: digits without +
				return "+" + strings.TrimPrefix(text, "+")
			}
		}
		text = strings.TrimPrefix(text, "sip:")
		user, _, _ = strings.Cut(text, "@")
	}
	return user
}
