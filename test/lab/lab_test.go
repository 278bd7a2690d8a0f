package lab_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"causeway/test/lab"
	"causeway/test/lab/codec"
	"causeway/test/lab/handset"
)

// patience bounds every wait.
const patience = 30 * time.Second

// start brings up a quick lab whose handsets call each other.
func start(t *testing.T, change func(*lab.Config)) *lab.Lab {
	t.Helper()
	cfg := lab.Config{Pace: 0.2}
	if change != nil {
		change(&cfg)
	}
	l, err := lab.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// wait waits for a call; a failure prints every call.
func wait(t *testing.T, l *lab.Lab, what string, want func(handset.CallInfo) bool) handset.CallInfo {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := l.WaitCall(ctx, want)
	if err != nil {
		t.Fatalf("no call with %s; calls: %+v; complaints: %q", what, l.Calls(), l.Complaints())
	}
	return c
}

func call(t *testing.T, l *lab.Lab, from string, o handset.Outgoing) string {
	t.Helper()
	id, err := l.Handsets.Call(from, o)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func clean(t *testing.T, l *lab.Lab) {
	t.Helper()
	for _, c := range l.Complaints() {
		t.Error("complaint:", c)
	}
}

func needCodecs(t *testing.T) {
	t.Helper()
	if !codec.Available() {
		t.Skip("SKIPPED: built without cgo, there is no AMR codec to listen with")
	}
}

func hears(c handset.CallInfo, hz float64) bool {
	return math.Abs(c.Audio.Sound.Hz-hz) < 10 && c.Audio.Sound.Purity > 0.8 && c.Audio.Sound.Level > -30
}

// TestTone: a handset calls the tone handset through the core and hears 700 Hz
// over AMR-WB, and the callee hears the caller's tone of another pitch.
func TestTone(t *testing.T) {
	needCodecs(t)
	l := start(t, nil)
	id := call(t, l, "+15550102", handset.Outgoing{To: "+15550118", Source: "tone"})
	wait(t, l, "700 Hz", func(c handset.CallInfo) bool {
		return c.ID == id && c.State == "up" && c.Codec == "AMR-WB/16000 (BE)" && hears(c, 700)
	})
	if err := l.Handsets.Do("+15550102", "tone", "1000"); err != nil {
		t.Fatal(err)
	}
	wait(t, l, "1000 Hz at the callee", func(c handset.CallInfo) bool { return c.Number == "+15550118" && hears(c, 1000) })
	wait(t, l, "RTCP", func(c handset.CallInfo) bool {
		return c.ID == id && c.RTCP.Reports > 0 && c.RTCP.Sender && c.RTCP.CNAME != ""
	})
	if err := l.Handsets.Do("+15550102", "hangup", ""); err != nil {
		t.Fatal(err)
	}
	wait(t, l, "end", func(c handset.CallInfo) bool {
		return c.Number == "+15550118" && c.State == "ended" && strings.HasPrefix(c.Cause, "hung up by the far side")
	})
	clean(t, l)
}
