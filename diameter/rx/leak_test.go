package rx

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"causeway/diameter/farend"
)

// TestNoLeak: every session that the PCRF may hold is terminated, whatever went wrong.
func TestNoLeak(t *testing.T) {
	t.Run("late answer", func(t *testing.T) {
		bubble(t, 1, nil, func(t *testing.T, r *rig) {
			var e events
			r.far[0].BehavesTo(265, func(*farend.Node, farend.Message) []byte { return nil })
			s := r.Open(params(&e))
			if res, _ := s.Authorize(t.Context(), voice()); res.Outcome != Unreachable {
				t.Fatal(res)
			}
			r.far[0].Write(farend.Behave(nil, r.far[0].Last(265)))
			if list := e.all(); len(list) != 1 || list[0].(AnsweredLate).Result.Outcome != Granted {
				t.Fatalf("events %v", list)
			}
			if _, err := s.Authorize(t.Context(), voice()); err != nil || !r.far[0].Last(265).Has([]byte{0, 0, 2, 0x15, 0x80, 0, 0, 16, 0, 0, 0x28, 0xaf, 0, 0, 0, 1}) {
				t.Errorf("after a late grant comes an update: %v", err)
			}
			s.Terminate(CauseLogout)
			if n := len(r.strs(0)); n != 1 {
				t.Errorf("%d STRs", n)
			}
		})
	})
	t.Run("grant after the STR", func(t *testing.T) {
		bubble(t, 1, nil, func(t *testing.T, r *rig) {
			var e events
			r.far[0].BehavesTo(265, func(*farend.Node, farend.Message) []byte { return nil })
			s := r.Open(params(&e))
			if _, err := s.Authorize(t.Context(), voice()); err != nil {
				t.Fatal(err)
			}
			q := r.far[0].Last(265)
			s.Terminate(CauseLogout)
			if n := len(r.strs(time.Second)); n != 1 {
				t.Fatalf("%d STRs", n)
			}
			r.far[0].Write(farend.Behave(nil, q))
			if n := len(r.strs(time.Second)); n != 2 {
				t.Errorf("%d STRs after a grant that came too late", n)
			}
			if len(e.all()) != 0 || r.Stats().Sessions != 0 {
				t.Errorf("events %v, stats %+v", e.all(), r.Stats())
			}
		})
	})
	t.Run("caller gives up", func(t *testing.T) {
		bubble(t, 1, nil, func(t *testing.T, r *rig) {
			r.far[0].BehavesTo(265, func(*farend.Node, farend.Message) []byte { return nil })
			s := r.Open(params(nil))
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := s.Authorize(ctx, voice()); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			s.Terminate(CauseLogout)
			if n := len(r.strs(0)); n != 1 {
				t.Errorf("%d STRs", n)
			}
		})
	})
	t.Run("terminated while asking", func(t *testing.T) {
		bubble(t, 1, nil, func(t *testing.T, r *rig) {
			r.far[0].BehavesTo(265, func(f *farend.Node, q farend.Message) []byte { time.Sleep(time.Second); return farend.Behave(f, q) })
			s := r.Open(params(nil))
			go func() { _, _ = s.Authorize(t.Context(), voice()) }()
			synctest.Wait()
			s.Terminate(CauseLogout)
			if n := len(r.strs(500 * time.Millisecond)); n != 0 {
				t.Error("the STR overtook the AAR")
			}
			if n := len(r.strs(time.Second)); n != 1 {
				t.Errorf("%d STRs", n)
			}
		})
	})
	t.Run("STR unanswered", func(t *testing.T) {
		bubble(t, 1, nil, func(t *testing.T, r *rig) {
			s := r.opened(nil)
			r.far[0].BehavesTo(275, func(f *farend.Node, q farend.Message) []byte {
				return nil
			})
			s.Terminate(CauseLogout)
			list := r.strs(20 * time.Second)
			if len(list) < 3 {
				t.Fatalf("%d STRs in 20 s", len(list))
			}
			for i, q := range list {
				if q.End() != list[0].End() || q.Repeated() != (i > 0) {
					t.Errorf("STR %d: % x", i, q[:20])
				}
			}
			r.far[0].Behaves(farend.Behave)
			r.strs(15 * time.Second)
			if st := r.Stats(); st.Sessions != 0 || st.Terminated != 1 || st.Abandoned != 0 {
				t.Errorf("stats %+v", st)
			}
		})
	})
	t.Run("STR given up", func(t *testing.T) {
		bubble(t, 1, func(c *Config) { c.TerminateFor = time.Minute }, func(t *testing.T, r *rig) {
			s := r.opened(nil)
			r.far[0].Refuses(true)
			r.far[0].Cut()
			s.Terminate(CauseLogout)
			r.strs(61 * time.Second)
			if st := r.Stats(); st.Sessions != 0 || st.Abandoned != 1 {
				t.Errorf("stats %+v", st)
			}
		})
	})
	t.Run("gateway stops", func(t *testing.T) {
		bubble(t, 1, nil, func(t *testing.T, r *rig) {
			for range 5 {
				r.opened(nil)
			}
			r.stop()
			if n := len(r.strs(0)); n != 5 || r.far[0].Count(282, true) != 1 {
				t.Errorf("%d STRs, %d DPRs", n, r.far[0].Count(282, true))
			}
			if res, err := r.Open(params(nil)).Authorize(t.Context(), voice()); err == nil {
				t.Errorf("after the end: %+v", res)
			}
		})
	})
	t.Run("gateway stops, PCRF deaf", func(t *testing.T) {
		bubble(t, 1, nil, func(t *testing.T, r *rig) {
			r.opened(nil)
			r.far[0].Behaves(func(*farend.Node, farend.Message) []byte { return nil })
			begin := time.Now()
			r.stop()
			if d := time.Since(begin); d > 5*time.Second {
				t.Errorf("stopped after %v", d)
			}
		})
	})
}

// TestForgotten: a PCRF that lost the session gets it anew, under a new Session-Id, with everything in it.
func TestForgotten(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		s := r.opened(nil)
		old := s.ID()
		r.far[0].BehavesTo(265, func(_ *farend.Node, q farend.Message) []byte {
			if string(q.AVP(263)) == old {
				return farend.Answer(q, 5002, farend.AVP(263, q.AVP(263)))
			}
			return farend.Behave(nil, q)
		})
		res, err := s.Authorize(t.Context(), voice())
		if err != nil || res.Outcome != Granted || s.ID() == old {
			t.Fatalf("%+v, %v, session %s", res, err, s.ID())
		}
		if q := r.far[0].Last(265); q.AVP(8) == nil || string(q.AVP(263)) != s.ID() {
			t.Error("the new session is not INITIAL")
		}
		s.Terminate(CauseLogout)
		if list := r.strs(0); len(list) != 1 || string(list[0].AVP(263)) != s.ID() {
			t.Errorf("STRs %x", list)
		}
		if st := r.Stats(); st.LostAtPCRF != 1 || st.Sessions != 0 {
			t.Errorf("stats %+v", st)
		}
	})
}

// TestUnused: a session that was never authorised is never terminated either.
func TestUnused(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		r.Open(params(nil)).Terminate(CauseLogout)
		if n := len(r.strs(time.Second)); n != 0 {
			t.Errorf("%d STRs", n)
		}
	})
}
