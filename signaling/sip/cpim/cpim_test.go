package cpim

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

// TestParse: the examples of RFC 3862 and RFC 5438 7.1.1.3, and the liberties that senders take.
func TestParse(t *testing.T) {
	sent := time.Date(2006, 4, 4, 12, 16, 49, 0, time.FixedZone("", -5*3600)).UTC()
	for _, tt := range []struct {
		name, body string
		want       Message
	}{
		{"RFC 5438 7.1.1.3", "From: Alice <im:alice@example.com>\nTo: Bob <im:bob@example.com>\nNS: imdn <urn:ietf:params:imdn>\nimdn.Message-ID: 34jk324j\nDateTime: 2006-04-04T12:16:49-05:00\n" +
			"imdn.Disposition-Notification: positive-delivery, negative-delivery\nContent-type: text/plain\nContent-length: 12\n\nContent-type: text/plain\n\nHello World\n",
			Message{From: "im:alice@example.com", To: "im:bob@example.com", At: sent, ID: "34jk324j", Asks: Asks{Delivery: true, Failure: true}, ContentType: "text/plain", Content: crlf("Hello World\n")}},
		{"RFC 3862 with another prefix and a second recipient", "From: MR SANDERS <im:piglet@100akerwood.com>\nTo: Depressed Donkey <im:eeyore@100akerwood.com>\ncc: <im:x@y>\nTo: <im:z@y>\nDateTime: 2000-12-13T13:40:00-08:00\n" +
			"Subject: the weather will be fine today\nSubject:;lang=fr beau temps prevu pour aujourd'hui\nNS: N <urn:ietf:params:imdn>\nN.Disposition-Notification: display\nN.Message-ID: a b\n\nContent-type: text/xml; charset=utf-8\nContent-ID: <1234567890@foo.com>\n\n<body/>",
			Message{From: "im:piglet@100akerwood.com", To: "im:eeyore@100akerwood.com", At: time.Date(2000, 12, 13, 21, 40, 0, 0, time.UTC), Subject: "the weather will be fine today",
				ID: "a b", Asks: Asks{Display: true}, ContentType: "text/xml; charset=utf-8", Content: []byte("<body/>")}},
		{"no headers inside", "From: <sip:a@b>\n\n\nx", Message{From: "sip:a@b", ContentType: "text/plain", Content: []byte("x")}},
		{"no addresses, folded, escaped", "Subject: a \\u00e9\\n\\\\\n\nContent-Type: text/plain;\n charset=UTF-8\nContent-Disposition: Notification\n\n",
			Message{Subject: "a é \\", ContentType: "text/plain; charset=UTF-8", Notification: true, Content: []byte{}}},
		{"a time that is none, an id too long", "DateTime: yesterday\nimdn.Message-ID: " + strings.Repeat("x", 129) + "\n\n\n", Message{ContentType: "text/plain", Content: []byte{}}},
	} {
		for _, body := range [][]byte{crlf(tt.body), []byte(tt.body)} {
			got, err := Parse(body)
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			g, w := *got, tt.want
			if strings.ReplaceAll(string(g.Content), "\r", "") != strings.ReplaceAll(string(w.Content), "\r", "") {
				t.Errorf("%s: content %q", tt.name, g.Content)
			}
			if g.From != w.From || g.To != w.To || !g.At.Equal(w.At) || g.ID != w.ID || g.Asks != w.Asks || g.Subject != w.Subject || g.ContentType != w.ContentType || g.Notification != w.Notification {
				t.Errorf("%s: %+v", tt.name, g)
			}
		}
	}
	for name, body := range map[string]string{
		"nothing": "", "one block": "From: <a:b>\n", "no end": "From: <a:b>\n\nContent-Type: text/plain\n", "no header": "hello\n\n\n", "no name": ": x\n\n\n",
		"too many": strings.Repeat("a: b\n", maxHeaders+1) + "\n\n", "too long": "a: " + strings.Repeat("b", maxLine) + "\n\n\n",
		"folded too long": "a: b\n" + strings.Repeat(" "+strings.Repeat("c", 500)+"\n", 3) + "\n\n", "encoded": "\n" + "Content-Transfer-Encoding: base64\n\naGk=",
	} {
		if m, err := Parse(crlf(body)); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

// TestWrite: what is written is what is read, and nothing asked for leaves no IMDN headers.
func TestWrite(t *testing.T) {
	m := Message{From: "sip:a@b", To: "tel:+1", At: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), ID: "abc", Asks: Asks{true, true, true}, Subject: `a\b`,
		ContentType: "text/plain;charset=UTF-8", Content: []byte("héllo\r\n\r\nworld")}
	body := m.Write()
	want := "From: <sip:a@b>\r\nTo: <tel:+1>\r\nDateTime: 2026-11-21T08:00:00Z\r\nSubject: a\\\\b\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: abc\r\n" +
		"imdn.Disposition-Notification: positive-delivery, negative-delivery, display\r\n\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: 15\r\n\r\nhéllo\r\n\r\nworld"
	want = strings.Replace(want, "Content-Length: 15", "Content-Length: 15", 1)
	if string(body) != want {
		t.Errorf("%q", body)
	}
	got, err := Parse(body)
	if err != nil || got.ID != m.ID || got.Asks != m.Asks || got.Subject != m.Subject || string(got.Content) != string(m.Content) || !got.At.Equal(m.At) {
		t.Errorf("%+v %v", got, err)
	}
	if text := string(Message{ContentType: TypeNotified, Notification: true}.Write()); text != "\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: notification\r\nContent-Length: 0\r\n\r\n" {
		t.Errorf("%q", text)
	}
}

// TestNotification: the documents of RFC 5438 7.2.1.1 and 7.2.1.2, and those that are none.
func TestNotification(t *testing.T) {
	const head = `<?xml version="1.0" encoding="UTF-8"?><imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>34jk324j</message-id>`
	at := time.Date(2008, 4, 4, 17, 16, 49, 0, time.UTC)
	for _, tt := range []struct {
		name, doc string
		want      Notification
	}{
		{"delivered", head + "<datetime>2008-04-04T12:16:49-05:00</datetime><recipient-uri>im:bob@example.com</recipient-uri><original-recipient-uri>im:bob@example.com</original-recipient-uri><delivery-notification><status><delivered/></status></delivery-notification></imdn>",
			Notification{ID: "34jk324j", At: at, About: Delivery, Status: Delivered, Recipient: "im:bob@example.com", Original: "im:bob@example.com"}},
		{"displayed", head + "<display-notification>\n<status>\n<displayed/></status></display-notification></imdn>", Notification{ID: "34jk324j", About: Display, Status: Displayed}},
		{"extended", head + `<x:extra xmlns:x="urn:x"><x:status>delivered</x:status></x:extra><processing-notification><status><stored/></status></processing-notification></imdn>`,
			Notification{ID: "34jk324j", About: Processing, Status: Stored}},
		{"prefixed", `<i:imdn xmlns:i="urn:ietf:params:xml:ns:imdn"><i:message-id> 1 </i:message-id><i:delivery-notification><i:status><i:failed/></i:status></i:delivery-notification></i:imdn>`,
			Notification{ID: "1", About: Delivery, Status: Failed}},
	} {
		got, err := ParseNotification([]byte(tt.doc))
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
		if back, err := ParseNotification(got.Write()); err != nil || back != got {
			t.Errorf("%s written again: %+v, %v\n%s", tt.name, back, err, got.Write())
		}
	}
	status := "<delivery-notification><status><delivered/></status></delivery-notification>"
	for name, doc := range map[string]string{
		"nothing": "", "text": "hello", "no status": head + "</imdn>", "no id": `<imdn xmlns="urn:ietf:params:xml:ns:imdn">` + status + "</imdn>",
		"another namespace": `<imdn xmlns="urn:x"><message-id>1</message-id>` + status + "</imdn>", "open": head + status,
		"an entity": `<!DOCTYPE a [<!ENTITY x "y">]>` + head + status + "</imdn>", "an entity without a DTD": strings.Replace(head, "34jk324j", "&x;", 1) + status + "</imdn>",
		"deep": head + strings.Repeat("<a>", 9) + strings.Repeat("</a>", 9) + status + "</imdn>", "wide": head + strings.Repeat("<a/>", maxTokens) + status + "</imdn>",
		"long": head + "<a>" + strings.Repeat("x", maxText+1) + "</a>" + status + "</imdn>", "large": head + strings.Repeat(" ", maxDocument) + status + "</imdn>",
		"an id too long": strings.Replace(head, "34jk324j", strings.Repeat("x", maxID+1), 1) + status + "</imdn>",
	} {
		if n, err := ParseNotification([]byte(doc)); !errors.Is(err, ErrDocument) {
			t.Errorf("%s: %+v, %v", name, n, err)
		}
	}
}

// TestComposing: the examples of RFC 3994 4.
func TestComposing(t *testing.T) {
	const head = `<?xml version="1.0" encoding="UTF-8"?><isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">`
	for _, tt := range []struct {
		doc  string
		want Composing
	}{
		{head + "<state>active</state><contenttype>text/plain</contenttype><refresh>90</refresh></isComposing>", Composing{true, 90 * time.Second}},
		{head + "<state>idle</state><lastactive>2003-01-27T10:43:00Z</lastactive></isComposing>", Composing{false, 2 * time.Minute}},
		{head + "<state>thinking</state><refresh>99999999</refresh></isComposing>", Composing{false, 10 * time.Minute}},
	} {
		if got, err := ParseComposing([]byte(tt.doc)); err != nil || got != tt.want {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for _, doc := range []string{"", head + "</isComposing>", "<isComposing><state>active</state></isComposing>"} {
		if c, err := ParseComposing([]byte(doc)); !errors.Is(err, ErrDocument) {
			t.Errorf("%+v %v", c, err)
		}
	}
}

func TestText(t *testing.T) {
	if got, ok := Text([]byte("a\r\nb\tc\x00\x1b[1md\u0085é")); !ok || got != "a\nb\tc[1mdé" {
		t.Errorf("%q", got)
	}
	if _, ok := Text([]byte("caf\xe9")); ok {
		t.Error("Latin 1 was taken for UTF-8")
	}
	if got := Line("  a\nb " + strings.Repeat("é", 100)); len(got) != 127 || !strings.HasPrefix(got, "ab é") {
		t.Errorf("%q", got)
	}
	for in, want := range map[string][2]string{"text/plain": {"text/plain", "utf-8"}, "TEXT/plain; Charset=\"UTF-8\"": {"text/plain", "utf-8"}, "text/plain;charset=iso-8859-1": {"text/plain", "iso-8859-1"}} {
		if kind, charset, ok := Media(in); !ok || kind != want[0] || charset != want[1] {
			t.Errorf("%s: %s %s", in, kind, charset)
		}
	}
	if _, _, ok := Media("text/plain; a=b; a=c"); ok {
		t.Error("a parameter twice")
	}
}
