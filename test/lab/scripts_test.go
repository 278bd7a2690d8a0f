package lab_test

import (
	"slices"
	"strings"
	"testing"

	"causeway/test/lab"
	"causeway/test/lab/handset"
)

// scriptTest is one call to a handset and what its script promises.
type scriptTest struct {
	number string
	what   string
	out    handset.Outgoing
	want   func(handset.CallInfo) bool
}

func scriptTests() []scriptTest {
	caller := func(c handset.CallInfo) bool { return c.Direction == "out" && c.Number == "+15550102" }
	callee := func(c handset.CallInfo) bool { return c.Direction == "in" }
	speech := func(c handset.CallInfo) bool {
		return c.State == "up" && c.Audio.Sound.Level > -40 && c.Audio.Sound.Purity < 0.8 && c.Audio.Received > 20
	}
	ends := func(cause string) func(handset.CallInfo) bool {
		return func(c handset.CallInfo) bool {
			return caller(c) && c.State == "ended" && strings.HasPrefix(c.Cause, cause)
		}
	}
	return []scriptTest{
		{"+15550101", "its own voice", handset.Outgoing{Source: "announcement"}, func(c handset.CallInfo) bool { return caller(c) && speech(c) }},
		{"+15550102", "speech", handset.Outgoing{}, func(c handset.CallInfo) bool { return caller(c) && speech(c) && c.Codec == "AMR-WB/16000 (BE)" }},
		{"+15550104", "486", handset.Outgoing{}, ends("486 ")},
		{"+15550105", "ringing", handset.Outgoing{}, func(c handset.CallInfo) bool { return caller(c) && c.State == "ringing" }},
		{"+15550106", "603", handset.Outgoing{}, ends("603 ")},
		{"+15550107", "early media", handset.Outgoing{}, func(c handset.CallInfo) bool {
			return caller(c) && c.State == "early" && c.Audio.Received > 20 && c.Audio.Sound.Level > -40
		}},
		{"+15550108", "preconditions met", handset.Outgoing{Preconditions: true}, func(c handset.CallInfo) bool { return caller(c) && speech(c) }},
		{"+15550108", "no preconditions", handset.Outgoing{}, func(c handset.CallInfo) bool { return caller(c) && speech(c) }},
		{"+15550109", "the second fork", handset.Outgoing{}, func(c handset.CallInfo) bool { return caller(c) && c.State == "up" && hears(c, 440) }},
		{"+15550110", "narrowband", handset.Outgoing{}, func(c handset.CallInfo) bool { return caller(c) && speech(c) && c.Codec == "AMR/8000 (BE)" }},
		{"+15550111", "G.711", handset.Outgoing{Codecs: []string{"AMR-WB", "PCMA"}}, func(c handset.CallInfo) bool { return caller(c) && speech(c) && c.Codec == "PCMA/8000" }},
		{"+15550111", "G.711 mu-law", handset.Outgoing{Codecs: []string{"PCMU"}}, func(c handset.CallInfo) bool { return caller(c) && speech(c) && c.Codec == "PCMU/8000" }},
		{"+15550112", "octet-aligned", handset.Outgoing{}, func(c handset.CallInfo) bool { return caller(c) && speech(c) && c.Codec == "AMR-WB/16000 (OA)" }},
		{"+15550113", "488", handset.Outgoing{}, ends("488 ")},
		{"+15550114", "hold", handset.Outgoing{}, func(c handset.CallInfo) bool { return caller(c) && c.Hold.Times > 0 }},
		{"+15550115", "hang-up", handset.Outgoing{}, ends("hung up by the far side (Q.850;cause=16")},
		{"+15550116", "digits", handset.Outgoing{}, func(c handset.CallInfo) bool {
			return caller(c) && c.Audio.Digits == "123#" && c.Events == "telephone-event/16000" && slices.Equal(c.Audio.DigitLengthsMS, []int64{100, 100, 100, 100})
		}},
		{"+15550117", "G.722", handset.Outgoing{Codecs: []string{"G722"}, Source: "announcement"}, func(c handset.CallInfo) bool { return caller(c) && speech(c) && c.Codec == "G722/8000" }},
		{"+15550118", "tone", handset.Outgoing{}, func(c handset.CallInfo) bool { return caller(c) && hears(c, 700) }},
		{"+15550199", "404", handset.Outgoing{}, ends("404 ")},
		{"+15550001", "480", handset.Outgoing{}, ends("480 ")},
		{"+15550102", "an offer in the 200", handset.Outgoing{Offerless: true}, func(c handset.CallInfo) bool { return caller(c) && speech(c) }},
		{"+15550118", "speech at the callee", handset.Outgoing{Codecs: []string{"AMR/oa"}}, func(c handset.CallInfo) bool { return callee(c) && speech(c) && c.Codec == "AMR/8000 (OA)" }},
	}
}

// TestScripts has every handset called by another one and waits for what its
// script promises, at the caller or at the callee.
func TestScripts(t *testing.T) {
	needCodecs(t)
	for _, test := range scriptTests() {
		t.Run(test.number+" "+test.what, func(t *testing.T) {
			t.Parallel()
			l := start(t, func(cfg *lab.Config) {
				if test.number == "+15550107" { // leave the early media its time on a busy machine
					cfg.Pace = 1
				}
			})
			test.out.To = test.number
			call(t, l, "+15550102", test.out)
			c := wait(t, l, test.what, test.want)
			if c.State != "ended" {
				if err := l.Handsets.Do("+15550102", "hangup", ""); err != nil {
					t.Error(err)
				}
			}
			for _, n := range l.Calls() {
				wait(t, l, "end", func(c handset.CallInfo) bool { return c.ID == n.ID && c.State == "ended" })
			}
			clean(t, l)
		})
	}
}

