package peer

import (
	"container/heap"
	"encoding/binary"
	"time"

	"causeway/diameter/dict"

	"github.com/fiorix/go-diameter/v4/diam"
)

// nowhere is the place of an exchange that waits for a peer to come up.
const nowhere = -1

// exchange is one request on its way to its answer. The loop owns it from submission on; Do reads only reply.
type exchange struct {
	session, host     string
	late              func(*diam.Message)
	command, endToEnd uint32
	reply             chan reply // one value, never blocks

	frame     []byte // nil once abandoned
	at        int    // the peer it was last sent to, or nowhere
	tried     uint64 // peers it was sent to, one bit each
	hops      []uint32
	deadline  time.Time
	due       time.Time // when the loop has to look at it again
	place     int       // index in the heap
	abandoned bool      // Do has returned; only a late answer is awaited
}

type reply struct {
	message *diam.Message
	err     error
}

// hop is where an answer with a certain Hop-by-Hop id has to come from.
type hop struct {
	x    *exchange
	peer int
}

// book holds every exchange: by Hop-by-Hop id for answers, by time for deadlines.
type book struct {
	byHop  map[uint32]hop
	byTime timeline
	live   int // not abandoned
	id     uint32
}

// nextID returns a Hop-by-Hop id that no exchange uses.
func (b *book) nextID() uint32 {
	for {
		b.id++
		if _, used := b.byHop[b.id]; !used {
			return b.id
		}
	}
}

// forget removes an exchange for good.
func (b *book) forget(x *exchange) {
	for _, id := range x.hops {
		delete(b.byHop, id)
	}
	x.hops = nil
	if x.place >= 0 {
		heap.Remove(&b.byTime, x.place)
		if !x.abandoned {
			b.live--
		}
	}
}

// closed forgets the Hop-by-Hop ids of a connection that is gone: the next one's answers cannot carry them.
func (b *book) closed(peer int) {
	for id, h := range b.byHop {
		if h.peer == peer {
			delete(b.byHop, id)
		}
	}
}

// timeline orders exchanges by when they are due (container/heap).
type timeline []*exchange

func (t timeline) Len() int           { return len(t) }
func (t timeline) Less(i, j int) bool { return t[i].due.Before(t[j].due) }
func (t timeline) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].place, t[j].place = i, j
}

// Push implements heap.Interface.
func (t *timeline) Push(x any) {
	e := x.(*exchange)
	e.place = len(*t)
	*t = append(*t, e)
}

// Pop implements heap.Interface.
func (t *timeline) Pop() any {
	old := *t
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*t, e.place = old[:len(old)-1], -1
	return e
}

// submit starts an exchange.
func (l *loop) submit(x *exchange, now time.Time) {
	switch {
	case l.stopping:
		x.reply <- reply{err: ErrStopped}
		return
	case l.book.live >= l.m.cfg.MaxPending:
		x.reply <- reply{err: ErrBusy}
		return
	}
	p := l.choose(x, false)
	// Without a peer a request waits only if there was one a moment ago: during an outage each call would else be
	// held up for the whole timeout, to no purpose.
	if p == nil && (l.lastUsable.IsZero() || now.Sub(l.lastUsable) >= l.m.cfg.Timeout) {
		x.reply <- reply{err: ErrNoPeer}
		return
	}
	x.deadline = now.Add(l.m.cfg.Timeout)
	x.due = x.deadline
	heap.Push(&l.book.byTime, x)
	l.book.live++
	if p != nil {
		l.send(x, p, now, false)
	}
}

// choose picks the peer for an exchange: the one it names, else the first fully usable, else (unless proven is asked
// for) the first that is being reopened. A peer it was sent to already is not chosen.
func (l *loop) choose(x *exchange, proven bool) *peerState {
	var best *peerState
	for _, p := range l.peers {
		u := p.machine.State.usable()
		if u == 0 || (proven && u < 2) || x.tried&(1<<p.index) != 0 {
			continue
		}
		if u == 2 && x.host != "" && p.identity == x.host {
			return p
		}
		if best == nil || u > best.machine.State.usable() {
			best = p
		}
	}
	return best
}

// send puts the exchange on a peer's connection. repeated sets the T flag (RFC 6733 5.5.4): the request may have been
// received before.
func (l *loop) send(x *exchange, p *peerState, now time.Time, repeated bool) {
	frame := x.frame
	if x.tried != 0 {
		frame = append([]byte(nil), x.frame...) // a writer may still hold the first one
	}
	if repeated {
		frame[4] |= diam.RetransmittedFlag
	}
	id := l.book.nextID()
	binary.BigEndian.PutUint32(frame[12:], id)
	l.book.byHop[id] = hop{x, p.index}
	x.hops = append(x.hops, id)
	x.at, x.tried = p.index, x.tried|1<<p.index
	c := p.count
	c.requests.Add(1)
	if frame[4]&diam.RetransmittedFlag != 0 {
		c.repeats.Add(1)
	}
	x.due = x.deadline
	if half := now.Add(l.m.cfg.Timeout / 2); len(l.peers) > 1 && half.Before(x.deadline) {
		x.due = half
	}
	heap.Fix(&l.book.byTime, x.place)
	l.put(p, frame)
}

