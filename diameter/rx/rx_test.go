package rx

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/diameter/farend"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden holds a message against its octets in testdata, AVP by AVP on lines of their own, ids and times blanked.
func golden(t *testing.T, name string, q farend.Message, id string) {
	t.Helper()
	b := append(farend.Message(nil), q...)
	copy(b[12:20], make([]byte, 8))
	var out strings.Builder
	fmt.Fprintf(&out, "%x\n", b[:20])
	for rest := b[20:]; len(rest) >= 8; {
		n := (int(rest[5])<<16 | int(rest[6])<<8 | int(rest[7]) + 3) &^ 3
		fmt.Fprintf(&out, "%x\n", rest[:min(n, len(rest))])
		rest = rest[min(n, len(rest)):]
	}
	text := strings.ReplaceAll(out.String(), hex.EncodeToString([]byte(id)), "<session>")
	path := filepath.Join("testdata", name+".hex")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s\n got\n%s\nwant\n%s", name, text, want)
	}
}

// TestCall follows a call through Rx and holds every message against its octets.
func TestCall(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		r.far[0].BehavesTo(265, func(_ *farend.Node, q farend.Message) []byte {
			return farend.Answer(q, 2001, farend.AVP(263, q.AVP(263)), farend.AVP3GPP(1027, farend.U32(5)), farend.AVP3GPP(1032, farend.U32(1004)), farend.AVP3GPP(1050, []byte{0, 1, 203, 0, 113, 7}),
				farend.AVP3GPP(502, farend.AVP3GPP(503, []byte("charge"))))
		})
		s := r.Open(params(nil))
		res, err := s.Authorize(t.Context(), voice())
		if err != nil || res.Outcome != Granted || res.Code != 2001 {
			t.Fatalf("got %+v, %v", res, err)
		}
		a := res.Access
		if a.IPCANType != 5 || !a.HasRATType || a.RATType != 1004 || len(a.Gateways) != 1 || a.Gateways[0] != netip.MustParseAddr("203.0.113.7") ||
			len(a.ChargingIDs) != 1 || a.ChargingIDs[0] != "charge" {
			t.Errorf("access %+v", a)
		}
		golden(t, "aar-initial", r.far[0].Last(265), s.ID())

		v := voice()
		v.Forking = true
		v.AccessInfo = []RequiredAccessInfo{AccessUserLocation}
		v.Components[0].Status = FlowEnabledUplink
		if _, err := s.Authorize(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		golden(t, "aar-update-fork", r.far[0].Last(265), s.ID())
		if _, err := s.Authorize(t.Context(), voice()); err != nil {
			t.Fatal(err)
		}
		if q := r.far[0].Last(265); !q.Has(farend.AVP3GPP(523, farend.U32(0))) {
			t.Error("the fork is not taken back")
		}
		if _, err := s.Authorize(t.Context(), voice()); err != nil {
			t.Fatal(err)
		}
		if q := r.far[0].Last(265); q.Has(farend.AVP3GPP(523, farend.U32(0))) {
			t.Error("the fork is taken back twice")
		}
		s.Terminate(CauseLogout)
		s.Terminate(CauseAdministrative)
		strs := r.strs(0)
		if len(strs) != 1 {
			t.Fatalf("%d STRs", len(strs))
		}
		golden(t, "str", strs[0], s.ID())
		if st := r.Stats(); st.Sessions != 0 || st.Terminated != 1 || st.Outcomes["granted"] != 4 {
			t.Errorf("stats %+v", st)
		}
		if _, err := s.Authorize(t.Context(), voice()); !errors.Is(err, ErrEnded) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// TestVariants checks what not every call has: IPv6, emergency, priority, signalling path, IP domain, fixed PCRF.
func TestVariants(t *testing.T) {
	bubble(t, 1, func(c *Config) {
		c.IPDomain, c.DestinationHost, c.Features, c.AFApplication = "left", "pcrf.example", 0, ""
	}, func(t *testing.T, r *rig) {
		p := params(nil)
		p.UE = netip.MustParseAddr("2001:db8::1")
		p.ServiceURN, p.Priority = "sos.fire", 5
		p.Actions = []SpecificAction{ActionLossOfBearer}
		s := r.Open(p)
		v := Service{Status: StatusPreliminary, Components: []MediaComponent{{Flows: []Flow{{Usage: UsageSignalling}}}}}
		if _, err := s.Authorize(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		golden(t, "aar-variants", r.far[0].Last(265), s.ID())
		s.Terminate(CauseLinkBroken)
	})
}

// TestResults walks the answers of a PCRF.
func TestResults(t *testing.T) {
	experimental := func(code uint32, more ...[]byte) func(*farend.Node, farend.Message) []byte {
		return func(_ *farend.Node, q farend.Message) []byte {
			avps := append([][]byte{farend.AVP(263, q.AVP(263)), farend.AVP(264, []byte("far.example")), farend.AVP(296, []byte("example")),
				farend.AVP(297, append(farend.AVP(266, farend.U32(10415)), farend.AVP(298, farend.U32(code))...))}, more...)
			return farend.New(0x40, 265, 16777236, q.Hop(), q.End(), avps...)
		}
	}
	plain := func(code uint32) func(*farend.Node, farend.Message) []byte {
		return func(_ *farend.Node, q farend.Message) []byte {
			return farend.Answer(q, code, farend.AVP(263, q.AVP(263)))
		}
	}
	offer := farend.AVP3GPP(526, append(farend.AVP3GPP(517, append(farend.AVP3GPP(518, farend.U32(1)), append(farend.AVP3GPP(516, farend.U32(32000)), farend.AVP3GPP(515, farend.U32(33000))...)...)), []byte(nil)...))
	for _, c := range []struct {
		name    string
		reply   func(*farend.Node, farend.Message) []byte
		outcome Outcome
		code    uint32
		str     bool // whether the PCRF may have a session
	}{
		{"2001", plain(2001), Granted, 2001, true},
		{"2002", plain(2002), Granted, 2002, true},
		{"4261", experimental(4261, farend.AVP3GPP(541, farend.U32(30))), Rejected, 4261, false},
		{"5061", experimental(5061), Rejected, 5061, false},
		{"5062", experimental(5062), Rejected, 5062, false},
		{"5063", experimental(5063, offer), Rejected, 5063, false},
		{"5064", experimental(5064), Rejected, 5064, false},
		{"5065", experimental(5065), NotAvailable, 5065, false},
		{"5066", experimental(5066), Rejected, 5066, false},
		{"5068", experimental(5068), Unreachable, 5068, true},
		{"5999", experimental(5999), Unreachable, 5999, true},
		{"3002", plain(3002), Unreachable, 3002, true},
		{"3004", plain(3004), Unreachable, 3004, true},
		{"5003", plain(5003), Rejected, 5003, false},
		{"5002", plain(5002), Unreachable, 5002, false},
		{"5012", plain(5012), Unreachable, 5012, true},
		{"no result", func(_ *farend.Node, q farend.Message) []byte {
			return farend.New(0x40, 265, 16777236, q.Hop(), q.End(), farend.AVP(263, q.AVP(263)))
		}, Unreachable, 0, true},
		{"silence", func(*farend.Node, farend.Message) []byte { return nil }, Unreachable, 0, true},
		{"wrong session", func(_ *farend.Node, q farend.Message) []byte {
			return farend.Answer(q, 2001, farend.AVP(263, []byte("other")))
		}, Unreachable, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, 1, nil, func(t *testing.T, r *rig) {
				r.far[0].BehavesTo(265, c.reply)
				s := r.Open(params(nil))
				begin := time.Now()
				res, err := s.Authorize(t.Context(), voice())
				if err != nil || res.Outcome != c.outcome || res.Code != c.code || res.Text == "" {
					t.Fatalf("got %+v, %v", res, err)
				}
				if d := time.Since(begin); d > 2*time.Second {
					t.Errorf("set-up waited %v", d)
				}
				if c.name == "5063" && (len(res.Acceptable) != 1 || res.Acceptable[0].UplinkBps != 32000 || res.Acceptable[0].DownlinkBps != 33000) {
					t.Errorf("acceptable: %+v", res.Acceptable)
				}
				if c.name == "4261" && res.RetryAfter != 30*time.Second {
					t.Errorf("retry after %v", res.RetryAfter)
				}
				s.Terminate(CauseLogout)
				if n := len(r.strs(0)); (n == 1) != c.str {
					t.Errorf("%d STRs", n)
				}
				if n := r.Stats().Sessions; n != 0 {
					t.Errorf("%d sessions left", n)
				}
			})
		})
	}
}

// TestOutage: without a PCRF an authorisation returns at once, nothing is owed, and the next call works.
func TestOutage(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		r.far[0].Refuses(true)
		r.far[0].Cut()
		time.Sleep(10 * time.Second)
		if r.Ready() {
			t.Error("ready in an outage")
		}
		s := r.Open(params(nil))
		begin := time.Now()
		if res, err := s.Authorize(t.Context(), voice()); err != nil || res.Outcome != Unreachable || time.Since(begin) != 0 {
			t.Fatalf("%+v, %v after %v", res, err, time.Since(begin))
		}
		s.Terminate(CauseLogout)
		r.far[0].Refuses(false)
		time.Sleep(5 * time.Second)
		r.opened(nil).Terminate(CauseLogout)
		if n := len(r.strs(0)); n != 1 {
			t.Errorf("%d STRs, want one for the session that was", n)
		}
	})
}

