package sipws

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Config says whether and how SIP user agents are served.
type Config struct {
	// Enabled lets user agents connect with the WebSocket subprotocol sip.
	Enabled bool `yaml:"enabled"`
	// Realm is written into the challenges for a token (RFC 8898 4).
	Realm string `yaml:"realm"`
	// AuthzServer is the https URL of the service that gives tokens, for the challenges; empty: auth.issuer, where it is one.
	AuthzServer string `yaml:"authz_server"`
	// MinExpires and MaxExpires bound the time a REGISTER is good for.
	MinExpires time.Duration `yaml:"min_expires"`
	MaxExpires time.Duration `yaml:"max_expires"`
}

// DefaultConfig serves no SIP user agents.
func DefaultConfig() Config {
	return Config{Realm: "causeway", MinExpires: time.Minute, MaxExpires: 10 * time.Minute}
}

// Validate reports everything that is wrong, one sentence each.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Realm == "" || len(c.Realm) > 128 || !plain(c.Realm) {
		bad("sip_websocket.realm must be 1 to 128 printable ASCII characters without quotes and backslashes")
	}
	if u, err := url.Parse(c.AuthzServer); c.AuthzServer != "" && (err != nil || u.Scheme != "https" || u.Host == "" || !plain(c.AuthzServer)) {
		bad("sip_websocket.authz_server %q is not an https URL", c.AuthzServer)
	}
	if c.MinExpires < 10*time.Second || c.MaxExpires < c.MinExpires || c.MaxExpires > 24*time.Hour {
		bad("sip_websocket.min_expires is %v and max_expires %v: keep 10s <= min_expires <= max_expires <= 24h", c.MinExpires, c.MaxExpires)
	}
	return errors.Join(errs...)
}

// plain reports printable ASCII that needs no escape in a quoted string.
func plain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) < 0
}
