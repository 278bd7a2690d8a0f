//go:build interop

package freediameter

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	rxclient "causeway/diameter/rx"
	"causeway/test/lab/diameter"
)

// gateway runs an Rx client and returns it with the function that stops it and waits.
func gateway(t *testing.T, ports ...int) (*rxclient.Client, func()) {
	t.Helper()
	cfg := rxclient.DefaultConfig()
	cfg.Timeout = 20 * time.Second // the PCRF is in this process, which may stall
	cfg.OriginHost, cfg.OriginRealm, cfg.DestinationRealm = "gw.core.example", "core.example", "core.example"
	for _, p := range ports {
		cfg.Peers = append(cfg.Peers, fmt.Sprintf("127.0.0.1:%d", p))
	}
	c, err := rxclient.New(cfg, rxclient.Deps{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	within(t, patience, "connection of the gateway to its peers", func() bool {
		for _, p := range c.Stats().Peers {
			if p.Connects == 0 {
				return false
			}
		}
		return c.Ready()
	})
	return c, stop
}

// full uses every AVP the gateway can send.
func full(notify func(rxclient.Event)) (rxclient.SessionParams, rxclient.Service) {
	p := rxclient.SessionParams{
		UE: netip.MustParseAddr("192.0.2.1"),
		Subscription: []rxclient.SubscriptionID{{Type: rxclient.SubscriptionSIPURI, Data: "sip:+15550001@core.example"},
			{Type: rxclient.SubscriptionE164, Data: "15550001"}, {Type: rxclient.SubscriptionIMSI, Data: "001010000000001"}},
		AFChargingID: "icid-0001", ServiceURN: "sos.fire", Priority: 5, Notify: notify,
	}
	ue, gw := netip.MustParseAddrPort("192.0.2.1:50000"), netip.MustParseAddrPort("198.51.100.9:4478")
	sdp := "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
	v := rxclient.Service{
		Forking: true, AccessInfo: []rxclient.RequiredAccessInfo{rxclient.AccessUserLocation, rxclient.AccessTimeZone},
		Components: []rxclient.MediaComponent{
			{Number: 1, Type: rxclient.Audio, UplinkBps: 64000, DownlinkBps: 65000, RSBps: 400, RRBps: 1200, Status: rxclient.FlowEnabled,
				Flows:     []rxclient.Flow{{Number: 1, UE: ue, Gateway: gw}, {Number: 2, UE: ue, Gateway: gw, Usage: rxclient.UsageRTCP, Status: rxclient.FlowEnabled, TCP: true}},
				CodecData: []string{"uplink\noffer\n" + sdp, "downlink\nanswer\n" + sdp}},
			{Number: 2, Type: rxclient.Video, Status: rxclient.FlowRemoved},
			{Number: 3, Type: rxclient.Application, Flows: []rxclient.Flow{{Number: 1, Usage: rxclient.UsageSignalling}}, Status: rxclient.FlowDisabled},
		},
	}
	return p, v
}

// TestDialogue plays every procedure through the relay and has both foreign programs judge it.
func TestDialogue(t *testing.T) {
	far := newPCRF(t)
	middle := newRelay(t, "relay.core.example", far)
	sniff := newCapture(t, middle.port)
	c, stop := gateway(t, middle.port)

	var mu sync.Mutex
	var events []rxclient.Event
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(events) }
	p, v := full(func(ev rxclient.Event) { mu.Lock(); defer mu.Unlock(); events = append(events, ev) })
	s := c.Open(p)
	authorize := func(v rxclient.Service) {
		t.Helper()
		if res, err := s.Authorize(t.Context(), v); err != nil || res.Outcome != rxclient.Granted {
			t.Fatalf("got %+v, %v", res, err)
		}
	}
	authorize(v)
	v.Forking, v.Status = false, rxclient.StatusPreliminary
	authorize(v)
	if code := far.ask(diameter.ReAuth, s.ID(), diameter.Number(513, 2).Of(10415), diameter.Number(513, 6).Of(10415)); code != 2001 {
		t.Errorf("RAR answered %d", code)
	}
	if code := far.ask(diameter.ReAuth, "gw.core.example;0;0;rx", diameter.Number(513, 2).Of(10415)); code != 5002 {
		t.Errorf("RAR for an unknown session answered %d", code)
	}
	if code := far.ask(diameter.AbortSession, s.ID(), diameter.Number(500, 0).Of(10415)); code != 2001 {
		t.Errorf("ASR answered %d", code)
	}
	within(t, patience, "events", func() bool { return count() == 2 })
	s.Terminate(rxclient.CauseAdministrative)
	within(t, patience, "STR", func() bool { return len(far.of(diameter.SessionTermination, true)) == 1 && c.Stats().Terminated == 1 })

	// An IPv6 browser, with its session left to the stop.
	p.UE = netip.MustParseAddr("2001:db8::1")
	six := netip.MustParseAddrPort("[2001:db8::9]:4478")
	v.Components = v.Components[:1]
	v.Components[0].Flows = []rxclient.Flow{{Number: 1, UE: netip.MustParseAddrPort("[2001:db8::1]:50000"), Gateway: six}}
	s = c.Open(p)
	authorize(v)
	stop()
	if n := len(far.of(diameter.SessionTermination, true)); n != 2 {
		t.Errorf("%d STRs after the stop, want 2", n)
	}

	// Leave was taken, so the relay serves the next connection at once.
	next, _ := gateway(t, middle.port)
	p, v = full(nil)
	s = next.Open(p)
	begin := time.Now()
	authorize(v)
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("the first answer of the second connection took %v", d)
	}
	s.Terminate(rxclient.CauseLogout)

	judge(t, middle)
	dissect(t, sniff)
}