// TestHoldAndResume: the holder holds and resumes by itself; during the hold
// nothing is sent to it, afterwards speech runs again.
func TestHoldAndResume(t *testing.T) {
	needCodecs(t)
	l := start(t, nil)
	id := call(t, l, "+15550102", handset.Outgoing{To: "+15550114"})
	wait(t, l, "hold", func(c handset.CallInfo) bool { return c.ID == id && c.Hold.Times == 1 }) // that may be over by now
	wait(t, l, "resume", func(c handset.CallInfo) bool { return c.ID == id && c.State == "up" && !c.Hold.Remote })
	wait(t, l, "speech after the hold", func(c handset.CallInfo) bool { return c.ID == id && c.Audio.Sound.Level > -40 })
	clean(t, l)
}

// TestCallback: the callback handset hangs up and calls back; the answered call
// is an echo.
func TestCallback(t *testing.T) {
	needCodecs(t)
	l := start(t, nil)
	first := call(t, l, "+15550118", handset.Outgoing{To: "+15550103"})
	wait(t, l, "hang-up", func(c handset.CallInfo) bool { return c.ID == first && c.State == "ended" })
	back := wait(t, l, "callback", func(c handset.CallInfo) bool {
		return c.Number == "+15550118" && c.Direction == "in" && c.State == "up"
	})
	if back.Party != "+15550103" {
		t.Errorf("called back by %s", back.Party)
	}
	wait(t, l, "echo of its own tone", func(c handset.CallInfo) bool { return c.ID == back.ID && hears(c, 700) })
	clean(t, l)
}

// TestMidCall: digits, other codecs by re-INVITE, a mode request, and DTX.
func TestMidCall(t *testing.T) {
	needCodecs(t)
	l := start(t, func(cfg *lab.Config) {
		quiet := handset.Script{Number: "+15550120", Name: "dtx", Codecs: []string{"AMR-WB", "AMR"}, Source: "silence", DTX: true}
		modes := handset.Script{Number: "+15550121", Name: "modes", Codecs: []string{"AMR-WB"}, Source: "announcement", ModeSet: []int{0, 1, 2}}
		cfg.Scripts = []handset.Script{quiet, modes}
	})
	id := call(t, l, "+15550102", handset.Outgoing{To: "+15550120"})
	wait(t, l, "comfort noise frames", func(c handset.CallInfo) bool { return c.ID == id && c.Audio.Modes[9] > 1 })
	up := func(c handset.CallInfo) bool { return c.Number == "+15550120" && c.State == "up" }
	do := func(what, arg string) {
		t.Helper()
		if err := l.Handsets.Do("+15550102", what, arg); err != nil {
			t.Fatal(what, err)
		}
	}
	do("dtmf", "9*A")
	wait(t, l, "digits", func(c handset.CallInfo) bool { return up(c) && c.Audio.Digits == "9*A" && len(c.Faults) == 0 })
	do("mode", "0")
	wait(t, l, "mode request", func(c handset.CallInfo) bool { return up(c) && c.Audio.ModeRequest == 0 })
	do("codecs", "AMR")
	wait(t, l, "AMR", func(c handset.CallInfo) bool { // at the caller, who dials: the callee has it earlier
		return c.ID == id && c.Codec == "AMR/8000 (BE)" && c.Events == "telephone-event/8000"
	})
	do("dtmf", "5")
	wait(t, l, "a digit at 8 kHz", func(c handset.CallInfo) bool { return up(c) && c.Audio.Digits == "9*A5" })
	do("hangup", "")
	other := call(t, l, "+15550102", handset.Outgoing{To: "+15550121"})
	c := wait(t, l, "speech in few modes", func(c handset.CallInfo) bool { return c.ID == other && c.Audio.Received > 20 })
	for m := range c.Audio.Modes {
		if m > 2 {
			t.Errorf("mode %d outside the mode-set", m)
		}
	}
	clean(t, l)
}

// TestEchoMode: an echo gives back lower modes when it is asked to.
func TestEchoMode(t *testing.T) {
	needCodecs(t)
	l := start(t, nil)
	id := call(t, l, "+15550118", handset.Outgoing{To: "+15550101"})
	wait(t, l, "echo in mode 8", func(c handset.CallInfo) bool { return c.ID == id && c.Audio.Modes[8] > 10 })
	if err := l.Handsets.Do("+15550118", "mode", "1"); err != nil {
		t.Fatal(err)
	}
	wait(t, l, "echo in mode 1", func(c handset.CallInfo) bool { return c.ID == id && c.Audio.Modes[1] > 20 && hears(c, 700) })
	clean(t, l)
}

// TestSessionTimer: an interval below the floor is refused with 422.
func TestSessionTimer(t *testing.T) {
	l := start(t, nil)
	small := call(t, l, "+15550102", handset.Outgoing{To: "+15550118", SessionTimer: 30})
	wait(t, l, "422", func(c handset.CallInfo) bool { return c.ID == small && strings.HasPrefix(c.Cause, "422 ") })
	good := call(t, l, "+15550102", handset.Outgoing{To: "+15550118", SessionTimer: 90})
	wait(t, l, "answer", func(c handset.CallInfo) bool { return c.ID == good && c.State == "up" })
	clean(t, l)
}

// TestManyCalls: one handset holds several calls at once.
func TestManyCalls(t *testing.T) {
	l := start(t, nil)
	for range 5 {
		call(t, l, "+15550102", handset.Outgoing{To: "+15550101"})
	}
	wait(t, l, "five calls", func(handset.CallInfo) bool {
		n := 0
		for _, c := range l.Calls() {
			if c.Number == "+15550101" && c.State == "up" && c.Audio.Received > 10 {
				n++
			}
		}
		return n == 5
	})
	clean(t, l)
}
