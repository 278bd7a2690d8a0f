package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// issuer signs tokens and serves their keys.
type issuer struct {
	ec      *ecdsa.PrivateKey
	rsa     *rsa.PrivateKey
	server  *httptest.Server
	fetches atomic.Int32
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{ec: ec, rsa: rs}
	b64 := func(n *big.Int, size int) string {
		return base64.RawURLEncoding.EncodeToString(n.FillBytes(make([]byte, size)))
	}
	raw, err := ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]any{"keys": []map[string]string{
		{"kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256", "x": base64.RawURLEncoding.EncodeToString(raw[1:33]), "y": base64.RawURLEncoding.EncodeToString(raw[33:])},
		{"kty": "RSA", "kid": "rsa", "alg": "RS256", "n": b64(rs.N, 256), "e": "AQAB"},
	}}
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i.fetches.Add(1)
		_ = json.NewEncoder(w).Encode(keys)
	}))
	t.Cleanup(i.server.Close)
	return i
}

func (i *issuer) claims(change func(jwt.MapClaims)) jwt.MapClaims {
	c := jwt.MapClaims{
		"iss": "https://login.example", "aud": []string{"causeway", "other"}, "sub": "alice",
		"exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
		"impi": "15550001@ims.example", "impu": "sip:+15550001@ims.example", "name": "Alice",
	}
	if change != nil {
		change(c)
	}
	return c
}

func (i *issuer) sign(t *testing.T, method jwt.SigningMethod, kid string, key any, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	token.Header["kid"] = kid
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func config(i *issuer) Config {
	c := DefaultConfig()
	c.Issuer, c.JWKSURL = "https://login.example", i.server.URL
	return c
}

func TestVerify(t *testing.T) {
	i := newIssuer(t)
	v, err := New(config(i))
	if err != nil {
		t.Fatal(err)
	}
	es := func(change func(jwt.MapClaims)) string {
		return i.sign(t, jwt.SigningMethodES256, "ec", i.ec, i.claims(change))
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		token string
		want  Kind
	}{
		{"good ES256", es(nil), ""},
		{"good RS256", i.sign(t, jwt.SigningMethodRS256, "rsa", i.rsa, i.claims(nil)), ""},
		{"missing", "", Missing},
		{"not a token", "abc", Invalid},
		{"too long", strings.Repeat("a", maxToken+1), Invalid},
		{"alg none", i.sign(t, jwt.SigningMethodNone, "", jwt.UnsafeAllowNoneSignatureType, i.claims(nil)), Invalid},
		{"HMAC with the public key", i.sign(t, jwt.SigningMethodHS256, "ec", []byte("ec"), i.claims(nil)), Invalid},
		{"algorithm not pinned", i.sign(t, jwt.SigningMethodRS512, "rsa", i.rsa, i.claims(nil)), Invalid},
		{"foreign key", i.sign(t, jwt.SigningMethodES256, "ec", stranger, i.claims(nil)), Invalid},
		{"changed payload", tamper(es(nil)), Invalid},
		{"expired", es(func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Hour).Unix() }), Expired},
		{"expired within the leeway", es(func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-10 * time.Second).Unix() }), ""},
		{"no expiry", es(func(c jwt.MapClaims) { delete(c, "exp") }), Expired},
		{"not yet", es(func(c jwt.MapClaims) { c["nbf"] = time.Now().Add(time.Hour).Unix() }), Invalid},
		{"foreign issuer", es(func(c jwt.MapClaims) { c["iss"] = "https://evil.example" }), Invalid},
		{"foreign audience", es(func(c jwt.MapClaims) { c["aud"] = "other" }), Audience},
		{"no identity", es(func(c jwt.MapClaims) { delete(c, "impu") }), Refused},
		{"identity of a wrong type", es(func(c jwt.MapClaims) { c["impi"] = 7 }), Refused},
		{"identity with a header in it", es(func(c jwt.MapClaims) { c["impu"] = "sip:a@b\r\nRoute: <sip:evil>" }), Refused},
		{"identity with parameters", es(func(c jwt.MapClaims) { c["impu"] = "sip:a@b;maddr=10.0.0.1" }), Refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := v.Verify(t.Context(), tt.token)
			var e *Error
			switch {
			case tt.want == "" && err != nil:
				t.Fatalf("refused: %v", err)
			case tt.want == "":
				if id.IMPU != "sip:+15550001@ims.example" || id.IMPI != "15550001@ims.example" || id.Name != "Alice" || id.Subject != "alice" {
					t.Errorf("identity = %+v", id)
				}
			case !errors.As(err, &e) || e.Kind != tt.want:
				t.Fatalf("err = %v, want %s", err, tt.want)
			case len(tt.token) > 20 && strings.Contains(err.Error(), tt.token[10:20]):
				t.Errorf("the error repeats the token: %v", err)
			}
		})
	}
}

