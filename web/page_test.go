package web

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "folder for pictures of the page in its states; none are made when empty")

// patience bounds every wait: a loaded machine has other things to do than to run Chromium.
const patience = time.Minute

// pageBed is the page in a real Chromium with the fake gateway behind it.
type pageBed struct {
	t       *testing.T
	gateway *fakeGateway
	url     string
	ctx     context.Context
}

// newPageBed serves the page and opens a browser; it skips, loudly, where no Chromium is installed.
func newPageBed(t *testing.T, change func(*Config)) *pageBed {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT RUN: chromium is not installed, so the phone page was not tested in a browser")
	}
	if testing.Short() {
		t.Skip("NOT RUN: the page's browser test is left out by -short")
	}
	cfg := DefaultConfig()
	cfg.Title, cfg.TokenURL, cfg.ContactsURL, cfg.Users = "Causeway", "/token", "/handsets", []string{"alice", "bob", "carol"}
	if change != nil {
		change(&cfg)
	}
	handler, err := Handler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	gateway := newFakeGateway(t)
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.Handle("/ws", gateway)
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"token": "good " + r.URL.Query().Get("user")})
	})
	mux.HandleFunc("/handsets", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode([]map[string]string{
			{"number": "+15550101", "name": "Echo", "description": "Sends back what it hears"},
			{"number": "+15550102", "name": "Announcement", "description": "Plays recorded speech"},
			{"number": "+15550103", "name": "Callback", "description": "Answers, hangs up and calls you back"},
			{"number": "+15550104", "name": "Busy", "description": "Is always on the phone"},
			{"number": "+15550105", "name": "No answer", "description": "Rings for ever"},
			{"number": "+15550114", "name": "Holder", "description": "Puts you on hold and comes back"},
		})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox,
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("mute-audio", true), chromedp.Flag("use-fake-device-for-media-stream", true))
	alloc, cancelAlloc := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() { cancel(); cancelAlloc() })
	if err := chromedp.Do(ctx); err != nil { // starts the browser, which lives as long as this context
		t.Fatalf("start chromium: %v", err)
	}
	ctx, cancelTime := context.WithTimeout(ctx, 5*patience)
	t.Cleanup(cancelTime)
	return &pageBed{t: t, gateway: gateway, url: server.URL, ctx: ctx}
}

func (b *pageBed) run(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.fail(what, err)
	}
}

// fail ends the test with what the page says.
func (b *pageBed) fail(what string, err error) {
	b.t.Helper()
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	b.t.Fatalf("%s: %v\nthe page says: %s", what, err, text)
}

// screen sets the size of the window and the system's colours.
func screen(width, height int64, theme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
		return err
	})
}

func (b *pageBed) open(query string) {
	b.t.Helper()
	b.run("open", screen(1120, 860, "light"), chromedp.Navigate(b.url+"/"+query))
}

// sel is the CSS selector of a data-testid.
func sel(id string) string { return `[data-testid="` + id + `"]` }

// text waits until the element's text holds want.
func (b *pageBed) text(id, want string) {
	b.t.Helper()
	b.until(id+" says "+want, fmt.Sprintf(`(document.querySelector(%q)?.checkVisibility() && document.querySelector(%q).textContent.includes(%q))`, sel(id), sel(id), want))
}

// until waits for a JavaScript condition.
func (b *pageBed) until(what, condition string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](condition, chromedp.WithPollingInterval(30*time.Millisecond))); err != nil {
		b.fail(what, err)
	}
}

// click presses the mouse on an element, once it is enabled and stays where it is: a page that is still being drawn moves what is aimed at.
func (b *pageBed) click(id string) {
	b.t.Helper()
	b.until(id+" can be clicked", fmt.Sprintf(`(() => {
		const el = document.querySelector(%q);
		if (!el?.checkVisibility() || el.disabled) return false;
		el.scrollIntoView({ block: "nearest" });
		const { x, y, width, height } = el.getBoundingClientRect(), at = [x, y, width, height].join();
		const rests = el.lastSeenAt === at;
		el.lastSeenAt = at;
		return rests && el.contains(document.elementFromPoint(x + width / 2, y + height / 2));
	})()`, sel(id)))
	b.run("click "+id, chromedp.Click(chromedp.CSS(sel(id)), chromedp.NodeVisible))
}

// hears waits until the gateway hears a tone near hz; 0 is silence.
func (b *pageBed) hears(hz float64) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	got := -1.0
	for time.Now().Before(deadline) {
		if c := b.gateway.only(); c != nil {
			if got = c.heard(); math.Abs(got-hz) < 15 {
				return
			}
		}
		b.run("wait", chromedp.Sleep(50*time.Millisecond))
	}
	b.t.Fatalf("the gateway hears %.0f Hz, want %.0f", got, hz)
}

