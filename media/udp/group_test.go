package udp

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestSizer(t *testing.T) {
	busy, calm := func(n int) []float64 { return slices.Repeat([]float64{0.8}, n) }, func(n int) []float64 { return slices.Repeat([]float64{0.1}, n) }
	for name, c := range map[string]struct {
		most, from int
		windows    func(n int) []float64
		ending     float64
		after      int // windows
		want       int
	}{
		"a busy thread gets company":           {4, 1, busy, 0, growAfter, 2},
		"but not at once":                      {4, 1, busy, 0, growAfter - 1, 1},
		"nor beyond the bound":                 {2, 2, busy, 0, 10 * growAfter, 2},
		"and again while all are busy":         {4, 1, busy, 0, 3 * growAfter, 4},
		"idle ones go":                         {4, 3, calm, 0, shrinkAfter, 2},
		"slowly":                               {4, 3, calm, 0, shrinkAfter - 1, 3},
		"down to one":                          {4, 3, calm, 0, 10 * shrinkAfter, 1},
		"not while ending ones use a lot":      {4, 2, calm, 0.9, 10 * shrinkAfter, 2},
		"what fits into fewer only just stays": {4, 2, func(n int) []float64 { return slices.Repeat([]float64{0.25}, n) }, 0, 10 * shrinkAfter, 2},
	} {
		s, n := sizer{most: c.most}, c.from
		for range c.after {
			n = s.window(c.windows(n), c.ending)
		}
		if n != c.want {
			t.Errorf("%s: %d threads, want %d", name, n, c.want)
		}
	}
	s, n := sizer{most: 2}, 1
	for i := range 100 { // a peak now and then
		if n = s.window([]float64{0.9 * float64(i%growAfter) / (growAfter - 1)}, 0); n != 1 {
			t.Fatal("a thread for a short peak")
		}
	}
}

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// load is the processor time of threads as a test wants it: busy ones use 90 %.
type load struct {
	busy atomic.Bool
	now  time.Time // of the last tick
	mu   sync.Mutex
	used time.Duration
}

func (l *load) time(int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used
}

// pass lets windows pass.
func (l *load) pass(g *Group, windows int) {
	for range windows {
		l.now = l.now.Add(sizeWindow)
		l.mu.Lock()
		if l.busy.Load() {
			l.used += sizeWindow * 9 / 10
		}
		l.mu.Unlock()
		g.Tick(l.now)
	}
}

// TestGroup grows to three threads and back under traffic: each datagram arrives once, sources stay with a thread, calls' sockets go on
// until they are closed, and what the threads had is given back.
func TestGroup(t *testing.T) {
	for _, bind := range []string{"127.0.0.1:0", "[::1]:0"} {
		if bind == "[::1]:0" && !haveV6() {
			continue
		}
		t.Run(bind, func(t *testing.T) { group(t, netip.MustParseAddrPort(bind)) })
	}
}

// crowd is a group of threads, sources that send to its shared address, and what arrives at each thread.
type crowd struct {
	t       *testing.T
	load    *load
	g       *Group
	in      chan arrival
	sources []*net.UDPConn
	rounds  int
	running []int // how many threads there were, each time that changed
}

type arrival struct {
	text string
	by   *Loop
}

func newCrowd(t *testing.T, bind netip.AddrPort) *crowd {
	t.Helper()
	c := &crowd{t: t, load: &load{now: time.Unix(1000, 0)}, in: make(chan arrival, 4096)}
	g, err := NewGroup(GroupOptions{Loop: LoopOptions{Coalesce: time.Millisecond}, Most: 3, Used: c.load.time, Changed: func(n int) { c.running = append(c.running, n) }})
	if err != nil {
		t.Fatal(err)
	}
	c.g = g
	shared, err := g.Share(bind, func(loop *Loop, addr netip.AddrPort) (*Socket, error) {
		return loop.Open(addr, Options{ReusePort: g.ReusePort(), Burst: TurnSize}, c.hears(loop))
	})
	if err != nil {
		t.Fatal(err)
	}
	g.Start()
	for range 64 {
		source, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(shared.Local()))
		if err != nil {
			t.Fatal(err)
		}
		c.sources = append(c.sources, source)
	}
	return c
}

func (c *crowd) hears(loop *Loop) Handler {
	return func(b []byte, _ netip.AddrPort, _ time.Time) { c.in <- arrival{string(b), loop} }
}

// say sends from each source and returns how many sources each thread has.
func (c *crowd) say() map[*Loop]int {
	c.t.Helper()
	want := map[string]bool{}
	for i, source := range c.sources {
		text := fmt.Sprint(c.rounds, " ", i)
		want[text] = true
		if _, err := source.Write([]byte(text)); err != nil {
			c.t.Fatal(err)
		}
	}
	c.rounds++
	by := map[*Loop]int{}
	for range c.sources {
		select {
		case a := <-c.in:
			if !want[a.text] {
				c.t.Fatalf("heard %q, which is old or was heard before", a.text)
			}
			delete(want, a.text)
			by[a.by]++
		case <-time.After(30 * time.Second):
			c.t.Fatalf("%d datagrams lost", len(want))
		}
	}
	return by
}

