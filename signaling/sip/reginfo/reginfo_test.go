package reginfo

import (
	"strings"
	"testing"
	"time"
)

const head = `<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="3" state="full">`

// TestFate: only our own contact's end counts, and the end of a registration that has no contacts left.
func TestFate(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       Fate
	}{
		{"active", `<registration aor="a" state="active"><contact state="active" event="registered"><uri>sip:me@gw</uri></contact></registration>`, Fate{Listed: true}},
		{"shortened", `<registration aor="a" state="active"><contact state="active" event="shortened" expires="60"><uri>sip:me@gw</uri></contact></registration>`, Fate{Listed: true, Shortened: true}},
		{"terminated", `<registration aor="a" state="active"><contact state="terminated" event="probation" retry-after="30"><uri>sip:me@gw</uri></contact></registration>`,
			Fate{Listed: true, Gone: true, Event: "probation", RetryAfter: 30 * time.Second}},
		{"a long wait", `<registration aor="a" state="active"><contact state="terminated" event="probation" retry-after="4000000000"><uri>sip:me@gw</uri></contact></registration>`,
			Fate{Listed: true, Gone: true, Event: "probation", RetryAfter: time.Hour}},
		{"another contact", `<registration aor="a" state="terminated"><contact state="terminated" event="rejected"><uri>sip:mee@gw</uri></contact></registration>`, Fate{}},
		{"everything, without contacts", `<registration aor="a" state="terminated"/><registration aor="b" state="terminated"/>`, Fate{Gone: true}},
		{"one of two", `<registration aor="a" state="terminated"/><registration aor="b" state="active"/>`, Fate{}},
		{"nothing", ``, Fate{}},
	} {
		doc, err := Parse([]byte(head + c.body + "</reginfo>"))
		if err != nil || doc.Version != 3 || doc.State != "full" {
			t.Fatalf("%s: %+v, %v", c.name, doc, err)
		}
		if got := doc.Fate("me"); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"large": head + strings.Repeat(" ", maxDocument) + "</reginfo>", "no XML": "x", "open": head, "another root": "<a/>", "negative": `<reginfo version="-1"/>`,
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// FuzzParse: no document makes the reader panic.
func FuzzParse(f *testing.F) {
	f.Add([]byte(head+"<registration/></reginfo>"), "x")
	f.Add([]byte("<reginfo version='-1'>"), "")
	f.Fuzz(func(t *testing.T, body []byte, token string) {
		if doc, err := Parse(body); err == nil {
			doc.Fate(token)
		}
	})
}
