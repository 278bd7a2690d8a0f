package ims

import (
	"errors"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// Every next hop has a breaker (package hop): what becomes of requests to it opens and closes it, and OPTIONS probes tell when an open
// one may close again (RFC 3261 11). A hop whose breaker is open is passed over; if there is no other, requests fail at once.

// errHopsDown is why nothing was sent.
var errHopsDown = errors.New("no next hop answers at present")

// maxHops bounds the breakers kept: a core has a few next hops, not hundreds.
const maxHops = 256

// health is one hop that is not simply well. Hops without an entry are.
type health struct {
	target  transport.Target
	breaker hop.Breaker
}

// report gives a hop's breaker what happened. after is the Retry-After of a 503.
func (c *core) report(t transport.Target, in hop.Input, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, known := c.hops[t.Addr]
	if !known && (in == hop.Succeeded || len(c.hops) >= maxHops) {
		return
	}
	before := h.breaker.State
	h.target, h.breaker = t, hop.Step(h.breaker, in, after, time.Now())
	if h.breaker == (hop.Breaker{}) {
		delete(c.hops, t.Addr)
	} else {
		c.hops[t.Addr] = h
	}
	switch now := h.breaker.State; {
	case now == before:
	case now == hop.Open:
		c.log.Warn("a next hop does not answer or refuses: it is passed over", "hop", t.String(), "until", h.breaker.Until.UTC().Format(time.RFC3339))
	case now == hop.Closed:
		c.log.Info("a next hop answers again", "hop", t.String())
	}
}

// outcome is report for the end of a request: the response's status, or the error without one.
func (c *core) outcome(t transport.Target, res *sip.Response, err error) {
	switch {
	case res != nil && res.StatusCode == 503:
		c.report(t, hop.Refused, retryAfter(res))
	case res != nil:
		c.report(t, hop.Succeeded, 0)
	case errors.Is(err, transaction.ErrTimeout), errors.Is(err, transaction.ErrTransport):
		c.report(t, hop.Failed, 0)
	}
}

// usable says whether traffic may go to a hop. Without probes the traffic itself is the trial of a hop that is due.
func (c *core) usable(t transport.Target) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.usableLocked(t)
}

func (c *core) usableLocked(t transport.Target) bool {
	h, known := c.hops[t.Addr]
	return !known || h.breaker.State == hop.Closed || c.cfg.Ping == 0 && !time.Now().Before(h.breaker.Until)
}

// due returns the hops that are to be probed now, and notes that they are.
func (c *core) due() []transport.Target {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []transport.Target
	for a, h := range c.hops {
		if h.breaker.State != hop.Open {
			continue
		}
		if h.breaker = hop.Step(h.breaker, hop.Due, 0, time.Now()); h.breaker.State == hop.HalfOpen {
			c.hops[a] = h
			out = append(out, h.target)
		}
	}
	return out
}

// well returns the core's addresses that are in use: they are probed as well, so that one is found dead before a call finds it so.
func (c *core) well() []transport.Target {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []transport.Target
	for _, t := range c.targets {
		if h, known := c.hops[t.Addr]; !known || h.breaker.State == hop.Closed {
			out = append(out, t)
		}
	}
	return out
}

// wait is how long until a hop may be tried again; 0 when one is well or nothing is known.
func (c *core) wait() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var soonest time.Duration
	for _, t := range c.targets {
		if c.usableLocked(t) {
			return 0
		}
		if d := time.Until(c.hops[t.Addr].breaker.Until); soonest == 0 || d < soonest {
			soonest = max(d, time.Second)
		}
	}
	return soonest
}

// Hop is one next hop as the operator sees it.
type Hop struct {
	Network string
	Addr    netip.AddrPort
	State   string // closed (used), open (passed over), half-open (being probed)
}

// states lists the core's addresses and every other hop that is not well.
func (c *core) states() []Hop {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Hop
	seen := map[netip.AddrPort]bool{}
	add := func(t transport.Target) {
		if !seen[t.Addr] {
			seen[t.Addr] = true
			out = append(out, Hop{t.Network, t.Addr, c.hops[t.Addr].breaker.State.String()})
		}
	}
	for _, t := range c.targets {
		add(t)
	}
	for _, h := range c.hops {
		add(h.target)
	}
	return out
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
				c.core.outcome(target, res, nil)
			}
		},
		failed: func(err error) { c.core.outcome(target, nil, err) },
	})
	if err != nil {
		c.core.outcome(target, nil, err)
	}
}
