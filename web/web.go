package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed pages/index.html pages/favicon.svg dist
var embedded embed.FS

// asset is one embedded file, ready to be served. It is never changed after Handler made it.
type asset struct {
	data   []byte
	mime   string
	etag   string
	shared bool // part of the SDK: pages of other origins may load it
	page   bool // an HTML page, which gets the page's headers
}

// handler serves a fixed set of assets.
type handler struct {
	assets map[string]asset
	policy string // Content-Security-Policy of the page
}

// Handler serves the phone page, the SDK and /config.json for GET and HEAD. The configuration must be valid; an error
// says what is not. The handler keeps no state and may be used by any number of goroutines.
func Handler(cfg Config) (http.Handler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	h := &handler{assets: make(map[string]asset), policy: contentPolicy(cfg)}
	page := map[string]string{
		"/": "pages/index.html", "/favicon.svg": "pages/favicon.svg", "/phone.js": "dist/phone.js", "/phone.css": "dist/phone.css",
	}
	for at, file := range page {
		if err := h.add(at, file); err != nil {
			return nil, err
		}
	}
	err := fs.WalkDir(embedded, "dist", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(file, "dist/phone.") {
			return err
		}
		return h.add("/sdk/"+strings.TrimPrefix(file, "dist/"), file)
	})
	if err != nil {
		return nil, fmt.Errorf("web: list embedded files: %w", err)
	}
	settings, err := json.Marshal(pageConfig{cfg.Title, cfg.WebSocketURL, cfg.TokenURL, cfg.ContactsURL, append([]string{}, cfg.Users...)})
	if err != nil {
		return nil, fmt.Errorf("web: encode config.json: %w", err)
	}
	h.assets["/config.json"] = newAsset("config.json", settings)
	return h, nil
}

// pageConfig is /config.json.
type pageConfig struct {
	Title       string   `json:"title"`
	WebSocket   string   `json:"ws"`
	TokenURL    string   `json:"tokenUrl"`
	HandsetsURL string   `json:"handsetsUrl"`
	Users       []string `json:"users"`
}

func (h *handler) add(at, file string) error {
	data, err := embedded.ReadFile(file)
	if err != nil {
		return fmt.Errorf("web: read embedded file: %w", err)
	}
	a := newAsset(file, data)
	a.shared = strings.HasPrefix(at, "/sdk/")
	h.assets[at] = a
	return nil
}

func newAsset(name string, data []byte) asset {
	sum := sha256.Sum256(data)
	mime, ok := map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
		".mjs": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".json": "application/json",
	}[path.Ext(name)]
	if !ok {
		mime = "text/plain; charset=utf-8" // type declarations
	}
	return asset{data: data, mime: mime, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, page: path.Ext(name) == ".html"}
}

// contentPolicy allows the page what it needs and nothing else: its own script and style, no inline ones, and
// connections to this origin and to the hosts of the configuration. No script of the page writes HTML, so trusted types
// are demanded (CSP 3; Trusted Types).
func contentPolicy(cfg Config) string {
	connect := []string{"'self'"}
	for _, u := range []string{cfg.WebSocketURL, cfg.TokenURL, cfg.ContactsURL} {
		if o, err := origin(u, "ws", "wss", "http", "https"); err == nil && o != "" {
			connect = append(connect, o)
		}
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "media-src 'self' blob: mediastream:",
		"connect-src " + strings.Join(connect, " "), "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	}, "; ")
}

// ServeHTTP answers with an embedded file, 304 when the browser has it, 404 or 405.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	a, ok := h.assets[r.URL.Path]
	switch {
	case !ok:
		http.Error(w, "There is nothing here.", http.StatusNotFound)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are possible here.", http.StatusMethodNotAllowed)
		return
	}
	header.Set("Content-Type", a.mime)
	header.Set("ETag", a.etag)
	header.Set("Cache-Control", "no-cache") // may be kept, must be asked for: a new gateway's page is there at once
	if a.shared {
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	} else {
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
	}
	if a.page {
		header.Set("Content-Security-Policy", h.policy)
		header.Set("Permissions-Policy", "microphone=(self), speaker-selection=(self), camera=(self), geolocation=(), display-capture=(), usb=(), payment=()")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("X-Frame-Options", "DENY")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.data))
}
