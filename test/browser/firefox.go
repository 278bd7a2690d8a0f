package browser

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// firefox drives Firefox by WebDriver BiDi.
type firefox struct {
	opt   Options
	dir   string
	proc  *process
	sound *pulse
	bidi  *bidi
	tab   string // browsing context id
	stop  func() bool

	console consoleLog
	once    sync.Once
}

// firefoxPrefs is the profile's user.js.
func firefoxPrefs(opt Options) map[string]any {
	prefs := map[string]any{
		"media.autoplay.default": 0, "media.navigator.permission.disabled": !opt.DenyMicrophone,
		// A file is played through the sound server's microphone; a tone or hum is Firefox's own fake one.
		"media.navigator.streams.fake": opt.AudioFile == "" && (opt.FakeMic || opt.ToneHz != 0 || opt.DenyMicrophone),
		// Quiet: nothing leaves the machine, no first-run pages.
		"app.normandy.enabled": false, "toolkit.telemetry.enabled": false, "datareporting.policy.dataSubmissionEnabled": false,
		"network.captive-portal-service.enabled": false, "network.connectivity-service.enabled": false, "extensions.update.enabled": false,
		"app.update.disabledForTesting": true, "browser.safebrowsing.update.enabled": false, "media.gmp-provider.enabled": false, "media.gmp-manager.url": "data:text/plain,",
		"services.settings.server": "data:,#remote-settings-dummy/v1", "browser.shell.checkDefaultBrowser": false,
		"browser.startup.page": 0, "browser.startup.homepage": "about:blank", "browser.aboutwelcome.enabled": false, "toolkit.cosmeticAnimations.enabled": false,
		"browser.sessionstore.resume_from_crash": false, "remote.prefs.recommended": true, "dom.min_background_timeout_value": 4,
	}
	if opt.ToneHz != 0 {
		prefs["media.navigator.audio.fake_frequency"] = int(opt.ToneHz)
	}
	if opt.DenyMicrophone {
		prefs["permissions.default.microphone"] = 2
	}
	if opt.AllowLoopback {
		prefs["media.peerconnection.ice.loopback"] = true
	}
	maps.Copy(prefs, opt.Prefs)
	return prefs
}

// writeProfile writes user.js.
func writeProfile(dir string, prefs map[string]any) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(prefs)) {
		value, err := json.Marshal(prefs[name])
		if err != nil {
			return fmt.Errorf("preference %s: %w", name, err)
		}
		b.WriteString("user_pref(" + strconv.Quote(name) + ", " + string(value) + ");\n")
	}
	return os.WriteFile(filepath.Join(dir, "user.js"), []byte(b.String()), 0o600)
}

func launchFirefox(ctx context.Context, path, dir string, opt Options) (Browser, error) {
	f := &firefox{opt: opt, dir: dir, stop: func() bool { return true }}
	if err := f.start(ctx, path); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *firefox) start(ctx context.Context, path string) (err error) {
	if err = writeProfile(f.dir+"/profile", firefoxPrefs(f.opt)); err != nil {
		return err
	}
	if f.sound, err = startPulse(ctx, f.dir+"/sound", f.opt.AudioFile); err != nil {
		return err
	}
	env := []string{"HOME=" + f.dir, "PULSE_SERVER=" + f.sound.server, "MOZ_HEADLESS_WIDTH=" + strconv.Itoa(f.opt.Width), "MOZ_HEADLESS_HEIGHT=" + strconv.Itoa(f.opt.Height),
		"MOZ_DISABLE_CONTENT_SANDBOX=1", "MOZ_CRASHREPORTER_DISABLE=1", "XDG_RUNTIME_DIR=" + f.dir, "DBUS_SESSION_BUS_ADDRESS="}
	args := []string{"--headless", "--no-remote", "--new-instance", "--remote-debugging-port=0", "--profile", f.dir + "/profile",
		"--width=" + strconv.Itoa(f.opt.Width), "--height=" + strconv.Itoa(f.opt.Height)}
	var url string
	if f.proc, url, err = startProcess(ctx, env, urlAfter("WebDriver BiDi listening on "), path, append(append(args, f.opt.Flags...), "about:blank")...); err != nil {
		return err
	}
	f.stop = context.AfterFunc(ctx, f.proc.kill)
	limited, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if f.bidi, err = dialBidi(limited, strings.TrimSuffix(url, "/")+"/session", f.event); err != nil {
		return err
	}
	wanted := map[string]any{"acceptInsecureCerts": f.opt.AnyCertificate}
	if err = f.bidi.call(limited, "session.new", map[string]any{"capabilities": map[string]any{"alwaysMatch": wanted}}, nil); err != nil {
		return err
	}
	if err = f.bidi.call(limited, "session.subscribe", map[string]any{"events": []string{"log.entryAdded"}}, nil); err != nil {
		return err
	}
	var tab struct {
		Context string `json:"context"`
	}
	if err = f.bidi.call(limited, "browsingContext.create", map[string]any{"type": "tab"}, &tab); err != nil {
		return err
	}
	f.tab = tab.Context
	return nil
}

// event collects console lines.
func (f *firefox) event(method string, params json.RawMessage) {
	var entry struct{ Level, Text string }
	if method == "log.entryAdded" && json.Unmarshal(params, &entry) == nil {
		f.console.add(entry.Level + ": " + entry.Text)
	}
}

// step calls one command within the time limit of one step.
func (f *firefox) step(ctx context.Context, method string, params map[string]any, out any) error {
	limited, cancel := context.WithTimeout(ctx, f.opt.Step)
	defer cancel()
	if err := f.bidi.call(limited, method, params, out); err != nil {
		return fmt.Errorf("firefox: %w", err)
	}
	return nil
}

func (f *firefox) Kind() Kind { return Firefox }

func (f *firefox) Open(url string) error {
	return f.step(context.Background(), "browsingContext.navigate", map[string]any{"context": f.tab, "url": url, "wait": "complete"}, nil)
}

func (f *firefox) Eval(ctx context.Context, js string, out any) error {
	var answer struct {
		Type   string
		Result struct {
			Value string `json:"value"`
		}
		ExceptionDetails struct {
			Text string `json:"text"`
		}
	}
	params := map[string]any{"expression": wrapped(js), "target": map[string]any{"context": f.tab}, "awaitPromise": true, "resultOwnership": "none", "userActivation": true}
	err := f.step(ctx, "script.evaluate", params, &answer)
	if err != nil && strings.Contains(err.Error(), "DiscardedBrowsingContextError") {
		return fmt.Errorf("%w: %w", ErrNavigated, err)
	}
	if err != nil {
		return err
	}
	if answer.Type != "success" {
		return fmt.Errorf("firefox: evaluate: %s", answer.ExceptionDetails.Text)
	}
	return decode(answer.Result.Value, out)
}

func (f *firefox) Screenshot() ([]byte, error) {
	var shot struct{ Data string }
	if err := f.step(context.Background(), "browsingContext.captureScreenshot", map[string]any{"context": f.tab}, &shot); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(shot.Data)
}

func (f *firefox) Console() []string { return f.console.all() }

func (f *firefox) Close() {
	f.once.Do(func() {
		f.stop()
		if f.proc != nil {
			f.proc.kill()
		}
		if f.bidi != nil {
			f.bidi.close()
		}
		if f.sound != nil {
			f.sound.close()
		}
		_ = os.RemoveAll(f.dir) // a temporary directory; nothing to tell anyone
	})
}