// TestAbort: ASR -> ASA 2001 at once, one event for that session only, STR when the call has ended.
func TestAbort(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		var mine, other events
		s, o := r.opened(&mine), r.opened(&other)
		r.far[0].Asks(274, s.ID(), farend.AVP3GPP(500, farend.U32(2)))
		if code := r.far[0].Answered(274); code != 2001 {
			t.Fatalf("answered %d", code)
		}
		r.far[0].Asks(274, s.ID(), farend.AVP3GPP(500, farend.U32(2)))
		if list := mine.all(); len(list) != 1 || list[0] != (Aborted{2}) {
			t.Fatalf("events %v", list)
		}
		s.Terminate(CauseAdministrative)
		if list := r.strs(0); len(list) != 1 || string(list[0].AVP(263)) != s.ID() || list[0].AVP(295)[3] != 4 {
			t.Fatalf("STRs %x", list)
		}
		r.far[0].Asks(274, s.ID())
		if code := r.far[0].Answered(274); code != 5002 {
			t.Errorf("after the STR answered %d", code)
		}
		if len(other.all()) != 0 {
			t.Error("another session was told")
		}
		o.Terminate(CauseLogout)
	})
}

// TestReAuth checks the events of RARs.
func TestReAuth(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		var e events
		s := r.opened(&e)
		r.far[0].Asks(258, s.ID(), farend.AVP3GPP(513, farend.U32(2)), farend.AVP3GPP(513, farend.U32(6)), farend.AVP3GPP(500, farend.U32(0)), farend.AVP3GPP(1027, farend.U32(6)),
			farend.AVP3GPP(510, append(farend.AVP3GPP(518, farend.U32(1)), append(farend.AVP3GPP(509, farend.U32(1)), farend.AVP3GPP(509, farend.U32(2))...)...)),
			farend.AVP3GPP(22, []byte{0x82, 1, 2}), farend.AVP3GPP(23, []byte{4, 0}), farend.AVP3GPP(18, []byte("00101")))
		if code := r.far[0].Answered(258); code != 2001 {
			t.Fatalf("answered %d", code)
		}
		list := e.all()
		if len(list) != 1 {
			t.Fatalf("events %v", list)
		}
		ev := list[0].(Changed)
		if !ev.Has(ActionLossOfBearer) || !ev.Has(ActionIPCANChange) || ev.Has(ActionOutOfCredit) || !ev.HasAbortCause ||
			ev.Access.IPCANType != 6 || ev.Access.PLMN != "00101" || ev.Access.UserLocation != "\x82\x01\x02" || ev.Access.TimeZone != "\x04\x00" {
			t.Errorf("event %+v", ev)
		}
		if len(ev.Flows) != 1 || ev.Flows[0].Component != 1 || fmt.Sprint(ev.Flows[0].Numbers) != "[1 2]" {
			t.Errorf("flows %+v", ev.Flows)
		}
		r.far[0].Asks(258, s.ID())
		if code := r.far[0].Answered(258); code != 5005 {
			t.Errorf("without an action answered %d", code)
		}
		r.far[0].Asks(258, "gw.example;0;0;rx", farend.AVP3GPP(513, farend.U32(2)))
		if code := r.far[0].Answered(258); code != 5002 {
			t.Errorf("unknown session answered %d", code)
		}
		r.far[0].Write(farend.New(0xc0, 258, 16777236, 0x51, 0x52, farend.AVP3GPP(513, farend.U32(2))))
		if code := r.far[0].Answered(258); code != 5005 || r.far[0].Last(258).AVP(279) == nil {
			t.Errorf("no session answered %d", code)
		}
		if len(e.all()) != 1 || r.Stats().Unknown != 1 {
			t.Errorf("events %v, stats %+v", e.all(), r.Stats())
		}
		s.Terminate(CauseLogout)
	})
}

