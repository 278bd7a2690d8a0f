package udp

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// TurnSize is how many sockets are served between two looks for more: a choice of ours. Each may have its burst.
const TurnSize = 256

// ErrClosed is returned by calls on a closed loop or socket.
var ErrClosed = errors.New("socket is closed")

// Loop is one reader thread and the sockets it reads.
type Loop struct {
	opt   LoopOptions
	epoll int
	wake  int // eventfd

	mu      sync.Mutex // guards the following
	started bool
	closed  bool
	closing []*Socket
	open    map[*Socket]struct{}

	table  atomic.Pointer[[]atomic.Pointer[Socket]] // by descriptor
	bypass *bypassed                                // nil without
	thread atomic.Int32                             // its kernel id while Run runs
	done   chan struct{}
	once   sync.Once

	// Used by the thread alone.
	batch batch
	peer  unix.RawSockaddrAny
	pace  pace
}

// LoopOptions of a reader thread.
type LoopOptions struct {
	// Coalesce is how long it rests between two looks at its sockets while many packets come, 0 to 10 ms; 0 looks whenever a
	// packet comes.
	Coalesce time.Duration
	// Nice is its priority, -20 (first) to 0, where the system allows it (CAP_SYS_NICE).
	Nice int
	Log  *slog.Logger // told when the system does not
	// Bypass is served by this thread; nil for none. It must be closed after the loop, not before.
	Bypass Bypass

	circle *circle // of the group; nil for a loop alone
}

// NewLoop makes the epoll set. The loop reads once Run is called.
func NewLoop(opt LoopOptions) (*Loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make epoll set: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epoll)
		return nil, fmt.Errorf("make wake-up descriptor: %w", err)
	}
	l := &Loop{epoll: epoll, wake: wake, open: map[*Socket]struct{}{}, done: make(chan struct{}), opt: opt, pace: pace{rest: min(opt.Coalesce, 10*time.Millisecond)}}
	table := make([]atomic.Pointer[Socket], 64)
	l.table.Store(&table)
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(wake)} //nolint:gosec // descriptors are small
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, wake, &ev); err != nil {
		_ = unix.Close(wake)
		_ = unix.Close(epoll)
		return nil, fmt.Errorf("watch wake-up descriptor: %w", err)
	}
	if opt.Bypass != nil {
		if l.bypass, err = newBypassed(l, opt.Bypass); err != nil {
			_ = unix.Close(wake)
			_ = unix.Close(epoll)
			return nil, fmt.Errorf("watch the bypass: %w", err)
		}
	}
	return l, nil
}

// Run reads until Close. It keeps its thread.
func (l *Loop) Run() error {
	l.mu.Lock()
	if l.closed || l.started {
		l.mu.Unlock()
		return ErrClosed
	}
	l.started = true
	l.mu.Unlock()
	defer close(l.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.thread.Store(int32(unix.Gettid())) //nolint:gosec // thread ids are below 2^22
	defer l.thread.Store(0)
	if l.opt.Nice != 0 {
		if err := unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), l.opt.Nice); err != nil {
			l.opt.Log.Info("packet thread keeps its ordinary priority: the system does not allow another (CAP_SYS_NICE)", "nice", l.opt.Nice, "err", err)
		} else {
			defer func() { _ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 0) }() // the thread goes back to Go
		}
	}
	events := make([]unix.EpollEvent, TurnSize)
	for {
		n, err := l.wait(events)
		if err != nil {
			l.mu.Lock()
			l.closed = true
			l.mu.Unlock()
			l.reap()
			return err
		}
		now := time.Now()
		packets, more := 0, n == len(events)
		if l.bypass != nil {
			l.bypass.begin()
		}
		for i := range events[:n] {
			taken, left := l.dispatch(&events[i], now)
			packets += taken
			more = more || left
		}
		l.batch.flush()
		if l.bypass != nil {
			l.bypass.end()
		}
		l.pace.took(packets, more, now)
		if l.reap() {
			return nil
		}
	}
}

// wait looks for events without telling the scheduler and only then blocks:
// under load there is nearly always something. While some packets come it blocks without telling, too: the scheduler's monitor
// thread would take its place each time, and wake every 20 us to do so.
func (l *Loop) wait(events []unix.EpollEvent) (int, error) {
	for l.pace.resting() {
		Nap(l.pace.rest)
		n := pollNow(l.epoll, events)
		l.pace.looked(n)
		if n > 0 {
			return n, nil
		}
	}
	n := pollNow(l.epoll, events)
	for n <= 0 && l.pace.warm {
		n = poll(l.epoll, events, warmWait)
		l.pace.took(0, false, time.Now())
	}
	for n <= 0 {
		var err error
		n, err = unix.EpollWait(l.epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return 0, fmt.Errorf("wait for packets: %w", err)
		}
	}
	return n, nil
}

