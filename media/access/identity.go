package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// maxFingerprints bounds what one description may offer.
const maxFingerprints = 16

// ErrWeakFingerprint means that no fingerprint of a description is usable: md5,
// sha-1 and sha-224 are refused (RFC 8122 5, RFC 8827 6.5).
var ErrWeakFingerprint = errors.New("no fingerprint with sha-256 or better")

// Fingerprint of a certificate (RFC 8122 5): Hash "sha-256", Value "AB:CD:...".
type Fingerprint struct{ Hash, Value string }

// Identity is the certificate the gateway shows to browsers.
type Identity struct {
	certificate tls.Certificate
	fingerprint Fingerprint
}

// NewIdentity makes a self-signed ECDSA P-256 certificate (RFC 8827 6.5). It
// stands for nothing but its fingerprint in the signalling; one per process keeps
// key generation out of call set-up and lets no observer tell calls apart.
func NewIdentity(now time.Time) (*Identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make DTLS key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make DTLS certificate: %w", err)
	}
	template := x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "WebRTC"},
		NotBefore:    now.Add(-24 * time.Hour),
		NotAfter:     now.AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make DTLS certificate: %w", err)
	}
	sum := sha256.Sum256(der)
	return &Identity{
		certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		fingerprint: Fingerprint{Hash: "sha-256", Value: colons(sum[:])},
	}, nil
}

// Fingerprint is what the gateway's descriptions carry.
func (id *Identity) Fingerprint() Fingerprint { return id.fingerprint }

func colons(sum []byte) string {
	var b strings.Builder
	for i, x := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", x)
	}
	return b.String()
}

// trusted are the fingerprints of a description that may be believed.
type trusted []thumb

type thumb struct {
	hash string
	sum  []byte
}

// trust reads the offered fingerprints and keeps the strong ones.
func trust(offered []Fingerprint) (trusted, error) {
	var list trusted
	if len(offered) > maxFingerprints {
		return nil, fmt.Errorf("%d fingerprints offered, at most %d are read", len(offered), maxFingerprints)
	}
	for _, f := range offered {
		hash := strings.ToLower(f.Hash)
		if digest(hash, nil) == nil {
			continue
		}
		sum, err := hex.DecodeString(strings.ReplaceAll(f.Value, ":", ""))
		if err != nil || len(sum) != len(digest(hash, nil)) {
			return nil, fmt.Errorf("the %s fingerprint is not %d hexadecimal octets", hash, len(digest(hash, nil)))
		}
		list = append(list, thumb{hash, sum})
	}
	if len(list) == 0 {
		return nil, ErrWeakFingerprint
	}
	return list, nil
}

// digest is the hash of der by its RFC 8122 name, nil for names not accepted.
func digest(hash string, der []byte) []byte {
	switch hash {
	case "sha-256":
		sum := sha256.Sum256(der)
		return sum[:]
	case "sha-384":
		sum := sha512.Sum384(der)
		return sum[:]
	case "sha-512":
		sum := sha512.Sum512(der)
		return sum[:]
	}
	return nil
}

// match holds a certificate against every fingerprint; one must fit (RFC 8122 5:
// several certificates may be offered for one description).
func (t trusted) match(der []byte) bool {
	ok := 0
	for _, p := range t {
		ok |= subtle.ConstantTimeCompare(digest(p.hash, der), p.sum)
	}
	return ok == 1
}

func (t trusted) equal(o trusted) bool {
	if len(t) != len(o) {
		return false
	}
	for i := range t {
		if t[i].hash != o[i].hash || subtle.ConstantTimeCompare(t[i].sum, o[i].sum) != 1 {
			return false
		}
	}
	return true
}
