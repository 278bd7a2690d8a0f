package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func serve(t *testing.T, cfg Config, method, path string, header ...string) *http.Response {
	t.Helper()
	h, err := Handler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestWhatIsServed(t *testing.T) {
	for path, want := range map[string]struct {
		mime string
		cors bool
	}{
		"/":                     {"text/html; charset=utf-8", false},
		"/phone.js":             {"text/javascript; charset=utf-8", false},
		"/phone.css":            {"text/css; charset=utf-8", false},
		"/favicon.svg":          {"image/svg+xml", false},
		"/config.json":          {"application/json", false},
		"/sdk/causeway.js":      {"text/javascript; charset=utf-8", true},
		"/sdk/causeway.mjs":     {"text/javascript; charset=utf-8", true},
		"/sdk/causeway.d.ts":    {"text/plain; charset=utf-8", true},
		"/sdk/types/index.d.ts": {"text/plain; charset=utf-8", true},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			res := serve(t, DefaultConfig(), method, path)
			if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != want.mime {
				t.Errorf("%s %s: %d %s", method, path, res.StatusCode, res.Header.Get("Content-Type"))
			}
			if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: headers %v", path, res.Header)
			}
			if got := res.Header.Get("Access-Control-Allow-Origin") == "*"; got != want.cors {
				t.Errorf("%s: open to other origins: %v", path, got)
			}
			again := serve(t, DefaultConfig(), method, path, "If-None-Match", res.Header.Get("ETag"))
			if again.StatusCode != http.StatusNotModified {
				t.Errorf("%s with its ETag: %d", path, again.StatusCode)
			}
		}
	}
}

func TestWhatIsNotServed(t *testing.T) {
	for _, path := range []string{"/index.html", "/sdk/", "/sdk", "/dist/phone.js", "/sdk/../web.go", "/pages/src/main.ts", "/sdk/phone.js"} {
		if res := serve(t, DefaultConfig(), http.MethodGet, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	res := serve(t, DefaultConfig(), http.MethodPost, "/")
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", res.StatusCode, res.Header)
	}
}

func TestPagePolicy(t *testing.T) {
	cfg := DefaultConfig()
	cfg.WebSocketURL, cfg.TokenURL, cfg.ContactsURL = "wss://gw.example:8443/ws", "https://id.example/token", "/contacts"
	res := serve(t, cfg, http.MethodGet, "/")
	policy := res.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "connect-src 'self' wss://gw.example:8443 https://id.example;"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if !strings.Contains(res.Header.Get("Permissions-Policy"), "microphone=(self)") {
		t.Errorf("permissions %q", res.Header.Get("Permissions-Policy"))
	}
}

// TestPageHasNothingInline holds what the policy would block, and that nothing is loaded from elsewhere.
func TestPageHasNothingInline(t *testing.T) {
	for _, file := range []string{"pages/index.html", "dist/phone.css"} {
		data, err := embedded.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{`<script>`, `<style`, ` style="`, ` onclick=`, `javascript:`, `//cdn`, `@import`} {
			if strings.Contains(string(data), bad) {
				t.Errorf("%s holds %q", file, bad)
			}
		}
		if u := regexp.MustCompile(`https?://[^"' )]+`).Find(data); u != nil {
			t.Errorf("%s names %s", file, u)
		}
	}
}

func TestPageConfig(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Title, cfg.TokenURL, cfg.ContactsURL, cfg.Users = "Demo", "/token", "/handsets", []string{"alice"}
	var got map[string]any
	if err := json.NewDecoder(serve(t, cfg, http.MethodGet, "/config.json").Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"title": "Demo", "ws": "/ws", "tokenUrl": "/token", "handsetsUrl": "/handsets"} {
		if got[name] != want {
			t.Errorf("%s is %v, want %s", name, got[name], want)
		}
	}
	if users, _ := got["users"].([]any); len(users) != 1 || users[0] != "alice" {
		t.Errorf("users %v", got["users"])
	}
}

func TestConfigRefusals(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Title = "" }, "title"},
		{func(c *Config) { c.WebSocketURL = "" }, "websocket_url must not be empty"},
		{func(c *Config) { c.WebSocketURL = "http://gw.example/ws" }, "websocket_url must be a path like /x or begin with ws:// or wss://"},
		{func(c *Config) { c.TokenURL = "token" }, "token_url must be a path"},
		{func(c *Config) { c.TokenURL = "javascript:alert(1)" }, "token_url"},
		{func(c *Config) { c.TokenURL = "https://user:secret@id.example/" }, "without user"},
		{func(c *Config) { c.ContactsURL = "https://a.example;script-src *" }, "contacts_url"},
		{func(c *Config) { c.ContactsURL = "//evil.example/x" }, "contacts_url"},
		{func(c *Config) { c.Users = []string{"alice"} }, "needs a token_url"},
		{func(c *Config) { c.TokenURL, c.Users = "/t", make([]string, 51) }, "at most 50"},
		{func(c *Config) { c.TokenURL, c.Users = "/t", []string{"a\n"} }, "control characters"},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		_, err := Handler(cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", cfg, err, c.want)
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}
