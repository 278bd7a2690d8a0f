package call

import (
	"errors"
	"strings"
	"testing"
)

func TestEveryKindHasARow(t *testing.T) {
	seen := map[string]Kind{}
	for k := range kinds {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
		if other, dup := seen[k.String()]; dup {
			t.Errorf("kinds %d and %d share the name %s", k, other, k)
		}
		seen[k.String()] = k
		if s := (Cause{Kind: k}).Status(); s < 380 || s > 699 {
			t.Errorf("%s refuses with %d", k, s)
		}
	}
	if got := (Cause{Kind: kinds}).Status(); got != 500 {
		t.Errorf("an unknown kind refuses with %d, want 500", got)
	}
}

func TestFromSIP(t *testing.T) {
	tests := []struct {
		status int
		want   Kind
	}{
		{486, Busy}, {600, Busy}, {480, NoAnswer}, {408, NoAnswer}, {603, Declined}, {404, NumberUnknown},
		{604, NumberUnknown}, {484, NumberInvalid}, {403, Forbidden}, {488, MediaIncompatible},
		{606, MediaIncompatible}, {580, PreconditionFailed}, {503, Congestion}, {487, Cancelled}, {380, Emergency},
		{500, Unavailable}, {301, Redirected}, {302, Redirected}, {305, Redirected}, {420, Unavailable}, {699, Unavailable},
	}
	for _, tt := range tests {
		c := FromSIP(tt.status, 0, "")
		if c.Kind != tt.want || c.Side != Core || c.Status() != tt.status {
			t.Errorf("FromSIP(%d) = %v, refuses with %d", tt.status, c, c.Status())
		}
	}
}

func TestReasonNeverPassesOnForeignText(t *testing.T) {
	c := Cause{Kind: Busy, Text: "x\"\r\nEvil: 1"}
	if r := c.Reason(); strings.ContainsAny(r, "\r\n") || r != `Q.850;cause=17;text="busy"` {
		t.Errorf("Reason = %q", r)
	}
	if r := (Cause{Kind: PolicyReleased}).Reason(); r != `SIP;cause=503;text="policy_released"` {
		t.Errorf("Reason = %q", r)
	}
	if r := (Cause{Kind: Emergency}).Reason(); r != "" {
		t.Errorf("Reason = %q, want none", r)
	}
}

func TestCauseIsAnError(t *testing.T) {
	inner := errors.New("no route")
	c := Cause{Side: Core, Kind: CoreUnreachable, SIP: 503, Text: "core down", Err: inner}
	if !errors.Is(c, inner) || c.Error() != "remote: core_unreachable (SIP 503): core down: no route" {
		t.Errorf("Error = %q", c.Error())
	}
}

// TestForeignTextIsNotOurs: what the far side wrote never becomes a sentence of the gateway's.
func TestForeignTextIsNotOurs(t *testing.T) {
	c := FromSIP(488, 0, "buy now")
	if !c.Foreign || c.Own() != "" || FromSIP(488, 0, "").Foreign {
		t.Errorf("%+v", c)
	}
	held, _ := Step(reach(t, PolicyOff)[Active], Hold{Request: "r"}, epoch)
	_, actions := Step(held, OfferRejected{Cause: c}, epoch)
	if r, ok := actions[0].(Reply); !ok || r.Err == nil || r.Err.Name != "media_incompatible" || r.Err.Text != "" {
		t.Errorf("%+v", actions)
	}
}
