package xdp

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Choices of ours.
const (
	lookEvery  = time.Second
	renewEvery = 10 * time.Second
	nudgeEvery = 5 * time.Second // an old neighbour is asked after
	forgetIn   = time.Minute     // a destination nothing was sent to
	maxHops    = 1 << 16         // destinations remembered; more go by the kernel
	maxAsked   = 1024            // questions that wait
)

// resolver keeps the hops of all stations true. One goroutine owns it; ask may be called by anybody.
//
//	ask ──▶ route? neighbour? ──▶ table of the station     kernel: a neighbour changed ──▶ its hops again
//	        every second: what is not known, every ten: all        a route changed ──▶ all, within a second
type resolver struct {
	net     *netlink
	now     func() time.Time
	asked   chan question
	changes chan change
	stop    chan struct{}
	wg      sync.WaitGroup

	// Used by its goroutine alone.
	known      map[question]*entry
	neighbours map[neighbourKey]neighbour
	moved      bool // a route or an interface changed
}

type question struct {
	station *station
	to      netip.Addr
}

// change is what the kernel told: a neighbour, or else that some route or interface is not what it was, or that news were lost.
type change struct {
	neighbour neighbour
	routes    bool
	lost      bool
}

// entry is what is known of a destination.
type entry struct {
	hop                   *hop
	via                   neighbourKey
	renewed, used, nudged time.Time
}

func newResolver() (*resolver, error) {
	n, err := openNetlink()
	if err != nil {
		return nil, err
	}
	r := &resolver{
		net: n, now: time.Now, asked: make(chan question, maxAsked), changes: make(chan change, 256), stop: make(chan struct{}),
		known: map[question]*entry{}, neighbours: map[neighbourKey]neighbour{},
	}
	if err := r.learn(); err != nil {
		n.close()
		return nil, err
	}
	r.wg.Go(r.hear)
	r.wg.Go(r.run)
	return r, nil
}

func (r *resolver) close() {
	close(r.stop)
	_ = r.net.events.Close()
	r.wg.Wait()
	r.net.close()
}

// ask wants a destination resolved. It never blocks: who is not heard asks again with the next packet.
func (r *resolver) ask(s *station, to netip.Addr) {
	select {
	case r.asked <- question{s, to}:
	default:
	}
}

// learn reads the whole table of neighbours.
func (r *resolver) learn() error {
	clear(r.neighbours)
	return r.net.neighbours(func(n neighbour) { r.neighbours[n.key] = n })
}

// hear passes on what the kernel tells.
func (r *resolver) hear() {
	b := make([]byte, 1<<16)
	for {
		n, err := r.net.events.Read(b)
		switch {
		case errors.Is(err, unix.ENOBUFS):
			r.tell(change{lost: true})
			continue
		case err != nil:
			return // closed
		}
		_ = messages(b[:n], func(kind uint16, body []byte) {
			switch kind {
			case unix.RTM_NEWNEIGH, unix.RTM_DELNEIGH:
				if nb, err := parseNeighbour(body, kind == unix.RTM_DELNEIGH); err == nil {
					r.tell(change{neighbour: nb})
				}
			case unix.RTM_NEWROUTE, unix.RTM_DELROUTE, unix.RTM_NEWLINK, unix.RTM_DELLINK:
				r.tell(change{routes: true})
			}
		})
	}
}

func (r *resolver) tell(c change) {
	select {
	case r.changes <- c:
	case <-r.stop:
	}
}

func (r *resolver) run() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case q := <-r.asked:
			if _, ok := r.known[q]; !ok && len(r.known) < maxHops {
				now := r.now()
				e := &entry{used: now}
				r.known[q] = e
				r.renew(q, e, now)
			}
		case c := <-r.changes:
			r.changed(c)
		case <-tick.C:
			r.look(r.now())
		}
	}
}

// changed takes one piece of news.
func (r *resolver) changed(c change) {
	switch {
	case c.lost:
		r.moved = true
		_ = r.learn() // what it could not read is learnt from the next news
	case c.routes:
		r.moved = true
	default:
		old := r.neighbours[c.neighbour.key]
		if c.neighbour.known {
			r.neighbours[c.neighbour.key] = c.neighbour
		} else {
			delete(r.neighbours, c.neighbour.key)
		}
		if old.known == c.neighbour.known && old.mac == c.neighbour.mac {
			return
		}
		now := r.now()
		for q, e := range r.known {
			if e.via == c.neighbour.key {
				r.renew(q, e, now)
			}
		}
	}
}

// look does what is due by time.
func (r *resolver) look(now time.Time) {
	if r.moved {
		seen := map[*device]bool{}
		for q := range r.known {
			if d := q.station.device; !seen[d] {
				seen[d] = true
				d.refresh()
			}
		}
	}
	for q, e := range r.known {
		if e.hop != nil && e.hop.used.Swap(false) {
			e.used = now
		}
		switch {
		case now.Sub(e.used) > forgetIn:
			r.replace(q, e, nil)
			q.station.hops.Update(q.to, func(*hop, bool) (*hop, bool) { return nil, false })
			delete(r.known, q)
			continue
		case r.moved || e.hop == nil || now.Sub(e.renewed) >= renewEvery:
			r.renew(q, e, now)
		}
		if e.hop != nil && !r.neighbours[e.via].fresh && now.Sub(e.nudged) >= nudgeEvery {
			e.nudged = now
			e.hop.nudge.Store(true)
		}
	}
	r.moved = false
}

// renew asks the kernel for one destination and changes its hop if the answer is another one.
func (r *resolver) renew(q question, e *entry, now time.Time) {
	e.renewed = now
	route, ok := r.resolve(q, e)
	switch {
	case !ok:
		r.replace(q, e, nil)
	case e.hop == nil || e.hop.route != route:
		h := newHop(q.station.device.queues[0], route)
		h.to = q.to
		r.replace(q, e, h)
	}
}

// resolve finds the route of one destination; false when it must go by the kernel.
func (r *resolver) resolve(q question, e *entry) (route, bool) {
	d := q.station.device
	p, err := r.net.route(q.station.addr, q.to)
	e.via = neighbourKey{p.ifindex, p.next}
	if err != nil || !p.plain || p.ifindex != d.index {
		return route{}, false
	}
	n := r.neighbours[e.via]
	state := d.state.Load()
	if !n.known || state == nil {
		return route{}, false
	}
	mtu := min(state.mtu, frameSize-etherSize)
	if p.mtu > 0 {
		mtu = min(mtu, p.mtu)
	}
	return route{from: q.station.addr, to: q.to, here: state.mac, next: n.mac, mtu: mtu}, true
}

// replace puts another hop, or none, into the station's table.
func (r *resolver) replace(q question, e *entry, h *hop) {
	old := e.hop
	e.hop = h
	q.station.hops.Update(q.to, func(*hop, bool) (*hop, bool) { return h, true })
	if old != nil {
		old.gone.Store(true)
	}
}
