package hop

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transport"
)

// Hops says where a message goes. The core's entry is looked up by RFC 3263 and the next of its addresses is tried when one does not
// answer. Inside a dialog and for a Service-Route the top Route decides, but only a configured or admitted peer is ever
// talked to: what a Route, Record-Route or Contact names otherwise is reached through the hop the message came from.
type Hops struct {
	cfg     Config
	link    Link
	resolve Resolve
	log     *slog.Logger

	mu      sync.Mutex // guards the following
	targets []transport.Target
	current int
	hops    map[netip.AddrPort]health // those that are not simply well
	err     error                     // the last failure to resolve
}

// Config of a Hops.
type Config struct {
	// Entry is the core's: host, port and transport as configured, a name to be looked up or an address.
	Entry transport.Query
	// Probed says that open breakers are closed by probes alone, which the owner sends to what Due and Well return. Otherwise the
	// first request after the wait is the trial.
	Probed bool
}

// Link is what Hops needs of the transport.
type Link interface {
	Admit(netip.Addr)
	Peer(netip.Addr) bool
	Local(network string) netip.AddrPort
}

// Resolve looks a name up (RFC 3263); transport.Resolver.Resolve is one.
type Resolve func(context.Context, transport.Query) ([]transport.Target, error)

// New returns Hops that know no address until Refresh.
func New(cfg Config, link Link, resolve Resolve, log *slog.Logger) *Hops {
	return &Hops{cfg: cfg, link: link, resolve: resolve, log: log, hops: map[netip.AddrPort]health{}}
}

// resolveTimeout bounds a look-up while a call waits for it.
const resolveTimeout = 4 * time.Second

// Refresh looks the core up again and admits what it finds. The hop in use stays in use if it is still there.
func (c *Hops) Refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	found, err := c.find(ctx, c.cfg.Entry)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
	if err != nil {
		return err
	}
	for _, t := range found {
		c.link.Admit(t.Addr.Addr())
	}
	var now transport.Target
	if len(c.targets) > 0 {
		now = c.targets[c.current%len(c.targets)]
	}
	c.targets, c.current = found, 0
	for i, t := range found {
		if t == now {
			c.current = i
		}
	}
	return nil
}

// Admit looks another hop up and makes it a peer: the E-CSCF.
func (c *Hops) Admit(ctx context.Context, q transport.Query) error {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	found, err := c.find(ctx, q)
	for _, t := range found {
		c.link.Admit(t.Addr.Addr())
	}
	return err
}

// find resolves a host; an address needs no look-up.
func (c *Hops) find(ctx context.Context, q transport.Query) ([]transport.Target, error) {
	addr, err := netip.ParseAddr(strings.Trim(q.Host, "[]"))
	if err != nil {
		found, err := c.resolve(ctx, q)
		found = slices.DeleteFunc(found, func(t transport.Target) bool { return !c.link.Local(t.Network).IsValid() })
		if len(found) == 0 && err == nil {
			err = fmt.Errorf("%s is reached only by networks that ims.sip.listen does not have", q.Host)
		}
		return found, err
	}
	network, port := q.Transport, q.Port
	if network == "" {
		network = c.Network()
	}
	if port == 0 { // RFC 3261 19.1.2
		port = 5060
		if network == transport.TLS {
			port = 5061
		}
	}
	return []transport.Target{{Network: network, Addr: netip.AddrPortFrom(addr, uint16(port))}}, nil
}

// Network is the transport used where nothing says which.
func (c *Hops) Network() string {
	if c.cfg.Entry.Transport != "" {
		return c.cfg.Entry.Transport
	}
	for _, network := range []string{transport.UDP, transport.TCP} {
		if c.link.Local(network).IsValid() {
			return network
		}
	}
	return transport.TLS
}

// Entry returns the core's address in use, and how many there are. None is usable: the zero target and 0.
func (c *Hops) Entry() (transport.Target, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.targets {
		if t := c.targets[(c.current+i)%len(c.targets)]; c.usableLocked(t) {
			return t, len(c.targets)
		}
	}
	return transport.Target{}, 0
}

