package pair

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v3"

	"causeway/media"
)

// Light is a browser's media without the browser: one check, one handshake, SRTP
// with prepared buffers. It costs little and allocates nothing per packet, so
// that figures measured beside it are the gateway's.
type Light struct {
	Conn *net.UDPConn
	MTU  int // of its handshake, octets; 0 is 1200

	to      netip.AddrPort
	local   media.AccessLocal
	remote  media.AccessRemote
	dtls    *dtls.Conn
	wire    *lightWire
	in, out *srtp.Context
	inHead  rtp.Header
	outHead rtp.Header
}

// lightUFrag and lightPwd are a Light's ICE credentials.
const (
	lightUFrag = "light"
	lightPwd   = "lightlightlightlightlight"
)

// NewLight makes a client with the certificate and its description for SetAccess.
func NewLight(cert tls.Certificate, codecs []media.Codec) (*Light, error) {
	return NewLightAt(netip.AddrFrom4([4]byte{127, 0, 0, 1}), cert, codecs)
}

// NewLightAt is NewLight with another address of this machine.
func NewLightAt(at netip.Addr, cert tls.Certificate, codecs []media.Codec) (*Light, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
	if err != nil {
		return nil, fmt.Errorf("open client socket: %w", err)
	}
	sum := sha256.Sum256(cert.Certificate[0])
	var colons []string
	for _, x := range sum {
		colons = append(colons, strings.ToUpper(hex.EncodeToString([]byte{x})))
	}
	l := &Light{Conn: conn, remote: media.AccessRemote{
		UFrag: lightUFrag, Pwd: lightPwd, Setup: "active", Codecs: codecs,
		Fingerprints: []media.Fingerprint{{Hash: "sha-256", Value: strings.Join(colons, ":")}},
	}}
	return l, nil
}

// Remote is what the client's description holds.
func (l *Light) Remote() media.AccessRemote { return l.remote }

// Connect checks, nominates and shakes hands.
func (l *Light) Connect(local media.AccessLocal, cert tls.Certificate, profile dtls.SRTPProtectionProfile) error {
	l.local, l.to = local, local.Candidates[0].Address
	if err := l.Check(); err != nil {
		return err
	}
	l.wire = &lightWire{conn: l.Conn, to: l.to, gone: make(chan struct{})}
	mtu := 1200
	if l.MTU > 0 {
		mtu = l.MTU
	}
	client, err := dtls.ClientWithOptions(l.wire, net.UDPAddrFromAddrPort(l.to),
		dtls.WithCertificates(cert), dtls.WithInsecureSkipVerify(true), dtls.WithMTU(mtu),
		dtls.WithSRTPProtectionProfiles(profile),
		dtls.WithVerifyPeerCertificate(func([][]byte, [][]*x509.Certificate) error { return nil }))
	if err != nil {
		return fmt.Errorf("make DTLS client: %w", err)
	}
	l.dtls = client
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := client.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("shake hands: %w", err)
	}
	return l.keys(srtp.ProtectionProfile(profile))
}

// keys makes the contexts and takes the socket back from DTLS.
func (l *Light) keys(profile srtp.ProtectionProfile) error {
	state, ok := l.dtls.ConnectionState()
	if !ok {
		return errors.New("no DTLS state")
	}
	cfg := srtp.Config{Profile: profile}
	err := cfg.ExtractSessionKeysFromDTLS(&state, true)
	if err == nil {
		l.in, err = srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, profile)
	}
	if err == nil {
		l.out, err = srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, profile)
	}
	if err != nil {
		return fmt.Errorf("make SRTP contexts: %w", err)
	}
	l.wire.detach()
	return l.dtls.Close() // its close_notify goes nowhere: the wire is cut
}