// tamper changes one character of the payload.
func tamper(token string) string {
	parts := strings.Split(token, ".")
	b := []byte(parts[1])
	b[len(b)/2] ^= 1
	return parts[0] + "." + string(b) + "." + parts[2]
}

func TestIssuerDown(t *testing.T) {
	i := newIssuer(t)
	token := i.sign(t, jwt.SigningMethodES256, "ec", i.ec, i.claims(nil))
	c := config(i)
	i.server.Close()
	v, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := v.Verify(t.Context(), token); !errors.As(err, &e) || e.Kind != Unavailable {
		t.Fatalf("err = %v, want %s", err, Unavailable)
	}
}

func TestKeyFiles(t *testing.T) {
	i := newIssuer(t)
	der, err := x509.MarshalPKIXPublicKey(&i.ec.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.pem"), filepath.Join(dir, "bad.pem")
	if err := os.WriteFile(good, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config(i)
	c.JWKSURL, c.KeyFiles = "", []string{good}
	v, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), i.sign(t, jwt.SigningMethodES256, "ec", i.ec, i.claims(nil))); err != nil {
		t.Errorf("refused: %v", err)
	}
	for _, name := range []string{bad, filepath.Join(dir, "absent.pem")} {
		c.KeyFiles = []string{name}
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), filepath.Base(name)) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func TestValidate(t *testing.T) {
	good := DefaultConfig()
	good.Issuer, good.JWKSURL = "https://login.example", "https://login.example/jwks"
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"issuer", func(c *Config) { c.Issuer = "" }, "auth.issuer is empty"},
		{"audience", func(c *Config) { c.Audience = "" }, "auth.audience is empty"},
		{"no keys", func(c *Config) { c.JWKSURL = "" }, "auth has no keys"},
		{"both", func(c *Config) { c.KeyFiles = []string{"k"} }, "exclude each other"},
		{"url", func(c *Config) { c.JWKSURL = "file:///etc/passwd" }, "not an http or https URL"},
		{"none", func(c *Config) { c.Algorithms = []string{"none"} }, `"none" is not accepted`},
		{"hmac", func(c *Config) { c.Algorithms = []string{"HS256"} }, `"HS256" is not accepted`},
		{"algorithms", func(c *Config) { c.Algorithms = nil }, "auth.algorithms is empty"},
		{"claims", func(c *Config) { c.Claims.IMPU = "" }, "must both name a claim"},
		{"leeway", func(c *Config) { c.Leeway = time.Hour }, "auth.leeway is 1h"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			tt.change(&c)
			if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	c := DefaultConfig()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		f.Fatal(err)
	}
	name := filepath.Join(f.TempDir(), "key.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		f.Fatal(err)
	}
	c.Issuer, c.KeyFiles = "https://login.example", []string{name}
	v, err := New(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		var e *Error
		if _, err := v.Verify(t.Context(), token); !errors.As(err, &e) {
			t.Fatalf("a token nobody signed: %v", err)
		}
	})
}
