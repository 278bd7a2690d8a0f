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
	"testing"
	"time"

	"causeway/test/interop/scenario"
	"causeway/test/load/client"
)

// flow is one call between a scripted page and SIPp as a handset behind the core. The scenarios are those that test/interop/sipp
// plays without a core between.
type flow struct {
	file   string
	values map[string]string
	silent bool // the page makes no media: the call comes to nothing
	limit  time.Duration
	script func(*hand)
	story  []string // what the page has to be told; "|" separates lines that may stand in a line's place
}

// hand is the page in a flow. Its methods fail the test.
type hand struct {
	t       *testing.T
	ctx     context.Context
	browser *client.Browser
	peers   *client.Peers
	call    *client.Call
	media   client.Media
	far     []*scenario.Far
	silent  bool
	sipp    func() *process // starts SIPp as caller
	running *process
	record  string // SIPp's, of messages
}

func (h *hand) must(err error) {
	h.t.Helper()
	if err == nil {
		return
	}
	var story []string
	if h.call != nil {
		story = h.call.Story()
	}
	h.t.Fatalf("%v\nthe page was told %q", err, story)
}

func (h *hand) medium() client.Media {
	h.media = client.Silent{}
	if !h.silent {
		m, err := h.peers.New()
		h.must(err)
		h.media = m
	}
	return h.media
}

func (h *hand) dials() {
	h.t.Helper()
	var err error
	h.call, err = h.browser.Call(h.ctx, sipp.number, h.medium())
	h.must(err)
}

// isCalled starts SIPp's call and lets the page alert its user.
func (h *hand) isCalled() {
	h.t.Helper()
	h.running = h.sipp()
	select {
	case h.call = <-h.browser.Incoming:
	case <-h.ctx.Done():
		h.must(fmt.Errorf("no call came: %w", h.ctx.Err()))
	}
	h.does("call.ringing")
}

// sees waits until SIPp has got a message. Kamailio's processes hand on what follows closely in any order.
func (h *hand) sees(text string) {
	h.t.Helper()
	until(h.t, text+" at SIPp", 10*time.Second, func() bool {
		record, err := os.ReadFile(h.record)
		return err == nil && strings.Contains(string(record), text)
	})
}

// answers picks up once the caller has heard it ring.
func (h *hand) answers() {
	h.t.Helper()
	h.sees("SIP/2.0 180 ")
	h.must(h.call.PickUp(h.ctx, h.medium()))
}

func (h *hand) hears(prefix string) { h.t.Helper(); h.must(h.call.Hears(h.ctx, prefix)) }
func (h *hand) does(method string, more ...any) {
	h.t.Helper()
	h.must(h.call.Do(h.ctx, method, more...))
}

// talks waits until a far socket has heard the page.
func (h *hand) talks(rtp int) {
	h.t.Helper()
	_, err := h.far[rtp-1].Hears(h.ctx, 5)
	h.must(err)
}

const (
	trying   = "progress trying 100"
	ringing  = "progress ringing 180"
	answered = "accepted"
	hungUp   = "ended hangup by local"
	hungUs   = "ended hangup by remote"
)

// talk is an answered call in which the far party hears the page, hung up by the page.
func talk(rtp int) func(*hand) {
	return func(h *hand) {
		h.dials()
		h.hears("accepted")
		h.talks(rtp)
		h.does("call.hangup")
	}
}

func givesUp(h *hand) {
	h.dials()
	h.hears(ringing)
	h.does("call.hangup")
}

