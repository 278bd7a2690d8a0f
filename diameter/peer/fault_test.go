package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/diameter/dict"
	"causeway/diameter/farend"

	"github.com/fiorix/go-diameter/v4/diam"
)

// TestReconnect: whatever a peer does to a connection, it is used again within 5 s of behaving.
func TestReconnect(t *testing.T) {
	for name, fault := range map[string]func(f *farend.Node, q farend.Message) []byte{
		"cut": func(f *farend.Node, _ farend.Message) []byte { f.Cut(); return nil },
		"length zero": func(_ *farend.Node, q farend.Message) []byte {
			b := farend.Behave(nil, q)
			b[1], b[2], b[3] = 0, 0, 0
			return b
		},
		"length 16 MiB": func(_ *farend.Node, q farend.Message) []byte {
			b := farend.Behave(nil, q)
			b[1], b[2], b[3] = 255, 255, 252
			return b
		},
		"length odd":     func(_ *farend.Node, q farend.Message) []byte { b := farend.Behave(nil, q); b[3]++; return b },
		"version 7":      func(_ *farend.Node, q farend.Message) []byte { b := farend.Behave(nil, q); b[0] = 7; return b },
		"half an answer": func(_ *farend.Node, q farend.Message) []byte { return farend.Behave(nil, q)[:30] },
		"half and cut": func(f *farend.Node, q farend.Message) []byte {
			f.Write(farend.Behave(nil, q)[:30])
			f.Cut()
			return nil
		},
		"one octet": func(*farend.Node, farend.Message) []byte { return []byte{1} },
		"result too short": func(_ *farend.Node, q farend.Message) []byte {
			return farend.New(0x40, 275, 16777236, q.Hop(), q.End(), farend.AVP(268, []byte{7}))
		},
		"group broken": func(_ *farend.Node, q farend.Message) []byte {
			return farend.New(0x40, 275, 16777236, q.Hop(), q.End(), farend.AVP(297, farend.AVP(266, nil)[:8]))
		},
		"avp length zero": func(_ *farend.Node, q farend.Message) []byte {
			b := farend.Behave(nil, q)
			copy(b[25:28], []byte{0, 0, 0})
			return b
		},
		"avp length 16 MiB": func(_ *farend.Node, q farend.Message) []byte {
			b := farend.Behave(nil, q)
			copy(b[25:28], []byte{255, 255, 255})
			return b
		},
		"text": func(*farend.Node, farend.Message) []byte { return []byte("SIP/2.0 200 OK\r\n\r\n") },
		"five thousand avps": func(_ *farend.Node, q farend.Message) []byte {
			return farend.New(0x40, 275, 16777236, q.Hop(), q.End(), bytes.Repeat(farend.AVP(9999, nil), 5000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, nil, func(t *testing.T, r *rig) {
				r.far[0].BehavesTo(275, func(f *farend.Node, q farend.Message) []byte {
					return fault(f, q)
				})
				if _, err := r.ask(t.Context(), "s", nil); !errors.Is(err, ErrTimeout) {
					t.Fatalf("got %v", err)
				}
				r.far[0].Behaves(farend.Behave)
				r.works(5 * time.Second)
				if r.far[0].Connections() < 2 {
					t.Fatal("the connection was kept")
				}
			})
		})
	}
}

// TestFlapping: a peer that drops every connection at once is tried at a bounded rate and used once it stays.
func TestFlapping(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		f := r.far[0]
		f.Behaves(func(f *farend.Node, q farend.Message) []byte {
			go func() { time.Sleep(50 * time.Millisecond); f.Cut() }()
			return farend.Behave(f, q)
		})
		f.Cut()
		time.Sleep(2 * time.Minute)
		if n := f.Connections(); n < 25 || n > 80 {
			t.Errorf("%d connections in 2 minutes", n)
		}
		f.Behaves(farend.Behave)
		time.Sleep(100 * time.Millisecond) // the last cut is over
		r.works(5 * time.Second)
	})
}

// TestServe: every request of a peer is answered, known or not, sound or not, and the connection lives on.
func TestServe(t *testing.T) {
	session := farend.AVP(263, []byte("s"))
	for _, c := range []struct {
		name   string
		q      farend.Message
		result uint32
		flags  byte
	}{
		{"known", farend.New(0xc0, 258, 16777236, 5, 6, session), 2001, 0x40},
		{"for us", farend.New(0xc0, 258, 16777236, 5, 6, session, farend.AVP(293, []byte("GW.example"))), 2001, 0x40},
		{"for another", farend.New(0xc0, 258, 16777236, 5, 6, session, farend.AVP(293, []byte("x.example"))), 3002, 0x60},
		{"unknown command", farend.New(0xc0, 999, 16777236, 5, 6, session), 3001, 0x60},
		{"unknown application", farend.New(0xc0, 272, 4, 5, 6, session), 3007, 0x60},
		{"unknown base command", farend.New(0x80, 271, 0, 5, 6), 3001, 0x20},
		{"second CER", farend.New(0x80, 257, 0, 5, 6), 3001, 0x20},
		{"AVP too long", farend.New(0xc0, 258, 16777236, 5, 6, session, []byte{0, 0, 2, 1, 0xc0, 1, 0, 0}), 5014, 0x40},
		{"number too short", farend.New(0xc0, 258, 16777236, 5, 6, session, farend.AVP(268, []byte{1})), 5014, 0x40},
		{"watchdog", farend.New(0x80, 280, 0, 5, 6), 2001, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, 1, nil, func(t *testing.T, r *rig) {
				r.far[0].Write(c.q)
				synctest.Wait()
				a := r.far[0].Last(c.q.Command())
				if a == nil || a.Request() || a.Hop() != 5 || a.End() != 6 || a[4] != c.flags || !bytes.Equal(a.AVP(268), farend.U32(c.result)) {
					t.Fatalf("answered % x", a)
				}
				if id := c.q.AVP(263); id != nil && !bytes.Equal(a.AVP(263), id) {
					t.Fatal("the answer has not the request's session")
				}
				r.works(0)
				if r.far[0].Connections() != 1 {
					t.Fatal("the connection was not kept")
				}
			})
		})
	}
}

