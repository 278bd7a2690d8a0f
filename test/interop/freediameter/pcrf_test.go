//go:build interop

package freediameter

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"causeway/test/lab/diameter"
)

const rx = 16777236

// pcrf is the far end behind the relays: it grants every AAR, and asks what a test tells it to.
type pcrf struct {
	t        *testing.T
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex // guards the following
	conns  []net.Conn
	seen   []*diameter.Message
	silent bool          // AARs are not answered
	asked  chan struct{} // an AAR has come
}

func newPCRF(t *testing.T) *pcrf {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pcrf{t: t, listener: l, asked: make(chan struct{}, 100)}
	p.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns = append(p.conns, c)
			p.mu.Unlock()
			p.work.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.work.Wait()
	})
	return p
}

func (p *pcrf) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// origin is the PCRF's identity.
func origin() []diameter.AVP {
	return []diameter.AVP{diameter.Text(264, "pcrf.core.example"), diameter.Text(296, "core.example")}
}

func (p *pcrf) serve(c net.Conn) {
	for {
		m, err := diameter.Read(c)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.seen = append(p.seen, m)
		silent := p.silent
		p.mu.Unlock()
		if m.Command == diameter.AA {
			p.asked <- struct{}{}
		}
		if m.Flags&diameter.FlagRequest == 0 || (m.Command == diameter.AA && silent) {
			continue
		}
		a := &diameter.Message{Flags: m.Flags & diameter.FlagProxiable, Command: m.Command, App: m.App, HopByHop: m.HopByHop, EndToEnd: m.EndToEnd}
		if id, ok := diameter.Find(m.AVPs, 263, 0); ok {
			a.AVPs = append(a.AVPs, id)
		}
		a.AVPs = append(append(a.AVPs, diameter.Number(268, 2001)), origin()...)
		switch m.Command {
		case diameter.CapabilitiesExchange:
			a.AVPs = append(a.AVPs, diameter.Address(257, c.LocalAddr().(*net.TCPAddr).AddrPort().Addr()), diameter.Number(266, 10415),
				diameter.AVP{Code: 269, Data: []byte("test")}, diameter.Number(265, 10415),
				diameter.Group(260, diameter.Number(266, 10415), diameter.Number(258, rx)))
		case diameter.AA:
			a.AVPs = slices.Insert(a.AVPs, 1, diameter.Number(258, rx))
		}
		if _, err := c.Write(a.Bytes()); err != nil {
			return
		}
	}
}

// of returns the messages of a command.
func (p *pcrf) of(command uint32, request bool) (list []*diameter.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.seen {
		if m.Command == command && (m.Flags&diameter.FlagRequest != 0) == request {
			list = append(list, m)
		}
	}
	return list
}

// ask sends an RAR or ASR for a session down the first relay and returns the result of its answer.
func (p *pcrf) ask(command uint32, session string, more ...diameter.AVP) uint32 {
	p.t.Helper()
	before := len(p.of(command, false))
	m := &diameter.Message{Flags: diameter.FlagRequest | diameter.FlagProxiable, Command: command, App: rx, HopByHop: 0x51, EndToEnd: 0x52 + uint32(before)}
	m.AVPs = append([]diameter.AVP{diameter.Text(263, session)}, origin()...)
	m.AVPs = append(m.AVPs, diameter.Text(283, "core.example"), diameter.Text(293, "gw.core.example"), diameter.Number(258, rx))
	m.AVPs = append(m.AVPs, more...)
	p.mu.Lock()
	c := p.conns[0]
	p.mu.Unlock()
	if _, err := c.Write(m.Bytes()); err != nil {
		p.t.Fatal(err)
	}
	var list []*diameter.Message
	within(p.t, patience, "an answer from the gateway", func() bool { list = p.of(command, false); return len(list) > before })
	code, _ := diameter.Find(list[before].AVPs, 268, 0)
	n, _ := code.Uint32()
	return n
}

// patience only says when to give up.
const patience = time.Minute

// within waits for something that another process does.
func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(limit); !ok(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("no %s within %v", what, limit)
		}
	}
}