// judge reads the relay's dump.
func judge(t *testing.T, r *relay) {
	t.Helper()
	// What it printed comes by a pipe.
	for _, want := range []string{
		"Media-Component-Description", "Flow-Description", "Codec-Data", "Supported-Features", "Rx-Request-Type",
		"Service-URN", "Framed-IPv6-Prefix", "Subscription-Id", "Termination-Cause", "Disconnect-Cause",
		"permit in 17 from 192.0.2.1 to 198.51.100.9 4478",
	} {
		within(t, patience, "word of the relay about "+want, func() bool { return strings.Contains(r.out.String(), want) })
	}
	// Its dictionary lists Reservation-Priority under 3GPP, which is wrong: the AVP is ETSI's (TS 183 017).
	said := r.out.String()
	said = said[:strings.LastIndexByte(said, '\n')+1] // whole lines
	text := strings.ReplaceAll(said, "AVP: 458(not found in dictionary) vend=13019 l=16 f=V- val=00000005", "")
	if m := regexp.MustCompile(`(?m)^.*(ERROR|Invalid|invalid|unparsed|Unknown AVP|no model|not found in dictionary|INVALID_AVP).*$`).FindAllString(text, 10); m != nil {
		t.Errorf("the relay complains:\n%s", strings.Join(m, "\n"))
	}
}

// dissect has tshark decode the capture.
func dissect(t *testing.T, c *capture) {
	t.Helper()
	// Severity 6291456 is a warning, 8388608 an error. TCP's own remarks (a reset at the end) are not Diameter's.
	if out := c.tshark(t, "-Y", "_ws.malformed || (diameter && _ws.expert.severity >= 6291456)", "-T", "fields", "-e", "frame.number", "-e", "_ws.expert.message"); strings.TrimSpace(out) != "" {
		t.Errorf("tshark warns of\n%s\n%s", out, c.tshark(t, "-Y", "diameter && _ws.expert", "-V"))
	}
	text := c.tshark(t, "-Y", "diameter", "-V")
	for _, want := range []string{
		"Command Code: AA (265)", "Command Code: Session-Termination (275)", "Command Code: Re-Auth (258)", "Command Code: Abort-Session (274)",
		"Command Code: Disconnect-Peer (282)", "ApplicationId: 3GPP Rx (16777236)", "Media-Type: AUDIO (0)", "Flow-Status: ENABLED (2)",
		"Flow-Status: REMOVED (4)", "Flow-Usage: RTCP (1)", "Service-Info-Status: PRELIMINARY_SERVICE_INFORMATION (1)",
		"Rx-Request-Type: UPDATE_REQUEST (1)", "SIP-Forking-Indication: SEVERAL_DIALOGUES (1)", "Max-Requested-Bandwidth-UL: 64000",
		"AF-Signalling-Protocol: SIP (1)", "Termination-Cause: DIAMETER_ADMINISTRATIVE (4)",
		"Disconnect-Cause: REBOOTING (0)", "Reservation-Priority: PRIORITY-FIVE (5)", "Result-Code: DIAMETER_UNKNOWN_SESSION_ID (5002)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("tshark did not print %q", want)
		}
	}
	if !regexp.MustCompile(`Framed-IP-Address: (192\.0\.2\.1|c0000201)`).MatchString(text) {
		t.Error("tshark did not print the browser's address")
	}
	if strings.Contains(text, "Unknown AVP") {
		t.Error("tshark met an AVP it does not know")
	}
}

// TestFailover kills the relay that carries a request; it arrives through the other one.
func TestFailover(t *testing.T) {
	far := newPCRF(t)
	one, two := newRelay(t, "one.core.example", far), newRelay(t, "two.core.example", far)
	c, _ := gateway(t, one.port, two.port)
	far.mu.Lock()
	far.silent = true
	far.mu.Unlock()
	p, v := full(nil)
	s := c.Open(p)
	type result struct {
		res rxclient.Result
		err error
	}
	done := make(chan result, 1)
	go func() { res, err := s.Authorize(t.Context(), v); done <- result{res, err} }()
	<-far.asked
	far.mu.Lock()
	far.silent = false
	far.mu.Unlock()
	one.end(syscall.SIGKILL)
	r := <-done
	if r.err != nil || r.res.Outcome != rxclient.Granted {
		t.Fatalf("got %+v, %v", r.res, r.err)
	}
	list := far.of(diameter.AA, true)
	if len(list) != 2 || list[0].Flags&diameter.FlagRetry != 0 || list[1].Flags&diameter.FlagRetry == 0 || list[0].EndToEnd != list[1].EndToEnd {
		t.Fatalf("AARs at the PCRF: %+v", list)
	}
	s.Terminate(rxclient.CauseLogout)
	within(t, patience, "STR through the second relay", func() bool { return c.Stats().Terminated == 1 })
}
