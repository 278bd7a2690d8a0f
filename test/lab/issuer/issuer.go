package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Lifetime of a good token unless asked otherwise.
const Lifetime = time.Hour

// ErrUnknownUser answers a token for nobody.
var ErrUnknownUser = errors.New("no such user")

// User is somebody who may log in.
type User struct {
	Name   string // alice
	Number string // +15550001
}

// Config of the issuer.
type Config struct {
	Issuer     string // base URL; the iss claim
	Audience   string // "" = causeway
	HomeDomain string
	Users      []User
}

// Issuer signs tokens. Safe for concurrent use.
type Issuer struct {
	cfg Config
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
	bad *ecdsa.PrivateKey // signs tokens with a key that is not published
}

// New makes the keys.
func New(cfg Config) (*Issuer, error) {
	if cfg.Audience == "" {
		cfg.Audience = "causeway"
	}
	i := &Issuer{cfg: cfg}
	var err1, err2, err3 error
	i.rsa, err1 = rsa.GenerateKey(rand.Reader, 2048)
	i.ec, err2 = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	i.bad, err3 = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return i, errors.Join(err1, err2, err3)
}

// Token is what the token endpoint answers.
type Token struct {
	Token   string    `json:"token"`
	User    string    `json:"user"`
	Number  string    `json:"number"`
	Expires time.Time `json:"expires"`
}

// Wish says how a token is to be, and what is to be wrong with it.
type Wish struct {
	User      string
	Algorithm string        // "" = ES256, RS256, none, HS256 (signed with the public key, the old trick)
	Lifetime  time.Duration // 0 = an hour
	Expired   bool          // exp an hour ago
	NotYet    bool          // nbf in an hour
	Audience  string        // "" = the right one
	Issuer    string        // "" = the right one
	Forged    bool          // signed by a key nobody published, under a good kid
	Identity  string        // impu of another number instead of the user's
	// NoIdentity leaves both identities out: the gateway has to lend one.
	NoIdentity bool
}

// Issue makes a token.
func (i *Issuer) Issue(w Wish) (Token, error) {
	user, ok := i.find(w.User)
	if !ok && w.User != "unknown" {
		return Token{}, ErrUnknownUser
	}
	if !ok { // a well-signed token for somebody the core does not know
		user = User{Name: "unknown", Number: "+15559999"}
	}
	now := time.Now()
	life := w.Lifetime
	if life == 0 {
		life = Lifetime
	}
	exp := now.Add(life)
	if w.Expired {
		exp = now.Add(-time.Hour)
	}
	number := user.Number
	if w.Identity != "" {
		number = w.Identity
	}
	claims := jwt.MapClaims{"iss": or(w.Issuer, i.cfg.Issuer), "aud": or(w.Audience, i.cfg.Audience), "sub": user.Name,
		"iat": now.Add(-time.Second).Unix(), "exp": exp.Unix(), "jti": rand.Text(), "name": user.Name,
		"impi": strings.TrimPrefix(number, "+") + "@" + i.cfg.HomeDomain,
		"impu": "sip:" + number + "@" + i.cfg.HomeDomain}
	if w.NoIdentity {
		delete(claims, "impi")
		delete(claims, "impu")
	}
	if w.NotYet {
		claims["nbf"] = now.Add(time.Hour).Unix()
	}
	if w.Expired {
		claims["iat"] = now.Add(-2 * time.Hour).Unix()
	}
	text, err := i.sign(claims, w)
	return Token{Token: text, User: user.Name, Number: number, Expires: exp.UTC().Truncate(time.Second)}, err
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (i *Issuer) find(name string) (User, bool) {
	for _, u := range i.cfg.Users {
		if u.Name == name || u.Number == name {
			return u, true
		}
	}
	return User{}, false
}

func (i *Issuer) sign(claims jwt.MapClaims, w Wish) (string, error) {
	var method jwt.SigningMethod = jwt.SigningMethodES256
	var key any = i.ec
	kid := "es256"
	switch w.Algorithm {
	case "", "ES256":
	case "RS256":
		method, key, kid = jwt.SigningMethodRS256, i.rsa, "rs256"
	case "none":
		method, key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
	case "HS256":
		method, key, kid = jwt.SigningMethodHS256, i.rsa.N.Bytes(), "rs256"
	default:
		return "", fmt.Errorf("no such algorithm: %q", w.Algorithm)
	}
	if w.Forged {
		method, key, kid = jwt.SigningMethodES256, i.bad, "es256"
	}
	t := jwt.NewWithClaims(method, claims)
	t.Header["kid"] = kid
	return t.SignedString(key)
}

// Key is one public key (RFC 7517).
type Key struct {
	Kty string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	N   string `json:"n,omitempty"`
	E   string `json:"e,omitempty"`
	Crv string `json:"crv,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
}

// Keys returns the published keys.
func (i *Issuer) Keys() []Key {
	b64 := base64.RawURLEncoding.EncodeToString
	point, err := i.ec.PublicKey.Bytes() // 0x04, X, Y
	if err != nil {                      // a P-256 key of our own making always has a point
		return nil
	}
	return []Key{
		{Kty: "RSA", Use: "sig", Alg: "RS256", Kid: "rs256", N: b64(i.rsa.N.Bytes()), E: b64(big.NewInt(int64(i.rsa.E)).Bytes())},
		{Kty: "EC", Use: "sig", Alg: "ES256", Kid: "es256", Crv: "P-256", X: b64(point[1:33]), Y: b64(point[33:])},
	}
}

// PublicKeys returns the keys by kid, for tests in process.
func (i *Issuer) PublicKeys() map[string]crypto.PublicKey {
	return map[string]crypto.PublicKey{"rs256": &i.rsa.PublicKey, "es256": &i.ec.PublicKey}
}

// Register puts the issuer's addresses on a mux.
func (i *Issuer) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{"issuer": i.cfg.Issuer, "jwks_uri": i.cfg.Issuer + "/.well-known/jwks.json",
			"token_endpoint": i.cfg.Issuer + "/token", "authorization_endpoint": i.cfg.Issuer + "/token",
			"response_types_supported": []string{"token"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256", "ES256"}})
	})
	mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{"keys": i.Keys()})
	})
	mux.HandleFunc("GET /token", i.serveToken)
	mux.HandleFunc("OPTIONS /token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "GET")
		w.Header().Set("Access-Control-Allow-Headers", "*")
		w.WriteHeader(http.StatusNoContent)
	})
}

// serveToken: ?user=alice, and for refusals ?expired=1, ?notyet=1, ?forged=1,
// ?audience=, ?issuer=, ?alg=none|HS256|RS256, ?identity=+1555, ?lifetime=30s.
func (i *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	wish := Wish{User: q.Get("user"), Algorithm: q.Get("alg"), Audience: q.Get("audience"), Issuer: q.Get("issuer"),
		Expired: q.Get("expired") == "1", NotYet: q.Get("notyet") == "1", Forged: q.Get("forged") == "1", Identity: strings.ReplaceAll(q.Get("identity"), " ", "+")}
	if text := q.Get("lifetime"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			reply(w, http.StatusBadRequest, map[string]string{"error": "lifetime is a duration such as 30s"})
			return
		}
		wish.Lifetime = d
	}
	t, err := i.Issue(wish)
	switch {
	case errors.Is(err, ErrUnknownUser):
		reply(w, http.StatusNotFound, map[string]string{"error": err.Error()})
	case err != nil:
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	default:
		reply(w, http.StatusOK, t)
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader has gone away: nobody to tell
}
