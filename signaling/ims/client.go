package ims

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/dialplan"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// carrier is what the client needs of transport.Layer.
type carrier interface {
	transaction.Transport
	Admit(netip.Addr)
	Peer(netip.Addr) bool
	Local(network string) netip.AddrPort
	Start() error
	Close() error
}

// Deps are what a Client is given.
type Deps struct {
	Log *slog.Logger
	// OnWire sees every SIP message sent or received, for tracing; it must not block or keep the data. May be nil.
	OnWire func(transport.Wire)
}

// Client is the gateway's place in the IMS network: it registers browsers and carries their calls. All methods are
// safe for concurrent use.
type Client struct {
	cfg   Config
	log   *slog.Logger
	plan  dialplan.Plan
	link  carrier
	tx    *transaction.Layer
	core  *hop.Hops
	trunk *trunk // nil beside an IMS core

	running atomic.Bool
	stats   counters
	work    sync.WaitGroup // every goroutine of bindings and calls

	mu       sync.Mutex // guards the following
	host     string     // our host:port in Contact and Path, set by Run
	uriTail  string     // ";transport=tcp" behind it when the core is reached by TCP (RFC 3261 19.1.1)
	closed   bool
	bindings map[string]*Binding // by Contact token
	bound    uint64              // bindings made so far
	calls    map[callKey]*Call
	subs     map[string]*Binding // by Call-ID of the reg-event subscription
	gruus    map[string]*Binding // by the addresses the registrar gave (gruu.go)
	past     []pastCall          // the newest that have ended, at most maxPast
}

// callKey finds the call of a received request: Call-ID and our tag. The far end's tag, which forks differ in, is
// looked at by the call's dialogs.
type callKey struct{ callID, localTag string }

// New checks the configuration and prepares a client. It opens nothing; Run does.
func New(cfg Config, deps Deps) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("ims: %w", err)
	}
	link, err := transport.New(cfg.SIP, deps.Log)
	if err != nil {
		return nil, fmt.Errorf("ims: sip: %w", err)
	}
	if deps.OnWire != nil {
		link.OnWire(deps.OnWire)
	}
	resolver, err := transport.NewResolver(cfg.DNS, deps.Log)
	if err != nil {
		return nil, fmt.Errorf("ims: dns: %w", err)
	}
	return build(cfg, deps.Log, link, resolver.Resolve)
}

// build puts a client on top of a transport.
func build(cfg Config, log *slog.Logger, link carrier, resolve func(context.Context, transport.Query) ([]transport.Target, error)) (*Client, error) {
	tx, err := transaction.New(link, cfg.Timers, log)
	if err != nil {
		return nil, fmt.Errorf("ims: transactions: %w", err)
	}
	c := &Client{
		cfg: cfg, log: log, link: link, tx: tx,
		plan:     dialplan.Plan{Home: cfg.HomeDomain, Form: cfg.numberForm(), Emergency: cfg.EmergencyNumbers, Services: cfg.EmergencyServices},
		bindings: map[string]*Binding{}, calls: map[callKey]*Call{}, subs: map[string]*Binding{}, gruus: map[string]*Binding{},
	}
	c.core = hop.New(cfg.hops(), link, resolve, log)
	if c.trunk, err = newTrunk(c, cfg.Trunk); err != nil {
		return nil, fmt.Errorf("ims: %w", err)
	}
	tx.OnRequest(c.request)
	tx.OnAck(c.ack)
	tx.OnStray(c.stray)
	return c, nil
}

