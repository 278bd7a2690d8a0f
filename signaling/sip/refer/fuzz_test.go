package refer

import (
	"strings"
	"testing"
)

// FuzzTarget: whatever stands in a Refer-To, what comes out can be written again and means the same, and never breaks a line.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{"<sip:c@h?Replaces=12%401.2.3.4%3Bto-tag%3Da%3Bfrom-tag%3Db&Require=replaces>", "tel:+1", `"a" <sips:b@c;method=INVITE>;x`,
		"<sip:c@h?Replaces=%", "<sip:c@h?&&=>", "<sip:%0d%0a@h>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := ParseTarget(value)
		if err != nil {
			return
		}
		text := got.Header()
		if !printable(strings.Trim(text, "<>")) {
			t.Fatalf("%q makes %q", value, text)
		}
		again, err := ParseTarget(text)
		if err != nil || again.URI != got.URI || (again.Replaces == nil) != (got.Replaces == nil) || got.Replaces != nil && *again.Replaces != *got.Replaces {
			t.Fatalf("%q makes %q, which is read as %+v, %v", value, text, again, err)
		}
	})
}

// FuzzReplaces: what is taken can be written and read again.
func FuzzReplaces(f *testing.F) {
	f.Add("98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff")
	f.Add(`"<>\@;to-tag=;from-tag=x;early-only`)
	f.Fuzz(func(t *testing.T, value string) {
		got, err := ParseReplaces(value)
		if err != nil {
			return
		}
		if again, err := ParseReplaces(got.Header()); err != nil || again != got || !got.Valid() {
			t.Fatalf("%q: %+v, again %+v, %v", value, got, again, err)
		}
	})
}

// FuzzBy: nothing panics, and what is passed on is one line.
func FuzzBy(f *testing.F) {
	f.Add(`"A" <sip:a@b>;cid="1@2"`, "multipart/mixed;boundary=b", "--b\r\nContent-ID: <1@2>\r\nContent-Type: a/b\r\n\r\nx\r\n--b--")
	f.Fuzz(func(t *testing.T, value, kind, body string) {
		by, err := ParseBy(value)
		if err == nil && strings.ContainsAny(by.Value+by.URI+by.CID, "\r\n") {
			t.Fatalf("%q is passed on as %q", value, by.Value)
		}
		if token, ok := FindToken(kind, []byte(body), by.CID); ok && (strings.ContainsAny(token.Type, "\r\n") || len(token.Body) > maxToken) {
			t.Fatalf("%q is passed on", token.Type)
		}
		Status(kind, []byte(body))
	})
}