// sent waits until the gateway has got each of these methods: the page shows what it does before the gateway knows.
func (b *pageBed) sent(methods ...string) {
	b.t.Helper()
	for _, method := range methods {
		b.eventually(method, func() bool { return slices.Contains(b.gateway.methods(), method) })
	}
}

// shot takes pictures for the eye, wide and narrow, light and dark, when -shots asks for them.
func (b *pageBed) shot(name string) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	for _, v := range []struct {
		suffix        string
		width, height int64
		theme         string
	}{{"wide", 1120, 860, "light"}, {"narrow", 360, 740, "light"}, {"dark", 1120, 860, "dark"}} {
		b.run("picture", screen(v.width, v.height, v.theme), chromedp.Sleep(150*time.Millisecond))
		png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*shots, name+"-"+v.suffix+".png"), png, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	b.run("back", screen(1120, 860, "light"))
}

// fits checks that nothing sticks out of its card or of the screen, wide and 360 pixels narrow.
func (b *pageBed) fits() {
	b.t.Helper()
	for _, width := range []int64{360, 1120} {
		b.run("size", screen(width, 860, "light"))
		over, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("body *")].filter(e => {
			if (!e.checkVisibility() || e.closest(".hidden-text, .skip")) return false;
			const room = e.closest(".card")?.getBoundingClientRect().right ?? innerWidth;
			return e.getBoundingClientRect().right > room + 0.5;
		}).map(e => e.outerHTML.slice(0, 90))`))
		if err != nil || len(over) > 0 {
			b.t.Errorf("sticks out at %d pixels: %v\n%s", width, err, strings.Join(over, "\n"))
		}
	}
}

func TestPageCallsAndHears(t *testing.T) {
	b := newPageBed(t, nil)
	b.open("?tone=440")
	b.text("state", "Ready")
	b.shot("idle")
	b.fits()
	b.click("contact-+15550101")
	b.text("call-state", "Connected")
	b.text("remote", "Echo")
	b.until("the timer runs", `/^\d+:\d\d$/.test(document.querySelector('[data-testid="timer"]').textContent.trim())`)
	b.hears(440)
	b.until("far level", `+document.querySelector('[data-testid="meter-far"]').getAttribute("aria-valuenow") > 20`)
	b.until("own level", `+document.querySelector('[data-testid="meter-mic"]').getAttribute("aria-valuenow") > 20`)
	b.text("codec", "opus ⇄ AMR-WB")
	b.text("quality", "Excellent")
	b.fits()
	b.click("mute")
	b.hears(0)
	b.text("mute", "Unmute")
	b.click("mute")
	b.hears(440)
	b.click("hold")
	b.text("call-state", "You put the call on hold")
	b.click("hold")
	b.text("call-state", "Connected")
	id := b.gateway.onlyID()
	for _, digit := range "42#" {
		b.gateway.event("call.dtmf", map[string]any{"call": id, "digit": string(digit), "duration": 100})
	}
	b.text("dtmf-received", "Keys received: 42#")
	b.click("keypad")
	b.click("tone-7")
	b.text("dtmf-sent", "7")
	b.shot("call")
	b.gateway.event("call.hold", map[string]any{"call": id, "local": false, "remote": true})
	b.text("call-state", "The other party put you on hold")
	b.click("hangup")
	b.until("dial pad is back", `document.querySelector('[data-testid="dialer"]').checkVisibility()`)
	b.text("history", "Echo")
	b.shot("after")
	b.sent("call.start", "call.hold", "call.resume", "call.dtmf", "call.hangup")
}

func TestPageIsCalled(t *testing.T) {
	b := newPageBed(t, nil)
	b.open("?tone=440&user=bob")
	b.text("state", "Ready")
	b.gateway.ring("in1", nil)
	b.text("incoming-remote", "Callback")
	b.until("the answer button has the focus", `document.activeElement?.dataset.testid === "answer"`)
	b.shot("incoming")
	b.fits()
	b.click("answer")
	b.text("call-state", "Connected")
	b.hears(440)
	b.gateway.mu.Lock()
	b.gateway.end("in1", 2013, "hangup", "remote", 0)
	b.gateway.mu.Unlock()
	b.text("error-message", "The call has ended.")
	b.gateway.ring("in2", nil)
	b.click("reject")
	b.until("the ringing stops", `document.querySelector('[data-testid="incoming"]').hidden`)
	b.sent("call.ringing", "call.reject")
}

// TestPageCallWaiting: a second call with who diverted it and what the network says of its number; hold and answer, switch back,
// end and answer; a withheld number; a called user who is in another call.
func TestPageCallWaiting(t *testing.T) {
	b := newPageBed(t, nil)
	b.open("?tone=440")
	b.text("state", "Ready")
	b.click("anonymous")
	b.click("contact-+15550105")
	b.text("call-state", "Ringing")
	first := b.gateway.onlyID()
	if sent := b.gateway.lastStart(); !sent.Params.Anonymous {
		t.Error("the number was not withheld")
	}
	b.gateway.event("call.progress", map[string]any{"call": first, "state": "diverted", "earlyMedia": false, "sip": 181, "divertedTo": map[string]any{"number": "+15550101", "anonymous": false}})
	b.text("call-note", "Diverted to Echo")
	b.gateway.event("call.progress", map[string]any{"call": first, "state": "ringing", "earlyMedia": false, "sip": 180, "waiting": true})
	b.text("call-note", "The other party is in another call")
	b.gateway.mu.Lock()
	b.gateway.accept(first)
	b.gateway.mu.Unlock()
	b.text("call-state", "Connected")
	b.gateway.ring("in1", map[string]any{"waiting": true, "divertedBy": map[string]any{"number": "+15550101", "anonymous": false, "reason": "busy"},
		"remote": map[string]any{"number": "+15550103", "anonymous": false, "verified": "failed"}})
	b.text("incoming-kind", "Another call is waiting")
	b.text("incoming", "This number is probably false")
	b.text("incoming", "Diverted by Echo, busy")
	b.text("answer", "Hold and answer")
	b.shot("waiting")
	b.fits()
	b.click("answer")
	b.text("switch", "On hold")
	b.text("call-state", "Connected")
	b.click("switch")
	b.until("the first call is in front and the other one held", `document.querySelector('[data-testid="switch"]')?.textContent.includes("On hold")
		&& document.querySelector('[data-testid="remote"]').textContent.includes("Echo")`)
	b.gateway.ring("in2", map[string]any{"waiting": true})
	b.click("end-answer")
	b.until("only the third call is left", `document.querySelector('[data-testid="lines"]')?.hidden !== false && document.querySelector('[data-testid="call-state"]')?.textContent === "Connected"`)
}

func TestPageShowsErrors(t *testing.T) {
	b := newPageBed(t, nil)
	b.open("?tone=440")
	b.text("state", "Ready")
	b.run("dial", chromedp.SendKeys(chromedp.CSS(sel("number")), "+15550104\r"))
	b.text("error-message", "The line is busy.")
	b.text("error-hint", "Try again later.")
	b.text("error-action", "Call again")
	b.shot("busy")
	b.fits()
	b.open("") // no tone: headless Chromium refuses the microphone
	b.text("state", "Ready")
	b.click("contact-+15550101")
	b.text("error-message", "The browser may not use the microphone.")
	b.shot("microphone")
	b.open("?tone=440")
	b.text("state", "Ready")
	b.click("contact-+15550105")
	b.text("call-state", "Ringing")
	b.shot("ringing")
	b.click("hangup")
	b.until("no call", `document.querySelector('[data-testid="call"]').hidden`)
}

func TestPageSurvivesALostSocket(t *testing.T) {
	b := newPageBed(t, nil)
	b.open("?tone=440")
	b.text("state", "Ready")
	b.click("contact-+15550101")
	b.text("call-state", "Connected")
	b.hears(440)
	b.gateway.dropSocket()
	b.text("state", "Reconnecting")
	b.text("state", "Ready")
	b.text("call-state", "Connected")
	b.hears(440)
	b.gateway.event("call.dtmf", map[string]any{"call": b.gateway.onlyID(), "digit": "5", "duration": 100})
	b.text("dtmf-received", "5")
}

func TestPageAsksForAToken(t *testing.T) {
	b := newPageBed(t, func(c *Config) { c.TokenURL, c.Users = "", nil })
	b.open("?tone=440")
	b.until("the form", `document.querySelector('[data-testid="login"]').checkVisibility()`)
	b.shot("login")
	b.fits()
	b.run("token", chromedp.SendKeys(chromedp.CSS(sel("token")), "bad"))
	b.click("login-submit")
	b.text("error-message", "The token was refused.")
	b.run("token", chromedp.SendKeys(chromedp.CSS(sel("token")), "good"))
	b.click("login-submit")
	b.text("state", "Ready")
	b.until("the token is not in the page or its storage", `!JSON.stringify([{...localStorage}, {...sessionStorage}, document.documentElement.outerHTML]).includes("good")`)
}
