package relay

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what TURN servers of others expect (coturn's use-auth-secret)
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// afterlife is how long after its end a credential may still keep up an allocation it has made: no call lasts longer.
const afterlife = 24 * time.Hour

// Servers is what a browser needs for its RTCPeerConnection.
type Servers struct {
	URLs       []string
	Username   string
	Credential string
	Expires    time.Time
}

// Issuer makes credentials. It is a value and may be copied.
type Issuer struct {
	urls     []string
	secret   []byte
	lifetime time.Duration
}

// NewIssuer reads the secret, or draws one, and writes the URLs. told says what browsers are told in place of an address.
func NewIssuer(cfg Config, told func(netip.Addr) netip.Addr) (Issuer, error) {
	i := Issuer{lifetime: cfg.Lifetime}
	if cfg.SecretFile != "" {
		b, err := os.ReadFile(cfg.SecretFile)
		if err != nil {
			return i, fmt.Errorf("read turn.secret_file: %w", err)
		}
		if i.secret = bytes.TrimSpace(b); len(i.secret) < 16 || len(i.secret) > 256 || bytes.ContainsAny(i.secret, "\r\n") {
			return i, fmt.Errorf("turn.secret_file %s must hold one line of 16 to 256 octets", cfg.SecretFile)
		}
	} else {
		i.secret = make([]byte, 32)
		_, _ = rand.Read(i.secret) // never fails
	}
	for _, way := range []struct {
		scheme, transport string
		list              []netip.AddrPort
	}{{"turn", "udp", cfg.UDP}, {"turn", "tcp", cfg.TCP}, {"turns", "tcp", cfg.TLS}} {
		for _, a := range way.list {
			host := cfg.Host
			if host == "" {
				host = told(a.Addr()).String()
			}
			i.urls = append(i.urls, fmt.Sprintf("%s:%s?transport=%s", way.scheme, net.JoinHostPort(host, strconv.Itoa(int(a.Port()))), way.transport))
		}
	}
	i.urls = append(i.urls, cfg.Servers...)
	return i, nil
}

// Issue makes the credential of a session: its name holds its end and the session's id, its password is the name's HMAC
// (draft-uberti-behave-turn-rest).
func (i Issuer) Issue(session string, now time.Time) Servers {
	expires := now.Add(i.lifetime).Truncate(time.Second)
	name := strconv.FormatInt(expires.Unix(), 10) + ":" + session
	return Servers{URLs: i.urls, Username: name, Credential: i.password(name), Expires: expires}
}

func (i Issuer) password(name string) string {
	mac := hmac.New(sha1.New, i.secret)
	mac.Write([]byte(name))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// judge reads a name: whose it is, and whether it may still be used; fresh is true for a new allocation, which needs a credential
// that has not ended.
func judge(name string, fresh bool, now time.Time) (session string, ok bool) {
	end, session, found := strings.Cut(name, ":")
	at, err := strconv.ParseInt(end, 10, 64)
	if !found || err != nil || session == "" || len(name) > 256 {
		return "", false
	}
	limit := time.Unix(at, 0)
	if !fresh {
		limit = limit.Add(afterlife)
	}
	return session, now.Before(limit)
}
