package auth

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
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
	Expires time.Time // exp claim; zero: the login has no end of its own
	Issuer  string    // iss claim; "" when a password proves the user
	Lent    bool      // the token names no identity: Verifier.Lend gives IMPI and IMPU for a session
}

// Same reports whether two logins are of the same user: the same identities, or the same person of the same login
// service, to whom they are lent.
func (i Identity) Same(other Identity) bool {
	if i.Lent || other.Lent {
		return i.Lent == other.Lent && i.Issuer == other.Issuer && i.Subject == other.Subject
	}
	return i.IMPI == other.IMPI && i.IMPU == other.IMPU
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

	SchemeRefused Kind = "scheme_refused"
	Insecure      Kind = "insecure_login"
	TooMany       Kind = "too_many_attempts"
	Exhausted     Kind = "pool_exhausted"
)

// Error is a refused token. Err is for the log and holds no part of the token.
type Error struct {
	Kind       Kind
	Err        error
	RetryAfter time.Duration // 0 when not known
}

// Error says what is wrong, without any part of the token.
func (e *Error) Error() string { return string(e.Kind) + ": " + e.Err.Error() }

// Unwrap returns the underlying error.
func (e *Error) Unwrap() error { return e.Err }

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	claims  Claims
	refused bool                // tokens are no accepted scheme
	issuers map[string]*service // by iss
}

// service is one login service.
type service struct {
	audience string
	verifier *oidc.IDTokenVerifier
	pool     *pool // nil: its tokens name whom they like
}

// New reads the key files or prepares the JWKS URLs (which are not fetched before the first token).
func New(config Config) (*Verifier, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	v := &Verifier{claims: config.Claims, refused: !config.allows(SchemeToken), issuers: map[string]*service{}}
	if config.Issuer != "" {
		keys, err := keySet(config.JWKSURL, config.KeyFiles)
		if err != nil {
			return nil, fmt.Errorf("auth.key_files: %w", err)
		}
		v.issuers[config.Issuer] = &service{audience: config.Audience, verifier: verifier(config.Issuer, keys, config)}
	}
	for i, p := range config.Pools {
		keys, err := keySet(p.JWKSURL, p.KeyFiles)
		if err != nil {
			return nil, fmt.Errorf("auth.pools[%d].key_files: %w", i, err)
		}
		pool, err := newPool(p)
		if err != nil {
			return nil, fmt.Errorf("auth.pools[%d]: %w", i, err)
		}
		v.issuers[p.Issuer] = &service{audience: p.Audience, verifier: verifier(p.Issuer, keys, config), pool: pool}
	}
	return v, nil
}

func verifier(iss string, keys oidc.KeySet, config Config) *oidc.IDTokenVerifier {
	return oidc.NewVerifier(iss, keys, &oidc.Config{
		SupportedSigningAlgs: config.Algorithms,
		SkipClientIDCheck:    true, // done here, so that a foreign audience has its own error
		Now:                  func() time.Time { return time.Now().Add(-config.Leeway) },
	})
}

func keySet(jwks string, files []string) (oidc.KeySet, error) {
	if jwks != "" {
		client := &http.Client{Timeout: fetchTimeout}
		return oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), client), jwks), nil
	}
	var set oidc.StaticKeySet
	for _, name := range files {
		key, err := readKey(name)
		if err != nil {
			return nil, err
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
		return Identity{}, &Error{Kind: Missing, Err: errors.New("no token")}
	}
	if len(token) > maxToken {
		return Identity{}, &Error{Kind: Invalid, Err: fmt.Errorf("longer than %d bytes", maxToken)}
	}
	if v.refused {
		return Identity{}, &Error{Kind: SchemeRefused, Err: errors.New("tokens are not accepted")}
	}
	from := v.issuers[issuerOf(token)]
	if from == nil {
		return Identity{}, &Error{Kind: Invalid, Err: errors.New("not a JWT, or issued by another issuer")}
	}
	t, err := from.verifier.Verify(ctx, token)
	if err != nil {
		return Identity{}, classify(err)
	}
	if !slices.Contains(t.Audience, from.audience) {
		return Identity{}, &Error{Kind: Audience, Err: errors.New("made for another audience")}
	}
	var claims map[string]any
	if err := t.Claims(&claims); err != nil {
		return Identity{}, &Error{Kind: Invalid, Err: errors.New("claims are not a JSON object")}
	}
	return v.identity(from.pool, t, claims)
}

// issuerOf reads the iss claim of a token that nobody has verified yet, only to find whose keys may verify it.
func issuerOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(body, &claims); err != nil {
		return ""
	}
	return claims.Issuer
}

// Lend gives the session of a verified identity its telephone identity: the token's own, or a free one of the pool. The
// function returned gives it back, and is called once the network has forgotten the session's registration. instance
// names the browser. The error is an *Error: Exhausted, or Refused when somebody else uses the identity.
func (v *Verifier) Lend(id Identity, instance string) (Identity, func(), error) {
	from := v.issuers[id.Issuer]
	if from == nil || from.pool == nil {
		return id, func() {}, nil
	}
	return from.pool.take(id, instance)
}

// classify sorts the library's errors. Its texts may quote claims, so they are replaced.
func classify(err error) *Error {
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return &Error{Kind: Expired, Err: fmt.Errorf("expired at %s", expired.Expiry.UTC().Format(time.RFC3339))}
	case strings.Contains(err.Error(), "fetching keys"):
		return &Error{Kind: Unavailable, Err: fmt.Errorf("the issuer's keys cannot be fetched: %w", rootOf(err))}
	case strings.Contains(err.Error(), "different provider"):
		return &Error{Kind: Invalid, Err: errors.New("issued by another issuer")}
	case strings.Contains(err.Error(), "nbf"):
		return &Error{Kind: Invalid, Err: errors.New("not valid yet")}
	case strings.Contains(err.Error(), "malformed jwt"):
		return &Error{Kind: Invalid, Err: errors.New("not a JWT signed with an accepted algorithm")}
	default:
		return &Error{Kind: Invalid, Err: errors.New("signature or claims do not verify")}
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

func (v *Verifier) identity(pool *pool, t *oidc.IDToken, claims map[string]any) (Identity, error) {
	id := Identity{Subject: t.Subject, Expires: t.Expiry, Issuer: t.Issuer}
	id.IMPI, _ = claims[v.claims.IMPI].(string)
	id.IMPU, _ = claims[v.claims.IMPU].(string)
	if v.claims.Name != "" {
		name, _ := claims[v.claims.Name].(string)
		id.Name = displayName(name)
	}
	if pool != nil {
		var err error
		if id, err = pool.check(id); err != nil {
			return Identity{}, err
		}
		if id.Lent = id.IMPU == ""; id.Lent {
			if id.Subject == "" {
				return Identity{}, &Error{Kind: Invalid, Err: errors.New("no sub claim: nobody to lend an identity to")}
			}
			return id, nil
		}
	}
	if !impiForm.MatchString(id.IMPI) {
		return Identity{}, &Error{Kind: Refused, Err: fmt.Errorf("claim %q is not a private identity (user@domain)", v.claims.IMPI)}
	}
	if !impuForm.MatchString(id.IMPU) {
		return Identity{}, &Error{Kind: Refused, Err: fmt.Errorf("claim %q is not a public identity (sip:user@domain)", v.claims.IMPU)}
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
