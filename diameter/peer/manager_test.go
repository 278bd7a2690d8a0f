package peer

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-diameter/v4/diam"

	"causeway/diameter/farend"
)

// bubble runs a test with its rig in virtual time and ends the rig.
func bubble(t *testing.T, peers int, change func(*Config, *Deps), body func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, peers, change)
		defer r.stop()
		synctest.Wait()
		body(t, r)
	})
}

// TestCER holds the CER against its octets, and checks that a peer without Rx or with an error is not used.
func TestCER(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		got := r.far[0].Last(257)
		copy(got[12:20], make([]byte, 8)) // the two ids are random
		want := "010000a8 80000101 00000000 00000000 00000000" +
			"00000108 40000012 67772e6578616d706c650000" + // Origin-Host gw.example
			"00000128 4000000f 6578616d706c6500" + // Origin-Realm example
			"00000101 4000000e 0001c0000201 0000" + // Host-IP-Address 192.0.2.1
			"0000010a 4000000c 00000000" + // Vendor-Id 0
			"0000010d 00000010 4361757365776179" + // Product-Name Causeway
			"00000116 4000000c 0000004d" + // Origin-State-Id 77
			"00000109 4000000c 000028af" + "00000109 4000000c 000032db" + // Supported-Vendor-Id 3GPP, ETSI
			"00000104 40000020 0000010a4000000c000028af 000001024000000c01000014"
		if hex.EncodeToString(got) != strings.ReplaceAll(want, " ", "") {
			t.Fatalf("CER\n got %x\nwant %s", got, want)
		}
		if !r.Ready() {
			t.Fatal("not ready after a CEA 2001")
		}
	})
	for name, cea := range map[string]func(*farend.Node, farend.Message) []byte{
		"5010": func(_ *farend.Node, r farend.Message) []byte { return farend.Answer(r, 5010) },
		"no application": func(_ *farend.Node, r farend.Message) []byte {
			return farend.Answer(r, 2001, farend.AVP(258, farend.U32(4)))
		},
		"no result": func(_ *farend.Node, r farend.Message) []byte {
			return farend.New(0, 257, 0, r.Hop(), r.End(), farend.AVP(264, []byte("far")), farend.AVP(258, farend.U32(16777236)))
		},
		"no origin": func(_ *farend.Node, r farend.Message) []byte {
			return farend.New(0, 257, 0, r.Hop(), r.End(), farend.AVP(268, farend.U32(2001)), farend.AVP(258, farend.U32(16777236)))
		},
		"wrong hop-by-hop": func(_ *farend.Node, r farend.Message) []byte {
			return farend.New(0, 257, 0, r.Hop()+1, r.End(), farend.AVP(268, farend.U32(2001)), farend.AVP(264, []byte("far")), farend.AVP(258, farend.U32(16777236)))
		},
		"request instead": func(_ *farend.Node, r farend.Message) []byte { return farend.New(0x80, 280, 0, 1, 1) },
		"silence":         func(*farend.Node, farend.Message) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, func(c *Config, d *Deps) {}, func(t *testing.T, r *rig) {
				r.far[0].Cut()
				r.far[0].Behaves(cea)
				time.Sleep(20 * time.Second)
				if r.Ready() {
					t.Fatal("a peer that refuses is ready")
				}
				if n := r.far[0].Count(257, true); n < 3 || n > 40 {
					t.Fatalf("%d attempts in 20 s", n)
				}
				if _, err := r.ask(t.Context(), "s", nil); !errors.Is(err, ErrNoPeer) {
					t.Fatalf("got %v", err)
				}
				r.far[0].Behaves(farend.Behave)
				r.works(5 * time.Second)
			})
		})
	}
}

// TestRelayIsEnough: a relay agent advertises no application but its own (RFC 6733 2.4).
func TestRelayIsEnough(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		r.far[0].Cut()
		r.far[0].BehavesTo(257, func(f *farend.Node, q farend.Message) []byte {
			return farend.Answer(q, 2001, farend.AVP(258, farend.U32(0xffffffff)))
		})
		r.works(5 * time.Second)
	})
}

