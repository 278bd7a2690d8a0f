//go:build interop

package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway/test/browser"
	"causeway/test/rig"
)

// turnHost is the TURN server's name; Firefox speaks TLS to a name alone, never to an address.
const turnHost = "turn.causeway.test"

// selfSigned writes a certificate for that name.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: turnHost}, DNSNames: []string{turnHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", private)
}

// TestTURN: a browser whose network reaches neither the access port nor its TCP twin talks through the built-in TURN server, by each
// way that it has, and restarts ICE there.
func TestTURN(t *testing.T) {
	rig.Needs(t, "iptables")
	for _, c := range []struct {
		kind browser.Kind
		way  string
	}{
		{browser.Chromium, "udp"}, {browser.Chromium, "tcp"}, {browser.Chromium, "tls"},
		{browser.Firefox, "udp"}, {browser.Firefox, "tcp"}, {browser.Firefox, "tls"},
	} {
		t.Run(string(c.kind)+" "+c.way, func(t *testing.T) {
			cert, key := selfSigned(t)
			at := fmt.Sprintf("%s:%d", fourIP, rig.FreePort(t))
			host, opt := "", browser.Options{FakeMic: true}
			if c.way == "tls" {
				host = turnHost
				opt.AnyCertificate = true
				opt.Prefs = map[string]any{"network.dns.forceResolve": fourIP}
				if c.kind == browser.Chromium {
					opt.Flags = []string{"--host-resolver-rules=MAP " + turnHost + " " + fourIP}
				}
			}
			b := rig.Start(t, rig.Options{Env: []string{
				"CAUSEWAY_MEDIA_TURN_HOST=" + host, fmt.Sprintf(`CAUSEWAY_MEDIA_TURN_%s=[%q]`, strings.ToUpper(c.way), at),
				"CAUSEWAY_MEDIA_TURN_TLS_CERTIFICATE=" + cert, "CAUSEWAY_MEDIA_TURN_TLS_KEY=" + key,
			}})
			filter(t, fmt.Sprintf("OUTPUT -p udp --dport %d -j DROP", b.Media.Port()), fmt.Sprintf("OUTPUT -p tcp --dport %d -j DROP", b.Media.Port()))
			p := b.OpenWith(c.kind, opt, fmt.Sprintf("/?tone=%d", pageHz))
			p.Until("the phone to be ready", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
			talk(t, b, p, func() {
				local, _ := pair(p)
				if !strings.Contains(local, " relay") || c.kind == browser.Chromium && !strings.HasSuffix(local, " "+c.way) {
					t.Errorf("the call uses %q", local)
				}
				b.Until("an allocation", rig.Patience, func() bool { return b.Metric("causeway_turn_allocations") >= 1 })
				p.JS(`window.causeway.phone.calls[0].networkChanged()`, nil)
			})
			for _, reason := range []string{"expired", "password", "quota", "peer", "port", "bandwidth", "slow"} {
				if n := b.Metric(fmt.Sprintf(`causeway_turn_refused_total{reason=%q}`, reason)); n != 0 {
					t.Errorf("%v refused: %s", n, reason)
				}
			}
			b.Clean()
		})
	}
}
