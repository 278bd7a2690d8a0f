//go:build e2e

package e2e

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/test/lab/handset"
	"causeway/test/load/client"
	"causeway/test/rig"
)

// TestLongHold: a call that was on hold for long has its sound back both ways. The user holds, nothing but reports and checks passes;
// HOLD=15m waits as long as the default of media.hold_timeout with everything as shipped. Without it the silence that ends a call is three
// seconds long, and the hold is longer than that and than the browser's consent.
func TestLongHold(t *testing.T) {
	hold, env := 8*time.Second, []string{"CAUSEWAY_MEDIA_MEDIA_TIMEOUT=3s", "CAUSEWAY_MEDIA_CONSENT_TIMEOUT=5s"}
	if text := os.Getenv("HOLD"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal("HOLD: ", err)
		}
		hold, env = d, nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), hold+time.Minute)
	defer cancel()
	s := &stage{t: t, ctx: ctx, Bed: rig.Start(t, rig.Options{Env: env})}
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
	s.sounds("before the hold", m)
	s.must(c.Do(ctx, "call.hold"))
	s.HandsetCall(far, "hold", func(c handset.CallInfo) bool { return c.Hold.Remote })
	select { // that this time passes is what is tested
	case <-time.After(hold):
	case <-b.Gone():
		t.Fatal("the page's connection ended while the call was held")
	}
	if story := c.Story(); slices.ContainsFunc(story, func(line string) bool { return strings.HasPrefix(line, "ended") }) {
		t.Fatalf("the call ended while it was held: %q", story)
	}
	s.must(c.Do(ctx, "call.resume"))
	s.sounds("after the hold", m)
	before := s.HandsetCall(far, "the end of the hold", func(c handset.CallInfo) bool { return !c.Hold.Remote })
	s.HandsetCall(far, "to hear the browser again", func(c handset.CallInfo) bool { return c.Audio.Received > before.Audio.Received+40 })
	s.must(c.Hangup(ctx))
	settled(t, s.Bed)
}
