//go:build interop

package sipp

import (
	"errors"
	"testing"
	"time"

	"causeway/test/load/client"
)

// TestPatience waits for what only time brings: session timers, dead peers, nobody who picks up. It runs beside the other tests,
// which take turns.
func TestPatience(t *testing.T) {
	t.Parallel()
	patient := newBed(t, "udp", 30400, "CAUSEWAY_SESSION_RING_TIMEOUT=10s").listens(t)
	hasty := newBed(t, "udp", 31400, "CAUSEWAY_IMS_TIMERS_T1=50ms", "CAUSEWAY_MEDIA_MEDIA_TIMEOUT=6s").listens(t)
	const minute = 2 * time.Minute
	t.Run("timers", func(t *testing.T) {
		t.Parallel()
		patient.together(t, []scene{
			{name: "mo-refresh", limit: minute, script: func(a *actor) { a.dials(); a.hears("accepted") }, story: []string{answered, "ended unavailable by remote"}},
			{name: "mo-expiry", limit: minute, script: func(a *actor) { a.dials(); a.hears("accepted") }, story: []string{answered, "ended unavailable by remote"}},
			{name: "mo-no-answer", limit: minute, silent: true, script: func(a *actor) { a.dials() }, story: []string{trying, ringing, "ended no_answer by gateway"}},
		})
		patient.judge(t)
	})
	t.Run("silence", func(t *testing.T) {
		t.Parallel()
		hasty.together(t, []scene{
			{name: "mo-silent", silent: true, values: map[string]string{"pause": "5000"}, script: func(a *actor) { a.dials() }, story: []string{"ended core_unreachable by remote"}},
			{name: "mo-dead", script: func(a *actor) {
				a.dials()
				a.talks(1)
				a.far[0].Mute.Store(true)
			}, story: []string{answered, "ended media_lost by remote"}},
			{name: "mo-vanished", script: func(a *actor) {
				a.dials()
				a.talks(1)
				a.must(a.sipp.wait(a.ctx))
				var refused *client.RPCError
				if err := a.call.Do(a.ctx, "call.hold"); !errors.As(err, &refused) || refused.Data.Name != "unavailable" {
					a.t.Errorf("hold of a call whose far end is gone: %v", err)
				}
			}, story: []string{answered, "ended unavailable by remote"}},
			{name: "mt-no-ack", script: picksUp, story: []string{"incoming", answered, "ended unavailable by remote"}},
			{name: "mo-transfer-unreported", script: func(a *actor) {
				a.dials()
				a.hears("accepted")
				hands(a, "")
				a.hears("transfer failed transfer_failed")
				goesOn(a)
			}, story: []string{answered, "transfer trying", "transfer failed transfer_failed", hungUp}},
			{name: "mo-transfer-ignored", script: func(a *actor) {
				a.dials()
				a.hears("accepted")
				hands(a, "transfer_failed")
				goesOn(a)
			}, story: []string{answered, hungUp}},
			{name: "mt-no-prack", silent: true, script: rings, story: []string{"incoming", "ended unavailable by remote"}},
		})
		hasty.judge(t)
	})
}

// TestDeregistered: the network's word on the registration ends the call and the page's session, and the page knows why.
func TestDeregistered(t *testing.T) {
	inTurn(t)
	for i, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			b := newBedWith(t, network, 30600+1000*i, map[string]string{"network": network, "ends": "yes"}).listens(t)
			b.play(t, scene{name: "deregistered", script: func(a *actor) {
				a.dials()
				a.talks(1)
				a.hears("ended")
				select {
				case <-a.browser.Gone():
				case <-a.ctx.Done():
					a.t.Error("the socket was left open")
				}
				if why := a.browser.Closing(); why != "deregistered" {
					a.t.Errorf("the session was closed for %q", why)
				}
			}, story: []string{answered, "ended deregistered by remote"}})
			b.judge(t)
		})
	}
}
