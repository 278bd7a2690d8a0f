package transport

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{file: filepath.Join(t.TempDir(), "ca.pem")}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	writePEM(t, a.file, "CERTIFICATE", der)
	return a
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// issue writes a certificate and key into a folder.
func (a *authority) issue(t *testing.T, dir string, change func(*x509.Certificate)) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "node"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(dir, "cert.pem"), "CERTIFICATE", der)
	writePEM(t, filepath.Join(dir, "key.pem"), "PRIVATE KEY", secret)
}

// safeBuffer is a log that may be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// secureNode listens on TLS alone with a certificate of a.
func secureNode(t *testing.T, a, trusted *authority, change func(*x509.Certificate), names ...string) (*node, *safeBuffer, string) {
	t.Helper()
	dir := t.TempDir()
	a.issue(t, dir, change)
	log := &safeBuffer{}
	n := newNodeWith(t, slog.New(slog.NewTextHandler(log, nil)), func(c *Config) {
		c.Listen = []string{"tls:127.0.0.1:0"}
		c.TLS = TLSConfig{Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: trusted.file, PeerNames: names}
		c.DialTimeout = 2 * time.Second
	})
	return n, log, dir
}

func named4(names ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for _, n := range names {
			if ip := net.ParseIP(n); ip != nil {
				c.IPAddresses = append(c.IPAddresses, ip)
			} else if strings.HasPrefix(n, "sip:") {
				c.URIs = append(c.URIs, &url.URL{Scheme: "sip", Opaque: strings.TrimPrefix(n, "sip:")})
			} else {
				c.DNSNames = append(c.DNSNames, n)
			}
		}
	}
}

// TestTLS: both directions over one connection, in order, and the connection is used again (RFC 5923).
func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	a, _, _ := secureNode(t, ca, ca, named4("gw.example"))
	b, _, _ := secureNode(t, ca, ca, named4("core.example"))
	dst := Target{Network: TLS, Addr: b.Local(TLS), Name: "core.example"}
	for i := range 20 {
		if _, known := a.Post(request(sip.OPTIONS, fmt.Sprint(i)), dst, nil); known {
			t.Fatal("known at once")
		}
	}
	for i := range 20 {
		g := b.next(t)
		req := g.msg.(*sip.Request)
		if g.src.Network != TLS || req.CallID().Value() != fmt.Sprintf("call-%d", i) || req.Via().Transport != "TLS" {
			t.Fatalf("message %d: %s over %s, Via %s", i, req.CallID().Value(), g.src.Network, req.Via().Value())
		}
		if err := b.Send(t.Context(), sip.NewResponseFromRequest(req, 200, "OK", nil), g.src.Reply()); err != nil {
			t.Fatal(err)
		}
		if res := a.next(t).msg.(*sip.Response); res.CallID().Value() != fmt.Sprintf("call-%d", i) {
			t.Fatal(res)
		}
	}
	if n := b.Stats().Connections; n != 1 {
		t.Errorf("%d connections, want the same one for all", n)
	}
}

// TestTLSRefusals: whoever cannot show the right certificate gets no message through, and the operator reads why.
func TestTLSRefusals(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	good := named4("gw.example")
	for _, tt := range []struct {
		name                  string
		caller                *authority
		mine, theirs          func(*x509.Certificate)
		want                  []string // peer names the called side asks for
		said, dialled, called string   // who is dialled; in whose log what stands
	}{
		{"wrong name", ca, good, named4("else.example"), nil, "core.example", "names none of core.example", ""},
		{"sip URIs win over DNS names", ca, good, named4("core.example", "sip:else.example"), nil, "core.example", "names none of core.example", ""},
		{"a person's URI is no domain", ca, good, named4("sip:bob@core.example"), nil, "core.example", "names none of core.example", ""},
		{"no wildcards", ca, good, named4("*.example"), nil, "core.example", "names none of core.example", ""},
		{"address not named", ca, good, named4("core.example"), nil, "", "names none of 127.0.0.1", ""},
		{"expired", ca, good, func(c *x509.Certificate) {
			named4("core.example")(c)
			c.NotAfter = time.Now().Add(-time.Minute)
		}, nil, "core.example", "expired", ""},
		{"unknown authority on our side", other, good, named4("core.example"), nil, "core.example", "", "unknown authority"},
		{"our name not wanted", ca, good, named4("core.example"), []string{"pcscf.example"}, "core.example", "", "names none of pcscf.example"},
		{"not for servers", ca, good, func(c *x509.Certificate) {
			named4("core.example")(c)
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}, nil, "core.example", "incompatible key usage", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, dialled, _ := secureNode(t, tt.caller, ca, tt.mine)
			b, called, _ := secureNode(t, ca, ca, tt.theirs, tt.want...)
			if err := a.Send(t.Context(), request(sip.OPTIONS, "1"), Target{Network: TLS, Addr: b.Local(TLS), Name: tt.said}); !errors.Is(err, ErrConnection) {
				t.Errorf("the message went out: %v", err)
			}
			for what, pair := range map[string][2]string{"the dialling side": {tt.dialled, ""}, "the called side": {tt.called, "called"}} {
				log := dialled
				if pair[1] != "" {
					log = called
				}
				for end := time.Now().Add(30 * time.Second); pair[0] != "" && !strings.Contains(log.String(), pair[0]); time.Sleep(time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("%s says\n%s\nwithout %q", what, log.String(), pair[0])
					}
				}
			}
			select {
			case g := <-b.in:
				t.Errorf("a message came through: %v", g.msg)
			default:
			}
		})
	}
}

