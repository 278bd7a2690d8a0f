package ims

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/transport"
)

// pairLink is a fakeLink that notes where messages go.
type pairLink struct {
	fakeLink
	mu sync.Mutex
	to []string // "INVITE 192.0.2.7"
}

func (l *pairLink) Post(msg sip.Message, dst transport.Target, done func(transport.Result)) (transport.Result, bool) {
	l.mu.Lock()
	l.to = append(l.to, strings.Fields(msg.String())[0]+" "+dst.Addr.Addr().String())
	l.mu.Unlock()
	return l.fakeLink.Post(msg, dst, done)
}

// went returns what went where since the last look, repetitions once.
func (l *pairLink) went() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, s := range l.to {
		if len(out) == 0 || out[len(out)-1] != s {
			out = append(out, s)
		}
	}
	l.to = nil
	return strings.Join(out, ", ")
}

// twoHops is a client whose core has two addresses, registered at the first.
func twoHops(t *testing.T, ping time.Duration) (*rig, *pairLink, *Binding) {
	t.Helper()
	link := &pairLink{}
	cfg := config()
	cfg.CoreAddress, cfg.Ping, cfg.Calls.AnswerTimeout = "core.example", ping, time.Minute
	client, err := build(cfg, slog.New(slog.DiscardHandler), link, func(_ context.Context, q transport.Query) ([]transport.Target, error) {
		return []transport.Target{
			{Network: transport.UDP, Addr: netip.MustParseAddrPort("192.0.2.7:5060"), Name: q.Host}, {Network: transport.UDP, Addr: netip.MustParseAddrPort("192.0.2.8:5060"), Name: q.Host},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, client, link)
	b := r.bind()
	synctest.Wait()
	req := r.peer.next("REGISTER")
	lines := registered(req)
	lines[1] = "Service-Route: <sip:orig@scscf.example;lr>"
	r.peer.reply(req, 200, "reg", "", lines...)
	synctest.Wait()
	heard[Registered](r)
	link.went()
	return r, link, b
}

func (r *rig) dial(b *Binding) *Call {
	r.t.Helper()
	k, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Notify: r.hear})
	if err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return k
}

// TestFailover: an INVITE moves to the next hop on 503 and on silence, and never once a hop has begun to serve it (RFC 3263 4.3).
func TestFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, link, b := twoHops(t, 0)
		r.dial(b)
		r.peer.reply(r.peer.next("INVITE"), 503, "a", "", "Retry-After: 30")
		synctest.Wait()
		if got := link.went(); got != "INVITE 192.0.2.7, ACK 192.0.2.7, INVITE 192.0.2.8" {
			t.Errorf("after a 503: %s", got)
		}
		second := r.peer.next("INVITE")
		r.peer.reply(second, 180, "b", "", "Contact: <sip:x@192.0.2.8>")
		synctest.Wait()
		said[Trying](r)
		said[Provisional](r)
		r.peer.reply(second, 503, "b", "")
		synctest.Wait()
		if e := said[Failed](r); e.Cause.Kind != call.Congestion {
			t.Errorf("%+v", e)
		}
		if got := link.went(); got != "ACK 192.0.2.8" {
			t.Errorf("a hop that rang is given up: %s", got)
		}

		// The first rests for 30 s, as it asked: the next call goes to the second at once, and to the first again after that.
		k := r.dial(b)
		if got := link.went(); got != "INVITE 192.0.2.8" {
			t.Errorf("while the first rests: %s", got)
		}
		later(33 * time.Second) // timer B
		if got := link.went(); got != "INVITE 192.0.2.8, INVITE 192.0.2.7" {
			t.Errorf("after silence: %s", got)
		}
		k.Hangup(call.Cause{Side: call.Browser, Kind: call.Cancelled})
		later(65 * time.Second)
		said[Ended](r)
	})
}

// TestHopsDown: when no hop answers, calls fail at once instead of after 32 s; a probe's answer opens the way again.
func TestHopsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, link, b := twoHops(t, 30*time.Second)
		later(2*time.Minute + time.Second) // nobody answers the OPTIONS
		if err := r.client.Ready(); err == nil || !strings.Contains(err.Error(), "any of its 2 addresses") {
			t.Fatalf("ready: %v", err)
		}
		link.went()
		began := time.Now()
		r.dial(b)
		if e := said[Failed](r); e.Cause.Kind != call.CoreUnreachable || time.Since(began) > time.Second {
			t.Errorf("%+v after %v", e, time.Since(began))
		}
		if got := link.went(); strings.Contains(got, "INVITE") {
			t.Errorf("sent all the same: %s", got)
		}
		states := r.client.Stats().Hops
		if len(states) != 2 || states[0].State == "closed" || states[1].State == "closed" {
			t.Errorf("%+v", states)
		}
		link.drop()
		for range 70 { // the core is back: it answers whatever probe comes
			later(time.Second)
			for link.waiting("OPTIONS") > 0 {
				r.peer.reply(r.peer.next("OPTIONS"), 200, "o", "")
			}
			synctest.Wait()
		}
		if err := r.client.Ready(); err != nil {
			t.Fatalf("after the answer to a probe: %v", err)
		}
		link.went()
		r.dial(b)
		if got := link.went(); !strings.Contains(got, "INVITE") {
			t.Errorf("no call after the hop is back: %s", got)
		}
		r.peer.reply(r.peer.next("INVITE"), 486, "x", "")
		synctest.Wait()
		said[Failed](r)
	})
}
