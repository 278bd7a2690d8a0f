package web

import (
	"fmt"
	"net/url"
	"strings"
)

// Config is what the phone page is told, and where it may connect to.
type Config struct {
	// Title is the heading of the page; at most 80 bytes.
	Title string `yaml:"title"`
	// WebSocketURL is where the page finds the gateway: a path on the page's own host, or a whole ws:// or wss:// URL
	// where a proxy serves the WebSocket elsewhere.
	WebSocketURL string `yaml:"websocket_url"`
	// TokenURL answers GET with {"token": "..."}; a path or a whole http:// or https:// URL. Empty: the page asks its
	// user for a token.
	TokenURL string `yaml:"token_url"`
	// ContactsURL answers GET with [{"number", "name", "description"}]; as TokenURL. Empty: no contacts.
	ContactsURL string `yaml:"contacts_url"`
	// Users are offered for choice and given to TokenURL as ?user=. For demonstrations; at most 50.
	Users []string `yaml:"users"`
}

// DefaultConfig is a page that asks its user for a token.
func DefaultConfig() Config {
	return Config{Title: "Causeway", WebSocketURL: "/ws"}
}

// Validate reports the first fault as a sentence that names the setting.
func (c Config) Validate() error {
	if c.Title == "" || len(c.Title) > 80 {
		return fmt.Errorf("title must have 1 to 80 bytes")
	}
	if c.WebSocketURL == "" {
		return fmt.Errorf("websocket_url must not be empty; the gateway's own path is /ws")
	}
	for _, u := range []struct {
		name, value string
		schemes     []string
	}{
		{"websocket_url", c.WebSocketURL, []string{"ws", "wss"}},
		{"token_url", c.TokenURL, []string{"http", "https"}},
		{"contacts_url", c.ContactsURL, []string{"http", "https"}},
	} {
		if _, err := origin(u.value, u.schemes...); err != nil {
			return fmt.Errorf("%s %w", u.name, err)
		}
	}
	if len(c.Users) > 50 {
		return fmt.Errorf("users has %d entries, at most 50 are allowed", len(c.Users))
	}
	for _, u := range c.Users {
		if u == "" || len(u) > 64 || strings.ContainsFunc(u, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
			return fmt.Errorf("users: %q must be 1 to 64 bytes without control characters", u)
		}
	}
	if len(c.Users) > 0 && c.TokenURL == "" {
		return fmt.Errorf("users needs a token_url that gives each of them a token")
	}
	return nil
}

// origin returns the origin of a URL for a Content-Security-Policy source list (CSP 3, 2.3.1), "" for a path on the
// page's own host.
func origin(text string, schemes ...string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("is not a URL")
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return "", nil
	case u.Host == "" || u.User != nil || strings.ContainsAny(u.Host, " ;,'\"\t"):
		return "", fmt.Errorf("must be a path like /x or a URL with a host and without user")
	}
	for _, s := range schemes {
		if strings.EqualFold(u.Scheme, s) {
			return s + "://" + u.Host, nil
		}
	}
	return "", fmt.Errorf("must be a path like /x or begin with %s://", strings.Join(schemes, ":// or "))
}
