package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// TLS towards the core is mutual (TS 33.210 6.2, RFC 3261 26.3.1): both sides show a certificate that the configured authorities have
// signed, and the far side's has to name the domain that was meant.
//
//	we dial     core_address "ims.example" -> SRV _sips._tcp -> 192.0.2.7:5061: the certificate must name ims.example
//	we accept   the address must be a peer; the certificate must name one of peer_names, if there are any
//
// A name is matched as RFC 5922 7.2 says: if the certificate has sip URIs, one of them must be sip:NAME; otherwise a DNS name must be
// NAME, without wildcards. An address must be among its IP addresses.

// TLSConfig are the files of the gateway's SIP side. They are read again when they change.
type TLSConfig struct {
	// Certificate and Key are PEM files: our certificate with its chain, and its key.
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
	// CA is a PEM file with the authorities that sign the peers' certificates.
	CA string `yaml:"ca"`
	// PeerNames are names of which a peer's certificate must have one. Empty: whom we dial must be named as the core's address
	// is, and whoever is a peer by address and has a certificate of the authorities may connect.
	PeerNames []string `yaml:"peer_names"`
}

// ErrCertificate is why a TLS connection to a peer did not come about.
var ErrCertificate = errors.New("the peer's certificate is not acceptable")

// Validate reports what is missing; files are opened by New.
func (c TLSConfig) validate(listening bool) error {
	given := c.Certificate != "" || c.Key != "" || c.CA != ""
	switch {
	case listening && (c.Certificate == "" || c.Key == "" || c.CA == ""):
		return errors.New("tls: a tls: listener needs tls.certificate, tls.key and tls.ca (PEM files)")
	case given && !listening:
		return errors.New("tls: files are given, but listen has no tls: entry")
	}
	for _, n := range c.PeerNames {
		if _, err := netip.ParseAddr(n); err != nil && !validHost(n) {
			return fmt.Errorf("tls.peer_names: %q is neither a host name nor an address", n)
		}
	}
	return nil
}

// credentials are the files as read last.
type credentials struct {
	cfg TLSConfig

	mu       sync.Mutex // guards the following
	checked  time.Time
	modified [3]time.Time
	own      tls.Certificate
	roots    *x509.CertPool
}

// recheck is how often the files' times are looked at, at most.
const recheck = time.Second

