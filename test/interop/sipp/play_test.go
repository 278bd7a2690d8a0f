//go:build interop

package sipp

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/test/interop/scenario"
	"causeway/test/load/client"
	"causeway/test/rig"
)

// scene is one call between a scripted page and SIPp.
type scene struct {
	name   string
	file   string            // of testdata; "" is the name
	values map[string]string // for {{value "..."}}
	calls  int               // SIPp's; 0 is 1
	limit  time.Duration     // 0 is patience
	late   bool              // SIPp begins when the script says so, not before the login
	silent bool              // the page makes no media: where the call comes to nothing
	script func(*actor)      // what the page does
	story  []string          // what the page has to be told, to the line; "|" separates lines that may stand in a line's place
}

// actor is a page in a scene, with everything that its script may use. Its methods fail the test.
type actor struct {
	t       *testing.T
	ctx     context.Context
	bed     *bed
	port    int
	browser *client.Browser
	call    *client.Call
	media   client.Media
	far     []*scenario.Far
	silent  bool
	start   func()                   // starts SIPp as caller
	render  func(name string) string // writes another scenario for the same user
	sipp    *peer
}

// play runs a scene: SIPp's exit code, the page's story, and that the gateway keeps nothing.
func (b *bed) play(t *testing.T, s scene) {
	limit := s.limit
	if limit == 0 {
		limit = patience
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	a := &actor{t: t, ctx: ctx, bed: b, port: b.first + int(b.taken.Add(1)) - 1, silent: s.silent}
	if a.port >= b.first+users {
		t.Fatal("the bed has no more users")
	}
	text := &scenario.Script{Dir: "testdata", Host: gatewayIP, Network: b.network, User: number(a.port), Gateway: b.SIP.String(), Values: s.values}
	for range 2 {
		f := scenario.NewFar(t, gatewayIP)
		a.far = append(a.far, f)
		text.RTP = append(text.RTP, f.Port())
	}
	file := s.file
	if file == "" {
		file = s.name
	}
	more := []string{"-m", fmt.Sprint(max(s.calls, 1))}
	a.render = func(name string) string {
		text.Token = b.token(t, a.port)
		return text.Render(t, name)
	}
	a.start = func() {
		remote := b.SIP.String()
		if s.late {
			remote = ""
		}
		a.sipp = b.sipp(t, a.render(file), a.port, remote, more...)
	}
	if rendered := text.Render(t, file); !text.Caller && !s.late {
		a.sipp = b.sipp(t, rendered, a.port, "", more...)
	}
	a.login()
	s.script(a)
	if a.sipp == nil {
		t.Fatal("SIPp was never started")
	}
	if err := a.sipp.wait(ctx); err != nil {
		t.Error(err)
	}
	if a.call != nil {
		a.hears("ended")
		if got := a.call.Story(); !fits(got, s.story) {
			t.Errorf("the page was told\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(s.story, "\n\t"))
		}
	}
	if a.media != nil {
		a.media.Close()
	}
	_ = a.browser.Logout(ctx) // the session may be over by the network's word
}

// fits compares a story with what is wanted.
func fits(got, want []string) bool {
	for i, w := range want {
		if i >= len(got) || !slices.Contains(strings.Split(w, "|"), got[i]) {
			return false
		}
	}
	return len(got) == len(want)
}

func (a *actor) must(err error) {
	a.t.Helper()
	if err == nil {
		return
	}
	report := ""
	if a.sipp != nil {
		report = a.sipp.report()
	}
	var story []string
	if a.call != nil {
		story = a.call.Story()
	}
	a.t.Fatalf("%v\nthe page was told %q\n%s", err, story, report)
}

func (a *actor) login() {
	a.t.Helper()
	token, err := client.Token(a.ctx, a.bed.Lab.URL(), name(a.port))
	a.must(err)
	a.browser, err = client.Login(a.ctx, client.Options{Gateway: a.bed.URL, Incoming: orderCalls}, token, fmt.Sprintf("7d8a2f0e-4c1b-4e57-9a43-%012d", a.port))
	a.must(err)
	a.t.Cleanup(a.browser.Close)
}

// medium makes the page's media.
func (a *actor) medium() client.Media {
	a.t.Helper()
	a.media = client.Silent{}
	if !a.silent {
		m, err := a.bed.peers.New()
		a.must(err)
		a.media = m
		a.t.Cleanup(m.Close)
	}
	return a.media
}

// dials starts a call.
func (a *actor) dials() {
	a.t.Helper()
	var err error
	a.call, err = a.browser.Call(a.ctx, "+15550101", a.medium())
	a.must(err)
}

// isCalled starts SIPp's call and waits for it.
func (a *actor) isCalled() {
	a.t.Helper()
	a.start()
	select {
	case a.call = <-a.browser.Incoming:
	case <-a.sipp.done:
		a.must(fmt.Errorf("SIPp ended before the page heard of a call: %w", a.sipp.err))
	case <-a.ctx.Done():
		a.must(fmt.Errorf("no call came: %w", a.ctx.Err()))
	}
}

// answers alerts and answers.
func (a *actor) answers() {
	a.t.Helper()
	a.does("call.ringing")
	a.must(a.call.PickUp(a.ctx, a.medium()))
}

// hears waits for a line of the story that begins so.
func (a *actor) hears(prefix string) {
	a.t.Helper()
	a.must(a.call.Hears(a.ctx, prefix))
}

// sees waits until SIPp's record of messages has a text so many times.
func (a *actor) sees(text string, times int) {
	a.t.Helper()
	rig.WaitFor(a.t, text+" in SIPp's record", patience, func() bool {
		record, err := os.ReadFile(a.sipp.messages)
		return err == nil && strings.Count(string(record), text) >= times
	})
}

// does sends a request about the call.
func (a *actor) does(method string, more ...any) {
	a.t.Helper()
	a.must(a.call.Do(a.ctx, method, more...))
}

// talks waits until a far socket has heard the page, and returns the payload type.
func (a *actor) talks(rtp int) byte {
	a.t.Helper()
	pt, err := a.far[rtp-1].Hears(a.ctx, 5)
	a.must(err)
	return pt
}