// TestTLSAccepted: the ways a name may stand in a certificate (RFC 5922 7.1).
func TestTLSAccepted(t *testing.T) {
	ca := newAuthority(t)
	a, _, _ := secureNode(t, ca, ca, named4("gw.example"))
	for i, tt := range []struct {
		theirs []string
		want   []string
		name   string
	}{
		{[]string{"core.example"}, nil, "CORE.example"}, {[]string{"sip:core.example", "other.example"}, nil, "core.example"},
		{[]string{"127.0.0.1"}, nil, ""}, {[]string{"core.example"}, []string{"gw.example"}, "core.example"},
	} {
		b, _, _ := secureNode(t, ca, ca, named4(tt.theirs...), tt.want...)
		_, _ = a.Post(request(sip.OPTIONS, fmt.Sprint(i)), Target{Network: TLS, Addr: b.Local(TLS), Name: tt.name}, nil)
		b.next(t)
	}
}

// TestTLSRenewed: new files are taken without a restart; broken ones leave the old in force.
func TestTLSRenewed(t *testing.T) {
	ca := newAuthority(t)
	a, log, dir := secureNode(t, ca, ca, named4("gw.example"))
	later := func(files ...string) { // file times as a renewal an hour from now would leave them
		for _, f := range files {
			if err := os.Chtimes(filepath.Join(dir, f), time.Now(), time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := func(names ...string) {
		t.Helper()
		a.credentials.mu.Lock()
		a.credentials.checked = time.Time{}
		a.credentials.mu.Unlock()
		cfg := a.tlsConfig("")
		leaf, err := x509.ParseCertificate(cfg.Certificates[0].Certificate[0])
		if err != nil || strings.Join(leaf.DNSNames, " ") != strings.Join(names, " ") {
			t.Errorf("%v, %v, want %v", leaf.DNSNames, err, names)
		}
	}
	want("gw.example")
	ca.issue(t, dir, named4("gw2.example"))
	later("cert.pem", "key.pem")
	want("gw2.example")
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	want("gw2.example")
	if !strings.Contains(log.String(), "the old ones stay in force") {
		t.Errorf("the operator is not told: %s", log.String())
	}
}

func TestTLSConfig(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"needs tls.certificate": func(c *Config) { c.Listen = []string{"tls:127.0.0.1:5061"} },
		"has no tls: entry":     func(c *Config) { c.TLS.CA = "x" },
		"tls.peer_names":        func(c *Config) { c.TLS.PeerNames = []string{"a b"} },
		"tls appears twice":     func(c *Config) { c.Listen = []string{"tls:127.0.0.1:1", "tls:127.0.0.1:2"} },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	c := DefaultConfig()
	c.Listen = []string{"tls:127.0.0.1:0"}
	c.TLS = TLSConfig{Certificate: "/nowhere/a", Key: "/nowhere/b", CA: "/nowhere/c"}
	if _, err := New(c, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "/nowhere/a") {
		t.Errorf("missing files: %v", err)
	}
}

// TestTLSRefusedWhileWriting: a refusal that is read between the write of a message and its booking counts: the message is lost.
func TestTLSRefusedWhileWriting(t *testing.T) {
	ca := newAuthority(t)
	a, _, _ := secureNode(t, ca, ca, named4("gw.example"))
	c := &conn{l: a.Layer, remote: Target{Network: TLS}, queue: make(chan outgoing, 1), closed: make(chan struct{}), cause: errors.New("bad certificate")}
	told := make(chan Result, 1)
	c.written(outgoing{done: func(r Result) { told <- r }})
	if r := <-told; !errors.Is(r.Err, ErrConnection) {
		t.Fatalf("booked as sent: %v", r.Err)
	}
}
