package cpim

import (
	"testing"
	"unicode/utf8"
)

// FuzzParse: no body panics, and what was read can be written and read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte("From: <sip:a@b>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 1\r\nimdn.Disposition-Notification: display\r\n\r\nContent-Type: text/plain\r\n\r\nhi"))
	f.Add([]byte("NS: x <urn:ietf:params:imdn>\nx.Message-ID: \\u0041\\\n\n\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := Parse(body)
		if err != nil {
			return
		}
		if text, ok := Text(m.Content); ok && !utf8.ValidString(text) {
			t.Fatal("not UTF-8")
		}
		if m.Subject != Line(m.Subject) || m.ID != Line(m.ID) {
			t.Fatalf("%q %q", m.Subject, m.ID)
		}
		Media(m.ContentType)
		back, err := Parse(Message{ID: m.ID, Asks: m.Asks, ContentType: TypeText, Content: m.Content}.Write())
		if err != nil || m.ID != "" && (back.Asks != m.Asks || back.ID != unescape(m.ID)) || string(back.Content) != string(m.Content) {
			t.Fatalf("%+v %v", back, err)
		}
	})
}

// FuzzDocuments: no document panics or becomes large, and a notification survives being written.
func FuzzDocuments(f *testing.F) {
	f.Add([]byte(`<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>1</message-id><display-notification><status><displayed/></status></display-notification></imdn>`))
	f.Add([]byte(`<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state></isComposing>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if c, err := ParseComposing(doc); err == nil && (c.For <= 0 || c.For > maxRefresh) {
			t.Fatal(c.For)
		}
		n, err := ParseNotification(doc)
		if err != nil {
			return
		}
		n.At = n.At.Truncate(0)
		if back, err := ParseNotification(n.Write()); err != nil || back.ID != n.ID || back.Status != n.Status {
			t.Fatalf("%+v %+v %v", n, back, err)
		}
	})
}
