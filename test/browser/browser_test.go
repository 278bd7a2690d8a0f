package browser

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway/test/tone"
)

// page is what the browsers open; its script measures the microphone's strongest frequency.
const page = `<!doctype html><title>harness</title><body style="background:#0a0"><h1 id=h>ready</h1><script>
console.log("page", "loaded");
async function microphone() {
  const stream = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  const ctx = new AudioContext();
  await ctx.resume();
  const analyser = ctx.createAnalyser();
  analyser.fftSize = 8192;
  ctx.createMediaStreamSource(stream).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  let last = 0, same = 0; // what a slow machine chops has other frequencies, too, which do not last
  for (let i = 0; i < 300 && same < 5; i++) {
    await new Promise(done => setTimeout(done, 50));
    analyser.getFloatFrequencyData(bins);
    let best = 0;
    bins.forEach((v, k) => { if (v > bins[best]) best = k; });
    if (bins[best] < -60) best = 0;
    same = best > 0 && Math.abs(best - last) < 2 ? same + 1 : 0;
    last = best;
  }
  return last * ctx.sampleRate / analyser.fftSize;
}
</script>`

func serve(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(page)) // a browser that went away is seen by the test
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// each runs a test in both browsers, one after the other: together they would need a gigabyte.
func each(t *testing.T, opt Options, f func(t *testing.T, b Browser)) {
	for _, kind := range Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			b := For(t, kind, opt)
			if err := b.Open(serve(t)); err != nil {
				t.Fatal(err)
			}
			f(t, b)
		})
	}
}

func TestPageIsDrivenSeenAndHears(t *testing.T) {
	each(t, Options{Width: 640, Height: 480, Step: time.Minute, ToneHz: 697}, func(t *testing.T, b Browser) {
		ctx := t.Context()
		var got struct {
			Title  string
			Sum    int
			Secure bool
		}
		if err := b.Eval(ctx, `new Promise(done => setTimeout(() => done({title: document.title, sum: 40 + 2, secure: isSecureContext}), 50))`, &got); err != nil {
			t.Fatal(err)
		}
		if got.Title != "harness" || got.Sum != 42 || !got.Secure {
			t.Errorf("got %+v", got)
		}
		if err := b.Eval(ctx, `undefined`, nil); err != nil {
			t.Errorf("undefined: %v", err)
		}
		if err := b.Eval(ctx, `(() => { throw new Error("no dial tone") })()`, nil); err == nil || !strings.Contains(err.Error(), "no dial tone") {
			t.Errorf("an exception came back as %v", err)
		}
		short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		if err := b.Eval(short, `new Promise(() => {})`, nil); err == nil {
			t.Error("a promise that never settles was awaited to no end")
		}
		raw, err := b.Screenshot()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if r, g, bl, _ := img.At(300, 300).RGBA(); g < 0x8000 || r > 0x2000 || bl > 0x2000 {
			t.Errorf("the page is not green in the screenshot but %x %x %x", r, g, bl)
		}
		for limit := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) { // it may come after the answers
			all := strings.Join(b.Console(), "\n")
			if strings.Contains(all, "log: page loaded") || strings.Contains(all, "info: page loaded") {
				break
			}
			if time.Now().After(limit) {
				t.Fatalf("console: %q", all)
			}
		}
		hears(t, b, 697)
	})
}

func TestPageThatIsLeft(t *testing.T) {
	each(t, Options{}, func(t *testing.T, b Browser) {
		if err := b.Open(serve(t)); err != nil {
			t.Fatal(err)
		}
		err := b.Eval(t.Context(), `(location.reload(), new Promise(() => {}))`, nil)
		if !errors.Is(err, ErrNavigated) {
			t.Errorf("an expression that ends with its page: %v", err)
		}
	})
}

func TestFileMicrophone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "voice.wav")
	var wav bytes.Buffer
	if err := tone.WriteWAV(&wav, tone.Sine(16000, 1250, -6, 4*time.Second), 16000); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, wav.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	each(t, Options{AudioFile: path}, func(t *testing.T, b Browser) { hears(t, b, 1250) })
}

// hears asks the page for the strongest frequency at its microphone.
func hears(t *testing.T, b Browser, want float64) {
	t.Helper()
	var hz float64
	if err := b.Eval(t.Context(), `microphone()`, &hz); err != nil {
		t.Fatal(err)
	}
	if hz < want-15 || hz > want+15 {
		t.Errorf("the microphone gives %g Hz, want %g", hz, want)
	}
}

func TestDeniedMicrophone(t *testing.T) {
	each(t, Options{DenyMicrophone: true}, func(t *testing.T, b Browser) { refused(t, b, "NotAllowedError") })
}

func TestMissingMicrophone(t *testing.T) {
	b := For(t, Chromium, Options{}) // Firefox always finds the silent monitor of its null sink
	if err := b.Open(serve(t)); err != nil {
		t.Fatal(err)
	}
	refused(t, b, "NotFoundError")
}

// refused expects getUserMedia to fail with an error of a name.
func refused(t *testing.T, b Browser, want string) {
	t.Helper()
	var got string
	if err := b.Eval(t.Context(), `navigator.mediaDevices.getUserMedia({audio: true}).then(() => "granted", e => e.name)`, &got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLaunchRefusesUnknownKind(t *testing.T) {
	if _, err := Launch(t.Context(), "netscape", Options{}); err == nil {
		t.Error("an unknown kind was launched")
	}
}

func TestMissingBrowserIsSaidSo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, kind := range Kinds() {
		if _, err := Launch(t.Context(), kind, Options{}); !errors.Is(err, ErrNotInstalled) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