// Run opens the sockets, finds the core and serves until ctx ends; then it closes everything and waits for it. What the
// bindings and calls still had to say to the core (BYE, de-registration) has to be said before: Unbind, Hangup.
func (c *Client) Run(ctx context.Context) error {
	if err := c.link.Start(); err != nil {
		return fmt.Errorf("ims: %w", err)
	}
	defer c.shut()
	local := c.link.Local(c.core.Network())
	host := local.String()
	if c.cfg.SIP.Advertise != "" {
		host = hostPortOf(c.cfg.SIP.Advertise, local.Port())
	}
	c.mu.Lock()
	c.host = host
	if n := c.core.Network(); n != transport.UDP {
		c.uriTail = ";transport=" + n
	}
	c.mu.Unlock()
	if err := c.refresh(ctx); err != nil {
		c.log.Warn("the core cannot be found yet", "core", c.cfg.core(), "error", err)
	}
	c.running.Store(true)
	if c.trunk != nil {
		c.trunk.open()
		defer c.trunk.close(2 * time.Second) // runs before shut
	}
	c.log.Info("sip is open", "address", host, "core", c.cfg.core())
	period := c.cfg.Ping
	if period == 0 {
		period = time.Minute // the core's addresses are looked up again all the same
	}
	tick, trials := time.NewTicker(period), time.NewTicker(time.Second)
	defer tick.Stop()
	defer trials.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-trials.C:
			if c.cfg.Ping > 0 {
				for _, t := range c.core.Due() {
					c.probe(t)
				}
			}
		case <-tick.C:
			if err := c.refresh(ctx); err != nil {
				c.log.Warn("the core cannot be found", "core", c.cfg.core(), "error", err)
			}
			if c.cfg.Ping > 0 {
				for _, t := range c.core.Well() {
					c.probe(t)
				}
			}
		}
	}
}

// refresh looks the core and the E-CSCF up.
func (c *Client) refresh(ctx context.Context) error {
	if c.EmergencyRouted() {
		if err := c.core.Admit(ctx, c.cfg.emergencyHop()); err != nil {
			c.log.Error("the E-CSCF cannot be found: emergency calls will fail", "address", c.cfg.EmergencyRoute, "error", err)
		}
	}
	return c.core.Refresh(ctx)
}

// shut stops everything and waits.
func (c *Client) shut() {
	c.running.Store(false)
	c.mu.Lock()
	c.closed = true
	bindings, calls := c.bindings, c.calls
	c.bindings, c.calls, c.subs, c.gruus = map[string]*Binding{}, map[callKey]*Call{}, map[string]*Binding{}, map[string]*Binding{}
	c.mu.Unlock()
	for _, b := range bindings {
		b.q.close()
	}
	for _, k := range calls {
		k.q.close()
	}
	c.tx.Close()
	if err := c.link.Close(); err != nil {
		c.log.Warn("closing sip", "error", err)
	}
	c.work.Wait()
}

// hostPortOf joins the advertised host and our port.
func hostPortOf(host string, port uint16) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(addr, port).String()
	}
	return fmt.Sprintf("%s:%d", host, port)
}

// address is our host:port for Contact, Path and charging; "" before Run.
func (c *Client) address() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.host
}

// uri is a SIP URI of ours with a user part.
func (c *Client) uri(user string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return "sip:" + user + "@" + c.host + c.uriTail
}

// Ready returns nil when registrations and calls can be served, else a sentence saying why not.
func (c *Client) Ready() error {
	if !c.running.Load() {
		return errors.New("the SIP side is not running")
	}
	addresses, well, err := c.core.State()
	switch {
	case addresses == 0 && err != nil:
		return fmt.Errorf("the core %s cannot be found: %w", c.cfg.core(), err)
	case addresses == 0:
		return fmt.Errorf("the core %s has no address", c.cfg.core())
	case well == 0:
		return fmt.Errorf("the core %s does not answer at any of its %d addresses", c.cfg.core(), addresses)
	}
	if c.trunk != nil {
		if cause := c.trunk.down.Load(); cause != nil {
			return errors.New(cause.Text)
		}
	}
	return nil
}

