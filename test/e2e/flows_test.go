//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/test/lab"
	"causeway/test/lab/handset"
	"causeway/test/load/client"
	"causeway/test/rig"
)

// stage is a bed with scripted pages in place of browsers.
type stage struct {
	*rig.Bed
	t     *testing.T
	ctx   context.Context
	peers *client.Peers
}

// flows is a bed on which everything of a call's services is switched on, and the handsets that use them.
func flows(t *testing.T) (*stage, *client.Browser) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*rig.Patience)
	t.Cleanup(cancel)
	codecs := []string{"AMR-WB", "AMR"}
	s := &stage{t: t, ctx: ctx, Bed: rig.Start(t, rig.Options{
		Env: []string{"CAUSEWAY_IMS_CALLS_PRECONDITIONS_ORIGINATING=true", `CAUSEWAY_IMS_CALLS_CUSTOM_HEADERS=["X-Case"]`},
		Lab: func(c *lab.Config) {
			c.Scripts = []handset.Script{
				{Number: "+15550121", Name: "diverts", Codecs: codecs, Source: "tone", ToneHz: 700, Ring: 200 * time.Millisecond, DivertTo: "+15550122",
					Headers: []string{"X-Case: 4712", "X-Other: 1", `User-to-User: "desk 4";encoding=ascii`, "Alert-Info: <urn:alert:service:call-waiting>",
						"P-Asserted-Identity: <sip:+15550122;verstat=TN-Validation-Passed@" + lab.HomeDomain + ">"}},
				{Number: "+15550123", Name: "announces", Codecs: codecs, Source: "tone", ToneHz: 700, Provisional: handset.Provisional{EarlyMedia: 500 * time.Millisecond, Announce: true}},
			}
		},
	})}
	var err error
	if s.peers, err = client.NewPeers(); err != nil {
		t.Fatal(err)
	}
	token, err := client.Token(ctx, s.Lab.URL(), "alice")
	s.must(err)
	b, err := client.Login(ctx, client.Options{Gateway: s.URL}, token, "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8aa")
	s.must(err)
	t.Cleanup(b.Close)
	return s, b
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) media() *client.Peer {
	s.t.Helper()
	m, err := s.peers.New()
	s.must(err)
	s.t.Cleanup(m.Close)
	return m
}

// sounds waits until the page has got a second's worth of packets more.
func (s *stage) sounds(what string, m *client.Peer) {
	s.t.Helper()
	from := m.Received()
	rig.WaitFor(s.t, "sound "+what, rig.Patience, func() bool { return m.Received() >= from+40 })
}