// TestFlood: a thousand requests written before one answer is read are all answered, and ours go on between them.
func TestFlood(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		var all []byte
		for i := range uint32(1000) {
			all = append(all, farend.New(0xc0, 258, 16777236, i, i, farend.AVP(263, []byte("s")))...)
		}
		r.far[0].Write(all)
		r.works(0)
		synctest.Wait()
		if n := r.far[0].Count(258, false); n != 1000 {
			t.Fatalf("%d of 1000 answered", n)
		}
	})
}

// TestDeaf: a peer that takes nothing loses its connection, and nothing else stands still meanwhile.
func TestDeaf(t *testing.T) {
	bubble(t, 2, nil, func(t *testing.T, r *rig) {
		block := make(chan struct{})
		r.far[0].Behaves(func(*farend.Node, farend.Message) []byte { <-block; return nil })
		for range 20 {
			if _, err := r.ask(t.Context(), "s", nil); err != nil {
				t.Fatal(err)
			}
		}
		if s := r.Stats().Peers[0]; s.Failures == 0 {
			t.Fatalf("the deaf peer was kept: %+v", s)
		}
		close(block)
	})
}

// TestBounds: the table of waiting requests has its limit, and a cancelled request leaves it at once.
func TestBounds(t *testing.T) {
	bubble(t, 1, func(c *Config, _ *Deps) { c.MaxPending = 3 }, func(t *testing.T, r *rig) {
		r.far[0].Behaves(farend.Mute)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 3)
		for i := range 3 {
			go func() { _, err := r.ask(ctx, fmt.Sprint(i), nil); done <- err }()
		}
		synctest.Wait()
		if _, err := r.ask(t.Context(), "more", nil); !errors.Is(err, ErrBusy) {
			t.Fatalf("got %v", err)
		}
		cancel()
		for range 3 {
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		r.far[0].Behaves(farend.Behave)
		r.works(0)
		big := r.NewRequest(dict.CommandAA)
		big.AddAVP(dict.ErrorMessage(strings.Repeat("x", dict.MaxMessage)))
		if _, err := r.Do(t.Context(), Request{Message: big}); err == nil {
			t.Fatal("a message beyond the limit was sent")
		}
	})
}

// TestStop: leave is taken with DPR, from a deaf peer in bounded time; a peer that leaves is answered and dialled again.
func TestStop(t *testing.T) {
	bubble(t, 2, nil, func(t *testing.T, r *rig) {
		r.far[1].Behaves(func(*farend.Node, farend.Message) []byte { return nil })
		begin := time.Now()
		r.stop()
		if d := time.Since(begin); d > 2*time.Second {
			t.Errorf("stopped after %v", d)
		}
		for i, f := range r.far {
			if q := f.Last(282); !q.Request() || !bytes.Equal(q.AVP(273), farend.U32(0)) {
				t.Errorf("peer %d: no DPR with cause REBOOTING: % x", i, q)
			}
		}
		if _, err := r.ask(t.Context(), "s", nil); !errors.Is(err, ErrStopped) {
			t.Errorf("after the end: %v", err)
		}
	})
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		r.far[0].Write(farend.New(0x80, 282, 0, 7, 8, farend.AVP(264, []byte("far.example")), farend.AVP(273, farend.U32(0))))
		synctest.Wait()
		if a := r.far[0].Last(282); a.Request() || a.Hop() != 7 || !bytes.Equal(a.AVP(268), farend.U32(2001)) {
			t.Fatalf("DPR answered % x", a)
		}
		r.far[0].Cut()
		r.works(5 * time.Second)
		if s := r.Stats().Peers[0].State; s != "okay" {
			t.Errorf("after an orderly end the peer is %s", s)
		}
	})
}

// TestNew walks the refused configurations.
func TestNew(t *testing.T) {
	good := Config{OriginHost: "a", OriginRealm: "b", Peers: []string{"c:1"}}
	for name, change := range map[string]func(*Config, *Deps){
		"origin":   func(c *Config, _ *Deps) { c.OriginHost = "" },
		"peers":    func(c *Config, _ *Deps) { c.Peers = nil },
		"many":     func(c *Config, _ *Deps) { c.Peers = make([]string, 33) },
		"watchdog": func(c *Config, _ *Deps) { c.Timers.Watchdog = time.Second },
		"deps":     func(_ *Config, d *Deps) { d.Serve = nil },
	} {
		cfg := good
		deps := Deps{Log: nil, Dictionary: &dict.Dictionary{}, Serve: func(*diam.Message) *diam.Message { return nil },
			Dial: func(context.Context, string) (net.Conn, error) { return nil, nil }}
		change(&cfg, &deps)
		if _, err := New(cfg, deps); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
