package peer

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"causeway/diameter/dict"

	"github.com/fiorix/go-diameter/v4/diam"
)

// peerState is what the loop knows of one peer.
type peerState struct {
	index   int
	address string
	count   *peerCounters

	machine    Machine
	generation uint64             // of the present attempt or connection
	cancel     context.CancelFunc // ends the dial, nil when none runs
	link       *link              // nil without a connection
	identity   string             // Origin-Host of the CEA
	request    uint32             // Hop-by-Hop id of our last CER, DWR or DPR
	complained bool               // its failure has been logged: the next ones are debug until it is up again
}

// loop is the state behind the manager, owned by the goroutine in Run.
type loop struct {
	m          *Manager
	table      *[states][inputs]row
	peers      []*peerState
	book       book
	lastUsable time.Time // when the last usable peer was lost; zero before the first was up
	stopping   bool
}

// Run keeps the connections until ctx ends, then takes leave of every peer with DPR (RFC 6733 5.4) and returns nil
// when all connections are closed, at most the Base timer later. It is called once.
func (m *Manager) Run(ctx context.Context) error {
	if m.started.Swap(true) {
		return errors.New("diameter: run twice")
	}
	l := &loop{m: m, table: transitions(), book: book{byHop: make(map[uint32]hop), id: uint32(seed())}}
	for i, addr := range m.cfg.Peers {
		l.peers = append(l.peers, &peerState{index: i, address: addr, count: &m.count.peers[i], machine: Machine{random: seed()}})
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	stop := ctx.Done()
	for {
		l.ticks(time.Now())
		if l.stopping && l.stopped() {
			break
		}
		m.count.pending.Store(int64(l.book.live))
		timer.Reset(time.Until(l.next()))
		select {
		case ev := <-m.inbox:
			l.handle(ev, time.Now())
		case <-timer.C:
		case <-stop:
			stop, l.stopping = nil, true
			for _, p := range l.peers {
				l.step(p, Stop, nil, time.Now())
			}
		}
	}
	close(m.done)
	for _, x := range l.book.byTime {
		if !x.abandoned {
			x.reply <- reply{err: ErrStopped}
		}
	}
	m.work.Wait()
	for {
		select {
		case ev := <-m.inbox:
			if d, ok := ev.(dialled); ok && d.err == nil {
				_ = d.conn.Close()
			}
		default:
			return nil
		}
	}
}

// stopped says whether every machine has come to its end.
func (l *loop) stopped() bool {
	for _, p := range l.peers {
		if p.machine.State != Stopped {
			return false
		}
	}
	return true
}

// ticks gives the machines and exchanges whose time has come their turn.
func (l *loop) ticks(now time.Time) {
	for _, p := range l.peers {
		if due, _, ok := p.machine.Due(now); ok && due {
			l.step(p, Tick, nil, now)
		}
	}
	l.expire(now)
}

// next returns when something is due; a minute from now when nothing is.
func (l *loop) next() time.Time {
	at := time.Now().Add(time.Minute)
	for _, p := range l.peers {
		if _, t, ok := p.machine.Due(at); ok && t.Before(at) {
			at = t
		}
	}
	if len(l.book.byTime) > 0 && l.book.byTime[0].due.Before(at) {
		at = l.book.byTime[0].due
	}
	return at
}

// handle takes one event.
func (l *loop) handle(ev any, now time.Time) {
	switch ev := ev.(type) {
	case submitted:
		l.submit(ev.x, now)
	case cancelled:
		l.abandon(ev.x, now)
	case dialled:
		p := l.peers[ev.peer]
		switch {
		case ev.generation != p.generation:
			if ev.err == nil {
				_ = ev.conn.Close()
			}
		case ev.err != nil:
			p.cancel()
			p.cancel = nil
			l.complain(p, "cannot connect to diameter peer", ev.err)
			l.step(p, Refused, nil, now)
		default:
			l.connected(p, ev.conn, now)
		}
	case lost:
		if p := l.peers[ev.peer]; ev.generation == p.generation {
			l.lost(p, ev.err, now)
		}
	case arrived:
		if p := l.peers[ev.peer]; ev.generation == p.generation {
			l.arrived(p, ev, now)
		}
	}
}

// connected takes a new TCP connection into use.
func (l *loop) connected(p *peerState, conn net.Conn, now time.Time) {
	p.cancel() // the dial's context has served
	p.cancel = nil
	p.link = l.m.newLink(p.index, p.generation, conn)
	l.step(p, Connected, nil, now)
}

// lost ends a connection that broke or cannot be trusted.
func (l *loop) lost(p *peerState, err error, now time.Time) {
	switch p.machine.State {
	case Leaving, Closing: // the peer closes, as it should
	default:
		l.complain(p, "diameter connection lost", err)
	}
	l.step(p, Lost, nil, now)
}

// complain logs a failure of a peer, once until it is up again.
func (l *loop) complain(p *peerState, text string, err error) {
	level := slog.LevelWarn
	if p.complained || l.stopping {
		level = slog.LevelDebug
	}
	p.complained = true
	l.m.deps.Log.Log(context.Background(), level, text, "peer", p.address, "err", err)
}

// arrived sorts a message to its procedure.
func (l *loop) arrived(p *peerState, ev arrived, now time.Time) {
	h := ev.message.Header
	request := h.CommandFlags&diam.RequestFlag != 0
	ours := !request && h.HopByHopID == p.request // an answer to our last base request
	switch {
	case ev.fault != nil:
		l.step(p, Heard, nil, now)
		l.refuse(p, ev.message, ev.fault.Result)
	case h.CommandCode == dict.CommandCapabilitiesExchange && ours && p.machine.State == Exchanging:
		l.capabilities(p, ev.message, now)
	case h.CommandCode == dict.CommandDeviceWatchdog && request:
		l.step(p, Asked, ev.message, now)
	case h.CommandCode == dict.CommandDeviceWatchdog && ours:
		l.step(p, Alive, nil, now)
	case h.CommandCode == dict.CommandDisconnectPeer && request:
		l.leaving(p, ev.message, now)
	case h.CommandCode == dict.CommandDisconnectPeer && ours:
		l.step(p, Left, nil, now)
	default:
		l.step(p, Heard, nil, now)
		switch {
		case p.link == nil: // a message before the CEA has ended the connection
		case request:
			l.serve(p, ev.message)
		default:
			l.answer(p, ev.message, now)
		}
	}
}

// step runs a peer's machine and carries out its actions. msg is the request an action answers.
func (l *loop) step(p *peerState, in Input, msg *diam.Message, now time.Time) {
	before := p.machine.State
	machine, actions := Step(l.table, l.m.cfg.Timers, p.machine, in, now)
	p.machine = machine
	if machine.State != before {
		l.changed(p, before, in, now)
	}
	for _, a := range actions {
		l.act(p, a, msg, now)
	}
}

// act carries out one action.
func (l *loop) act(p *peerState, a Action, msg *diam.Message, now time.Time) {
	switch a {
	case Dial:
		p.generation++
		var ctx context.Context
		ctx, p.cancel = context.WithTimeout(context.Background(), l.m.cfg.Timers.Dial)
		l.m.dial(ctx, p.index, p.generation)
	case SendCER:
		l.sendCER(p)
	case SendDWR:
		l.sendDWR(p)
	case SendDWA:
		l.sendDWA(p, msg)
	case SendDPR:
		l.sendDPR(p)
	case SendDPA:
		l.sendDPA(p, msg)
	case Failover:
		l.failover(p, now)
	case Failback:
		l.failback(now)
	case Close:
		l.close(p)
	}
}

// close ends the attempt or the connection.
func (l *loop) close(p *peerState) {
	p.generation++
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
	if p.link != nil {
		p.link.close()
		p.link = nil
	}
	l.book.closed(p.index)
}

// changed keeps the books of a transition and logs it.
func (l *loop) changed(p *peerState, before State, in Input, now time.Time) {
	after := p.machine.State
	p.count.state.Store(uint32(after))
	usable := int32(0)
	for _, q := range l.peers {
		if q.machine.State.usable() > 0 {
			usable++
		}
	}
	if l.m.usable.Swap(usable) > 0 && usable == 0 {
		l.lastUsable = now
	}
	level := slog.LevelDebug
	switch {
	case before == Exchanging && after.open():
		p.count.connects.Add(1)
		p.complained = false
		level = slog.LevelInfo
	case after == Down && before != Leaving:
		p.count.failures.Add(1)
		if before.open() {
			level = slog.LevelInfo
		}
	case after == Suspect:
		level = slog.LevelWarn
	case after == Leaving || after == Closing:
		level = slog.LevelInfo
	}
	if in == Tick && (before == Probing || before == Suspect || before == Proving) {
		p.count.watchdogsMissed.Add(1)
	}
	l.m.deps.Log.Log(context.Background(), level, "diameter peer", "peer", p.address, "host", p.identity,
		"from", before.String(), "to", after.String(), "on", in.String())
}

// put queues a frame on the peer's connection. When the peer does not read, the connection is ended, through the
// inbox like every loss, so that no transition starts inside another.
func (l *loop) put(p *peerState, frame []byte) {
	lk := p.link
	if lk == nil || lk.full || lk.enqueue(frame) {
		return
	}
	lk.full = true
	l.m.work.Go(func() { lk.report(errNotReading) })
}
