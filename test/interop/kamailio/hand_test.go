//go:build interop

package kamailio

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"causeway/test/interop/scenario"
	"causeway/test/load/client"
	"causeway/test/rig"
)

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
	number  string
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
	h.call, err = h.browser.Call(h.ctx, h.number, h.medium())
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

// sees waits until SIPp has got a message: one that comes too early would surprise it.
func (h *hand) sees(text string) {
	h.t.Helper()
	until(h.t, text+" at SIPp", rig.Patience, func() bool {
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
