//go:build interop

package kamailio

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/rig"
)

// TestTLS: registration and a call over mutual TLS with Kamailio (and its OpenSSL); a gateway whose certificate another authority has
// signed gets no word through, and both its operator and its user are told.
func TestTLS(t *testing.T) {
	rig.Needs(t, "kamailio")
	if found, _ := filepath.Glob("/usr/lib/*/kamailio/modules/tls.so"); len(found) == 0 {
		rig.Missing(t, "Kamailio's TLS module is not installed (make deps-test)")
	}
	dir := t.TempDir()
	ours, theirs := authority(t), authority(t)
	pemFile(t, filepath.Join(dir, "ca.pem"), "CERTIFICATE", ours.cert.Raw)
	ours.issue(t, dir, "core", icscfIP)
	ours.issue(t, dir, "gateway", gatewayIP)
	theirs.issue(t, dir, "stranger", gatewayIP)
	render(t, "tls.cfg", filepath.Join(dir, "tls.cfg"), map[string]string{"Core": icscfIP, "Dir": dir})
	core := start(t, "core", "kamailio", "-DD", "-E", "-f", filepath.Join(dir, "tls.cfg"), "-Y", dir, "-w", dir, "-m", "64", "-M", "8")
	until(t, "the core's TLS socket", rig.Patience, func() bool {
		core.alive(t)
		out, err := exec.Command("ss", "-Hltn", "src", icscfIP+":5061").Output()
		return err == nil && len(out) > 0
	})
	t.Chdir("..")
	bed := func(certificate string) *rig.Bed {
		return rig.Start(t, rig.Options{
			Lab: func(cfg *lab.Config) { cfg.NoCore, cfg.NoHandsets, cfg.NoPCRF = true, true, true },
			Env: []string{
				fmt.Sprintf(`CAUSEWAY_IMS_SIP_LISTEN=["tls:%s:5061"]`, gatewayIP), "CAUSEWAY_IMS_CORE_ADDRESS=" + icscfIP + ":5061", "CAUSEWAY_IMS_CORE_TRANSPORT=tls",
				"CAUSEWAY_IMS_SIP_TLS_CERTIFICATE=" + filepath.Join(dir, certificate+".pem"), "CAUSEWAY_IMS_SIP_TLS_KEY=" + filepath.Join(dir, certificate+".key"),
				"CAUSEWAY_IMS_SIP_TLS_CA=" + filepath.Join(dir, "ca.pem"), "CAUSEWAY_IMS_HOME_DOMAIN=" + home, "CAUSEWAY_MEDIA_CORE_ADDRESS=" + gatewayIP, "CAUSEWAY_IMS_REG_EVENT=false",
			},
		})
	}
	t.Run("trusted", func(t *testing.T) {
		b := bed("gateway")
		p := b.Open(browser.Chromium, 440)
		p.Dial("+15550101")
		p.Until("busy", `document.querySelector('[data-testid="error"]').dataset.name === "busy"`)
		p.Close()
		for _, want := range []string{"HEARD REGISTER over tls", "HEARD INVITE over tls"} {
			until(t, want, rig.Patience, func() bool { return strings.Contains(core.said(), want) })
		}
		b.Gateway.Stop(os.Interrupt)
	})
	t.Run("not trusted", func(t *testing.T) {
		b := bed("stranger")
		p := b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/?tone=440")
		p.Until("the core's silence in the page", `document.querySelector('[data-testid="error"]').dataset.name === "core_unreachable"`)
		until(t, "the reason in the log", rig.Patience, func() bool {
			return strings.Contains(b.Gateway.Log(), "sip tls connection to a peer failed") || strings.Contains(b.Gateway.Log(), "unknown certificate authority")
		})
		p.Close()
	})
	if strings.Contains(core.said(), "MALFORMED") {
		t.Error("the core complains of a message")
	}
}

type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func authority(t *testing.T) signer {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: rand.Text()[:8]}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return signer{cert, key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue writes NAME.pem and NAME.key for an address.
func (s signer) issue(t *testing.T, dir, name, ip string) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP(ip)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, s.cert, &key.PublicKey, s.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pemFile(t, filepath.Join(dir, name+".pem"), "CERTIFICATE", der)
	pemFile(t, filepath.Join(dir, name+".key"), "PRIVATE KEY", secret)
}

func pemFile(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	write(t, file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