// flows are the main ones; the core's 100 comes before everything else.
func flows() []flow {
	list := []flow{
		{file: "mo-preconditions", script: talk(1), story: []string{trying, "progress trying 183", "progress trying 183", ringing, answered, hungUp}},
		{file: "mo-early-reliable", script: talk(1), story: []string{trying, "progress early 183 heard", "progress early 180 heard", answered, hungUp}},
		{file: "mo-early-unreliable", script: func(h *hand) { h.dials(); h.hears("accepted") }, story: []string{trying, "progress early 183 heard", ringing, answered, hungUs}},
		{file: "mo-forks", script: talk(2), story: []string{trying, "progress early 183 heard", "progress early 183 heard", "progress early 180 heard", answered, hungUp}},
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
		{file: "mo-refresh", limit: 90 * time.Second, script: func(h *hand) { h.dials(); h.hears("accepted") }, story: []string{trying, answered, "ended unavailable by remote|ended unavailable by gateway"}},
		{file: "mt-answered", values: map[string]string{"user": "alice|" + strings.TrimPrefix(alice.number, "+")}, script: func(h *hand) { h.isCalled(); h.answers() }, story: []string{"incoming", answered, hungUs + " q850=16"}},
		{file: "mt-preconditions", script: func(h *hand) { h.isCalled(); h.answers(); h.talks(1); h.does("call.hangup") }, story: []string{"incoming", answered, hungUp}},
		{file: "mt-hold", script: func(h *hand) {
			h.isCalled()
			h.answers()
			h.hears("hold local=false remote=true")
			h.does("call.hold")
			h.does("call.resume")
			h.hears("hold local=false remote=false")
			h.talks(1)
			h.does("call.hangup")
		}, story: []string{"incoming", answered, "hold local=false remote=true", "hold local=true remote=true", "hold local=false remote=true", "hold local=false remote=false", hungUp}},
		{file: "mt-cancel", silent: true, values: map[string]string{"reason": `Reason: SIP;cause=200;text="Call completed elsewhere"`}, script: func(h *hand) { h.isCalled() },
			story: []string{"incoming", "ended answered_elsewhere by remote|ended cancelled by remote"}},
		{file: "mt-refused", silent: true, values: map[string]string{"status": "486", "reason": "Q.850;cause=17"}, script: func(h *hand) { h.isCalled(); h.sees("SIP/2.0 180 "); h.does("call.reject", "reason", "busy") },
			story: []string{"incoming", "ended busy by local"}},
		{file: "mt-refused", silent: true, values: map[string]string{"status": "603", "reason": "Q.850;cause=21"}, script: func(h *hand) { h.isCalled(); h.sees("SIP/2.0 180 "); h.does("call.reject", "reason", "declined") },
			story: []string{"incoming", "ended declined by local"}},
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

// TestFlows plays the main call flows through Kamailio's P-, I- and S-CSCF, with SIPp as the handset.
func TestFlows(t *testing.T) {
	c := startCore(t)
	record := scene(t)
	b := c.bed(t, gatewayIP, "CAUSEWAY_IMS_CALLS_PRECONDITIONS_ORIGINATING=false")
	play(t, "register.xml", script{}, sippMediaAny).done(t, 10*time.Second)
	peers, err := client.NewPeers()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
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
	for _, f := range flows() {
		name := f.file
		if status := f.values["status"]; status != "" {
			name += " " + status[:3]
		}
		t.Run(name, func(t *testing.T) { f.play(t, &hand{t: t, browser: browser, peers: peers, silent: f.silent}) })
	}
	if err := browser.Logout(ctx); err != nil {
		t.Error(err)
	}
	until(t, "the calls' end in the gateway", 10*time.Second, func() bool { return b.Metric("causeway_calls") == 0 && b.Metric("causeway_media_sessions") == 0 })
	judge(t, c, record, []string{"REGISTER", "INVITE", "PRACK", "UPDATE", "ACK", "CANCEL", "BYE"})
}

// play runs one flow.
func (f flow) play(t *testing.T, h *hand) {
	limit := max(f.limit, 20*time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	h.ctx = ctx
	text := &scenario.Script{Dir: filepath.Join("..", "interop", "sipp", "testdata"), Network: "udp", User: alice.number, Host: sippIP, Self: sipp.number, Values: f.values}
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
		p := start(t, "sipp "+f.file, "sipp", "-sf", file, "-i", sippIP, "-p", fmt.Sprint(sippSIP), "-m", "1", "-nostdin", "-trace_err", "-trace_msg", "-message_file", file+".msg",
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
		until(t, "SIPp's port", 5*time.Second, func() bool { h.running.alive(t); return bound(sippSIP) })
	}
	f.script(h)
	h.running.done(t, limit)
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

// bound says whether somebody has this UDP port.
func bound(port int) bool {
	table, err := os.ReadFile("/proc/self/net/udp")
	return err == nil && strings.Contains(string(table), fmt.Sprintf(":%04X ", port))
}