// dispatch serves one event and returns the number of datagrams read, and whether there may be many more.
func (l *Loop) dispatch(ev *unix.EpollEvent, now time.Time) (taken int, more bool) {
	if int(ev.Fd) == l.wake {
		var b [8]byte
		_, _ = unix.Read(l.wake, b[:])
		return 0, false
	}
	if ev.Pad == bypassMark {
		return l.bypass.receive(ev, now)
	}
	table := *l.table.Load()
	if int(ev.Fd) >= len(table) {
		return 0, false
	}
	// Pad carries the socket's generation: an event of a descriptor that was
	// closed and reused within one wait must not reach the new owner.
	if s := table[ev.Fd].Load(); s != nil && s.generation == ev.Pad {
		taken = s.read(now)
		return taken, s.burst > 1 && taken == s.burst
	}
	return 0, false
}

// reap closes the sockets that asked for it and reports whether the loop ends.
func (l *Loop) reap() bool {
	l.mu.Lock()
	closing, closed := l.closing, l.closed
	l.closing = nil
	if closed {
		for s := range l.open {
			closing = append(closing, s)
		}
	}
	l.mu.Unlock()
	for _, s := range closing {
		l.release(s)
	}
	return closed
}

// release closes one descriptor. Only the loop's thread, or Close of a loop that
// never ran, calls it.
func (l *Loop) release(s *Socket) {
	l.mu.Lock()
	_, ok := l.open[s]
	delete(l.open, s)
	l.mu.Unlock()
	if !ok {
		return
	}
	s.writers.Or(closedBit)
	if l.bypass != nil {
		l.bypass.remove(s)
	}
	for s.writers.Load() != closedBit {
		runtime.Gosched() // a sendto in progress: microseconds
	}
	(*l.table.Load())[s.fd].Store(nil)
	_ = unix.Close(s.fd)
	close(s.gone)
}

// add puts an open socket under the loop's eyes.
func (l *Loop) add(s *Socket) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	old := *l.table.Load()
	if s.fd >= len(old) {
		// Only adders write the table, under the lock; the reader sees either one.
		table := make([]atomic.Pointer[Socket], max(s.fd+1, 2*len(old)))
		for i := range old {
			table[i].Store(old[i].Load())
		}
		l.table.Store(&table)
		old = table
	}
	old[s.fd].Store(s)
	l.open[s] = struct{}{}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.fd), Pad: s.generation} //nolint:gosec // descriptors are small
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, s.fd, &ev); err != nil {
		old[s.fd].Store(nil)
		delete(l.open, s)
		return fmt.Errorf("watch socket: %w", err)
	}
	return nil
}

// ask has a socket closed: by the thread, or at once where none runs. The end of a loop closes all of them, and its descriptors may be
// somebody else's then.
func (l *Loop) ask(s *Socket) {
	l.mu.Lock()
	started, closed := l.started, l.closed
	if started && !closed {
		l.closing = append(l.closing, s)
		l.nudge() // under the lock: Close gives the descriptor back behind it
	}
	l.mu.Unlock()
	if !started {
		l.release(s)
	}
}

// Used is the processor time of the thread so far, 0 when it does not run. It costs the thread nothing.
func (l *Loop) Used() time.Duration {
	id := l.thread.Load()
	if id == 0 {
		return 0
	}
	return processorTime(id)
}

// sockets counts the open ones.
func (l *Loop) sockets() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

func (l *Loop) nudge() {
	one := [8]byte{1}
	_, _ = unix.Write(l.wake, one[:]) // full means already awake
}

// Close ends Run, closes every socket and waits. Safe to call twice. It must not
// be called from a handler.
func (l *Loop) Close() {
	l.once.Do(func() {
		l.mu.Lock()
		started := l.started
		l.closed = true
		l.mu.Unlock()
		if started {
			l.nudge()
			<-l.done
		} else {
			l.reap()
			close(l.done)
		}
		_ = unix.Close(l.wake)
		_ = unix.Close(l.epoll)
	})
}