// answer matches an answer to its request (RFC 6733 6.2.1).
func (l *loop) answer(p *peerState, msg *diam.Message, now time.Time) {
	h, ok := l.book.byHop[msg.Header.HopByHopID]
	if !ok || h.peer != p.index || !h.x.fits(msg) {
		p.count.stray.Add(1)
		l.m.deps.Log.Debug("diameter answer fits no request", "peer", p.address, "command", msg.Header.CommandCode)
		return
	}
	x := h.x
	p.count.answers.Add(1)
	if !x.abandoned && delivery(msg) {
		if other := l.choose(x, true); other != nil {
			l.send(x, other, now, false) // refused, so not received by whom it was for: no T flag
			return
		}
	}
	l.book.forget(x)
	if x.abandoned {
		p.count.late.Add(1)
		x.late(msg)
		return
	}
	x.reply <- reply{message: msg}
}

// fits checks what beside the Hop-by-Hop id must agree. An answer without Session-Id is one only as a protocol error
// (RFC 6733 7.2).
func (x *exchange) fits(msg *diam.Message) bool {
	h := msg.Header
	if h.EndToEndID != x.endToEnd || h.CommandCode != x.command || h.ApplicationID != dict.ApplicationRx {
		return false
	}
	id, ok := dict.AVPs(msg.AVP).Text(dict.CodeSessionID, 0)
	if !ok {
		return h.CommandFlags&diam.ErrorFlag != 0
	}
	return id == x.session
}

// delivery says whether an answer is one of those after which another peer should be tried (RFC 6733 7.1.3).
func delivery(msg *diam.Message) bool {
	if msg.Header.CommandFlags&diam.ErrorFlag == 0 {
		return false
	}
	code, _ := dict.AVPs(msg.AVP).U32(dict.CodeResultCode, 0)
	return code == dict.ResultUnableToDeliver || code == dict.ResultTooBusy
}

// expire looks at the exchanges that are due.
func (l *loop) expire(now time.Time) {
	for len(l.book.byTime) > 0 {
		x := l.book.byTime[0]
		if now.Before(x.due) {
			return
		}
		switch {
		case x.abandoned:
			l.book.forget(x)
		case now.Before(x.deadline): // half the time is over
			if other := l.choose(x, true); other != nil && x.at != nowhere {
				l.send(x, other, now, true)
			}
			x.due = x.deadline
			heap.Fix(&l.book.byTime, x.place)
		case x.tried == 0:
			l.book.forget(x)
			x.reply <- reply{err: ErrNoPeer}
		default:
			if x.at != nowhere {
				l.peers[x.at].count.timeouts.Add(1)
			}
			x.reply <- reply{err: ErrTimeout}
			l.abandon(x, now)
		}
	}
}

// abandon keeps an exchange whose caller has gone, for its late answer.
func (l *loop) abandon(x *exchange, now time.Time) {
	if x.abandoned || x.place < 0 {
		return
	}
	waiting := len(l.book.byTime) - l.book.live
	if x.late == nil || x.tried == 0 || waiting >= 4*l.m.cfg.MaxPending {
		l.book.forget(x)
		return
	}
	l.book.live--
	x.abandoned, x.frame, x.due = true, nil, now.Add(linger)
	heap.Fix(&l.book.byTime, x.place)
}

// failover moves the exchanges waiting for p to another peer, or nowhere to wait for one (RFC 6733 5.5.4).
func (l *loop) failover(p *peerState, now time.Time) {
	p.count.failovers.Add(1)
	for _, x := range append([]*exchange(nil), l.book.byTime...) {
		if x.abandoned || x.at != p.index {
			continue
		}
		if other := l.choose(x, false); other != nil {
			l.send(x, other, now, true)
			continue
		}
		x.at = nowhere
		x.tried &^= 1 << p.index // it may be sent there again when the peer is back
		x.tried |= waited        // but it has been sent: the T flag has to be set
	}
}

// waited marks an exchange that was sent to a peer which failed. It is above every peer's bit.
const waited = 1 << 63

// failback sends the exchanges that wait for a peer.
func (l *loop) failback(now time.Time) {
	for _, x := range append([]*exchange(nil), l.book.byTime...) {
		if !x.abandoned && x.at == nowhere {
			if p := l.choose(x, false); p != nil {
				l.send(x, p, now, x.tried != 0)
			}
		}
	}
}
