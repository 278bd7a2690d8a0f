package rx

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// rig is a client with its PCRFs inside a synctest bubble.
type rig struct {
	*Client
	t    *testing.T
	far  []*far
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
	byName := make(map[string]*far)
	for i := range pcrfs {
		f := &far{t: t, on: behave}
		name := string(rune('a'+i)) + ".example:3868"
		r.far, byName[name] = append(r.far, f), f
		cfg.Peers = append(cfg.Peers, name)
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	r.Client, err = New(cfg, Deps{Log: slog.New(slog.DiscardHandler), OriginStateID: 77,
		Dial: func(ctx context.Context, a string) (net.Conn, error) { return byName[a].dial(ctx, a) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		for _, f := range r.far {
			f.cut()
		}
	})
	return r
}

// pcrf makes the far end answer AARs by aa and the rest well.
func (f *far) pcrf(aa func(f *far, q raw) []byte) {
	f.set(func(f *far) {
		f.on = func(f *far, q raw) []byte {
			if q.command() == 265 && q.request() {
				return aa(f, q)
			}
			return behave(f, q)
		}
	})
}

// asks sends an RAR or ASR for the session.
func (f *far) asks(command uint32, id string, avps ...[]byte) {
	f.write(message(0xc0, command, 16777236, 0x51, 0x52, append([][]byte{avp(263, []byte(id)), avp(264, []byte("far.example"))}, avps...)...))
}

// answered returns the result of the last answer to an RAR or ASR.
func (f *far) answered(command uint32) uint32 {
	synctest.Wait()
	a := f.last(command)
	if a == nil || a.request() || a.hop() != 0x51 || a.end() != 0x52 {
		f.t.Fatalf("no answer: % x", a)
	}
	v := a.avp(268)
	return uint32(v[2])<<8 | uint32(v[3])
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

// strs waits and returns the STRs the first PCRF got.
func (r *rig) strs(wait time.Duration) (list []raw) {
	time.Sleep(wait) // the bubble's time
	synctest.Wait()
	for _, f := range r.far {
		f.set(func(f *far) {
			for _, q := range f.seen {
				if q.command() == 275 && q.request() {
					list = append(list, q)
				}
			}
		})
	}
	return list
}

// aars returns the AARs of all PCRFs.
func (r *rig) aars() (list []raw) {
	synctest.Wait()
	for _, f := range r.far {
		f.set(func(f *far) {
			for _, q := range f.seen {
				if q.command() == 265 {
					list = append(list, q)
				}
			}
		})
	}
	return list
}

// has says whether a message has exactly these octets of an AVP in it.
func (r raw) has(avp []byte) bool { return bytes.Contains(r, avp) }
