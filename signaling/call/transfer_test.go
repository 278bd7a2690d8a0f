package call

import (
	"strings"
	"testing"
	"time"
)

// active is a call that is answered, after further inputs.
func active(t *testing.T, inputs ...Input) (Call, []Action) {
	t.Helper()
	c, actions := reach(t, PolicyOff)[Active], []Action(nil)
	for _, in := range inputs {
		c, actions = Step(c, in, epoch.Add(time.Minute))
	}
	return c, actions
}

// TestTransferStory: what each part of a transfer does, in order.
func TestTransferStory(t *testing.T) {
	blind, with := Transfer{Request: "t", Target: "+15550102"}, Transfer{Request: "t", With: "c2"}
	busy, done := ReferFailed{FromSIP(486, 0, "")}, ReferDone{}
	for _, c := range []struct {
		name   string
		inputs []Input
		want   string
	}{
		{"asked", []Input{blind}, "SendRefer"},
		{"asked with another call", []Input{with}, "LendOther SendRefer"},
		{"asked twice", []Input{blind, Transfer{Request: "u"}}, "Reply(call_state)"},
		{"a lent call", []Input{Lend{On: true}, blind}, "Reply(call_state)"},
		{"a call given back", []Input{Lend{On: true}, Lend{}, blind}, "SendRefer"},
		{"taken", []Input{blind, ReferTaken{}}, "Reply TellTransfer(trying)"},
		{"refused", []Input{blind, ReferFailed{Cause{Kind: TransferRefused}}}, "Reply(transfer_refused)"},
		{"refused with another call", []Input{with, ReferFailed{Cause{Kind: TransferRefused}}}, "Reply(transfer_refused) LendOther"},
		{"trying tells nothing new", []Input{blind, ReferTaken{}, ReferProgress{100}}, ""},
		{"ringing", []Input{blind, ReferTaken{}, ReferProgress{180}}, "TellTransfer(ringing)"},
		{"ringing twice", []Input{blind, ReferTaken{}, ReferProgress{180}, ReferProgress{183}}, ""},
		{"done", []Input{blind, ReferTaken{}, done}, "TellTransfer(accepted) EndCore CloseMedia StopTimer StopTimer StopTimer TellEnded(transferred) Forget"},
		{"done with another call", []Input{with, ReferTaken{}, done},
			"TellTransfer(accepted) EndOther EndCore CloseMedia StopTimer StopTimer StopTimer TellEnded(transferred) Forget"},
		{"busy", []Input{blind, ReferTaken{}, busy}, "TellTransfer(failed)"},
		{"busy with another call", []Input{with, ReferTaken{}, busy}, "LendOther TellTransfer(failed)"},
		{"after a failure it can be tried again", []Input{blind, ReferTaken{}, busy, blind}, "SendRefer"},
		{"hung up meanwhile", []Input{with, Hangup{Request: "h"}},
			"Reply Reply(hangup) LendOther EndCore CloseMedia StopTimer StopTimer StopTimer TellEnded(hangup) Forget"},
		{"a report nobody asked for", []Input{done}, ""},
		{"a lent call's far side leaves", []Input{Lend{On: true}, CoreEnded{Cause{Side: Core, Kind: Normal}}},
			"EndCore CloseMedia StopTimer StopTimer StopTimer TellEnded(transferred) Forget"},
		{"a lent call breaks", []Input{Lend{On: true}, CoreEnded{Cause{Side: Core, Kind: Unavailable}}},
			"EndCore CloseMedia StopTimer StopTimer StopTimer TellEnded(unavailable) Forget"},
		{"the far side asks", []Input{Referred{}}, "AcceptRefer TellRefer"},
		{"both ask", []Input{blind, Referred{}}, "RefuseRefer"},
	} {
		if _, got := active(t, c.inputs...); list(got) != c.want {
			t.Errorf("%s:\n got  %s\n want %s", c.name, list(got), c.want)
		}
	}
}

func TestReferPolicy(t *testing.T) {
	for policy, want := range map[ReferPolicy]Action{ReferAsk: TellRefer{}, ReferAccept: TellRefer{Follow: true}, ReferRefuse: RefuseRefer{Status: 603}} {
		c := reach(t, PolicyOff)[Active]
		c.Refers = policy
		if _, actions := Step(c, Referred{}, epoch); actions[len(actions)-1] != want {
			t.Errorf("%s: %+v", policy, actions)
		}
	}
}

// TestReplacing: the call whose place is taken ends when the new one is there, and not before.
func TestReplacing(t *testing.T) {
	for _, mode := range []PolicyMode{PolicyOff, PolicyRequired} {
		c := Call{Mode: mode, Limits: limits}
		var all []Action
		for _, in := range []Input{Incoming{SDP: "offer", Replaces: true}, MediaOpened{SDP: "ours"}, Answer{Request: "a", SDP: "answer"}, MediaOpened{}} {
			var actions []Action
			c, actions = Step(c, in, epoch)
			all = append(all, actions...)
		}
		if mode == PolicyRequired {
			var actions []Action
			c, actions = Step(c, PolicyAnswer{Attempt: c.Attempt}, epoch)
			all = append(all, actions...)
		}
		if got := list(all); !strings.HasSuffix(got, "TellAccepted") || c.State != Active {
			t.Errorf("%s: %s, %s", mode, c.State, got)
		}
		c, all = Step(c, Confirmed{}, epoch)
		if _, again := Step(c, Confirmed{}, epoch); list(all) != "EndReplaced" || len(again) != 0 {
			t.Errorf("%s: confirmed: %s, then %s", mode, list(all), list(again))
		}
	}
}
