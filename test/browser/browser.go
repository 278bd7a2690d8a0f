package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"causeway/test/tone"
)

// Kind is a browser family.
type Kind string

// The browsers that can be driven.
const (
	Chromium Kind = "chromium"
	Firefox  Kind = "firefox"
)

// Kinds lists both, for tests that must hold in each.
func Kinds() []Kind { return []Kind{Chromium, Firefox} }

// Options is how a browser is started. With the zero value Chromium has no microphone at all and Firefox a silent one
// (the monitor of its sound server's null sink, which cannot be taken away).
type Options struct {
	FakeMic        bool           // a microphone that beeps (Chromium) or hums at 1000 Hz (Firefox); the page is granted it
	ToneHz         float64        // a microphone with this steady tone instead; whole Hz in Firefox
	AudioFile      string         // a microphone that plays this WAV file (16-bit PCM) in a loop instead
	DenyMicrophone bool           // the user refuses the microphone
	AllowLoopback  bool           // media may run over 127.0.0.1 (a full ICE peer only, in Firefox)
	AnyCertificate bool           // TLS takes a server's certificate from anyone, as one that a test has made
	Width, Height  int            // window, pixels; 0 means 1280 x 800
	Step           time.Duration  // limit of one Open, Eval or Screenshot; 0 means a minute
	Flags          []string       // further command line flags
	Prefs          map[string]any // further Firefox preferences: string, bool or int
}

// Browser is one running browser with one tab. Its methods may be used from one goroutine at a time, Console from any.
type Browser interface {
	// Kind says which one it is.
	Kind() Kind
	// Open navigates to a URL and waits for the load event.
	Open(url string) error
	// Eval evaluates a JavaScript expression in the page, awaits it when it is a promise, and decodes its
	// JSON form into out (nil: the value is dropped). An exception comes back as an error with its text; ErrNavigated when the page
	// goes meanwhile.
	Eval(ctx context.Context, js string, out any) error
	// Screenshot returns the visible page as PNG.
	Screenshot() ([]byte, error)
	// Console returns what the page has written to its console so far, uncaught errors included, as "level: text".
	Console() []string
	// Close ends the browser with all its processes and removes its profile. Safe to call twice.
	Close()
}

// ErrNotInstalled is returned by Launch when the browser, or the sound server Firefox needs, is not there.
var ErrNotInstalled = errors.New("not installed")

// ErrNavigated is returned by Eval when the page was left before the expression had its value: reloaded, or another was opened. The
// next Eval asks the new page.
var ErrNavigated = errors.New("the page was left meanwhile")

const (
	startLimit  = 3 * time.Minute // Firefox takes 6 s on a machine of two cores, and half a minute on a loaded one
	defaultStep = time.Minute
)

// Launch starts a browser. ctx bounds its whole life: when it ends, the browser is killed.
func Launch(ctx context.Context, kind Kind, opt Options) (Browser, error) {
	if opt.Step <= 0 {
		opt.Step = defaultStep
	}
	if opt.Width <= 0 || opt.Height <= 0 {
		opt.Width, opt.Height = 1280, 800
	}
	var names []string
	switch kind {
	case Chromium:
		names = []string{"chromium", "chromium-browser", "google-chrome"}
	case Firefox:
		names = []string{"firefox-esr", "firefox"}
	default:
		return nil, fmt.Errorf("launch browser: kind %q is unknown", kind)
	}
	path, err := find(names...)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "causeway-"+string(kind)+"-")
	if err != nil {
		return nil, fmt.Errorf("launch browser: %w", err)
	}
	start := launchChromium
	if kind == Firefox {
		start = launchFirefox
	}
	b, err := start(ctx, path, dir, opt)
	if err != nil {
		_ = os.RemoveAll(dir) // the launch error is the one to tell
		return nil, fmt.Errorf("launch %s: %w", kind, err)
	}
	return b, nil
}

// For is Launch for a test: closed at its end, and skipped with a clear line when the browser is not
// installed, and with -short. With CI set in the environment a missing browser is a failure.
func For(tb testing.TB, kind Kind, opt Options) Browser {
	tb.Helper()
	if testing.Short() {
		tb.Skip("SKIPPED, NO REAL BROWSER WITH -short")
	}
	b, err := Launch(tb.Context(), kind, opt)
	if errors.Is(err, ErrNotInstalled) {
		if os.Getenv("CI") != "" {
			tb.Fatalf("SKIPPING IS NOT ALLOWED HERE: %v", err)
		}
		tb.Skipf("SKIPPED, THE REAL BROWSER IS MISSING: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			for _, line := range b.Console() {
				tb.Log(string(kind)+" console:", line)
			}
		}
		b.Close()
	})
	return b
}

// find returns the first of the programs that is installed.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", names[0], ErrNotInstalled)
}

// microphone resolves the options to a WAV file for the microphone, "" for none.
func microphone(opt Options, dir string) (string, error) {
	if opt.AudioFile != "" {
		return filepath.Abs(opt.AudioFile)
	}
	if opt.ToneHz == 0 {
		return "", nil
	}
	// Whole periods in the file, so that its loop has no click.
	const rate = 48000
	path := filepath.Join(dir, "tone-"+strconv.Itoa(int(opt.ToneHz))+".wav")
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	return path, errors.Join(tone.WriteWAV(f, tone.Sine(rate, opt.ToneHz, -6, 10*time.Second), rate), f.Close())
}

// wrapped makes an expression whose value is a string in both browsers: the JSON of the awaited value.
func wrapped(js string) string {
	return "(async () => { const value = await (" + js + "\n); return JSON.stringify(value === undefined ? null : value); })()"
}

// decode reads the string made by wrapped.
func decode(text string, out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(text), out); err != nil {
		return fmt.Errorf("decode the page's value: %w", err)
	}
	return nil
}
