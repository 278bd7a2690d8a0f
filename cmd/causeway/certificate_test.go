package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pairFiles writes a self-signed certificate and its key over the two files.
func pairFiles(t *testing.T, dir, name string, modified time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), DNSNames: []string{name}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func TestCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var log strings.Builder
		certFile, keyFile := pairFiles(t, dir, "old.example", time.Unix(1000, 0))
		c, err := newCertificate("http", certFile, keyFile, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		serves := func(want string) {
			t.Helper()
			pair, err := c.get(&tls.ClientHelloInfo{})
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := x509.ParseCertificate(pair.Certificate[0])
			if err != nil || leaf.Subject.CommonName != want {
				t.Errorf("serves %v, %v, want %s", leaf.Subject, err, want)
			}
		}
		pairFiles(t, dir, "new.example", time.Unix(2000, 0))
		serves("old.example") // not looked at yet
		time.Sleep(certificateCheck)
		serves("new.example")
		if !strings.Contains(log.String(), "TLS certificate renewed") {
			t.Errorf("log: %s", log.String())
		}

		key, err := os.ReadFile(keyFile)
		if err != nil {
			t.Fatal(err)
		}
		pairFiles(t, dir, "half.example", time.Unix(3000, 0))
		if err := os.WriteFile(keyFile, key, 0o600); err != nil { // the new certificate with the old key
			t.Fatal(err)
		}
		time.Sleep(certificateCheck)
		serves("new.example")
		if !strings.Contains(log.String(), "the old one stays") {
			t.Errorf("log: %s", log.String())
		}
		pairFiles(t, dir, "whole.example", time.Unix(4000, 0))
		time.Sleep(certificateCheck)
		serves("whole.example")
		if err := os.Remove(certFile); err != nil {
			t.Fatal(err)
		}
		time.Sleep(certificateCheck)
		serves("whole.example")
	})
	if _, err := newCertificate("http", "absent.pem", "absent.pem", slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "http.tls_certificate") {
		t.Errorf("err = %v", err)
	}
}
