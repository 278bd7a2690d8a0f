//go:build interop

package kamailio

import (
	"testing"
	"time"

	"causeway/test/load/client"
)

// TestTexts plays texts both ways through Kamailio's P-, I- and S-CSCF, with SIPp as the handset: taken, refused, with notifications, and
// to a number that nobody has.
func TestTexts(t *testing.T) {
	c := startCore(t)
	record := scene(t)
	b := c.bed(t, gatewayIP)
	play(t, "register.xml", script{}, sippMediaAny).done(t, time.Minute)
	token, err := client.Token(t.Context(), b.Lab.URL(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	browser, err := client.Login(t.Context(), client.Options{Gateway: b.URL}, token, "7d8a2f0e-4c1b-4e57-9a43-000000000001")
	if err != nil {
		t.Fatal(err)
	}
	defer browser.Close()
	sends := func(id, text, want string, more ...any) func(*hand) {
		return func(h *hand) {
			_, err := h.browser.Send(h.ctx, id, h.number, text, more...)
			if got := client.ErrorName(err); got != want || (err == nil) != (want == "") {
				h.t.Errorf("%v, want %q", err, want)
			}
		}
	}
	hears := func(h *hand, want client.Message) {
		h.t.Helper()
		m, err := h.browser.Notified(h.ctx)
		h.must(err)
		if want.ID == "" {
			m.ID = ""
		}
		if m != want {
			h.t.Errorf("the page was told %+v", m)
		}
	}
	for name, f := range map[string]flow{
		"taken":   {file: "mo-text", values: map[string]string{"status": "200 OK"}, script: sends("m1", "Hello, world €", "")},
		"refused": {file: "mo-text", values: map[string]string{"status": "415 Unsupported Media Type"}, script: sends("m2", "Hello, world €", "message_unsupported")},
		"received": {file: "mt-text", script: func(h *hand) {
			h.running = h.sipp()
			hears(h, client.Message{Kind: "received", Text: "Hello, Alice €", Via: "sip", Number: sipp.number})
		}},
		"reported": {file: "mo-text-report", script: func(h *hand) {
			sends("m3", "On my way", "", "report", []string{"delivery", "display"})(h)
			hears(h, client.Message{Kind: "report", ID: "m3", Status: "delivered"})
			hears(h, client.Message{Kind: "report", ID: "m3", Status: "displayed"})
		}},
	} {
		t.Run(name, func(t *testing.T) { f.play(t, &hand{t: t, browser: browser, silent: true}) })
	}
	if _, err := browser.Send(t.Context(), "m4", "+15550299", "Nobody"); client.ErrorName(err) != "number_unknown" {
		t.Errorf("to nobody: %v", err)
	}
	if err := browser.Logout(t.Context()); err != nil {
		t.Error(err)
	}
	judge(t, c, record, []string{"REGISTER", "MESSAGE"})
}