// Trial is where a REGISTER goes while no hop is usable: it is repeated with growing waits as it is, and its answer tells as much as a
// probe's. A hop that asked to be left alone is.
func (c *Hops) Trial() (transport.Target, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.targets {
		if t := c.targets[(c.current+i)%len(c.targets)]; !c.hops[t.Addr].breaker.Asked {
			return t, len(c.targets)
		}
	}
	return transport.Target{}, 0
}

// Next moves on from a hop that failed; nothing happens if somebody else already did.
func (c *Hops) Next(failed transport.Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.targets); n > 0 && c.targets[c.current%n] == failed {
		c.current = (c.current + 1) % n
	}
}

// State reports the addresses known, how many of them are well, and the last resolver error.
func (c *Hops) State() (addresses, well int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.targets {
		if c.hops[t.Addr].breaker.State == Closed {
			well++
		}
	}
	return len(c.targets), well, c.err
}

// For chooses where a request goes: the top Route, or inside a dialog the remote target if that is an address, as long as
// it is a peer; otherwise back, the hop its dialog came from, or the core's entry. Only names in a Route, which the core
// wrote, are ever looked up, and that may take a moment.
func (c *Hops) For(req *sip.Request, back transport.Target) transport.Target {
	list := c.list(req, back)
	if len(list) == 0 {
		return transport.Target{}
	}
	for _, t := range list {
		if c.Usable(t) {
			return t
		}
	}
	return list[0]
}

// Another is the next hop for a request that those in tried have failed (RFC 3263 4.3).
func (c *Hops) Another(req *sip.Request, back transport.Target, tried []transport.Target) (transport.Target, bool) {
	for _, t := range c.list(req, back) {
		if c.Usable(t) && !slices.ContainsFunc(tried, func(o transport.Target) bool { return o.Addr == t.Addr && o.Network == t.Network }) {
			return t, true
		}
	}
	return transport.Target{}, false
}

// Alternatives is how many hops a request may go to.
func (c *Hops) Alternatives(req *sip.Request, back transport.Target) int {
	return len(c.list(req, back))
}

// list lists where a request may go, in order.
func (c *Hops) list(req *sip.Request, last transport.Target) []transport.Target {
	back := []transport.Target{last}
	if !last.Addr.IsValid() {
		c.mu.Lock()
		back = back[:0]
		for i := range c.targets {
			back = append(back, c.targets[(c.current+i)%len(c.targets)])
		}
		c.mu.Unlock()
	}
	uri := req.Recipient
	if routes := dialog.Values(req, "route"); len(routes) > 0 {
		uri = sip.Uri{}
		if err := sip.ParseUri(dialog.AddrSpec(routes[0]), &uri); err != nil {
			return back
		}
	} else if _, err := netip.ParseAddr(strings.Trim(uri.Host, "[]")); err != nil || !strings.Contains(dialog.First(req, "to"), ";tag=") {
		return back
	}
	if uri.Scheme != "sip" && uri.Scheme != "sips" {
		return back
	}
	network, _ := uri.UriParams.Get("transport")
	network = strings.ToLower(network)
	if uri.Scheme == "sips" {
		network = transport.TLS // RFC 3261 26.2.2
	}
	if !c.link.Local(network).IsValid() {
		network = ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	found, err := c.find(ctx, transport.Query{Host: uri.Host, Port: uri.Port, Transport: network})
	if err != nil {
		return back
	}
	found = slices.DeleteFunc(found, func(t transport.Target) bool { return !c.link.Peer(t.Addr.Addr()) || c.ours(t.Addr) })
	if len(found) == 0 {
		return back
	}
	return found
}

// ours reports one of the gateway's own SIP addresses: a request to it would loop.
func (c *Hops) ours(addr netip.AddrPort) bool {
	return slices.ContainsFunc([]string{transport.UDP, transport.TCP, transport.TLS}, func(n string) bool { return addr == c.link.Local(n) })
}
