package udp

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// GroupOptions of the packet threads.
type GroupOptions struct {
	Loop LoopOptions
	// Most is how many threads there may be, at least 1. The first one is there from the start.
	Most int
	// Changed is told how many threads run, before one starts and after one has ended. May be nil.
	Changed func(threads int)
	// Used replaces the measured processor time of a thread, 0 being the first; for tests. Nil measures.
	Used func(thread int) time.Duration
	Log  *slog.Logger
}

// Group is the packet threads of one process: as few as the load needs. Safe for concurrent use.
//
//	threads   0   1   2 │ 3
//	          take new  │ ends when its last call has: it still reads what its
//	          calls     │ sockets get, but shared addresses are not steered to it
type Group struct {
	opt    GroupOptions
	failed chan error
	wg     sync.WaitGroup

	mu      sync.Mutex // guards the following
	shared  []*Shared
	threads []*thread
	active  int // the first ones take new calls
	size    sizer
	since   time.Time // when the window began
	stuck   bool      // the system refused another thread, which has been said
	running bool
	closed  bool
}

// thread is one loop with what is known of its load.
type thread struct {
	loop   *Loop
	used   time.Duration // processor time when the window began
	share  float64       // of a processor, over the last window
	opened int           // calls given to it since
	since  time.Time     // when it began to end
}

// NewGroup makes the first thread's loop. Nothing is read before Start.
func NewGroup(opt GroupOptions) (*Group, error) {
	if opt.Changed == nil {
		opt.Changed = func(int) {}
	}
	opt.Loop.circle = &circle{}
	opt.Loop.circle.set(nil)
	loop, err := NewLoop(opt.Loop)
	if err != nil {
		return nil, err
	}
	return &Group{opt: opt, failed: make(chan error, 1), threads: []*thread{{loop: loop}}, active: 1, size: sizer{most: max(opt.Most, 1)}}, nil
}

// ReusePort tells whether sockets of shared addresses need Options.ReusePort.
func (g *Group) ReusePort() bool { return g.size.most > 1 }

// Share opens addr for all threads; open is called for each one there is or will be, with the same address. Before Start.
func (g *Group) Share(addr netip.AddrPort, open func(loop *Loop, addr netip.AddrPort) (*Socket, error)) (*Shared, error) {
	s := &Shared{open: open, addr: addr}
	if err := s.join(g.threads[0].loop); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shared = append(g.shared, s)
	return s, nil
}

// Start lets the threads read.
func (g *Group) Start() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.running {
		return
	}
	g.running = true
	for i := range g.threads {
		g.start(i)
	}
}

// start runs thread i; the caller holds the lock.
func (g *Group) start(i int) {
	t := g.threads[i]
	g.opt.Changed(i + 1)
	g.wg.Go(func() {
		if err := t.loop.Run(); err != nil && !errors.Is(err, ErrClosed) {
			select {
			case g.failed <- err:
			default: // one is enough
			}
		}
	})
}

// Failed delivers the error that ended a thread against its will.
func (g *Group) Failed() <-chan error { return g.failed }

// Least is the thread a new call's sockets belong to: the least busy one.
func (g *Group) Least() *Loop {
	g.mu.Lock()
	defer g.mu.Unlock()
	best := g.threads[0]
	for _, t := range g.threads[1:g.active] {
		if t.expected() < best.expected() {
			best = t
		}
	}
	best.opened++
	return best.loop
}

func (t *thread) expected() float64 { return t.share + float64(t.opened)*callShare }

// Threads counts the threads that take new calls, and all.
func (g *Group) Threads() (active, all int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.active, len(g.threads)
}

// Tick looks how busy the threads are, and lets one more begin or one end. The owner calls it a few times a second.
func (g *Group) Tick(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.running || g.closed {
		return
	}
	took := now.Sub(g.since)
	if took < sizeWindow {
		return
	}
	first := g.since.IsZero()
	g.since = now
	g.measure(took)
	if first {
		return
	}
	var active []float64
	ending := 0.0
	for i, t := range g.threads {
		if i < g.active {
			active = append(active, t.share)
		} else {
			ending += t.share
		}
	}
	switch n := g.size.window(active, ending); {
	case n > g.active:
		g.grow()
	case n < g.active:
		g.shrink(now)
	}
	g.retire(now)
}

// measure notes each thread's share of a processor; the caller holds the lock.
func (g *Group) measure(took time.Duration) {
	for i, t := range g.threads {
		used := t.loop.Used()
		if g.opt.Used != nil {
			used = g.opt.Used(i)
		}
		t.share = float64(used-t.used) / float64(took)
		t.used, t.opened = used, 0
	}
}

// grow lets one thread more take calls: one that was about to end, or a new one. The caller holds the lock.
func (g *Group) grow() {
	if g.active == len(g.threads) {
		if err := g.add(); err != nil {
			g.complain(err)
			return
		}
	}
	if err := g.steer(g.active + 1); err != nil {
		g.complain(err)
		return
	}
	g.active++
}

// add makes a thread and gives it its sockets; the caller holds the lock.
func (g *Group) add() error {
	loop, err := NewLoop(g.opt.Loop)
	if err != nil {
		return err
	}
	if err := g.steer(len(g.threads)); err != nil { // before there is a socket that could get something
		loop.Close()
		return err
	}
	for i, s := range g.shared {
		if err := s.join(loop); err != nil {
			for _, joined := range g.shared[:i] {
				joined.leave()
			}
			loop.Close()
			return fmt.Errorf("share %s with another thread: %w", s.Local(), err)
		}
	}
	g.threads = append(g.threads, &thread{loop: loop})
	g.meet()
	g.start(len(g.threads) - 1)
	return nil
}

// complain says once that it stays at so many threads; the caller holds the lock.
func (g *Group) complain(err error) {
	if !g.stuck && g.opt.Log != nil {
		g.opt.Log.Warn("no further packet thread", "threads", g.active, "err", err)
	}
	g.stuck = true
}

// steer spreads the shared addresses over the first n threads; the caller holds the lock.
func (g *Group) steer(n int) error {
	for _, s := range g.shared {
		if err := s.steer(n); err != nil {
			return err
		}
	}
	return nil
}

// shrink lets the newest thread take no more calls; the caller holds the lock.
func (g *Group) shrink(now time.Time) {
	if err := g.steer(g.active - 1); err != nil {
		g.complain(err)
		return
	}
	g.active--
	g.threads[g.active].since = now
}

// retire ends the newest thread when it serves no call any more. A window lies between its last datagram and its end, in which it has
// read all it had. The caller holds the lock.
func (g *Group) retire(now time.Time) {
	last := len(g.threads) - 1
	t := g.threads[last]
	if last < g.active || now.Sub(t.since) < sizeWindow || t.loop.sockets() > len(g.shared) {
		return
	}
	for _, s := range g.shared {
		s.leave()
	}
	t.loop.Close()
	g.threads = g.threads[:last]
	g.meet()
	g.opt.Changed(last)
}

// meet makes the loops known to each other; the caller holds the lock.
func (g *Group) meet() {
	loops := make([]*Loop, len(g.threads))
	for i, t := range g.threads {
		loops[i] = t.loop
	}
	g.opt.Loop.circle.set(loops)
}

// Close ends all threads and closes their sockets. Safe to call twice; not from a handler.
func (g *Group) Close() {
	g.mu.Lock()
	told := g.closed || !g.running
	g.closed = true
	threads := g.threads
	g.mu.Unlock()
	for _, t := range threads {
		t.loop.Close()
	}
	g.wg.Wait()
	if !told {
		g.opt.Changed(0)
	}
}
