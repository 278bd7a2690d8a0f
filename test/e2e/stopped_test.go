//go:build e2e

package e2e

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"causeway/test/lab/handset"
	"causeway/test/load/client"
	"causeway/test/rig"
)

// TestStoodStill: a gateway that stood still (a virtual machine that was moved or frozen) does not take what it could not hear for its
// parties' silence. It is stopped for twice as long as the silence that ends a call.
func TestStoodStill(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s := &stage{t: t, ctx: ctx, Bed: rig.Start(t, rig.Options{Env: []string{"CAUSEWAY_MEDIA_MEDIA_TIMEOUT=4s", "CAUSEWAY_MEDIA_CONSENT_TIMEOUT=5s"}})}
	var err error
	s.peers, err = client.NewPeers()
	s.must(err)
	token, err := client.Token(ctx, s.Lab.URL(), "alice")
	s.must(err)
	b, err := client.Login(ctx, client.Options{Gateway: s.URL}, token, "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8ab")
	s.must(err)
	t.Cleanup(b.Close)

	const far = "+15550101" // AMR-WB, echoed
	m := s.media()
	c, err := b.Call(ctx, far, m)
	s.must(err)
	s.must(c.Hears(ctx, "accepted"))
	s.sounds("before", m)
	for range 2 {
		before := s.HandsetCall(far, "the call", func(c handset.CallInfo) bool { return c.State == "up" })
		s.Gateway.Signal(syscall.SIGSTOP)
		select { // that this time passes is what is tested
		case <-time.After(8 * time.Second):
		case <-b.Gone():
			t.Fatal("the page's connection ended meanwhile")
		}
		s.Gateway.Signal(syscall.SIGCONT)
		s.HandsetCall(far, "to hear the browser again", func(c handset.CallInfo) bool { return c.Audio.Received > before.Audio.Received+100 })
		s.sounds("afterwards", m)
		if story := c.Story(); slices.ContainsFunc(story, func(line string) bool { return strings.HasPrefix(line, "ended") }) {
			t.Fatalf("the call ended: %q", story)
		}
	}
	s.must(c.Hangup(ctx))
	settled(t, s.Bed)
}
