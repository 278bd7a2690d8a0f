package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Handler is what sits on a Stack. All methods run on the stack's loop and
// must not block.
type Handler interface {
	// Request is called once per server transaction other than ACK and CANCEL.
	Request(tx *ServerTx)
	// Ack is called for each ACK of a 2xx, repeats included.
	Ack(req *Message, src Source)
	// Cancel is called when an INVITE transaction without a final answer was
	// cancelled; the CANCEL itself has been answered 200.
	Cancel(tx *ServerTx)
	// Stray is called for a response that belongs to no transaction.
	Stray(res *Message, src Source)
	// Broken is called for a datagram or stream chunk that is no SIP message.
	Broken(err error, src Source)
}

// Config of a Stack.
type Config struct {
	Address netip.AddrPort // one port for UDP and TCP; port 0 takes a free one
	T1      time.Duration  // RFC 3261 T1; 0 = 500 ms
	Log     *slog.Logger
}

// Source is where a message came from.
type Source struct {
	Network string // "udp" or "tcp"
	Addr    netip.AddrPort
	conn    *conn
}

// Target is where a request goes. Network "" picks UDP, or TCP when the
// request is over 1300 bytes (RFC 3261 18.1.1).
type Target struct {
	Network string
	Addr    netip.AddrPort
}

// Stack is one SIP endpoint.
type Stack struct {
	cfg     Config
	handler Handler
	addr    netip.AddrPort
	udp     *net.UDPConn
	tcp     *net.TCPListener

	// only the loop touches what follows
	conns   map[netip.AddrPort]*conn
	clients map[string]*ClientTx
	servers map[string]*ServerTx
	timers  map[*Timer]struct{}

	inbox chan func()
	ctx   context.Context
	stop  context.CancelFunc
	wg    sync.WaitGroup
}

// New binds the sockets; nothing is read before Start.
func New(cfg Config) (*Stack, error) {
	if cfg.T1 == 0 {
		cfg.T1 = 500 * time.Millisecond
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Stack{cfg: cfg, conns: map[netip.AddrPort]*conn{}, clients: map[string]*ClientTx{},
		servers: map[string]*ServerTx{}, timers: map[*Timer]struct{}{}, inbox: make(chan func(), 1024)}
	if err := s.bind(); err != nil {
		return nil, err
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// bind finds one port that is free for both protocols.
func (s *Stack) bind() error {
	var err error
	for range 20 {
		if s.tcp, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(s.cfg.Address)); err != nil {
			return fmt.Errorf("listen for SIP over TCP: %w", err)
		}
		port := uint16(s.tcp.Addr().(*net.TCPAddr).Port)
		s.addr = netip.AddrPortFrom(s.cfg.Address.Addr(), port)
		if s.udp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.addr)); err == nil {
			return nil
		}
		_ = s.tcp.Close()
		if s.cfg.Address.Port() != 0 {
			break
		}
	}
	return fmt.Errorf("listen for SIP over UDP: %w", err)
}

// Start begins to read. The handler is fixed from here on.
func (s *Stack) Start(h Handler) {
	s.handler = h
	s.wg.Add(3)
	go s.loop()
	go s.readUDP()
	go s.accept()
}

// Close stops everything and waits for every goroutine of the stack.
func (s *Stack) Close() {
	s.stop()
	_ = s.udp.Close()
	_ = s.tcp.Close()
	s.wg.Wait()
}

// Addr is the bound address.
func (s *Stack) Addr() netip.AddrPort { return s.addr }

// T1 is the timer base in use.
func (s *Stack) T1() time.Duration { return s.cfg.T1 }

// Do runs fn on the loop and waits for it; false when the stack is closed.
// Never call it from the loop itself.
func (s *Stack) Do(fn func()) bool {
	done := make(chan struct{})
	if !s.Post(func() { fn(); close(done) }) {
		return false
	}
	select {
	case <-done:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// Post runs fn on the loop some time later; false when the stack is closed.
func (s *Stack) Post(fn func()) bool {
	select {
	case s.inbox <- fn:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// Timer is a timer whose function runs on the loop.
type Timer struct {
	stack   *Stack
	t       *time.Timer
	stopped bool
}

// Stop keeps the function from running; loop only. Safe on nil and twice.
func (t *Timer) Stop() {
	if t != nil {
		t.stopped = true
		t.t.Stop()
		delete(t.stack.timers, t)
	}
}

// After runs fn on the loop after d, unless stopped; loop only.
func (s *Stack) After(d time.Duration, fn func()) *Timer {
	timer := &Timer{stack: s}
	timer.t = time.AfterFunc(d, func() {
		s.Post(func() {
			delete(s.timers, timer)
			if !timer.stopped {
				fn()
			}
		})
	})
	s.timers[timer] = struct{}{}
	return timer
}

func (s *Stack) loop() {
	defer s.wg.Done()
	for {
		select {
		case fn := <-s.inbox:
			fn()
		case <-s.ctx.Done():
			for t := range s.timers {
				t.Stop()
			}
			for _, c := range s.conns {
				c.close()
			}
			return
		}
	}
}

func (s *Stack) readUDP() {
	defer s.wg.Done()
	buf := make([]byte, MaxMessage)
	for {
		n, from, err := s.udp.ReadFromUDPAddrPort(buf)
		if err != nil {
			if s.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			continue // ICMP errors of dead peers surface here; they are not ours to act on
		}
		if n <= 4 { // CRLF keep-alive, RFC 5626 3.5.1
			continue
		}
		src := Source{Network: "udp", Addr: netip.AddrPortFrom(from.Addr().Unmap(), from.Port())}
		s.received(buf[:n], src)
	}
}

// received parses in the reader, so that a busy loop does not slow the socket.
func (s *Stack) received(data []byte, src Source) {
	m, err := Parse(data)
	s.Post(func() {
		if err != nil {
			s.handler.Broken(err, src)
			return
		}
		s.cfg.Log.Debug("sip in", "from", src.Addr, "network", src.Network, "method", m.Method, "status", m.Status, "cseq", m.Get("CSeq"))
		if m.IsRequest() {
			s.request(m, src)
		} else {
			s.response(m, src)
		}
	})
}

// send writes one message; failed (may be nil) is called on the loop.
func (s *Stack) send(m *Message, to Source, failed func(error)) {
	s.cfg.Log.Debug("sip out", "to", to.Addr, "network", to.Network, "method", m.Method, "status", m.Status, "cseq", m.Get("CSeq"))
	data := m.Bytes()
	if to.Network == "tcp" {
		s.sendTCP(data, to, failed)
		return
	}
	if _, err := s.udp.WriteToUDPAddrPort(data, to.Addr); err != nil && failed != nil {
		s.After(0, func() { failed(err) })
	}
}
