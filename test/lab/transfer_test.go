package lab_test

import (
	"errors"
	"strings"
	"testing"

	"causeway/test/lab/handset"
)

// TestTransfers: handsets hand each other on, blind and attended, and take each other's place.
func TestTransfers(t *testing.T) {
	needCodecs(t)
	// the caller's word, which comes after the callee's
	up := func(id string) func(handset.CallInfo) bool {
		return func(c handset.CallInfo) bool { return c.ID == id && c.State == "up" }
	}
	ended := func(id, cause string) func(handset.CallInfo) bool {
		return func(c handset.CallInfo) bool {
			return c.ID == id && c.State == "ended" && strings.HasPrefix(c.Cause, cause)
		}
	}
	do := func(l interface {
		Do(number, what, arg string) error
	}, number, what, arg string) {
		if err := l.Do(number, what, arg); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("blind", func(t *testing.T) {
		l := start(t, nil)
		id := call(t, l, "+15550102", handset.Outgoing{To: "+15550112"})
		wait(t, l, "the call", up(id))
		do(l.Handsets, "+15550102", "transfer", "+15550118")
		c := wait(t, l, "the end of the first call", ended(id, "transferred"))
		if c.Headers["Refer"] != "202 100 180 200" {
			t.Errorf("told %q", c.Headers["Refer"])
		}
		wait(t, l, "the second call's sound", func(c handset.CallInfo) bool {
			return c.Number == "+15550112" && c.Direction == "out" && c.State == "up" && hears(c, 700)
		})
		clean(t, l)
	})
	t.Run("refused", func(t *testing.T) {
		l := start(t, nil)
		id := call(t, l, "+15550102", handset.Outgoing{To: "+15550120"})
		wait(t, l, "the call", up(id))
		do(l.Handsets, "+15550102", "transfer", "+15550118")
		wait(t, l, "the refusal", func(c handset.CallInfo) bool { return c.ID == id && c.Headers["Refer"] == "603" && c.State == "up" })
		clean(t, l)
	})
	t.Run("not answered", func(t *testing.T) {
		l := start(t, nil)
		id := call(t, l, "+15550102", handset.Outgoing{To: "+15550105"})
		wait(t, l, "ringing", func(c handset.CallInfo) bool { return c.ID == id && c.State == "ringing" })
		for _, what := range []string{"transfer", "attend", "hand"} {
			if err := l.Handsets.Do("+15550102", what, "+15550118"); !errors.Is(err, handset.ErrNoCall) {
				t.Errorf("%s of a call that rings: %v", what, err)
			}
		}
		do(l.Handsets, "+15550102", "hangup", "")
		wait(t, l, "the end", func(c handset.CallInfo) bool { return c.ID == id && c.State == "ended" })
		clean(t, l)
	})
	for _, what := range []string{"attend", "hand"} {
		t.Run(what, func(t *testing.T) {
			l := start(t, nil)
			id := call(t, l, "+15550102", handset.Outgoing{To: "+15550112"})
			wait(t, l, "the call", up(id))
			do(l.Handsets, "+15550102", what, "+15550118")
			wait(t, l, "the end of the first call", func(c handset.CallInfo) bool { return c.ID == id && c.State == "ended" })
			wait(t, l, "the two speak", func(c handset.CallInfo) bool { return c.Number == "+15550112" && c.State == "up" && hears(c, 700) })
			wait(t, l, "one call less", func(c handset.CallInfo) bool {
				return c.Number == "+15550118" && c.State == "ended"
			})
			clean(t, l)
		})
	}
}
