//go:build interop

package freediameter

import (
	"net/netip"
	"sync"
	"testing"

	rxclient "causeway/diameter/rx"
	lab "causeway/test/lab/pcrf"
)

// TestLabPCRF has the lab's PCRF, which checks grammar and shares no code with the gateway, judge the same dialogue.
func TestLabPCRF(t *testing.T) {
	far, err := lab.New(lab.Config{Address: netip.MustParseAddrPort("127.0.0.1:0"), Realm: "core.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	c, stop := gateway(t, int(far.Addr().Port()))
	var mu sync.Mutex
	var events []rxclient.Event
	p, v := full(func(ev rxclient.Event) { mu.Lock(); defer mu.Unlock(); events = append(events, ev) })
	s := c.Open(p)
	for i := range 2 {
		if res, err := s.Authorize(t.Context(), v); err != nil || res.Outcome != rxclient.Granted {
			t.Fatalf("authorisation %d: %+v, %v", i, res, err)
		}
		v.Forking = false
	}
	if err := far.Abort(s.ID(), 0); err != nil {
		t.Fatal(err)
	}
	within(t, patience, "abort", func() bool { mu.Lock(); defer mu.Unlock(); return len(events) == 1 })
	s.Terminate(rxclient.CauseAdministrative)
	within(t, patience, "end of the session", func() bool { return len(far.State().Sessions) == 0 })
	stop()
	if list := far.State().Violations; len(list) != 0 {
		t.Errorf("violations: %+v", list)
	}
}
