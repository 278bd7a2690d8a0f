package issuer_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"causeway/test/lab/issuer"
)

// serve starts an issuer; a foreign OIDC library reads it in the tests.
func serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	i, err := issuer.New(issuer.Config{Issuer: server.URL, HomeDomain: "ims.example", Users: []issuer.User{{Name: "alice", Number: "+15550001"}}})
	if err != nil {
		t.Fatal(err)
	}
	i.Register(mux)
	return server.URL
}

func token(t *testing.T, url string) (issuer.Token, *http.Response) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var tok issuer.Token
	if err := json.NewDecoder(res.Body).Decode(&tok); err != nil {
		t.Fatal(err)
	}
	return tok, res
}

// TestTokens: go-oidc discovers the issuer, accepts the good tokens and refuses
// every bad one.
func TestTokens(t *testing.T) {
	base := serve(t)
	provider, err := oidc.NewProvider(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: "causeway"})
	for query, good := range map[string]bool{
		"": true, "&alg=RS256": true, "&lifetime=30s": true,
		"&expired=1": false, "&notyet=1": false, "&audience=wrong": false, "&issuer=wrong": false, "&alg=none": false, "&alg=HS256": false, "&forged=1": false,
	} {
		tok, res := token(t, base+"/token?user=alice"+query)
		if res.StatusCode != http.StatusOK || res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %s", query, res.Status)
		}
		id, err := verifier.Verify(t.Context(), tok.Token)
		if (err == nil) != good {
			t.Errorf("%q: %v", query, err)
		}
		if err != nil {
			continue
		}
		var claims struct{ Impi, Impu string }
		if err := id.Claims(&claims); err != nil || claims.Impi != "15550001@ims.example" || claims.Impu != "sip:+15550001@ims.example" || id.Subject != "alice" {
			t.Errorf("%q: %+v %v", query, claims, err)
		}
		if left := time.Until(tok.Expires); left <= 0 || left > issuer.Lifetime {
			t.Errorf("%q: expires in %v", query, left)
		}
	}
}

func TestWishes(t *testing.T) {
	base := serve(t)
	if tok, _ := token(t, base+"/token?user=unknown"); tok.Number != "+15559999" {
		t.Errorf("%+v", tok)
	}
	for query, want := range map[string]int{"user=mallory": 404, "user=alice&alg=ROT13": 400, "user=alice&lifetime=x": 400} {
		if _, res := token(t, base+"/token?"+query); res.StatusCode != want {
			t.Errorf("%s: %s", query, res.Status)
		}
	}
}
