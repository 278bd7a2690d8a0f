package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway/signaling/auth"
)

// try runs the program and returns what it printed.
func try(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out, errOut bytes.Buffer
	err := run(t.Context(), args, &out, &errOut)
	return out.String() + errOut.String(), err
}

func TestCommands(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("media: {dscp: 99}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const demo = "../../configs/demo.yaml"
	tests := []struct {
		args      []string
		want, err string
	}{
		{[]string{"version"}, "causeway unknown", ""},
		{[]string{"help"}, "usage:", ""},
		{[]string{"-h"}, "usage:", ""},
		{[]string{"--help"}, "usage:", ""},
		{[]string{"serve", "-h"}, "configuration file", ""},
		{[]string{"fly"}, "", `no command "fly"`},
		{[]string{"serve", "-x"}, "", "flag provided but not defined"},
		{[]string{"serve", "-c", demo, "more"}, "", `unexpected argument "more"`},
		{[]string{"serve"}, "", "no configuration file"},
		{[]string{}, "", "no configuration file"},
		{[]string{"-c", bad}, "", "media.dscp is 99"},
		{[]string{"config"}, "", "config check or causeway config print"},
		{[]string{"config", "check", "-c", demo}, "is good", ""},
		{[]string{"config", "check", "-c", bad}, "", "media.dscp is 99"},
		{[]string{"config", "print", "-c", demo}, "policy: best-effort", ""},
		{[]string{"token"}, "", "token needs -key"},
		{[]string{"token", "-key", bad, "-issuer", "i", "-impi", "a@b", "-impu", "sip:a@b"}, "", "holds no PEM block"},
		{[]string{"token", "-key", bad, "-issuer", "i", "-impi", "a@b", "-impu", "sip:a@b", "-ttl", "100h"}, "", "-ttl 100h"},
		{[]string{"token", "more"}, "", `unexpected argument "more"`},
		{[]string{"health", "-url", "http://127.0.0.1:1/"}, "", "refused"},
		{[]string{"health", "more"}, "", `unexpected argument "more"`},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			out, err := try(t, tt.args...)
			switch {
			case tt.err == "" && err != nil:
				t.Fatalf("failed: %v", err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Fatalf("err = %v, want %q", err, tt.err)
			case !strings.Contains(out, tt.want):
				t.Errorf("printed %q, want %q", out, tt.want)
			}
		})
	}
}

// TestToken: what the command signs, the gateway accepts by the public key.
func TestToken(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	der, err := x509.MarshalECPrivateKey(key)
	sec1 := write("sec1.pem", "EC PRIVATE KEY", der, err)
	der, err = x509.MarshalPKCS8PrivateKey(key)
	pkcs8 := write("pkcs8.pem", "PRIVATE KEY", der, err)
	der, err = x509.MarshalPKIXPublicKey(&key.PublicKey)
	public := write("public.pem", "PUBLIC KEY", der, err)
	config := auth.DefaultConfig()
	config.Issuer, config.KeyFiles = "https://login.example", []string{public}
	verifier, err := auth.New(config)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := os.ReadFile(sec1)
	if err != nil {
		t.Fatal(err)
	}
	noNoout := write("parameters.pem", "EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}, nil) // as openssl writes without -noout
	head, err := os.ReadFile(noNoout)
	if err == nil {
		err = os.WriteFile(noNoout, append(head, curve...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{sec1, pkcs8, noNoout} {
		out, err := try(t, "token", "-key", private, "-issuer", config.Issuer, "-impi", "15550001@ims.example", "-impu", "sip:+15550001@ims.example", "-name", "Alice")
		if err != nil {
			t.Fatal(err)
		}
		id, err := verifier.Verify(t.Context(), strings.TrimSpace(out))
		if err != nil || id.IMPU != "sip:+15550001@ims.example" || id.Name != "Alice" {
			t.Errorf("identity %+v, %v", id, err)
		}
	}
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err = x509.MarshalECPrivateKey(other)
	if _, err := try(t, "token", "-key", write("p384.pem", "EC PRIVATE KEY", der, err), "-issuer", "i", "-impi", "a@b", "-impu", "sip:a@b"); err == nil || !strings.Contains(err.Error(), "P-384") {
		t.Errorf("a P-384 key: %v", err)
	}
}

func TestHealth(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	if _, err := try(t, "health", "-url", server.URL); err != nil {
		t.Error(err)
	}
	status = http.StatusServiceUnavailable
	if _, err := try(t, "health", "-url", server.URL); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("err = %v", err)
	}
}
