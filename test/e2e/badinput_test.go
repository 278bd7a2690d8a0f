//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"causeway/signaling/wire"
	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/rig"
)

func TestBadTokens(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	tests := []struct {
		name, query, want string
		code              int
	}{
		{"expired", "user=alice&expired=1", "token_expired", wire.CloseToken},
		{"not yet valid", "user=alice&notyet=1", "token_invalid", wire.CloseToken},
		{"forged signature", "user=alice&forged=1", "token_invalid", wire.CloseToken},
		{"alg none", "user=alice&alg=none", "token_invalid", wire.CloseToken},
		{"HMAC", "user=alice&alg=HS256", "token_invalid", wire.CloseToken},
		{"foreign audience", "user=alice&audience=wrong", "token_audience", wire.CloseToken},
		{"foreign issuer", "user=alice&issuer=" + url.QueryEscape("https://evil.example"), "token_invalid", wire.CloseToken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := token(t, b, tt.query)
			r := connect(t, b)
			clearError(t, r.login(text), tt.want)
			if code := r.closeCode(); code != tt.code {
				t.Errorf("closed with %d, want %d", code, tt.code)
			}
			if strings.Contains(b.Gateway.Log(), text) || strings.Contains(b.Gateway.Log(), text[len(text)/2:]) {
				t.Error("the log holds the token")
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		r := connect(t, b)
		r.send(`{"jsonrpc":"2.0","id":1,"method":"session.login","params":{"instance":"7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8aa"}}`)
		clearError(t, r.answer(), "token_missing")
	})
	t.Run("none of this reached the core", func(t *testing.T) {
		if n := b.Metric("causeway_registrations_total"); n != 0 {
			t.Errorf("%v registrations", n)
		}
	})
	nothingLeft(t, b)
}

func TestForeignOrigin(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	for _, origin := range []string{"https://evil.example", "null", b.URL + ".evil.example", strings.Replace(b.URL, "http", "https", 1)} {
		if r, res := dial(t, b, origin); r != nil || res == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("origin %q: %v", origin, res)
		}
	}
	b.Until("the count of all four", rig.Patience, func() bool { return b.Metric(`causeway_websockets_refused_total{reason="origin"}`) == 4 })
}

