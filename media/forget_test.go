package media

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"
)

// TestEndedSessionsAreForgotten: a gateway that goes on keeps nothing of sessions that have ended, however many there were at once.
func TestEndedSessionsAreForgotten(t *testing.T) {
	var ticks atomic.Int32 // of the housekeeper
	cfg := DefaultConfig()
	cfg.AccessAddress, cfg.ICE.TCP = netip.MustParseAddrPort("127.0.0.1:0"), false
	cfg.CorePorts = PortRange{First: 41000, Last: 41199}
	g, err := New(cfg, Deps{ThreadTime: func(int) time.Duration { ticks.Add(1); return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })

	var ended []weak.Pointer[Session]
	for range 20 {
		s, err := g.NewSession(SessionConfig{})
		if err != nil {
			t.Fatal(err)
		}
		ended = append(ended, weak.Make(s))
	}
	eventually := func(what string, ok func() bool) {
		t.Helper()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
			if time.Now().After(end) {
				t.Fatal("never:", what)
			}
		}
	}
	before := ticks.Load()
	eventually("the housekeeper sees them", func() bool { return ticks.Load() >= before+2 })
	g.mu.Lock()
	for s := range g.sessions {
		go s.Close()
	}
	g.mu.Unlock()
	eventually("all sessions ended", func() bool { return g.Stats().Sessions == 0 })
	eventually("all sessions forgotten", func() bool {
		runtime.GC()
		for _, w := range ended {
			if w.Value() != nil {
				return false
			}
		}
		return true
	})
}

// TestVideoOfAnEndedSession: ports for video are taken once, however many ask at the same time, and none behind the session's end.
func TestVideoOfAnEndedSession(t *testing.T) {
	cfg := DefaultConfig()
	cfg.AccessAddress, cfg.ICE.TCP = netip.MustParseAddrPort("127.0.0.1:0"), false
	cfg.CorePorts = PortRange{First: 41200, Last: 41399}
	g, err := New(cfg, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	s, err := g.NewSession(SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	opened := make(chan netip.AddrPort, 8)
	for range cap(opened) {
		asking.Go(func() {
			local, err := s.OpenVideo()
			if err != nil {
				t.Error(err)
			}
			opened <- local.RTP
		})
	}
	asking.Wait()
	first := <-opened
	for range cap(opened) - 1 {
		if other := <-opened; other != first {
			t.Errorf("video at %s and at %s", first, other)
		}
	}
	if n := g.Stats().Ports.InUse; n != 2 {
		t.Errorf("%d port pairs in use, want one for sound and one for video", n)
	}
	s.Close()
	if _, err := s.OpenVideo(); err == nil {
		t.Error("an ended session opened video")
	}
	if n := g.Stats().Ports.InUse; n != 0 {
		t.Errorf("%d port pairs in use behind the session's end", n)
	}
}