// Check sends one check that nominates and waits for its answer.
func (l *Light) Check() error {
	req, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(l.local.UFrag+":"+lightUFrag),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{110, 0, 1, 255}},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)},
		stun.RawAttribute{Type: stun.AttrUseCandidate},
		stun.NewShortTermIntegrity(l.local.Pwd), stun.Fingerprint)
	if err != nil {
		return fmt.Errorf("build check: %w", err)
	}
	if _, err := l.Conn.WriteToUDPAddrPort(req.Raw, l.to); err != nil {
		return fmt.Errorf("send check: %w", err)
	}
	_ = l.Conn.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 1500)
	n, err := l.Conn.Read(b)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	_ = l.Conn.SetReadDeadline(time.Time{})
	res := &stun.Message{Raw: b[:n]}
	if err := res.Decode(); err != nil || res.Type != stun.BindingSuccess {
		return fmt.Errorf("answer %v: %w", res.Type, err)
	}
	return stun.NewShortTermIntegrity(l.local.Pwd).Check(res)
}

// Send protects the RTP packet in b, in place, and sends it.
func (l *Light) Send(b []byte) error {
	sealed, err := l.out.EncryptRTP(b[:0], b, &l.outHead)
	if err != nil {
		return fmt.Errorf("protect: %w", err)
	}
	_, err = l.Conn.WriteToUDPAddrPort(sealed, l.to)
	return err
}

// Receive reads the next RTP packet into b and unprotects it in place; reports
// are passed over.
func (l *Light) Receive(b []byte) ([]byte, error) {
	for {
		n, _, err := l.Conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return nil, err
		}
		if n > 1 && (b[1] < 192 || b[1] > 223) {
			return l.in.DecryptRTP(b[:0], b[:n], &l.inHead)
		}
	}
}

// SendRTCP protects a compound and sends it.
func (l *Light) SendRTCP(b []byte) error {
	sealed, err := l.out.EncryptRTCP(nil, b, nil)
	if err != nil {
		return fmt.Errorf("protect report: %w", err)
	}
	_, err = l.Conn.WriteToUDPAddrPort(sealed, l.to)
	return err
}

// ReceiveBoth reads what comes next, a packet or a compound of reports, and unprotects it.
func (l *Light) ReceiveBoth() (plain []byte, report bool, err error) {
	b := make([]byte, 2048)
	n, _, err := l.Conn.ReadFromUDPAddrPort(b)
	if err != nil || n < 2 {
		return nil, false, err
	}
	if report = b[1] >= 192 && b[1] <= 223; report {
		plain, err = l.in.DecryptRTCP(nil, b[:n], nil)
	} else {
		plain, err = l.in.DecryptRTP(nil, b[:n], nil)
	}
	return plain, report, err
}

// Close closes the socket.
func (l *Light) Close() { _ = l.Conn.Close() }

// lightWire lends the socket to DTLS.
type lightWire struct {
	conn *net.UDPConn
	to   netip.AddrPort
	gone chan struct{}
	once sync.Once
}

func (w *lightWire) cut() bool {
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}

// detach gives the socket back: reads end, writes vanish.
func (w *lightWire) detach() {
	w.once.Do(func() {
		close(w.gone)
		_ = w.conn.SetReadDeadline(time.Now())
	})
}

func (w *lightWire) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := w.conn.ReadFrom(b)
	if w.cut() {
		_ = w.conn.SetReadDeadline(time.Time{})
		return 0, nil, net.ErrClosed
	}
	return n, from, err
}

func (w *lightWire) WriteTo(b []byte, _ net.Addr) (int, error) {
	if w.cut() {
		return len(b), nil
	}
	return w.conn.WriteToUDPAddrPort(b, w.to)
}

func (w *lightWire) SetReadDeadline(t time.Time) error {
	if w.cut() {
		return os.ErrDeadlineExceeded
	}
	return w.conn.SetReadDeadline(t)
}

func (w *lightWire) Close() error                     { w.detach(); return nil }
func (w *lightWire) LocalAddr() net.Addr              { return w.conn.LocalAddr() }
func (w *lightWire) SetDeadline(t time.Time) error    { return w.SetReadDeadline(t) }
func (w *lightWire) SetWriteDeadline(time.Time) error { return nil }