// probe asks a hop whether it is there; any answer but 503 is a yes (RFC 3261 11).
func (c *Client) probe(target transport.Target) {
	var uri sip.Uri
	if err := sip.ParseUri("sip:"+target.Addr.String(), &uri); err != nil {
		return
	}
	req := sip.NewRequest(sip.OPTIONS, uri)
	for _, h := range []dialog.Header{
		{Name: "Max-Forwards", Value: "70"},
		{Name: "From", Value: "<sip:" + c.address() + ">;tag=" + token()},
		{Name: "To", Value: "<" + uri.String() + ">"},
		{Name: "Call-ID", Value: token()},
		{Name: "CSeq", Value: "1 OPTIONS"},
		{Name: "Contact", Value: "<sip:" + c.address() + ">"},
	} {
		req.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	req.SetBody(nil)
	_, err := c.tx.Request(req, target, handler{
		response: func(res *sip.Response) {
			if res.StatusCode >= 200 {
				c.core.Outcome(target, res, nil)
			}
		},
		failed: func(err error) { c.core.Outcome(target, nil, err) },
	})
	if err != nil {
		c.core.Outcome(target, nil, err)
	}
}

// handler adapts two functions to transaction.ClientHandler.
type handler struct {
	response func(*sip.Response)
	failed   func(error)
}

func (h handler) Response(res *sip.Response) { h.response(res) }
func (h handler) Failed(err error)           { h.failed(err) }

// token returns 80 bits of randomness in hexadecimal.
func token() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// random is uniform in [0, n).
func random(n int64) int64 {
	v, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		return 0
	}
	return v.Int64()
}

// Stats are the client's counters since the start, and what is alive.
type Stats struct {
	Bindings, Registered, Calls int               // now
	Registrations               uint64            // first 200 of a binding, and again after a failure
	Refreshes, Deregistrations  uint64            // 200 to a refresh; ended by us or the network
	RegistrationFailures        map[string]uint64 // by call.Kind name
	Outgoing, Incoming          uint64            // calls
	Answered                    uint64
	Ended                       map[string]uint64 // by call.Kind name
	Hops                        []hop.Hop         // the core's addresses, and other next hops that are not well
	MessagesRefused             map[string]uint64 // messages that the core did not take, by call.Kind name
	Overloads                   uint64            // requests refused or dropped because a limit was reached
}

// counters are what Stats is made of.
type counters struct {
	registrations, refreshes, deregistrations, outgoing, incoming, answered, overloads atomic.Uint64

	mu       sync.Mutex // guards the following
	failures map[string]uint64
	ended    map[string]uint64
	refused  map[string]uint64
}

// messageRefused counts a message that was not taken.
func (s *counters) messageRefused(k call.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		s.refused = map[string]uint64{}
	}
	s.refused[k.String()]++
}

// failed counts a failed registration.
func (s *counters) failed(k call.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures == nil {
		s.failures = map[string]uint64{}
	}
	s.failures[k.String()]++
}

// callEnded counts a call's end.
func (s *counters) callEnded(k call.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = map[string]uint64{}
	}
	s.ended[k.String()]++
}

// Stats returns the counters.
func (c *Client) Stats() Stats {
	s := Stats{
		Registrations: c.stats.registrations.Load(), Refreshes: c.stats.refreshes.Load(), Deregistrations: c.stats.deregistrations.Load(),
		Outgoing: c.stats.outgoing.Load(), Incoming: c.stats.incoming.Load(), Answered: c.stats.answered.Load(), Overloads: c.stats.overloads.Load(),
		RegistrationFailures: map[string]uint64{}, Ended: map[string]uint64{}, Hops: c.core.States(),
		MessagesRefused: map[string]uint64{},
	}
	c.stats.mu.Lock()
	for k, v := range c.stats.failures {
		s.RegistrationFailures[k] = v
	}
	for k, v := range c.stats.ended {
		s.Ended[k] = v
	}
	for k, v := range c.stats.refused {
		s.MessagesRefused[k] = v
	}
	c.stats.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Bindings, s.Calls = len(c.bindings), len(c.calls)
	for _, b := range c.bindings {
		if b.current.Load() != nil {
			s.Registered++
		}
	}
	return s
}