// heardBy lets windows pass and wants the sources spread over so many threads.
func (c *crowd) heardBy(threads, windows int) {
	c.t.Helper()
	c.load.pass(c.g, windows)
	if by := c.say(); len(by) != threads {
		c.t.Fatalf("%d threads, %v", threads, by)
	}
}

// threads lets windows pass and wants so many threads that take new calls, of so many in all.
func (c *crowd) threads(active, all, windows int) {
	c.t.Helper()
	c.load.pass(c.g, windows)
	if a, n := c.g.Threads(); a != active || n != all {
		c.t.Fatalf("%d threads of %d, want %d of %d", a, n, active, all)
	}
}

func group(t *testing.T, bind netip.AddrPort) {
	before := descriptors(t)
	c := newCrowd(t, bind)
	c.heardBy(1, 1)
	c.load.busy.Store(true)
	c.heardBy(2, growAfter)
	c.heardBy(3, growAfter)
	c.threads(3, 3, 5*growAfter)
	// New calls go to all of them in turn while nothing more is known.
	pairs := map[*Loop]*Socket{}
	for range 3 {
		loop := c.g.Least()
		s, err := loop.Open(netip.AddrPortFrom(bind.Addr(), 0), Options{}, c.hears(loop))
		if err != nil {
			t.Fatal(err)
		}
		pairs[loop] = s
	}
	if len(pairs) != 3 {
		t.Fatalf("three calls on %d threads", len(pairs))
	}
	c.load.busy.Store(false)
	c.threads(1, 3, 2*shrinkAfter+2) // calm, with calls on each thread
	c.heardBy(1, 0)
	for _, s := range pairs { // running calls go on
		call, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(s.Local()))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = call.Write([]byte("call"))
		if a := <-c.in; a.text != "call" {
			t.Fatalf("heard %q", a.text)
		}
		_ = call.Close()
		s.Close()
	}
	c.threads(1, 1, 3) // calm, without calls
	c.say()
	c.load.busy.Store(true)
	c.heardBy(2, growAfter)
	for _, source := range c.sources {
		_ = source.Close()
	}
	c.g.Close()
	c.g.Close()
	if want := []int{1, 2, 3, 2, 1, 2, 0}; !slices.Equal(c.running, want) {
		t.Errorf("threads were %v, want %v", c.running, want)
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

// TestGroupStays meets a system that gives no further thread its socket: what runs goes on.
func TestGroupStays(t *testing.T) {
	w := &load{now: time.Unix(1000, 0)}
	var log strings.Builder
	g, err := NewGroup(GroupOptions{Most: 2, Used: w.time, Log: textLog(&log)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Share(netip.MustParseAddrPort("127.0.0.1:0"), func(loop *Loop, addr netip.AddrPort) (*Socket, error) {
		return loop.Open(addr, Options{}, nothing) // without SO_REUSEPORT the second one is refused
	}); err != nil {
		t.Fatal(err)
	}
	g.Start()
	w.busy.Store(true)
	w.pass(g, 10*growAfter)
	if active, all := g.Threads(); active != 1 || all != 1 {
		t.Errorf("%d threads of %d", active, all)
	}
	if n := strings.Count(log.String(), "no further packet thread"); n != 1 {
		t.Errorf("said %d times: %s", n, log.String())
	}
}

// TestFairTurn fills the sockets of many calls and the shared one before the thread looks at any: the shared one gets as much in one turn
// as all others together.
func TestFairTurn(t *testing.T) {
	l, err := NewLoop(LoopOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var order []bool // true: of the shared socket
	all := make(chan struct{})
	const each = 100
	note := func(shared bool) Handler {
		return func([]byte, netip.AddrPort, time.Time) {
			if order = append(order, shared); len(order) == 4*each {
				close(all)
			}
		}
	}
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	shared, err := l.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{Burst: TurnSize, Receive: 1 << 20}, note(true))
	if err != nil {
		t.Fatal(err)
	}
	for range each {
		s, err := l.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{}, note(false))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, _ = c.WriteToUDPAddrPort([]byte("call"), s.Local())
			_, _ = c.WriteToUDPAddrPort([]byte("shared"), shared.Local())
		}
	}
	done := make(chan error, 1)
	go func() { done <- l.Run() }()
	<-all
	l.Close()
	<-done
	calls := 0
	for _, s := range order[:3*each] {
		if !s {
			calls++
		}
	}
	if calls > each {
		t.Errorf("of the first %d datagrams %d were of calls' sockets: the shared one starves", 3*each, calls)
	}
}

// TestUsed: the processor time of a thread is seen from outside.
func TestUsed(t *testing.T) {
	l := run(t)
	spin := make(chan struct{})
	s, err := l.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{}, func([]byte, netip.AddrPort, time.Time) {
		for before := l.Used(); l.Used() < before+time.Millisecond; {
		}
		close(spin)
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(s.Local()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Write([]byte("x"))
	<-spin
	if l.Used() < time.Millisecond {
		t.Errorf("used %v", l.Used())
	}
}
