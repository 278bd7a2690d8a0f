package hop

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// Every next hop has a breaker (breaker.go): what becomes of requests to it opens and closes it, and OPTIONS probes tell when an open
// one may close again (RFC 3261 11). A hop whose breaker is open is passed over; if there is no other, requests fail at once.

// ErrDown is why nothing was sent.
var ErrDown = errors.New("no next hop answers at present")

// maxHops bounds the breakers kept: a core has a few next hops, not hundreds.
const maxHops = 256

// health is one hop that is not simply well. Hops without an entry are.
type health struct {
	target  transport.Target
	breaker Breaker
}

// report gives a hop's breaker what happened. after is the Retry-After of a 503.
func (c *Hops) report(t transport.Target, in Input, after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, known := c.hops[t.Addr]
	if !known && (in == Succeeded || len(c.hops) >= maxHops) {
		return
	}
	before := h.breaker.State
	h.target, h.breaker = t, Step(h.breaker, in, after, time.Now())
	if h.breaker == (Breaker{}) {
		delete(c.hops, t.Addr)
	} else {
		c.hops[t.Addr] = h
	}
	switch now := h.breaker.State; {
	case now == before:
	case now == Open:
		c.log.Warn("a next hop does not answer or refuses: it is passed over", "hop", t.String(), "until", h.breaker.Until.UTC().Format(time.RFC3339))
	case now == Closed:
		c.log.Info("a next hop answers again", "hop", t.String())
	}
}

// Outcome is report for the end of a request: the response's status, or the error without one.
func (c *Hops) Outcome(t transport.Target, res *sip.Response, err error) {
	switch {
	case res != nil && res.StatusCode == 503:
		c.report(t, Refused, RetryAfter(res))
	case res != nil:
		c.report(t, Succeeded, 0)
	case errors.Is(err, transaction.ErrTimeout), errors.Is(err, transaction.ErrTransport):
		c.report(t, Failed, 0)
	}
}

// Usable says whether traffic may go to a hop. Without probes the traffic itself is the trial of a hop that is due.
func (c *Hops) Usable(t transport.Target) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.usableLocked(t)
}

func (c *Hops) usableLocked(t transport.Target) bool {
	h, known := c.hops[t.Addr]
	return !known || h.breaker.State == Closed || !c.cfg.Probed && !time.Now().Before(h.breaker.Until)
}

// Due returns the hops that are to be probed now, and notes that they are.
func (c *Hops) Due() []transport.Target {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []transport.Target
	for a, h := range c.hops {
		if h.breaker.State != Open {
			continue
		}
		if h.breaker = Step(h.breaker, Due, 0, time.Now()); h.breaker.State == HalfOpen {
			c.hops[a] = h
			out = append(out, h.target)
		}
	}
	return out
}

// Well returns the core's addresses that are in use: they are probed as well, so that one is found dead before a call finds it so.
func (c *Hops) Well() []transport.Target {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []transport.Target
	for _, t := range c.targets {
		if h, known := c.hops[t.Addr]; !known || h.breaker.State == Closed {
			out = append(out, t)
		}
	}
	return out
}

// Wait is how long until a hop may be tried again; 0 when one is well or nothing is known.
func (c *Hops) Wait() time.Duration {
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

// States lists the core's addresses and every other hop that is not well.
func (c *Hops) States() []Hop {
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

// RetryAfter reads Retry-After, at most an hour (RFC 3261 20.33).
func RetryAfter(res *sip.Response) time.Duration {
	value, _, _ := strings.Cut(dialog.First(res, "retry-after"), ";")
	value, _, _ = strings.Cut(value, "(")
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, time.Hour)
}