// TestAnswers checks what counts as the answer to a request, and what a wrong one does.
func TestAnswers(t *testing.T) {
	wrong := map[string]func(q farend.Message) []byte{
		"hop-by-hop": func(q farend.Message) []byte {
			return farend.New(0x40, 275, 16777236, q.Hop()+1000, q.End(), farend.AVP(263, []byte("s")), farend.AVP(268, farend.U32(2001)))
		},
		"end-to-end": func(q farend.Message) []byte {
			return farend.New(0x40, 275, 16777236, q.Hop(), q.End()+1, farend.AVP(263, []byte("s")), farend.AVP(268, farend.U32(2001)))
		},
		"command": func(q farend.Message) []byte {
			return farend.New(0x40, 265, 16777236, q.Hop(), q.End(), farend.AVP(263, []byte("s")), farend.AVP(268, farend.U32(2001)))
		},
		"application": func(q farend.Message) []byte {
			return farend.New(0x40, 275, 4, q.Hop(), q.End(), farend.AVP(263, []byte("s")), farend.AVP(268, farend.U32(2001)))
		},
		"session": func(q farend.Message) []byte {
			return farend.New(0x40, 275, 16777236, q.Hop(), q.End(), farend.AVP(263, []byte("other")), farend.AVP(268, farend.U32(2001)))
		},
		"no session": func(q farend.Message) []byte {
			return farend.New(0x40, 275, 16777236, q.Hop(), q.End(), farend.AVP(268, farend.U32(2001)))
		},
		"empty answer": func(q farend.Message) []byte { return farend.New(0x40, 275, 16777236, q.Hop(), q.End()) },
	}
	for name, reply := range wrong {
		t.Run(name, func(t *testing.T) {
			bubble(t, 1, nil, func(t *testing.T, r *rig) {
				r.far[0].BehavesTo(275, func(f *farend.Node, q farend.Message) []byte {
					return reply(q)
				})
				begin := time.Now()
				if _, err := r.ask(t.Context(), "s", nil); !errors.Is(err, ErrTimeout) {
					t.Fatalf("got %v, want a timeout", err)
				}
				if d := time.Since(begin); d != 2*time.Second {
					t.Errorf("waited %v", d)
				}
				if s := r.Stats().Peers[0]; s.Stray != 1 || s.Connects != 1 || s.Timeouts != 1 {
					t.Errorf("counted %+v", s)
				}
				r.far[0].Behaves(farend.Behave)
				r.works(0)
			})
		})
	}
	t.Run("error without session", func(t *testing.T) {
		bubble(t, 1, nil, func(t *testing.T, r *rig) {
			r.far[0].BehavesTo(275, func(f *farend.Node, q farend.Message) []byte {
				return farend.Answer(q, 3002)
			})
			if m, err := r.ask(t.Context(), "s", nil); err != nil || m.Header.CommandFlags&0x20 == 0 {
				t.Fatalf("got %v, %v", m, err)
			}
		})
	})
	t.Run("duplicate", func(t *testing.T) {
		bubble(t, 1, nil, func(t *testing.T, r *rig) {
			r.far[0].Behaves(func(f *farend.Node, q farend.Message) []byte {
				a := farend.Behave(f, q)
				if q.Command() == 275 {
					return append(a, a...)
				}
				return a
			})
			for range 3 {
				if _, err := r.ask(t.Context(), "s", nil); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			if s := r.Stats().Peers[0]; s.Stray != 3 || s.Answers != 3 {
				t.Errorf("counted %+v", s)
			}
		})
	})
}

// TestLate checks that an answer after the time is up reaches Late, whether time or the caller gave up, and once.
func TestLate(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		r.far[0].Behaves(farend.Mute)
		var late []string
		var mu sync.Mutex
		note := func(id string) func(*Request) {
			return func(q *Request) {
				q.Late = func(*diam.Message) { mu.Lock(); late = append(late, id); mu.Unlock() }
			}
		}
		if _, err := r.ask(t.Context(), "one", note("one")); !errors.Is(err, ErrTimeout) {
			t.Fatal(err)
		}
		first := r.far[0].Last(275)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.ask(ctx, "two", note("two")); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		second := r.far[0].Last(275)
		time.Sleep(30 * time.Second)
		for _, q := range []farend.Message{first, second, first} {
			r.far[0].Write(farend.Behave(nil, q))
		}
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if fmt.Sprint(late) != "[one two]" {
			t.Fatalf("late answers: %v", late)
		}
		if s := r.Stats(); s.Peers[0].Late != 2 || s.Peers[0].Stray != 1 || s.Pending != 0 {
			t.Errorf("counted %+v", s)
		}
	})
}

// TestWatchdog: silence is asked about after Tw, and a peer that stays silent loses its connection after three.
func TestWatchdog(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		time.Sleep(27 * time.Second)
		if n := r.far[0].Count(280, true); n != 0 {
			t.Fatalf("%d watchdogs after 27 s", n)
		}
		time.Sleep(6 * time.Second)
		if n := r.far[0].Count(280, true); n != 1 {
			t.Fatalf("%d watchdogs after 33 s", n)
		}
		if !bytes.Equal(r.far[0].Last(280).AVP(278), farend.U32(77)) {
			t.Fatal("the watchdog has another Origin-State-Id")
		}
		r.far[0].Behaves(func(*farend.Node, farend.Message) []byte { return nil })
		time.Sleep(65 * time.Second) // one to ask, one to wait
		if r.Ready() || r.Stats().Peers[0].State != "suspect" {
			t.Fatalf("after two silent intervals: %+v", r.Stats().Peers[0])
		}
		r.far[0].Behaves(farend.Behave)
		r.far[0].Write(farend.New(0x80, 280, 0, 5, 6, farend.AVP(264, []byte("far.example"))))
		synctest.Wait()
		if a := r.far[0].Last(280); !r.Ready() || a.Request() || a.Hop() != 5 || a.End() != 6 || !bytes.Equal(a.AVP(268), farend.U32(2001)) {
			t.Fatalf("a suspect peer's watchdog: ready %v, answered % x", r.Ready(), a)
		}
		r.far[0].Behaves(func(*farend.Node, farend.Message) []byte { return nil })
		time.Sleep(3 * 33 * time.Second)
		if s := r.Stats().Peers[0]; s.Failures == 0 || r.Ready() {
			t.Fatalf("after long silence: %+v", s)
		}
		r.far[0].Behaves(farend.Behave)
		r.works(6 * time.Second)
		if s := r.Stats().Peers[0]; s.State != "reopen" && s.State != "proving" {
			t.Errorf("back after a failure in state %s (RFC 3539 3.4.1)", s.State)
		}
		time.Sleep(70 * time.Second)
		if s := r.Stats().Peers[0]; s.State != "okay" && s.State != "probing" {
			t.Errorf("state %s after three watchdogs", s.State)
		}
	})
}

