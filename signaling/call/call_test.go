package call

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("update", false, "rewrite golden files")

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var limits = Limits{Ring: 90 * time.Second, Alert: 5 * time.Second, Lost: 30 * time.Second}

// sample is one input of every kind.
func sample(k inputKind) Input {
	return [inputKinds]Input{
		Start{Request: "r", Target: "+15550101", SDP: "offer"}, Incoming{SDP: "core-offer"}, Alerting{Request: "r"},
		Answer{Request: "r", SDP: "answer"}, Reject{Request: "r", Kind: Busy}, Hangup{Request: "r"}, Hold{Request: "r"},
		Resume{Request: "r"}, Digits{Request: "r", Digits: "1"}, Update{Request: "r", SDP: "offer2"},
		MediaOpened{SDP: "ours"}, MediaRefused{Cause{Kind: MediaIncompatible}}, AccessUp{}, AccessLost{}, CoreLost{},
		AccessFailed{Cause{Side: Browser, Kind: MediaFailed}}, DigitHeard{Digit: '5'},
		Provisional{Status: 183, SDP: "early", EarlyMedia: true}, Accepted{SDP: "final"}, Failed{FromSIP(486, 17, "")},
		CoreOffer{SDP: "re-offer", Hold: true}, CoreAnswer{SDP: "re-answer"}, OfferRejected{FromSIP(488, 0, "")},
		CoreEnded{Cause{Side: Core, Kind: Normal}}, PolicyAnswer{Attempt: 1, Verdict: Granted}, PolicyAborted{},
		Timeout{RingTimer}, Resources{}, Confirmed{}, Transfer{Request: "r", Target: "+15550102"}, ReferTaken{}, ReferProgress{180}, ReferDone{},
		ReferFailed{FromSIP(486, 17, "")}, Referred{}, Lend{On: true}, Picture{}, End{Cause{Kind: Draining}},
	}[k]
}

// reach returns a call in each state, reached by inputs only.
func reach(t *testing.T, mode PolicyMode) [states]Call {
	t.Helper()
	run := func(inputs ...Input) Call {
		c := Call{Mode: mode, Limits: limits}
		for _, in := range inputs {
			c, _ = Step(c, in, epoch)
		}
		return c
	}
	s, i := sample(kStart), sample(kIncoming)
	opened, grant := MediaOpened{SDP: "ours"}, PolicyAnswer{Attempt: 1, Verdict: Granted}
	all := [states]Call{
		Idle: run(), Opening: run(s), Calling: run(s, opened), Offering: run(i, opened),
		Ringing: run(i, opened, Alerting{}), Accepting: run(i, opened, Alerting{}, Answer{SDP: "answer"}),
		Active: run(s, opened, Accepted{SDP: "final"}, grant), Ended: run(s, opened, End{}),
	}
	all[Confirming] = run(s, opened, Accepted{SDP: "final"})
	for st, c := range all {
		if c.State != State(st) && (State(st) != Confirming || mode == PolicyRequired) {
			t.Fatalf("%s: could not be reached: is %s", State(st), c.State)
		}
	}
	return all
}

// TestMatrix writes down every state x input pair in every policy mode; the golden file is reviewed like code.
func TestMatrix(t *testing.T) {
	var b strings.Builder
	for _, mode := range []PolicyMode{PolicyOff, PolicyBestEffort, PolicyRequired} {
		for st, c := range reach(t, mode) {
			if c.State != State(st) {
				continue // Confirming exists only where policy is required
			}
			for k := range inputKinds {
				next, actions := Step(c, sample(k), epoch.Add(time.Minute))
				fmt.Fprintf(&b, "%-11s %-10s %-14s -> %-10s %s\n", mode, c.State, k, next.State, list(actions))
			}
		}
	}
	golden := filepath.Join("testdata", "matrix.txt")
	if *rewrite {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("the table changed; read the difference, then run with -update\n%s", firstDifference(got, string(want)))
	}
}

func list(actions []Action) string {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = strings.TrimPrefix(fmt.Sprintf("%T", a), "call.")
		switch a := a.(type) {
		case Reply:
			if a.Err != nil {
				names[i] += "(" + a.Err.Name + ")"
			}
		case TellEnded:
			names[i] += "(" + a.Cause.Kind.String() + ")"
		case TellProgress:
			names[i] += "(" + string(a.Progress) + ")"
		case TellTransfer:
			names[i] += "(" + string(a.Word) + ")"
		}
	}
	return strings.Join(names, " ")
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d:\n got  %s\n want %s", i+1, g[i], append(w, make([]string, len(g))...)[i])
		}
	}
	return "the golden file is longer"
}
