package auth

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Config says how users log in: whose tokens are accepted, where the identities stand in them, and whether passwords are.
type Config struct {
	// Schemes are the accepted ways to log in: token, digest.
	Schemes []string `yaml:"schemes"`
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
	// Pools are further login services, each with telephone identities it may hand out (TS 33.203 X scenario 3).
	Pools []PoolConfig `yaml:"pools"`
	// Digest is about passwords.
	Digest DigestConfig `yaml:"digest"`
}

// allows reports an accepted scheme.
func (c Config) allows(scheme string) bool { return slices.Contains(c.Schemes, scheme) }

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
		Schemes:    []string{SchemeToken},
		Audience:   "causeway",
		Algorithms: []string{"RS256", "ES256"},
		Claims:     Claims{IMPI: "impi", IMPU: "impu", Name: "name"},
		Leeway:     30 * time.Second,
		Digest:     DigestConfig{AnswerTimeout: 8 * time.Second, AttemptsPerAddress: 60, AttemptsPerIdentity: 10},
	}
}

// Validate reports everything that is wrong, one sentence each.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Schemes) == 0 {
		bad("auth.schemes is empty: name token, digest or both")
	}
	for _, name := range c.Schemes {
		if name != SchemeToken && name != SchemeDigest {
			bad("auth.schemes: %q is neither token nor digest", name)
		}
	}
	// With pools the one issuer may be left out; with passwords alone nobody needs a token.
	if c.allows(SchemeToken) && (len(c.Pools) == 0 || c.Issuer != "") {
		if c.Issuer == "" {
			bad("auth.issuer is empty: set it to the iss value of your login service's tokens")
		}
		if c.Audience == "" {
			bad("auth.audience is empty: set it to the aud value that your login service writes for this gateway")
		}
		errs = append(errs, validKeys("auth", c.JWKSURL, c.KeyFiles)...)
	}
	errs = append(errs, c.Digest.validate()...)
	errs = append(errs, validPools(c)...)
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

// validKeys reports what is wrong with the place of a login service's keys.
func validKeys(where, jwks string, files []string) (errs []error) {
	switch {
	case jwks == "" && len(files) == 0:
		errs = append(errs, fmt.Errorf("%[1]s has no keys: set %[1]s.jwks_url or %[1]s.key_files", where))
	case jwks != "" && len(files) != 0:
		errs = append(errs, fmt.Errorf("%[1]s.jwks_url and %[1]s.key_files exclude each other: keep one", where))
	case jwks != "":
		if u, err := url.Parse(jwks); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			errs = append(errs, fmt.Errorf("%s.jwks_url %q is not an http or https URL", where, jwks))
		}
	}
	return errs
}
