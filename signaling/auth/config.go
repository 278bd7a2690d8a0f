package auth

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Config says whose tokens are accepted and where the identities stand in them.
type Config struct {
	// Issuer is the exact value of the iss claim (RFC 7519 4.1.1).
	Issuer string `yaml:"issuer"`
	// Audience must be one of the values of the aud claim (RFC 7519 4.1.3).
	Audience string `yaml:"audience"`
	// JWKSURL is where the issuer publishes its keys (RFC 7517). Either this or KeyFiles.
	JWKSURL string `yaml:"jwks_url"`
	// KeyFiles are PEM files with public keys, for issuers without a JWKS URL.
	KeyFiles []string `yaml:"key_files"`
	// Algorithms are the accepted signature algorithms; "none" and HMAC are not accepted at all.
	Algorithms []string `yaml:"algorithms"`
	// Claims name the claims that carry the identities.
	Claims Claims `yaml:"claims"`
	// Leeway is the accepted difference of clocks for exp and nbf, 0 to 5 minutes.
	Leeway time.Duration `yaml:"leeway"`
}

// Claims are claim names.
type Claims struct {
	IMPI string `yaml:"impi"` // private identity, user@domain (TS 23.003 13.3)
	IMPU string `yaml:"impu"` // public identity, sip: or tel: URI (TS 23.003 13.4)
	Name string `yaml:"name"` // display name, may be absent
}

// algorithms that a public key can verify; a shared secret between issuer and gateway would let either forge the other.
var algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// DefaultConfig accepts RS256 and ES256; issuer, audience and keys have no default, because only the operator knows.
func DefaultConfig() Config {
	return Config{
		Audience:   "causeway",
		Algorithms: []string{"RS256", "ES256"},
		Claims:     Claims{IMPI: "impi", IMPU: "impu", Name: "name"},
		Leeway:     30 * time.Second,
	}
}

// Validate reports everything that is wrong, one sentence each.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Issuer == "" {
		bad("auth.issuer is empty: set it to the iss value of your login service's tokens")
	}
	if c.Audience == "" {
		bad("auth.audience is empty: set it to the aud value that your login service writes for this gateway")
	}
	switch {
	case c.JWKSURL == "" && len(c.KeyFiles) == 0:
		bad("auth has no keys: set auth.jwks_url or auth.key_files")
	case c.JWKSURL != "" && len(c.KeyFiles) != 0:
		bad("auth.jwks_url and auth.key_files exclude each other: keep one")
	case c.JWKSURL != "":
		if u, err := url.Parse(c.JWKSURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			bad("auth.jwks_url %q is not an http or https URL", c.JWKSURL)
		}
	}
	if len(c.Algorithms) == 0 {
		bad("auth.algorithms is empty: name at least one of %v", algorithms)
	}
	for _, a := range c.Algorithms {
		if !slices.Contains(algorithms, a) {
			bad("auth.algorithms: %q is not accepted: use some of %v", a, algorithms)
		}
	}
	if c.Claims.IMPI == "" || c.Claims.IMPU == "" {
		bad("auth.claims.impi and auth.claims.impu must both name a claim")
	}
	if c.Leeway < 0 || c.Leeway > 5*time.Minute {
		bad("auth.leeway is %v: keep it between 0s and 5m", c.Leeway)
	}
	return errors.Join(errs...)
}
