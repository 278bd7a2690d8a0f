package transaction

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// peer is a whole stack on loopback sockets.
type peer struct {
	*Layer
	tr *transport.Layer
}

func newPeer(t testing.TB, start func(*Layer)) *peer {
	t.Helper()
	for try := 0; ; try++ {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := ln.Addr().(*net.TCPAddr).Port
		ln.Close()
		cfg := transport.DefaultConfig()
		cfg.Listen = []string{fmt.Sprintf("udp:127.0.0.1:%d", port), fmt.Sprintf("tcp:127.0.0.1:%d", port)}
		cfg.Peers = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
		cfg.SendQueue = 8192
		tr, err := transport.New(cfg, discard())
		if err != nil {
			t.Fatal(err)
		}
		l, err := New(tr, DefaultTimers(), discard())
		if err != nil {
			t.Fatal(err)
		}
		start(l)
		if err := tr.Start(); err != nil {
			if try < 20 {
				continue
			}
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := tr.Close(); err != nil {
				t.Error(err)
			}
			l.Close()
		})
		return &peer{l, tr}
	}
}

// ordered hears one call and reports when it is over.
type ordered struct {
	mu    sync.Mutex
	heard []int
	done  chan<- []int
}

func (o *ordered) Response(res *sip.Response) {
	if !o.mu.TryLock() {
		panic("two callbacks at once")
	}
	defer o.mu.Unlock()
	o.heard = append(o.heard, res.StatusCode)
	if res.StatusCode >= 300 {
		o.done <- o.heard
	}
}

func (o *ordered) Failed(error) { o.done <- append(o.heard, -1) }

// TestOrder: 183, 180 and 486 sent back to back arrive so, each and every time, over real sockets.
func TestOrder(t *testing.T) {
	const calls = 1000
	for _, network := range []string{transport.UDP, transport.TCP} {
		t.Run(network, func(t *testing.T) {
			b := newPeer(t, func(l *Layer) {
				l.OnRequest(func(s *Server) {
					for _, status := range []int{183, 180, 486} {
						s.answer(status, "x")
					}
				})
			})
			a := newPeer(t, func(*Layer) {})
			done := make(chan []int, calls)
			dst := transport.Target{Network: network, Addr: b.tr.Local(network)}
			for i := range calls {
				if _, err := a.Request(newRequest(sip.INVITE, fmt.Sprint(i)), dst, &ordered{done: done}); err != nil {
					t.Fatal(err)
				}
				if i%100 == 99 { // a hundred calls at a time
					for range 100 {
						select {
						case heard := <-done:
							if !inOrder(heard) {
								t.Errorf("heard %v", heard)
							}
						case <-time.After(time.Minute):
							t.Fatal("a call did not end")
						}
					}
				}
			}
			if s := a.Stats(); s.StrayResponses != 0 || s.Panics != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// inOrder: each in its place; a slow machine has a 100 before them (RFC 3261 17.2.1), and the INVITE repeated, which repeats what was said last.
func inOrder(heard []int) bool {
	if heard[0] == 100 {
		heard = heard[1:]
	}
	return slices.Equal(slices.Compact(heard), []int{183, 180, 486})
}

// TestUnreachableTCP: a refused connection is told as a transport failure.
func TestUnreachableTCP(t *testing.T) {
	a := newPeer(t, func(*Layer) {})
	done := make(chan []int, 1)
	dst := transport.Target{Network: transport.TCP, Addr: netip.MustParseAddrPort("127.0.0.1:1")}
	_, err := a.Request(newRequest(sip.INVITE, "1"), dst, &ordered{done: done})
	if errors.Is(err, ErrTransport) {
		return // the refusal was faster than the request; then the handler hears nothing
	} else if err != nil {
		t.Fatal(err)
	}
	select {
	case heard := <-done:
		if fmt.Sprint(heard) != "[-1]" {
			t.Errorf("heard %v", heard)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("nothing heard")
	}
}
