package session

import (
	"testing"
	"testing/synctest"

	"causeway/diameter/rx"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

func TestPolicy(t *testing.T) {
	tests := []struct {
		mode    call.PolicyMode
		outcome rx.Outcome
		want    string // cause of the end, "" when the call lives
	}{
		{call.PolicyOff, rx.Rejected, ""},
		{call.PolicyBestEffort, rx.Granted, ""}, {call.PolicyBestEffort, rx.Rejected, ""}, {call.PolicyBestEffort, rx.Unreachable, ""},
		{call.PolicyRequired, rx.Granted, ""}, {call.PolicyRequired, rx.Rejected, "policy_rejected"},
		{call.PolicyRequired, rx.NotAvailable, "policy_rejected"}, {call.PolicyRequired, rx.Unreachable, "core_unreachable"},
	}
	for _, tt := range tests {
		t.Run(string(tt.mode)+" "+tt.outcome.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, func(c *Config) { c.Policy = tt.mode })
				b.policy.outcome = tt.outcome
				p := b.page()
				d, _ := p.outgoing(t)
				d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
				ended := p.events(wire.EventEnded)
				if tt.want != "" {
					if len(ended) != 1 || ended[0]["cause"].(map[string]any)["name"] != tt.want {
						t.Fatalf("ended %v, want %s", ended, tt.want)
					}
				} else {
					if len(ended) != 0 || len(p.events(wire.EventAccepted)) != 1 {
						t.Fatalf("ended %v", ended)
					}
					p.ask(wire.MethodHangup, map[string]any{"call": "c1"})
				}
				asked, terminated := b.policy.counts()
				if want := min(1, len(tt.mode)-3); asked != want || terminated != want {
					t.Errorf("asked %d, terminated %d", asked, terminated)
				}
			})
		})
	}
}

func TestPolicyAborts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, func(c *Config) { c.Policy = call.PolicyBestEffort })
		b.policy.outcome = rx.Granted
		p := b.page()
		d, _ := p.outgoing(t)
		d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
		synctest.Wait()
		b.policy.notify(rx.Aborted{})
		if e := p.last(wire.EventEnded); e["cause"].(map[string]any)["name"] != "policy_released" || d.cause.Kind != call.PolicyReleased {
			t.Errorf("ended %v", e)
		}
		if _, terminated := b.policy.counts(); terminated != 1 {
			t.Errorf("%d STR", terminated)
		}
	})
}
