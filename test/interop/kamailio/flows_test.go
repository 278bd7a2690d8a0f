//go:build interop

package kamailio

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/test/interop/scenario"
	"causeway/test/load/client"
	"causeway/test/rig"
)

// flow is one call between a scripted page and SIPp as a handset behind the core. The scenarios are those that test/interop/sipp
// plays without a core between.
type flow struct {
	file   string
	calls  int    // SIPp's; 0 is 1
	far    string // number of the handset; "" is sipp's
	port   int    // of the handset; 0 is sippSIP
	values map[string]string
	silent bool // the page makes no media: the call comes to nothing
	limit  time.Duration
	script func(*hand)
	story  []string // what the page has to be told; "|" separates lines that may stand in a line's place
}

const (
	trying   = "progress trying 100"
	ringing  = "progress ringing 180"
	answered = "accepted"
	hungUp   = "ended hangup by local"
	hungUs   = "ended hangup by remote"
)

// flows are the main ones; the core's 100 comes before everything else.
func flows() []flow {
	list := []flow{
		{file: "mo-preconditions", script: talk(1), story: []string{trying, "progress trying 183", "progress trying 183", ringing, answered, hungUp}},
		{file: "mo-early-reliable", script: talk(1), story: []string{trying, "progress early 183 heard", "progress early 180 heard", answered, hungUp}},
		{file: "mo-early-unreliable", script: func(h *hand) { h.dials(); h.hears("accepted") }, story: []string{trying, "progress early 183 heard", ringing, answered, hungUs}},
		{file: "mo-forks", script: func(h *hand) {
			h.dials()
			h.hears("accepted")
			h.talks(2)
			h.sees("\nBYE ") // of the late fork: the page's own comes after it
			h.does("call.hangup")
		}, story: []string{trying, "progress early 183 heard", "progress early 183 heard", "progress early 180 heard", answered, hungUp}},
		{file: "mo-network-bye", script: func(h *hand) { h.dials() }, story: []string{trying, answered, "ended hangup by remote q850=31"}},
		{file: "mo-cancel", silent: true, script: givesUp, story: []string{trying, ringing, "ended cancelled by local"}},
		{file: "mo-cancel-race", silent: true, script: givesUp, story: []string{trying, ringing, "ended cancelled by local"}},
		{file: "mo-hold", script: func(h *hand) {
			h.dials()
			h.hears("accepted")
			h.does("call.hold")
			h.does("call.resume")
			h.talks(1)
			h.does("call.hangup")
		}, story: []string{trying, answered, "hold local=true remote=false", "hold local=false remote=false", hungUp}},
		{file: "mo-held", script: func(h *hand) {
			h.dials()
			h.hears("hold local=false remote=true")
			h.hears("hold local=false remote=false")
			h.talks(1)
			h.does("call.hangup")
		}, story: []string{trying, answered, "hold local=false remote=true", "hold local=false remote=false", hungUp}},
		{file: "mo-transfer", values: map[string]string{"user": "15550001"}, script: func(h *hand) {
			h.dials()
			h.hears("accepted")
			h.talks(1)
			h.does("call.transfer", "target", "+15550102")
		}, story: []string{trying, answered, "transfer trying", "transfer ringing 180", "transfer accepted 200", "ended transferred by local"}},
		{file: "mo-transfer-failed", script: func(h *hand) {
			h.dials()
			h.hears("accepted")
			h.does("call.transfer", "target", "+15550102")
			h.hears("transfer failed")
			h.talks(1)
			h.does("call.hangup")
		}, story: []string{trying, answered, "transfer trying", "transfer ringing 180", "transfer failed 486 busy", hungUp}},
		{file: "mo-transfer-attended", calls: 2, values: map[string]string{"user": "15550001"}, script: func(h *hand) {
			h.dials()
			h.hears("accepted")
			other, err := h.browser.Call(h.ctx, h.number, client.Silent{})
			h.must(err)
			h.must(other.Hears(h.ctx, "accepted"))
			h.does("call.transfer", "with", other.ID())
			h.must(other.Hears(h.ctx, "ended"))
			if got := other.Story(); !slices.Equal(got, []string{trying, answered, "ended transferred by local"}) {
				h.t.Errorf("the other call was told %q", got)
			}
		}, story: []string{trying, answered, "transfer trying", "transfer accepted 200", "ended transferred by local"}},
		{file: "mt-answered", values: map[string]string{"user": "alice|" + strings.TrimPrefix(alice.number, "+")}, script: func(h *hand) { h.isCalled(); h.answers() }, story: []string{"incoming|incoming waiting", answered, hungUs + " q850=16"}},
		{file: "mt-preconditions", script: func(h *hand) { h.isCalled(); h.answers(); h.talks(1); h.does("call.hangup") }, story: []string{"incoming|incoming waiting", answered, hungUp}},
		{file: "mt-hold", script: func(h *hand) {
			h.isCalled()
			h.answers()
			h.hears("hold local=false remote=true")
			h.does("call.hold")
			h.does("call.resume")
			h.hears("hold local=false remote=false")
			h.talks(1)
			h.does("call.hangup")
		}, story: []string{"incoming|incoming waiting", answered, "hold local=false remote=true", "hold local=true remote=true", "hold local=false remote=true", "hold local=false remote=false", hungUp}},
		{file: "mt-cancel", silent: true, values: map[string]string{"reason": `Reason: SIP;cause=200;text="Call completed elsewhere"`}, script: func(h *hand) { h.isCalled() },
			story: []string{"incoming|incoming waiting", "ended answered_elsewhere by remote|ended cancelled by remote"}},
		{file: "mt-refused", silent: true, values: map[string]string{"status": "486", "reason": "Q.850;cause=17"}, script: func(h *hand) { h.isCalled(); h.sees("SIP/2.0 180 "); h.does("call.reject", "reason", "busy") },
			story: []string{"incoming|incoming waiting", "ended busy by local"}},
		{file: "mt-refused", silent: true, values: map[string]string{"status": "603", "reason": "Q.850;cause=21"}, script: func(h *hand) { h.isCalled(); h.sees("SIP/2.0 180 "); h.does("call.reject", "reason", "declined") },
			story: []string{"incoming|incoming waiting", "ended declined by local"}},
		{file: "mo-referred-refused", script: func(h *hand) {
			h.dials()
			h.hears("refer")
			h.must(h.browser.Ask(h.ctx, "call.refuseRefer", map[string]any{"refer": h.call.Wish()}))
			h.sees("SIP/2.0 603")
			h.talks(1)
			h.does("call.hangup")
		}, story: []string{trying, answered, "refer to=+15550103", hungUp}},
		{file: "mt-replaces", script: func(h *hand) {
			h.isCalled()
			h.answers()
			first := h.call
			select {
			case h.call = <-h.browser.Incoming:
			case <-h.ctx.Done():
				h.must(fmt.Errorf("no call came in place of the first: %w", h.ctx.Err()))
			}
			h.must(h.call.PickUp(h.ctx, h.medium()))
			h.must(first.Hears(h.ctx, "ended replaced"))
			h.talks(2)
			h.does("call.hangup")
		}, story: []string{"incoming replaces", answered, hungUp}},
	}
	for _, r := range []struct{ status, header, want string }{
		{"486 Busy Here", "Reason: Q.850;cause=17", "ended busy by remote sip=486 q850=17"},
		{"480 Temporarily Unavailable", "Reason: Q.850;cause=19", "ended no_answer by remote sip=480 q850=19"},
		{"603 Decline", "Server: far", "ended declined by remote sip=603"},
		{"488 Not Acceptable Here", "Warning: 305 far \"Incompatible media format\"", "ended media_incompatible by remote sip=488"},
		{"580 Precondition Failure", "Server: far", "ended precondition_failed by remote sip=580"},
		{"404 Not Found", "Reason: Q.850;cause=1", "ended number_unknown by remote sip=404 q850=1"},
		// A proxy makes 500 of a 503 that it has got (RFC 3261 16.7 6).
		{"503 Service Unavailable", "Retry-After: 5", "ended congestion by remote sip=503|ended unavailable by remote sip=500"},
	} {
		list = append(list, flow{file: "mo-refused", silent: true, values: map[string]string{"status": r.status, "header": r.header},
			script: func(h *hand) { h.dials() }, story: []string{trying, ringing, r.want}})
	}
	return list
}