// TestFailover: the peer with requests waiting goes away or silent, and the other one gets them under the same
// End-to-End id with the T flag.
func TestFailover(t *testing.T) {
	for name, fault := range map[string]func(f *farend.Node){
		"cut":     func(f *farend.Node) { f.Cut() },
		"half":    func(f *farend.Node) { f.Write([]byte{1, 0, 0}); f.Cut() },
		"garbage": func(f *farend.Node) { f.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) },
		"silent":  func(*farend.Node) {},
		"leaves": func(f *farend.Node) {
			f.Write(farend.New(0x80, 282, 0, 1, 2, farend.AVP(264, []byte("far.example")), farend.AVP(273, farend.U32(0))))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, 2, nil, func(t *testing.T, r *rig) {
				a, b := r.far[0], r.far[1]
				a.Behaves(farend.Mute)
				done := make(chan error, 1)
				go func() { _, err := r.ask(t.Context(), "s", nil); done <- err }()
				synctest.Wait()
				fault(a)
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				one, two := a.Last(275), b.Last(275)
				if one.Repeated() || !two.Repeated() || one.End() != two.End() || one.Hop() == two.Hop() {
					t.Fatalf("first % x\nsecond % x", one[:20], two[:20])
				}
				if !bytes.Equal(one[20:], two[20:]) {
					t.Fatal("the repetition differs")
				}
			})
		})
	}
}

// TestBusy: a peer that cannot deliver or is too busy has not taken the request; the other one gets it without T.
func TestBusy(t *testing.T) {
	for _, code := range []uint32{3002, 3004} {
		bubble(t, 2, nil, func(t *testing.T, r *rig) {
			r.far[0].BehavesTo(275, func(f *farend.Node, q farend.Message) []byte {
				return farend.Answer(q, code, farend.AVP(263, q.AVP(263)))
			})
			m, err := r.ask(t.Context(), "s", nil)
			if err != nil || m.Header.CommandFlags&diam.ErrorFlag != 0 {
				t.Fatalf("%d: got %v, %v", code, m, err)
			}
			if q := r.far[1].Last(275); q.Repeated() || q.End() != r.far[0].Last(275).End() {
				t.Fatalf("%d: second attempt % x", code, q[:20])
			}
		})
	}
}

// TestHost: a request that names a connected peer goes there, whatever the order.
func TestHost(t *testing.T) {
	bubble(t, 2, nil, func(t *testing.T, r *rig) {
		r.far[1].Cut()
		r.far[1].BehavesTo(257, func(f *farend.Node, q farend.Message) []byte {
			b := farend.Answer(q, 2001, farend.AVP(258, farend.U32(16777236)))
			return bytes.Replace(b, []byte("far.example"), []byte("two.example"), 1)
		})
		time.Sleep(90 * time.Second) // reopened and proved
		if _, err := r.ask(t.Context(), "s", func(q *Request) { q.Host = "two.example" }); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ask(t.Context(), "s", nil); err != nil {
			t.Fatal(err)
		}
		if a, b := r.far[0].Count(275, true), r.far[1].Count(275, true); a != 1 || b != 1 {
			t.Fatalf("%d and %d requests, want 1 and 1", a, b)
		}
	})
}

// TestWaits: with one peer a request outlives its connection and is repeated on the next one, in its time; a new one
// in the gap waits as well, but not when the gap has lasted.
func TestWaits(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		f := r.far[0]
		f.Behaves(farend.Mute)
		done := make(chan error, 2)
		go func() { _, err := r.ask(t.Context(), "s", nil); done <- err }()
		synctest.Wait()
		first := f.Last(275)
		f.Behaves(farend.Behave)
		f.Cut()
		synctest.Wait()
		go func() { _, err := r.ask(t.Context(), "new", nil); done <- err }()
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range f.Seen(275, true)[1:] {
			if old := string(q.AVP(263)) == "s"; q.Repeated() != old || (q.End() == first.End()) != old {
				t.Errorf("after the gap: % x", q[:20])
			}
		}
		f.Refuses(true)
		f.Cut()
		time.Sleep(3 * time.Second)
		begin := time.Now()
		if _, err := r.ask(t.Context(), "s", nil); !errors.Is(err, ErrNoPeer) || time.Since(begin) != 0 {
			t.Fatalf("in an outage: %v after %v", err, time.Since(begin))
		}
	})
}
