package access

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/elliptic"
	"github.com/pion/logging"
)

// Choices of ours.
const (
	dtlsMTU       = 1200        // fits every path IPv6 allows
	dtlsInterval  = time.Second // first retransmission, doubled (RFC 6347 4.2.4.1)
	recordHeader  = 13          // RFC 6347 4.1
	typeAlert     = 21          // content types, RFC 5246 6.2.1
	typeData      = 23
	ignoredAppBuf = 2048
)

var errFingerprint = errors.New("peer certificate matches no offered fingerprint")

// association is one DTLS association of a leg and the goroutines that serve it, if any does now (rest.go).
type association struct {
	feed     *feed
	client   bool
	trusted  trusted
	cancel   context.CancelFunc
	running  bool
	up       bool
	mismatch atomic.Bool            // the handshake, which has locks of its own, tells these two
	peerCert atomic.Pointer[[]byte] // nil until it was judged
	done     chan struct{}          // closed when no goroutine serves it

	conn  *dtls.Conn  // while one does and the handshake is over
	since time.Time   // since when
	state *dtls.State // while none does
}

// startDTLS begins the handshake once both the description and a pair nominated
// for it are there. The caller holds the leg's lock.
func (l *Leg) startDTLS() {
	a := l.assoc
	if a == nil || a.running || l.closed || l.failed || l.ice.current() == nil {
		return
	}
	if l.connected && l.ice.nominatedAs != l.ice.generation {
		return // a reloaded page: its own pair first
	}
	a.running = true
	ctx, cancel := context.WithTimeout(context.Background(), l.port.timeouts.Handshake)
	a.cancel = cancel
	go l.serveDTLS(ctx, a)
}

// handleDTLS takes a datagram from a validated address. Before a pair is
// nominated a few are kept.
func (l *Leg) handleDTLS(b []byte) {
	f := l.feedFor(b)
	if f == nil {
		return
	}
	if buf, ok := l.port.pool.Copy(b); ok {
		f.put(buf)
	}
}

// feedFor is where the datagram goes, nil to drop it.
func (l *Leg) feedFor(b []byte) *feed {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.assoc
	switch {
	case a == nil || l.closed || (a.up && forged(b)) || a.state != nil && plain(b):
		l.counts.dtlsDropped++
		return nil
	case a.state != nil:
		l.wake(a)
	}
	return a.feed
}

// forged reports that a datagram holds a plaintext record that may no longer be
// sent in the clear once the handshake is over: an alert or data of epoch 0.
// Anyone could have made it.
func forged(b []byte) bool {
	for len(b) >= recordHeader {
		epoch := binary.BigEndian.Uint16(b[3:])
		if epoch == 0 && (b[0] == typeAlert || b[0] == typeData) {
			return true
		}
		size := recordHeader + int(binary.BigEndian.Uint16(b[11:]))
		if size > len(b) {
			return true
		}
		b = b[size:]
	}
	return len(b) != 0
}

// serveDTLS runs one association: handshake, keys, then reading until it ends.
func (l *Leg) serveDTLS(ctx context.Context, a *association) {
	defer close(a.done)
	defer l.guard()
	defer a.cancel()
	conn, err := a.open(l.port.identity)
	if err == nil {
		err = conn.HandshakeContext(ctx)
	}
	var k *keys
	if err == nil {
		k, err = newKeys(conn, a.client)
	}
	if !l.established(a, conn, k, err) {
		if conn != nil {
			_ = conn.Close()
		}
		_ = a.feed.Close()
		return
	}
	l.read(a, conn)
}

// read waits for the end of an association, or for its rest.
func (l *Leg) read(a *association, conn *dtls.Conn) {
	defer conn.Close() //nolint:errcheck // the peer may be gone
	buf := make([]byte, ignoredAppBuf)
	for {
		// No data channel is offered, so there is nothing to read; what matters is
		// the end, which is close_notify or the leg closing the feed.
		if _, err := conn.Read(buf); errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			break
		}
	}
	l.ended(a, conn)
}

// nowhere is the address pion is told: a feed knows its own.
func nowhere() net.Addr { return net.UDPAddrFromAddrPort(netip.AddrPort{}) }

// options are those of both roles.
func (a *association) options(id *Identity) []dtls.Option {
	return []dtls.Option{
		dtls.WithCertificates(id.certificate),
		dtls.WithSRTPProtectionProfiles(profiles()...),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithVerifyPeerCertificate(a.verify),
		dtls.WithMTU(dtlsMTU),
		dtls.WithFlightInterval(dtlsInterval),
		dtls.WithLoggerFactory(quiet()),
	}
}

// open makes the pion connection for our role (RFC 5763 5).
func (a *association) open(id *Identity) (*dtls.Conn, error) {
	peer, shared := nowhere(), a.options(id)
	if a.client {
		opts := make([]dtls.ClientOption, 0, len(shared)+2)
		for _, o := range shared {
			opts = append(opts, o)
		}
		// The certificate is judged by its fingerprint, not by a chain (RFC 8827 6.5).
		// P-256 first: it costs half of X25519 here, and a server takes the first.
		return dtls.ClientWithOptions(a.feed, peer, append(opts, dtls.WithInsecureSkipVerify(true),
			dtls.WithEllipticCurves(elliptic.P256, elliptic.X25519))...)
	}
	opts := make([]dtls.ServerOption, 0, len(shared)+2)
	for _, o := range shared {
		opts = append(opts, o)
	}
	// The address passed an ICE check, so the cookie exchange proves nothing more.
	return dtls.ServerWithOptions(a.feed, peer, append(opts,
		dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerifyHello(true))...)
}

// quiet keeps pion's own logger silent: a stranger must not write our log.
func quiet() *logging.DefaultLoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled,
		ScopeLevels: map[string]logging.LogLevel{}}
}

// verify holds the peer's certificate against the offered fingerprints, before
// any key is derived.
func (a *association) verify(certs [][]byte, _ [][]*x509.Certificate) error {
	if len(certs) == 0 || !a.trusted.match(certs[0]) {
		a.mismatch.Store(true)
		return errFingerprint
	}
	a.peerCert.Store(&certs[0])
	return nil
}

// established takes the handshake's result and reports whether media may flow.
func (l *Leg) established(a *association, conn *dtls.Conn, k *keys, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.assoc != a {
		return false
	}
	if err != nil {
		reason := ReasonDTLS
		switch {
		case a.mismatch.Load():
			reason = ReasonFingerprint
		case k == nil && a.peerCert.Load() != nil && !errors.Is(err, context.DeadlineExceeded):
			reason = ReasonProfile
		}
		l.log.Debug("access DTLS failed", "reason", string(reason), "error", err)
		l.fail(reason)
		return false
	}
	a.up, a.conn, a.since = true, conn, time.Now()
	l.keys.Store(k)
	first := !l.connected
	l.connected = true
	switch {
	case first:
		l.owner.AccessEvent(Event{Kind: Connected, Remote: l.ice.nominated.remote, Line: l.ice.nominated.line})
	case l.lost:
		l.restore()
	}
	return true
}

// ended is called when nothing more comes from a connection: the association is over, or rests.
func (l *Leg) ended(a *association, conn *dtls.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.assoc != a || a.conn != conn {
		return
	}
	a.conn = nil
	a.up = false
	l.shut = true
	l.lose(ReasonClosed)
}
