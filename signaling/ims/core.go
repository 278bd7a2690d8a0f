package ims

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
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/transport"
)

// Where a message goes. The core's entry is looked up by RFC 3263 and the next of its addresses is tried when one does not
// answer. Inside a dialog and for a Service-Route the top Route decides, but only a configured or admitted peer is ever
// talked to: what a Route, Record-Route or Contact names otherwise is reached through the hop the message came from.
type core struct {
	cfg     *Config
	link    carrier
	resolve func(context.Context, transport.Query) ([]transport.Target, error)

	log *slog.Logger

	mu      sync.Mutex // guards the following
	targets []transport.Target
	current int
	hops    map[netip.AddrPort]health // those that are not simply well
	err     error                     // the last failure to resolve
}

// resolveTimeout bounds a look-up while a call waits for it.
const resolveTimeout = 4 * time.Second

// refresh looks the core up again and admits what it finds. The hop in use stays in use if it is still there.
func (c *core) refresh(ctx context.Context) error {
	host, port, err := splitHost(c.cfg.core())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	found, err := c.find(ctx, transport.Query{Host: host, Port: port, Transport: c.cfg.CoreTransport})
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

// find resolves a host; an address needs no look-up.
func (c *core) find(ctx context.Context, q transport.Query) ([]transport.Target, error) {
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
		network = c.network()
	}
	if port == 0 { // RFC 3261 19.1.2
		port = 5060
		if network == transport.TLS {
			port = 5061
		}
	}
	return []transport.Target{{Network: network, Addr: netip.AddrPortFrom(addr, uint16(port))}}, nil
}

// network is the transport used where nothing says which.
func (c *core) network() string {
	if c.cfg.CoreTransport != "" {
		return c.cfg.CoreTransport
	}
	for _, network := range []string{transport.UDP, transport.TCP} {
		if c.link.Local(network).IsValid() {
			return network
		}
	}
	return transport.TLS
}

// entry returns the core's address in use, and how many there are. None is usable: the zero target and 0.
func (c *core) entry() (transport.Target, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.targets {
		if t := c.targets[(c.current+i)%len(c.targets)]; c.usableLocked(t) {
			return t, len(c.targets)
		}
	}
	return transport.Target{}, 0
}

// trial is where a REGISTER goes while no hop is usable: it is repeated with growing waits as it is, and its answer tells as much as a
// probe's. A hop that asked to be left alone is.
func (c *core) trial() (transport.Target, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.targets {
		if t := c.targets[(c.current+i)%len(c.targets)]; !c.hops[t.Addr].breaker.Asked {
			return t, len(c.targets)
		}
	}
	return transport.Target{}, 0
}

// next moves on from a hop that failed; nothing happens if somebody else already did.
func (c *core) next(failed transport.Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.targets); n > 0 && c.targets[c.current%n] == failed {
		c.current = (c.current + 1) % n
	}
}

// state reports the addresses known, how many of them are well, and the last resolver error.
func (c *core) state() (addresses, well int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.targets {
		if c.hops[t.Addr].breaker.State == hop.Closed {
			well++
		}
	}
	return len(c.targets), well, c.err
}

// hop chooses where a request goes: the top Route, or inside a dialog the remote target if that is an address, as long as
// it is a peer; otherwise back, the hop its dialog came from, or the core's entry. Only names in a Route, which the core
// wrote, are ever looked up, and that may take a moment.
func (c *core) hop(req *sip.Request, back transport.Target) transport.Target {
	list := c.hopsFor(req, back)
	if len(list) == 0 {
		return transport.Target{}
	}
	for _, t := range list {
		if c.usable(t) {
			return t
		}
	}
	return list[0]
}

// another is the next hop for a request that those in tried have failed (RFC 3263 4.3).
func (c *core) another(req *sip.Request, back transport.Target, tried []transport.Target) (transport.Target, bool) {
	for _, t := range c.hopsFor(req, back) {
		if c.usable(t) && !slices.ContainsFunc(tried, func(o transport.Target) bool { return o.Addr == t.Addr && o.Network == t.Network }) {
			return t, true
		}
	}
	return transport.Target{}, false
}

// hopsFor lists where a request may go, in order.
func (c *core) hopsFor(req *sip.Request, last transport.Target) []transport.Target {
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
func (c *core) ours(addr netip.AddrPort) bool {
	return slices.ContainsFunc([]string{transport.UDP, transport.TCP, transport.TLS}, func(n string) bool { return addr == c.link.Local(n) })
}
