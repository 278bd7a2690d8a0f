package auth

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// maxToken bounds a token before anything parses it, in bytes.
const maxToken = 8 << 10

// fetchTimeout bounds one fetch of the issuer's keys.
const fetchTimeout = 5 * time.Second

// Identity is who a token speaks for.
type Identity struct {
	Subject string    // sub claim: the user in the issuer's words
	IMPI    string    // private identity, user@domain
	IMPU    string    // public identity, sip: URI
	Name    string    // display name, "" when the token has none
	Expires time.Time // exp claim
}

// Kind is what is wrong with a token. Its value is a name of the browser's error catalogue.
type Kind string

// The kinds of refusal.
const (
	Missing     Kind = "token_missing"
	Invalid     Kind = "token_invalid"
	Expired     Kind = "token_expired"
	Audience    Kind = "token_audience"
	Refused     Kind = "identity_refused"
	Unavailable Kind = "issuer_unreachable"
)

// Error is a refused token. Err is for the log and holds no part of the token.
type Error struct {
	Kind Kind
	Err  error
}

// Error says what is wrong, without any part of the token.
func (e *Error) Error() string { return string(e.Kind) + ": " + e.Err.Error() }

// Unwrap returns the underlying error.
func (e *Error) Unwrap() error { return e.Err }

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	config   Config
	verifier *oidc.IDTokenVerifier
}

// New reads the key files or prepares the JWKS URL (which is not fetched before the first token).
func New(config Config) (*Verifier, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	keys, err := keySet(config)
	if err != nil {
		return nil, err
	}
	return &Verifier{config: config, verifier: oidc.NewVerifier(config.Issuer, keys, &oidc.Config{
		SupportedSigningAlgs: config.Algorithms,
		SkipClientIDCheck:    true, // done here, so that a foreign audience has its own error
		Now:                  func() time.Time { return time.Now().Add(-config.Leeway) },
	})}, nil
}

func keySet(config Config) (oidc.KeySet, error) {
	if config.JWKSURL != "" {
		client := &http.Client{Timeout: fetchTimeout}
		return oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), client), config.JWKSURL), nil
	}
	var set oidc.StaticKeySet
	for _, name := range config.KeyFiles {
		key, err := readKey(name)
		if err != nil {
			return nil, fmt.Errorf("auth.key_files: %w", err)
		}
		set.PublicKeys = append(set.PublicKeys, key)
	}
	return &set, nil
}

func readKey(name string) (crypto.PublicKey, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block: a file that begins with -----BEGIN PUBLIC KEY----- is needed", name)
	}
	if block.Type == "CERTIFICATE" {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return cert.PublicKey, nil
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s holds no public key: %w", name, err)
	}
	return key, nil
}

// Verify returns the identity a token speaks for, or an *Error. It may fetch keys; ctx bounds that.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	if token == "" {
		return Identity{}, &Error{Missing, errors.New("no token")}
	}
	if len(token) > maxToken {
		return Identity{}, &Error{Invalid, fmt.Errorf("longer than %d bytes", maxToken)}
	}
	t, err := v.verifier.Verify(ctx, token)
	if err != nil {
		return Identity{}, classify(err)
	}
	if !slices.Contains(t.Audience, v.config.Audience) {
		return Identity{}, &Error{Audience, errors.New("made for another audience")}
	}
	var claims map[string]any
	if err := t.Claims(&claims); err != nil {
		return Identity{}, &Error{Invalid, errors.New("claims are not a JSON object")}
	}
	return v.identity(t, claims)
}

// classify sorts the library's errors. Its texts may quote claims, so they are replaced.
func classify(err error) *Error {
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return &Error{Expired, fmt.Errorf("expired at %s", expired.Expiry.UTC().Format(time.RFC3339))}
	case strings.Contains(err.Error(), "fetching keys"):
		return &Error{Unavailable, fmt.Errorf("the issuer's keys cannot be fetched: %w", rootOf(err))}
	case strings.Contains(err.Error(), "different provider"):
		return &Error{Invalid, errors.New("issued by another issuer")}
	case strings.Contains(err.Error(), "nbf"):
		return &Error{Invalid, errors.New("not valid yet")}
	case strings.Contains(err.Error(), "malformed jwt"):
		return &Error{Invalid, errors.New("not a JWT signed with an accepted algorithm")}
	default:
		return &Error{Invalid, errors.New("signature or claims do not verify")}
	}
}

// rootOf is the innermost error: the network's, not the library's.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// The identities end up in SIP headers, so their form is checked to the letter (TS 23.003 13.3 and 13.4; the character
// set is that of a user part that needs no escaping).
var (
	impiForm = regexp.MustCompile(`^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,128}$`)
	impuForm = regexp.MustCompile(`^sip:[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,128}$`)
)

func (v *Verifier) identity(t *oidc.IDToken, claims map[string]any) (Identity, error) {
	id := Identity{Subject: t.Subject, Expires: t.Expiry}
	id.IMPI, _ = claims[v.config.Claims.IMPI].(string)
	id.IMPU, _ = claims[v.config.Claims.IMPU].(string)
	if !impiForm.MatchString(id.IMPI) {
		return Identity{}, &Error{Refused, fmt.Errorf("claim %q is not a private identity (user@domain)", v.config.Claims.IMPI)}
	}
	if !impuForm.MatchString(id.IMPU) {
		return Identity{}, &Error{Refused, fmt.Errorf("claim %q is not a public identity (sip:user@domain)", v.config.Claims.IMPU)}
	}
	if v.config.Claims.Name != "" {
		name, _ := claims[v.config.Claims.Name].(string)
		id.Name = displayName(name)
	}
	return id, nil
}

// displayName keeps a name that fits on a screen and in a quoted string; anything else is dropped, not repaired.
func displayName(s string) string {
	if len(s) > 80 {
		return ""
	}
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r == '"' || r == '\\' {
			return ""
		}
	}
	return s
}
