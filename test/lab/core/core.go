package core

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"causeway/test/lab/sip"
)

// Subscriber is one user of the home network who may register.
type Subscriber struct {
	Number  string   `json:"number"`            // E.164 with +
	Name    string   `json:"name"`              // what the token issuer calls the user
	Aliases []string `json:"aliases,omitempty"` // further numbers of the same implicit registration set
	// Password lets the user prove it by SIP digest instead of the gateway's word; "" for nobody.
	Password string `json:"-"`
	// MD5 challenges the user by the old hash, for phones that know no other; else by SHA-256.
	MD5 bool `json:"-"`
}

// Config of the core.
type Config struct {
	Address         netip.AddrPort // SIP, UDP and TCP; port 0 takes a free one
	HomeDomain      string
	Subscribers     []Subscriber
	Gateway         netip.AddrPort // who may register with auth-done; port 0 = any port of that host
	VisitedNetworks []string       // accepted P-Visited-Network-ID; empty = any
	MinExpires      time.Duration  // shorter wishes get 423; 0 = 60 s
	MaxExpires      time.Duration  // what is granted at most; 0 = 3600 s
	T1              time.Duration  // RFC 3261 T1; 0 = 500 ms
	GRUU            bool           // gives contacts addresses of their own (RFC 5627) and wants them used
	Log             *slog.Logger
}

// Core is a running core. Its state belongs to the SIP stack's loop.
type Core struct {
	cfg   Config
	stack *sip.Stack
	self  sip.URI

	users         map[string]*user
	handsets      map[string]netip.AddrPort
	dialogs       map[string]*dialogState
	forks         map[*sip.ServerTx]*fork
	subscriptions map[string]*subscription
	violations    []Violation
	cseqs         map[string]uint32 // REGISTER CSeq by Call-ID
}

// user is a subscriber with what is registered.
type user struct {
	Subscriber
	bindings []*binding

	nonces     []string // asked and not answered yet
	ask        bool     // the next refresh has to be proved
	challenges int
}

// New binds the core's sockets and starts it.
func New(cfg Config) (*Core, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MinExpires == 0 {
		cfg.MinExpires = time.Minute
	}
	if cfg.MaxExpires == 0 {
		cfg.MaxExpires = time.Hour
	}
	stack, err := sip.New(sip.Config{Address: cfg.Address, T1: cfg.T1, Log: cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	c := &Core{cfg: cfg, stack: stack, users: map[string]*user{}, handsets: map[string]netip.AddrPort{},
		dialogs: map[string]*dialogState{}, forks: map[*sip.ServerTx]*fork{},
		subscriptions: map[string]*subscription{}, cseqs: map[string]uint32{}}
	c.self = sip.URI{Scheme: "sip", Host: stack.Addr().Addr().String(), Port: stack.Addr().Port()}
	for _, s := range cfg.Subscribers {
		u := &user{Subscriber: s}
		for _, n := range append([]string{s.Number}, s.Aliases...) {
			c.users[n] = u
		}
	}
	stack.Start(c)
	return c, nil
}

// Close stops the core and waits for its goroutines.
func (c *Core) Close() { c.stack.Close() }

// Addr is where the core listens, UDP and TCP alike.
func (c *Core) Addr() netip.AddrPort { return c.stack.Addr() }

// TrustGateway names the gateway, once its port is known.
func (c *Core) TrustGateway(addr netip.AddrPort) {
	c.stack.Do(func() { c.cfg.Gateway = addr })
}

// AddHandsets tells where numbers of handsets live.
func (c *Core) AddHandsets(addr netip.AddrPort, numbers ...string) {
	c.stack.Do(func() {
		for _, n := range numbers {
			c.handsets[n] = addr
		}
	})
}

// Binding is one registered contact as GET /core/bindings shows it.
type Binding struct {
	User        string    `json:"user"`
	PrivateID   string    `json:"privateId"`
	Contact     string    `json:"contact"`
	Path        []string  `json:"path"`
	Instance    string    `json:"instance"`
	Expires     time.Time `json:"expires"`
	VisitedNet  string    `json:"visitedNetwork"`
	Subscribers int       `json:"regEventSubscriptions"`
}

// Bindings lists what is registered, ordered by user.
func (c *Core) Bindings() []Binding {
	out := []Binding{}
	c.stack.Do(func() {
		for number, u := range c.users {
			if number != u.Number {
				continue
			}
			for _, b := range u.bindings {
				out = append(out, Binding{User: u.Number, PrivateID: b.privateID, Contact: b.contact.Raw, Path: b.path,
					Instance: b.instance, Expires: b.expires, VisitedNet: b.visited, Subscribers: c.subscribed(u)})
			}
		}
	})
	slices.SortFunc(out, func(a, b Binding) int { return strings.Compare(a.User+a.Instance, b.User+b.Instance) })
	return out
}

// origin is who sent a message.
type origin int

const (
	stranger origin = iota
	gateway
	handset
)

// whoSent tells the gateway and the handset farm by their address: the source
// over UDP, the sent-by of the top Via over TCP, whose source port says nothing.
func (c *Core) whoSent(m *sip.Message, src sip.Source) origin {
	addr := src.Addr
	if src.Network == "tcp" {
		if vias := m.List("Via"); len(vias) > 0 {
			if via, err := sip.ParseVia(vias[0]); err == nil {
				addr = netip.AddrPortFrom(addr.Addr(), via.Port)
			}
		}
	}
	for _, h := range c.handsets {
		if h == addr {
			return handset
		}
	}
	gw := c.cfg.Gateway
	if gw.Addr() == addr.Addr() && (gw.Port() == 0 || gw.Port() == addr.Port()) {
		return gateway
	}
	return stranger
}

// Request handles a new server transaction.
func (c *Core) Request(tx *sip.ServerTx) {
	m := tx.Request
	from := c.whoSent(m, tx.Source)
	if from == stranger {
		c.violate(m, "untrusted_source", "a request from an address that is neither the gateway nor a handset")
		tx.Reply(403, "Forbidden", sip.Token())
		return
	}
	if from == gateway {
		c.checkRequest(m)
	}
	switch {
	case m.Method == "REGISTER":
		c.register(tx)
	case m.Method == "SUBSCRIBE" && strings.EqualFold(eventName(m), "reg"):
		c.subscribe(tx)
	case m.Method == "OPTIONS" && c.isSelf(m.URI):
		tx.Reply(200, "OK", sip.Token())
	case m.Tag("To") != "":
		c.inDialog(tx, from)
	default:
		c.initial(tx, from)
	}
}

// Broken notes a message that cannot be parsed.
func (c *Core) Broken(err error, src sip.Source) {
	c.violations = append(c.violations, Violation{Time: time.Now(), Kind: "malformed", Text: err.Error(), Method: src.Network})
	c.cfg.Log.Warn("malformed SIP", "network", src.Network, "err", err)
}

// Stray drops a response no transaction waits for, except the 2xx that the
// caller must see again (RFC 6026 8.7 has the transaction keep it, so none is).
func (c *Core) Stray(res *sip.Message, _ sip.Source) {
	c.cfg.Log.Debug("response without a transaction", "status", res.Status)
}

func (c *Core) isSelf(uri string) bool {
	u, err := sip.ParseURI(uri)
	return err == nil && u.Host == c.self.Host && u.Port == c.self.Port
}

func (c *Core) uri(user string) string {
	return "sip:" + user + "@" + sip.HostPort(c.self.Host, c.self.Port)
}

func eventName(m *sip.Message) string {
	name, _, _ := strings.Cut(m.Get("Event"), ";")
	return strings.TrimSpace(name)
}