// waits are flows that only time ends, each with a handset of its own.
func waits() []flow {
	accepted := func(h *hand) { h.dials(); h.hears("accepted") }
	list := []flow{
		{file: "mo-refresh", script: accepted, story: []string{trying, answered, "ended unavailable by remote"}},
		{file: "mo-expiry", script: accepted, story: []string{trying, answered, "ended unavailable by remote"}},
		{file: "mo-no-answer", silent: true, script: func(h *hand) { h.dials() }, story: []string{trying, ringing, "ended no_answer by gateway"}},
		{file: "mo-dead", script: func(h *hand) {
			h.dials()
			h.talks(1)
			h.far[0].Mute.Store(true)
		}, story: []string{trying, answered, "ended media_lost by remote"}},
	}
	for i := range list {
		list[i].far, list[i].port, list[i].limit = fmt.Sprintf("+1555021%d", i), sippSIP+1+i, 100*time.Second
	}
	return list
}

// TestFlows plays the main call flows through Kamailio's P-, I- and S-CSCF, with SIPp as the handset.
func TestFlows(t *testing.T) {
	var more []subscriber
	for _, f := range waits() {
		more = append(more, subscriber{number: f.far, password: sipp.password})
	}
	c := startCore(t, more...)
	record := scene(t)
	// With INVITEs by TCP a dialog has two ways through the core, and a report overtakes the 202 that it follows; SIPp does not forgive it.
	b := c.bed(t, gatewayIP, "CAUSEWAY_IMS_SIP_UDP_LIMIT=0", "CAUSEWAY_SESSION_RING_TIMEOUT=10s", "CAUSEWAY_MEDIA_MEDIA_TIMEOUT=5s", "CAUSEWAY_SESSION_MAX_CALLS=8")
	play(t, "register.xml", script{}, sippMediaAny).done(t, time.Minute)
	for i, f := range waits() {
		registerAt(t, more[i], f.port)
	}
	peers, err := client.NewPeers()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	token, err := client.Token(ctx, b.Lab.URL(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	browser, err := client.Login(ctx, client.Options{Gateway: b.URL}, token, "7d8a2f0e-4c1b-4e57-9a43-000000000001")
	if err != nil {
		t.Fatal(err)
	}
	defer browser.Close()
	var slow sync.WaitGroup
	defer slow.Wait()
	for _, f := range waits() {
		slow.Go(func() {
			t.Run(f.file, func(t *testing.T) {
				f.play(t, &hand{t: t, browser: browser, peers: peers, silent: f.silent})
			})
		})
	}
	for _, f := range flows() {
		name := f.file
		if status := f.values["status"]; status != "" {
			name += " " + status[:3]
		}
		t.Run(name, func(t *testing.T) { f.play(t, &hand{t: t, browser: browser, peers: peers, silent: f.silent}) })
	}
	slow.Wait()
	if err := browser.Logout(ctx); err != nil {
		t.Error(err)
	}
	until(t, "the calls' end in the gateway", rig.Patience, func() bool { return b.Metric("causeway_calls") == 0 && b.Metric("causeway_media_sessions") == 0 })
	judge(t, c, record, []string{"REGISTER", "INVITE", "PRACK", "UPDATE", "ACK", "CANCEL", "BYE"})
}

// play runs one flow.
func (f flow) play(t *testing.T, h *hand) {
	limit := max(f.limit, time.Minute)
	h.number = sipp.number
	if f.far != "" {
		h.number = f.far
	}
	port := f.port
	if port == 0 {
		port = sippSIP
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	h.ctx = ctx
	text := &scenario.Script{Dir: filepath.Join("..", "interop", "sipp", "testdata"), Network: "udp", User: alice.number, Host: sippIP, Self: h.number, Values: f.values}
	if _, err := os.Stat(text.Dir); err != nil {
		text.Dir = filepath.Join("..", "sipp", "testdata")
	}
	for range 2 {
		far := scenario.NewFar(t, sippIP)
		h.far = append(h.far, far)
		text.RTP = append(text.RTP, far.Port())
	}
	file := text.Render(t, f.file)
	run := func() *process {
		p := start(t, "sipp "+f.file, "sipp", "-sf", file, "-i", sippIP, "-p", fmt.Sprint(port), "-m", fmt.Sprint(max(f.calls, 1)), "-nostdin", "-trace_err", "-trace_msg", "-message_file", file+".msg",
			"-timeout", fmt.Sprint(int(limit.Seconds()))+"s", "-timeout_error", "-cid_str", "%u-%p-"+f.file+"@%s", netip.AddrPortFrom(netip.MustParseAddr(pcscfIP), 5060).String())
		t.Cleanup(func() {
			if messages, _ := os.ReadFile(h.record); t.Failed() {
				t.Logf("%s", messages[max(0, len(messages)-9000):])
			}
		})
		return p
	}
	h.sipp, h.record = run, file+".msg"
	if !text.Caller {
		h.running = run()
		until(t, "SIPp's port", rig.Patience, func() bool { h.running.alive(t); return bound(port) })
	}
	f.script(h)
	if h.running == nil {
		h.running = h.sipp()
	}
	h.running.done(t, limit)
	if h.call == nil {
		return
	}
	h.hears("ended")
	if h.media != nil {
		h.media.Close()
	}
	got := h.call.Story()
	fits := len(got) == len(f.story)
	for i := 0; fits && i < len(got); i++ {
		fits = slices.ContainsFunc(strings.Split(f.story[i], "|"), func(w string) bool { return got[i] == w })
	}
	if !fits {
		t.Errorf("the page was told\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(f.story, "\n\t"))
	}
}

// registerAt registers a handset at a port of its own.
func registerAt(t *testing.T, s subscriber, port int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "register.xml")
	render(t, "register.xml", file, script{Home: home, User: s.impu(), Private: s.impi(), Password: s.password})
	start(t, "sipp register", "sipp", "-sf", file, "-i", sippIP, "-p", fmt.Sprint(port), "-m", "1", "-nostdin", "-timeout", "50s", "-timeout_error", pcscfIP+":5060").done(t, time.Minute)
}

// bound says whether somebody has this UDP port.
func bound(port int) bool {
	table, err := os.ReadFile("/proc/self/net/udp")
	return err == nil && strings.Contains(string(table), fmt.Sprintf(":%04X ", port))
}