func TestBadFrames(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	good := token(t, b, "user=alice")
	tests := []struct{ name, text, want string }{
		{"no JSON", `{"jsonrpc":`, "parse_error"},
		{"no UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", "parse_error"},
		{"a batch", `[{"jsonrpc":"2.0","id":1,"method":"session.ping"}]`, "invalid_request"},
		{"a number", `7`, "invalid_request"},
		{"no id", `{"jsonrpc":"2.0","method":"session.ping"}`, "invalid_request"},
		{"too deep", `{"jsonrpc":"2.0","id":1,"method":"session.ping","params":{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}}`, "invalid_request"},
		{"unknown method", `{"jsonrpc":"2.0","id":1,"method":"call.fly","params":{}}`, "method_unknown"},
		{"wrong parameter", `{"jsonrpc":"2.0","id":1,"method":"call.start","params":{"call":"a b","target":"1","sdp":"v=0"}}`, "params_invalid"},
		{"before the login", `{"jsonrpc":"2.0","id":1,"method":"call.hangup","params":{"call":"x"}}`, "login_required"},
		{"header in a number", `{"jsonrpc":"2.0","id":1,"method":"call.start","params":{"call":"x","target":"1\r\nRoute: <sip:evil>","sdp":"v=0"}}`, "params_invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := connect(t, b)
			r.send(tt.text)
			clearError(t, r.answer(), tt.want)
			r.send(`{"jsonrpc":"2.0","id":2,"method":"session.ping","params":{}}`)
			if f := r.answer(); f.Result == nil {
				t.Errorf("the socket is of no use afterwards: %+v", f)
			}
		})
	}
	t.Run("oversized frame", func(t *testing.T) {
		r := connect(t, b)
		r.send(`{"x":"` + strings.Repeat("a", 70_000) + `"}`)
		if code := r.closeCode(); code != wire.CloseTooBig {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("ten bad frames", func(t *testing.T) {
		r := connect(t, b)
		for range 10 {
			r.send("{")
		}
		if code := r.closeCode(); code != wire.CloseBadFrames {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("bad SDP", func(t *testing.T) {
		r := connect(t, b)
		if f := r.login(good); f.Result == nil {
			t.Fatalf("login: %+v", f)
		}
		r.registered()
		for name, sdp := range map[string]string{"rubbish": "v=0 rubbish", "no audio": "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"} {
			r.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,"method":"call.start","params":{"call":"c","target":"+15550101","sdp":%q}}`, name, sdp))
			f := r.answer()
			if f.Error == nil || (f.Error.Data.Name != "sdp_invalid" && f.Error.Data.Name != "media_incompatible") {
				t.Errorf("%s: %+v", name, f)
			}
		}
	})
	nothingLeft(t, b)
}

// nothingLeft waits until the gateway holds no socket, call or media of a test.
func nothingLeft(t *testing.T, b *rig.Bed) {
	t.Helper()
	b.Until("the gateway to be empty", rig.Patience, func() bool {
		return b.Metric("causeway_calls") == 0 && b.Metric("causeway_media_sessions") == 0
	})
	if n := b.Metric("causeway_panics_total"); n != 0 {
		t.Errorf("%v panics", n)
	}
	b.Clean()
}

// TestCoreDown: the page says that the network cannot be reached, and comes up by itself when it can.
func TestCoreDown(t *testing.T) {
	b := rig.Start(t, rig.Options{
		Lab: func(c *lab.Config) { c.NoCore, c.NoHandsets = true, true },
		Env: []string{"CAUSEWAY_IMS_CORE_ADDRESS=127.0.0.1:1", "CAUSEWAY_IMS_CORE_TRANSPORT=tcp", "CAUSEWAY_IMS_REGISTER_RETRY=1s"},
	})
	res, err := http.Get(b.Admin + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	r := connect(t, b)
	if f := r.login(token(t, b, "user=alice")); f.Result == nil {
		t.Fatalf("login: %+v", f)
	}
	for {
		_, data, err := r.conn.ReadMessage()
		if err != nil {
			t.Fatalf("no session.registration: %v", err)
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		if f.Method != "session.registration" || f.Params["state"] != "failed" {
			continue
		}
		e, _ := f.Params["error"].(map[string]any)
		if e["name"] != "core_unreachable" || e["hint"] == "" || e["retryable"] != true {
			t.Errorf("error %v", e)
		}
		break
	}
	r.send(`{"jsonrpc":"2.0","id":3,"method":"call.start","params":{"call":"c","target":"+15550101","sdp":"v=0"}}`)
	clearError(t, r.answer(), "not_registered")
	b.Until("readyz to say so", rig.Patience, func() bool {
		res, err := http.Get(b.Admin + "/readyz")
		if err != nil {
			return false
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		return res.StatusCode == http.StatusServiceUnavailable && len(text) > 10
	})
	b.Until("a line in the log", rig.Patience, func() bool { return strings.Contains(b.Gateway.Log(), "registration") })
}

// TestPolicyDown: with best effort the call goes on, with required it ends with a clear reason; so it does when the PCRF
// refuses or ends the session.
func TestPolicyDown(t *testing.T) {
	tests := []struct{ mode, policy, want string }{
		{"best-effort", "silent", ""}, {"required", "silent", "core_unreachable"},
		{"best-effort", "reject5065", ""}, {"required", "reject5065", "policy_rejected"},
		{"required", "reject5063", "policy_rejected"}, {"required", "grant", ""},
	}
	for _, tt := range tests {
		t.Run(tt.mode+" "+tt.policy, func(t *testing.T) {
			env := []string{"CAUSEWAY_SESSION_POLICY=" + tt.mode}
			if tt.policy == "silent" { // one that answers may be late
				env = append(env, "CAUSEWAY_RX_TIMEOUT=500ms")
			}
			b := rig.Start(t, rig.Options{Env: env})
			if err := b.Lab.PCRF.SetPolicy("", tt.policy); err != nil {
				t.Fatal(err)
			}
			p := b.Open(browser.Chromium, pageHz)
			p.Dial("+15550101")
			if tt.want == "" {
				p.State("active")
				p.HearsTone(pageHz)
				p.Click("hangup")
				p.Until("no call", `window.causeway.phone.calls.length === 0`)
				nothingLeft(t, b)
				return
			}
			said, _ := wire.Lookup(tt.want)
			p.Until("the hint", fmt.Sprintf(`document.querySelector('[data-testid="error"]').textContent.includes(%q)`, said.Hint))
			b.Until("a line in the log", rig.Patience, func() bool { return strings.Contains(b.Gateway.Log(), `"cause":"`+tt.want+`"`) })
			nothingLeft(t, b)
		})
	}
	t.Run("the PCRF ends the call", func(t *testing.T) {
		b := rig.Start(t, rig.Options{})
		p := b.Open(browser.Chromium, pageHz)
		p.Dial("+15550101")
		p.State("active")
		p.HearsTone(pageHz)
		b.Until("the Rx session", rig.Patience, func() bool { return b.Metric("causeway_rx_sessions") == 1 })
		res, err := http.Post(b.Lab.URL()+"/rx/abort", "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		said, _ := wire.Lookup("policy_released")
		p.Until("the hint", fmt.Sprintf(`document.querySelector('[data-testid="error"]').textContent.includes(%q)`, said.Hint))
		nothingLeft(t, b)
	})
}

// TestMicrophoneDenied: the user refuses the microphone; the page says what to do and nothing was called.
func TestMicrophoneDenied(t *testing.T) {
	for _, kind := range browser.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			b := rig.Start(t, rig.Options{})
			p := b.OpenWith(kind, browser.Options{DenyMicrophone: true}, "/")
			p.Until("the phone to be ready", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
			p.Dial("+15550101")
			said, _ := wire.Lookup("microphone_denied")
			p.Until("the hint", fmt.Sprintf(`document.querySelector('[data-testid="error"]').textContent.includes(%q)`, said.Hint))
			p.Shot("microphone-denied-" + string(kind))
			if n := len(b.Lab.Calls()); n != 0 {
				t.Errorf("%d calls reached the handsets", n)
			}
			nothingLeft(t, b)
		})
	}
}

// TestExpiredTokenInThePage: a page whose token endpoint gives an expired token says so.
func TestExpiredTokenInThePage(t *testing.T) {
	b := rig.Start(t, rig.Options{Last: func(b *rig.Bed, env *[]string) {
		*env = append(*env, "CAUSEWAY_WEB_TOKEN_URL="+b.Lab.URL()+"/token?expired=1")
	}})
	p := b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/?tone=440")
	said, _ := wire.Lookup("token_expired")
	p.Until("the hint", fmt.Sprintf(`document.querySelector('[data-testid="error"]').textContent.includes(%q)`, said.Hint))
	p.Shot("token-expired")
}

// TestDrain: SIGTERM lets the running call go on, refuses new ones and ends the process when the call has ended.
func TestDrain(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	p := b.Open(browser.Chromium, pageHz)
	p.Dial("+15550101")
	p.State("active")
	p.HearsTone(pageHz)
	b.Gateway.Signal(syscall.SIGTERM)
	b.Until("the drain to begin", rig.Patience, func() bool { return strings.Contains(b.Gateway.Log(), `"msg":"draining"`) })
	b.Until("readyz to say so", rig.Patience, func() bool {
		res, err := http.Get(b.Admin + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusServiceUnavailable
	})
	r := connect(t, b)
	clearError(t, r.login(token(t, b, "user=bob")), "draining")
	p.HearsTone(pageHz)
	p.Click("hangup")
	b.Gateway.Wait(t, rig.Patience)
	if !strings.Contains(b.Gateway.Log(), `"msg":"stopped"`) {
		t.Error("the gateway did not stop in order")
	}
	if n := len(b.Lab.Core.Bindings()); n != 0 {
		t.Errorf("%d registrations were left behind", n)
	}
	b.Clean()
}