func newCredentials(cfg TLSConfig) (*credentials, error) {
	c := &credentials{cfg: cfg}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// load reads the files. The lock is held, or nobody else knows c yet.
func (c *credentials) load() error {
	modified, err := c.times()
	if err != nil {
		return err
	}
	own, err := tls.LoadX509KeyPair(c.cfg.Certificate, c.cfg.Key)
	if err != nil {
		return fmt.Errorf("tls.certificate, tls.key: %w", err)
	}
	text, err := os.ReadFile(c.cfg.CA)
	if err != nil {
		return fmt.Errorf("tls.ca: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return fmt.Errorf("tls.ca: %s holds no certificate in PEM", c.cfg.CA)
	}
	c.own, c.roots, c.modified = own, roots, modified
	return nil
}

func (c *credentials) times() (out [3]time.Time, err error) {
	for i, name := range []string{c.cfg.Certificate, c.cfg.Key, c.cfg.CA} {
		info, err := os.Stat(name)
		if err != nil {
			return out, fmt.Errorf("tls: %w", err)
		}
		out[i] = info.ModTime()
	}
	return out, nil
}

// current returns the credentials in force. Files that cannot be read leave the old ones in force; the error says so.
func (c *credentials) current() (tls.Certificate, *x509.CertPool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	if time.Since(c.checked) > recheck {
		c.checked = time.Now()
		var modified [3]time.Time
		if modified, err = c.times(); err == nil && modified != c.modified {
			err = c.load()
		}
	}
	return c.own, c.roots, err
}

// config builds the TLS settings of one handshake. name is whom we meant to reach, "" when somebody connects to us.
func (l *Layer) tlsConfig(name string) *tls.Config {
	own, roots, err := l.credentials.current()
	if err != nil {
		l.log.Warn("sip tls files cannot be read again, the old ones stay in force", "error", err)
	}
	want := l.cfg.TLS.PeerNames
	if len(want) == 0 && name != "" {
		want = []string{name}
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}, ServerName: serverName(name),
		ClientAuth: tls.RequireAnyClientCert, InsecureSkipVerify: true, // nolint:gosec // verified below, by RFC 5922 instead of RFC 9525
		VerifyConnection: func(s tls.ConnectionState) error { return verify(s, roots, want, name != "") },
	}
}

// serverName is what goes into SNI: names only (RFC 6066 3).
func serverName(name string) string {
	if _, err := netip.ParseAddr(name); err == nil {
		return ""
	}
	return name
}

// verify checks chain and name of the peer.
func verify(s tls.ConnectionState, roots *x509.CertPool, want []string, server bool) error {
	if len(s.PeerCertificates) == 0 {
		return fmt.Errorf("%w: it shows none", ErrCertificate)
	}
	leaf, rest := s.PeerCertificates[0], x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		rest.AddCert(c)
	}
	usage := x509.ExtKeyUsageClientAuth
	if server {
		usage = x509.ExtKeyUsageServerAuth
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: rest, KeyUsages: []x509.ExtKeyUsage{usage}}); err != nil {
		return fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	if len(want) > 0 && !slices.ContainsFunc(want, func(name string) bool { return names(leaf, name) }) {
		return fmt.Errorf("%w: it names none of %s", ErrCertificate, strings.Join(want, ", "))
	}
	return nil
}

// names reports whether a certificate stands for a SIP domain or an address (RFC 5922 7.1, 7.2).
func names(c *x509.Certificate, name string) bool {
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return slices.ContainsFunc(c.IPAddresses, func(ip net.IP) bool {
			a, ok := netip.AddrFromSlice(ip)
			return ok && a.Unmap() == addr.Unmap()
		})
	}
	same := func(s string) bool {
		return strings.EqualFold(strings.TrimSuffix(s, "."), strings.TrimSuffix(name, "."))
	}
	sip := 0
	for _, u := range c.URIs {
		if domain, ok := sipDomain(u); ok {
			if sip++; same(domain) {
				return true
			}
		}
	}
	return sip == 0 && slices.ContainsFunc(c.DNSNames, same)
}

// sipDomain is the domain of a "sip:domain" URI; one with a user part stands for a person, not for a domain.
func sipDomain(u *url.URL) (string, bool) {
	if !strings.EqualFold(u.Scheme, "sip") || strings.Contains(u.Opaque, "@") {
		return "", false
	}
	host, _, _ := strings.Cut(u.Opaque, ";")
	host, _, _ = strings.Cut(host, ":")
	return host, host != ""
}

// dialTLS connects and shakes hands.
func (l *Layer) dialTLS(ctx context.Context, dst Target) (net.Conn, error) {
	nc, err := l.dialTCP(ctx, dst)
	if err != nil {
		return nil, err
	}
	name := dst.Name
	if name == "" {
		name = dst.Addr.Addr().String()
	}
	secure := tls.Client(nc, l.tlsConfig(name))
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, fmt.Errorf("tls: %w", err)
	}
	return secure, nil
}

// shake finishes the handshake of an accepted connection.
func (c *conn) shake() bool {
	secure, ok := c.nc.(*tls.Conn)
	if !ok || !c.accepted {
		return true
	}
	ctx, cancel := context.WithTimeout(c.l.ctx, c.l.cfg.DialTimeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		c.l.log.Warn("sip tls connection of a peer refused", "peer", c.remote.Addr.String(), "error", err)
		c.close(err)
		return false
	}
	return true
}