// told compares a call's story.
func (s *stage) told(c *client.Call, want ...string) {
	s.t.Helper()
	if got := c.Story(); !slices.Equal(got, want) {
		s.t.Errorf("the page was told\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// TestFlows: what happens around a call, with the whole gateway: diversions, announcements that move before the answer, handover,
// music on hold, withheld and verified numbers, an application's data, preconditions, a second call that waits.
func TestFlows(t *testing.T) {
	s, b := flows(t)
	data := []any{"userToUser", map[string]string{"data": "04c0ffee", "encoding": "hex"}, "headers", map[string]string{"X-Case": "4711"}}

	t.Run("diverted, withheld, with data", func(t *testing.T) {
		if _, err := b.Call(s.ctx, "+15550121", s.media(), "headers", map[string]string{"P-Asserted-Identity": "<sip:evil@h>"}); err == nil || !strings.Contains(err.Error(), "header_refused") {
			t.Errorf("a page wrote an identity: %v", err)
		}
		m := s.media()
		c, err := b.Call(s.ctx, "+15550121", m, append(data, "anonymous", true)...)
		s.must(err)
		s.must(c.Hears(s.ctx, "accepted"))
		h := s.HandsetCall("+15550121", "an answered call", func(c handset.CallInfo) bool { return c.State == "up" }).Headers
		if !strings.Contains(h["From"], "anonymous.invalid") || h["Privacy"] != "id" || !strings.Contains(h["P-Asserted-Identity"], "+15550001") ||
			h["User-to-User"] != "04c0ffee;encoding=hex" || h["X-Case"] != "4711" {
			t.Errorf("the handset saw %v", h)
		}
		s.must(c.Hangup(s.ctx))
		s.told(c, "progress trying 100", "progress diverted 181 waiting to=+15550122", "progress ringing 180 waiting to=+15550122",
			"accepted verified=passed uui=desk 4 X-Case=4712", "ended hangup by local")
	})
	t.Run("an announcement moves before the answer", func(t *testing.T) {
		m := s.media()
		c, err := b.Call(s.ctx, "+15550123", m)
		s.must(err)
		s.must(c.Hears(s.ctx, "progress early"))
		s.must(c.Hears(s.ctx, "accepted"))
		s.HandsetCall("+15550123", "AMR", func(c handset.CallInfo) bool { return c.State == "up" && strings.HasPrefix(c.Codec, "AMR/8000") })
		s.sounds("after the move", m)
		s.must(c.Hangup(s.ctx))
		s.told(c, "progress trying 100", "progress early 183 heard", "accepted", "ended hangup by local")
	})
	t.Run("preconditions of ours", func(t *testing.T) {
		c, err := b.Call(s.ctx, "+15550108", s.media())
		s.must(err)
		s.must(c.Hears(s.ctx, "accepted"))
		if h := s.HandsetCall("+15550108", "an answered call", func(c handset.CallInfo) bool { return c.State == "up" }).Headers; !strings.Contains(h["Supported"], "precondition") {
			t.Errorf("Supported: %s", h["Supported"])
		}
		s.must(c.Hangup(s.ctx))
	})
	t.Run("handover, music, a second call", func(t *testing.T) { s.talks(b) })
	settled(t, s.Bed)
}

// talks is a call in which the far side moves, holds with music, and beside which another one comes.
func (s *stage) talks(b *client.Browser) {
	const first, second = "+15550118", "+15550102"
	m := s.media()
	c, err := b.Call(s.ctx, first, m)
	s.must(err)
	s.must(c.Hears(s.ctx, "accepted"))
	s.sounds("before the handover", m)
	s.Do(first, "move", "AMR")
	s.HandsetCall(first, "AMR", func(c handset.CallInfo) bool { return strings.HasPrefix(c.Codec, "AMR/8000") })
	s.sounds("after the handover", m)
	s.Do(first, "hold", "")
	s.must(c.Hears(s.ctx, "hold local=false remote=true"))
	s.sounds("while the far side holds", m)
	s.Do(first, "resume", "")
	s.must(c.Hears(s.ctx, "hold local=false remote=false"))

	_, err = s.Lab.Handsets.Call(second, handset.Outgoing{To: "+15550001", Headers: []string{"X-Case: 4713", "X-Other: 1", "User-to-User: 0a0b",
		"P-Asserted-Identity: <sip:" + second + ";verstat=TN-Validation-Failed@" + lab.HomeDomain + ">",
		"History-Info: <sip:+15550105@" + lab.HomeDomain + ">;index=1, <sip:+15550001@" + lab.HomeDomain + ";cause=408>;index=1.1;mp=1"}})
	s.must(err)
	var other *client.Call
	select {
	case other = <-b.Incoming:
	case <-s.ctx.Done():
		s.t.Fatal("the second call never came")
	}
	s.must(other.Do(s.ctx, "call.ringing"))
	s.HandsetCall(second, "to hear that it waits", func(c handset.CallInfo) bool {
		return c.State == "ringing" && c.Headers["Alert-Info"] == "<urn:alert:service:call-waiting>"
	})
	s.must(c.Do(s.ctx, "call.hold"))
	m2 := s.media()
	s.must(other.PickUp(s.ctx, m2, "userToUser", map[string]string{"data": "yes", "encoding": "ascii"}))
	s.HandsetCall(second, "the answer's data", func(c handset.CallInfo) bool {
		return c.State == "up" && c.Headers["User-to-User"] == `"yes";encoding=ascii`
	})
	s.sounds("of the second call", m2)
	s.must(other.Do(s.ctx, "call.hold")) // and back
	s.must(c.Do(s.ctx, "call.resume"))
	s.sounds("of the first call again", m)
	s.HandsetCall(second, "hold", func(c handset.CallInfo) bool { return c.Hold.Remote })
	s.must(other.Hangup(s.ctx))
	s.must(c.Hangup(s.ctx))
	s.told(other, "incoming waiting verified=failed by=+15550105 noAnswer uui=0a0b X-Case=4713", "accepted verified=failed", "hold local=true remote=false", "ended hangup by local")
	hold := func(local, remote bool) string { return fmt.Sprintf("hold local=%t remote=%t", local, remote) }
	s.told(c, "progress trying 100", "progress ringing 180", "accepted", hold(false, true), hold(false, false), hold(true, false), hold(false, false), "ended hangup by local")
}
