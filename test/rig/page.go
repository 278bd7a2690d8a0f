package rig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway/test/browser"
)

// Page is the phone page in a real browser.
type Page struct {
	t *testing.T
	browser.Browser
}

// Open starts a browser with the page, sending a tone in place of a microphone, and waits until it is registered.
func (b *Bed) Open(kind browser.Kind, toneHz int) *Page {
	b.t.Helper()
	p := b.OpenWith(kind, browser.Options{FakeMic: true}, fmt.Sprintf("/?tone=%d", toneHz))
	p.Until("the phone to be ready", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
	return p
}

// OpenWith starts a browser with a page of the gateway and waits for nothing.
func (b *Bed) OpenWith(kind browser.Kind, opt browser.Options, path string) *Page {
	b.t.Helper()
	p := &Page{t: b.t, Browser: browser.For(b.t, kind, opt)}
	if err := p.Browser.Open(b.URL + path); err != nil {
		b.t.Fatal(err)
	}
	return p
}

// JS evaluates an expression into out; nil drops it.
func (p *Page) JS(expression string, out any) {
	p.t.Helper()
	wrapped := expression
	if out == nil { // whatever it is, it need not be JSON
		wrapped = "(async () => { await (" + expression + "); return true; })()"
	}
	if err := p.Eval(p.t.Context(), wrapped, out); err != nil {
		p.t.Fatalf("%s: %v\nconsole: %s", expression, err, strings.Join(p.Console(), "\n"))
	}
}

// Until waits for an expression to be true, in the page that a reload brings if there is one.
func (p *Page) Until(what, expression string) {
	p.t.Helper()
	came := false
	defer func() {
		var told []string
		if !came && p.Eval(p.t.Context(), `[...document.querySelectorAll('[data-testid="error"]')].map(e => e.innerText).concat((window.causeway?.phone?.calls ?? []).map(c => c.state))`, &told) == nil {
			p.t.Logf("the page shows, and has calls that are: %q", told)
		}
	}()
	WaitFor(p.t, what, Patience, func() bool {
		var ok bool
		err := p.Eval(p.t.Context(), "!!("+expression+")", &ok)
		if err != nil && !errors.Is(err, browser.ErrNavigated) {
			p.t.Fatalf("%s: %v\nconsole: %s", expression, err, strings.Join(p.Console(), "\n"))
		}
		came = err == nil && ok
		return came
	})
}

// Reload reloads the page; what is asked next waits for nothing, and may still meet the old page, in which window.old is true.
func (p *Page) Reload() {
	p.t.Helper()
	// The old page may be gone before it has answered.
	if err := p.Eval(p.t.Context(), `(window.old = true, setTimeout(() => location.reload()), true)`, nil); err != nil && !errors.Is(err, browser.ErrNavigated) {
		p.t.Fatalf("reload: %v", err)
	}
}

// Click clicks the element with a test id.
func (p *Page) Click(id string) {
	p.t.Helper()
	p.Until("element "+id+", enabled", fmt.Sprintf(`document.querySelector('[data-testid="%s"]:not([disabled])')`, id))
	p.JS(fmt.Sprintf(`document.querySelector('[data-testid="%s"]').click()`, id), nil)
}

// Dial types a number and presses call, as a user does.
func (p *Page) Dial(number string) {
	p.t.Helper()
	p.JS(fmt.Sprintf(`(() => { const n = document.querySelector('[data-testid="number"]'); n.value = %q;
		n.dispatchEvent(new Event("input", {bubbles: true})); })()`, number), nil)
	p.Click("dial")
}

// State waits until the page's only call is in a state.
func (p *Page) State(want string) {
	p.t.Helper()
	p.Until("call state "+want, fmt.Sprintf(`window.causeway.phone.calls.length === 1 && window.causeway.phone.calls[0].state === %q`, want))
}

// Sound is what the page hears.
type Sound struct{ Hz, DB float64 }

// Hears measures the far side's Sound in the page for 0.7 s.
func (p *Page) Hears() Sound {
	p.t.Helper()
	return p.HearsOn("window.causeway.phone.calls[0] && window.causeway.phone.calls[0].remoteStream")
}

// HearsOn is Hears for the stream that an expression gives.
func (p *Page) HearsOn(stream string) Sound {
	p.t.Helper()
	var s Sound
	p.JS(`(async () => {
		const stream = `+stream+`;
		if (!stream || stream.getAudioTracks().length === 0) return {Hz: 0, DB: -200};
		const ac = window.testContext || (window.testContext = new AudioContext());
		await ac.resume();
		const source = ac.createMediaStreamSource(stream), analyser = ac.createAnalyser();
		analyser.fftSize = 8192; analyser.smoothingTimeConstant = 0;
		source.connect(analyser);
		await new Promise(r => setTimeout(r, 700));
		const bins = new Float32Array(analyser.frequencyBinCount);
		analyser.getFloatFrequencyData(bins);
		source.disconnect();
		let best = 1;
		for (let i = 2; i < bins.length; i++) if (bins[i] > bins[best]) best = i;
		return {Hz: best * ac.sampleRate / analyser.fftSize, DB: Math.max(bins[best], -200)};
	})()`, &s)
	return s
}

// HearsTone waits until the page hears a tone of that frequency.
func (p *Page) HearsTone(hz float64) {
	p.t.Helper()
	WaitFor(p.t, fmt.Sprintf("a tone of %.0f Hz in the page", hz), Patience, func() bool {
		last := p.Hears()
		return last.DB > -50 && last.Hz > hz-15 && last.Hz < hz+15
	})
}

// HearsNothing waits until the page hears silence.
func (p *Page) HearsNothing() {
	p.t.Helper()
	WaitFor(p.t, "silence in the page", Patience, func() bool { return p.Hears().DB < -60 })
}

// Shot saves a picture of the page where E2E_SHOTS says.
func (p *Page) Shot(name string) {
	dir := os.Getenv("E2E_SHOTS")
	if dir == "" {
		return
	}
	png, err := p.Screenshot()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		p.t.Fatal(err)
	}
}
