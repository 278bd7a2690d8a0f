package ims

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transport"
)

// Where a message goes. The core's entry is looked up by RFC 3263 and the next of its addresses is tried when one does not
// answer. Inside a dialog and for a Service-Route the top Route decides, but only a configured or admitted peer is ever
// talked to: what a Route, Record-Route or Contact names otherwise is reached through the hop the message came from.
type core struct {
	cfg     *Config
	link    carrier
	resolve func(context.Context, transport.Query) ([]transport.Target, error)

	mu      sync.Mutex // guards the following
	targets []transport.Target
	current int
	misses  int   // pings in a row that nobody answered
	err     error // the last failure to resolve
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
		return c.resolve(ctx, q)
	}
	network, port := q.Transport, q.Port
	if network == "" {
		network = c.network()
	}
	if port == 0 {
		port = 5060 // RFC 3261 19.1.2
	}
	return []transport.Target{{Network: network, Addr: netip.AddrPortFrom(addr, uint16(port))}}, nil
}

// network is the transport used where nothing says which.
func (c *core) network() string {
	if c.cfg.CoreTransport != "" {
		return c.cfg.CoreTransport
	}
	if c.link.Local(transport.UDP).IsValid() {
		return transport.UDP
	}
	return transport.TCP
}

// entry returns the core's address in use, and how many there are.
func (c *core) entry() (transport.Target, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.targets) == 0 {
		return transport.Target{}, 0
	}
	return c.targets[c.current%len(c.targets)], len(c.targets)
}

// next moves on from a hop that failed; nothing happens if somebody else already did.
func (c *core) next(failed transport.Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.targets); n > 0 && c.targets[c.current%n] == failed {
		c.current = (c.current + 1) % n
	}
}

// alive notes that the core answered, missed that it did not.
func (c *core) alive() {
	c.mu.Lock()
	c.misses = 0
	c.mu.Unlock()
}

func (c *core) missed() {
	c.mu.Lock()
	c.misses++
	c.mu.Unlock()
}

// state reports the misses in a row and the last resolver error while no address is known.
func (c *core) state() (misses, addresses int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.misses, len(c.targets), c.err
}

// hop chooses where a request goes: the top Route, or inside a dialog the remote target if that is an address, as long as
// it is a peer; otherwise back, the hop its dialog came from, or the core's entry. Only names in a Route, which the core
// wrote, are ever looked up, and that may take a moment.
func (c *core) hop(req *sip.Request, back transport.Target) transport.Target {
	if !back.Addr.IsValid() {
		back, _ = c.entry()
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
	if (network != transport.UDP && network != transport.TCP) || !c.link.Local(network).IsValid() {
		network = ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	found, err := c.find(ctx, transport.Query{Host: uri.Host, Port: uri.Port, Transport: network})
	if err != nil {
		return back
	}
	for _, t := range found {
		if c.link.Peer(t.Addr.Addr()) && !c.ours(t.Addr) {
			return t
		}
	}
	return back
}

// ours reports one of the gateway's own SIP addresses: a request to it would loop.
func (c *core) ours(addr netip.AddrPort) bool {
	return addr == c.link.Local(transport.UDP) || addr == c.link.Local(transport.TCP)
}
