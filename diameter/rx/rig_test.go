package rx

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"causeway/diameter/farend"
)

// rig is a client with its PCRFs inside a synctest bubble.
type rig struct {
	*Client
	t    *testing.T
	far  []*farend.Node
	stop func()
}

// bubble runs a test in virtual time, ends the client and checks that no session is left behind.
func bubble(t *testing.T, pcrfs int, change func(*Config), body func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, pcrfs, change)
		defer r.stop()
		synctest.Wait()
		body(t, r)
	})
}

func newRig(t *testing.T, pcrfs int, change func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t}
	cfg := DefaultConfig()
	cfg.OriginHost, cfg.OriginRealm, cfg.DestinationRealm = "gw.example", "example", "core.example"
	byName := make(map[string]*farend.Node)
	for i := range pcrfs {
		f := farend.NewNode(t)
		name := string(rune('a'+i)) + ".example:3868"
		r.far, byName[name] = append(r.far, f), f
		cfg.Peers = append(cfg.Peers, name)
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	r.Client, err = New(cfg, Deps{Log: slog.New(slog.DiscardHandler), OriginStateID: 77,
		Dial: func(ctx context.Context, a string) (net.Conn, error) { return byName[a].Dial(ctx, a) }})
	if err != nil {
		t.Fatal(err)
	}
	r.stop = farend.Run(t, r.Run, r.far)
	return r
}

// events collects what Notify gets.
type events struct {
	mu   sync.Mutex
	list []Event
}

func (e *events) add(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, ev)
}

func (e *events) all() []Event {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Event(nil), e.list...)
}

func params(e *events) SessionParams {
	p := SessionParams{
		UE:           netip.MustParseAddr("192.0.2.1"),
		Subscription: []SubscriptionID{{Type: SubscriptionSIPURI, Data: "sip:+15550001@example"}, {Type: SubscriptionE164, Data: "15550001"}},
		AFChargingID: "icid-1",
	}
	if e != nil {
		p.Notify = e.add
	}
	return p
}

func voice() Service {
	return Service{Components: []MediaComponent{{
		Number: 1, Type: Audio, UplinkBps: 64000, DownlinkBps: 65000, Status: FlowEnabled,
		Flows: []Flow{{Number: 1, UE: netip.MustParseAddrPort("192.0.2.1:50000"), Gateway: netip.MustParseAddrPort("198.51.100.9:4478")}},
		CodecData: []string{
			"uplink\noffer\nm=audio 9 UDP/TLS/RTP/SAVPF 111\na=rtpmap:111 opus/48000/2\n",
			"downlink\nanswer\nm=audio 9 UDP/TLS/RTP/SAVPF 111\na=rtpmap:111 opus/48000/2\n"},
	}}}
}

// opened makes a session that is granted.
func (r *rig) opened(e *events) *Session {
	r.t.Helper()
	s := r.Open(params(e))
	if res, err := s.Authorize(r.t.Context(), voice()); err != nil || res.Outcome != Granted {
		r.t.Fatalf("not granted: %+v, %v", res, err)
	}
	return s
}

// strs waits and returns the STRs of all PCRFs.
func (r *rig) strs(wait time.Duration) []farend.Message {
	time.Sleep(wait) // the bubble's time
	return r.requests(275)
}

// aars returns the AARs of all PCRFs.
func (r *rig) aars() []farend.Message { return r.requests(265) }

func (r *rig) requests(command uint32) (list []farend.Message) {
	synctest.Wait()
	for _, f := range r.far {
		list = append(list, f.Seen(command, true)...)
	}
	return list
}