// TestFlood: a session whose Notify stands still costs nobody else anything; every request is answered.
func TestFlood(t *testing.T) {
	bubble(t, 1, nil, func(t *testing.T, r *rig) {
		block := make(chan struct{})
		var got events
		p := params(nil)
		p.Notify = func(ev Event) { <-block; got.add(ev) }
		s := r.Open(p)
		if _, err := s.Authorize(t.Context(), voice()); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			r.far[0].Asks(258, s.ID(), farend.AVP3GPP(513, farend.U32(2)))
			r.far[0].Asks(258, "nobody", farend.AVP3GPP(513, farend.U32(2)))
			r.far[0].Asks(274, "nobody")
		}
		r.far[0].Asks(274, s.ID())
		synctest.Wait()
		if a, b := r.far[0].Count(258, false), r.far[0].Count(274, false); a != 200 || b != 101 {
			t.Fatalf("%d and %d answered, want 200 and 101", a, b)
		}
		r.opened(nil).Terminate(CauseLogout)
		close(block)
		list := got.all()
		if n := len(list); n != maxEvents+2 {
			t.Fatalf("%d events", n)
		}
		if _, last := list[len(list)-1].(Aborted); !last {
			t.Error("the abort was lost")
		}
		if o := r.Stats().Overload; o != 100-maxEvents-1 {
			t.Errorf("%d answered too busy", o)
		}
		s.Terminate(CauseAdministrative)
	})
}

// TestFailover: an AAR goes to the second PCRF with T and the same ids, and the session stays with who answered.
func TestFailover(t *testing.T) {
	bubble(t, 2, nil, func(t *testing.T, r *rig) {
		r.far[0].BehavesTo(265, func(f *farend.Node, _ farend.Message) []byte { f.Cut(); return nil })
		r.far[1].BehavesTo(265, func(_ *farend.Node, q farend.Message) []byte {
			return farend.New(0x40, 265, 16777236, q.Hop(), q.End(), farend.AVP(263, q.AVP(263)), farend.AVP(268, farend.U32(2001)), farend.AVP(264, []byte("second.example")))
		})
		s := r.opened(nil)
		list := r.aars()
		if len(list) != 2 || list[0].Repeated() || !list[1].Repeated() || list[0].End() != list[1].End() {
			t.Fatalf("AARs %x", list)
		}
		s.Terminate(CauseLogout)
		if q := r.strs(0); len(q) != 1 || string(q[0].AVP(293)) != "second.example" {
			t.Errorf("STR is not for the PCRF that answered: %x", q)
		}
	})
}
