package web

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// texted waits until the gateway has a message of the page, and returns it.
func (b *pageBed) texted(target string) fakeRequest {
	b.t.Helper()
	var r fakeRequest
	b.eventually("a message to "+target, func() bool {
		b.gateway.mu.Lock()
		defer b.gateway.mu.Unlock()
		r = b.gateway.written
		return r.Params.Target == target
	})
	return r
}

// eventually waits for something outside the page.
func (b *pageBed) eventually(what string, done func() bool) {
	b.t.Helper()
	for limit := time.Now().Add(patience); time.Now().Before(limit); {
		if done() {
			return
		}
		b.run("wait", chromedp.Sleep(30*1e6))
	}
	b.t.Fatalf("waited in vain for %s", what)
}

// TestPageMessages: a conversation with its marks, what comes from others shown as text, errors beside their message, and the list.
func TestPageMessages(t *testing.T) {
	b := newPageBed(t, nil)
	b.open("")
	b.text("state", "Ready")
	b.run("write", chromedp.SendKeys(chromedp.CSS(sel("message-to")), "+1 555 0101"))
	b.click("message-new")
	b.text("message-with", "Echo")
	b.run("text", chromedp.SendKeys(chromedp.CSS(sel("message-text")), "Hello there"))
	b.click("message-send")
	r := b.texted("+1 555 0101")
	if r.Params.Text != "Hello there" || len(r.Params.Report) != 2 || r.Params.Via != "sip" {
		t.Errorf("%+v", r.Params)
	}
	b.text("mark", "Sent")
	b.gateway.event("message.report", map[string]any{"message": r.Params.Message, "status": "delivered", "at": "2026-11-21T08:00:00.000Z"})
	b.text("mark", "Delivered")
	b.gateway.event("message.composing", map[string]any{"remote": map[string]any{"number": "+15550101", "anonymous": false}, "called": "sip:me", "active": true, "within": 60000})
	b.until("writing", `document.querySelector(".writing").textContent.includes("is writing")`)
	b.gateway.event("message.received", message("x1", "+15550101", `<img src=x onerror="document.title='broken'"> hi`))
	b.until("the answer as text", `[...document.querySelectorAll('[data-testid="bubble"] p')].some(p => p.textContent.startsWith("<img src=x")) && !document.querySelector(".thread img")`)
	b.eventually("the first message is read", func() bool {
		b.gateway.mu.Lock()
		defer b.gateway.mu.Unlock()
		return slices.Contains(b.gateway.read, "x1")
	})
	b.gateway.event("message.report", map[string]any{"message": r.Params.Message, "status": "displayed", "at": "2026-11-21T08:00:00.000Z"})
	b.text("mark", "Read")
	b.gateway.event("message.received", message("x2", "+15550199", "Your parcel is here"))
	b.text("error-message", "Message from +15550199")
	b.shot("messages-thread")
	b.fits()
	b.click("message-back")
	b.text("threads", "Your parcel is here")
	b.text("unread", "1")
	b.shot("messages-list")
	b.fits()
	if slices.Contains(b.gateway.read, "x2") {
		t.Error("a message that nobody has opened was told as read")
	}
	b.run("write", chromedp.SendKeys(chromedp.CSS(sel("message-to")), "+15550104"))
	b.click("message-new")
	b.run("text", chromedp.SendKeys(chromedp.CSS(sel("message-text")), "A very long message\r"))
	b.text("message-error", "312 are allowed")
	b.text("mark", "Not delivered")
	b.shot("messages-error")
	b.fits()
	b.click("message-back")
	b.run("write", chromedp.SendKeys(chromedp.CSS(sel("message-to")), "+15550105"))
	b.click("message-new")
	b.click("message-sms")
	b.click("message-sms")
	b.run("text", chromedp.SendKeys(chromedp.CSS(sel("message-text")), "Plain, please\r"))
	b.text("mark", "Sent")
	if r := b.texted("+15550105"); len(r.Params.Report) != 0 {
		t.Errorf("a phone that takes bare texts only was asked for %v", r.Params.Report)
	}
	b.run("text", chromedp.SendKeys(chromedp.CSS(sel("message-text")), "As SMS"))
	b.click("message-sms")
	b.click("message-send")
	b.eventually("a short message", func() bool {
		b.gateway.mu.Lock()
		defer b.gateway.mu.Unlock()
		return b.gateway.written.Params.Via == "sms" && slices.Equal(b.gateway.written.Params.Report, []string{"delivery"})
	})
}

func message(id, number, text string) map[string]any {
	return map[string]any{"message": id, "remote": map[string]any{"number": number, "anonymous": false}, "called": "sip:+15550001@ims.example", "text": text,
		"contentType": "text/plain", "at": "2026-11-21T08:00:00.000Z", "via": "sip", "display": true}
}
