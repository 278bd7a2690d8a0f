package client

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
	"strconv"
	"strings"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v3"
)

// Light is a Media that costs little: one check that nominates, one DTLS handshake as client, SRTP contexts. It speaks PCMU unless Speak
// says otherwise. After Accept the socket is the owner's, to send and receive on with Out and In.
type Light struct {
	Conn    *net.UDPConn
	Peer    netip.AddrPort // the gateway's address
	In, Out *srtp.Context

	cert    tls.Certificate
	profile dtls.SRTPProtectionProfile
	remote  credentials
	format  string // the payload type on the m-line
	lines   string // its attributes
}

// Speak sets the one codec it offers besides telephone-event: payload type, and rtpmap and perhaps fmtp, each ended by CR LF.
func (l *Light) Speak(pt int, attributes string) {
	l.format, l.lines = strconv.Itoa(pt), attributes
}

// credentials are the ICE parts of a description.
type credentials struct{ ufrag, pwd string }

// own are every Light's credentials; it is found by its address.
func own() credentials { return credentials{"light", "lightlightlightlightlight"} }

// NewLight opens a socket on loopback. The certificate may serve many.
func NewLight(cert tls.Certificate, profile dtls.SRTPProtectionProfile) (*Light, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open the light client's socket: %w", err)
	}
	return NewLightOn(conn, cert, profile), nil
}

// NewLightOn takes a socket that is bound to one address.
func NewLightOn(conn *net.UDPConn, cert tls.Certificate, profile dtls.SRTPProtectionProfile) *Light {
	l := &Light{Conn: conn, cert: cert, profile: profile}
	l.Speak(0, "a=rtpmap:0 PCMU/8000\r\n")
	return l
}

// Offer implements Media.
func (l *Light) Offer() (string, error) { return l.describe("actpass"), nil }

func (l *Light) describe(setup string) string {
	sum := sha256.Sum256(l.cert.Certificate[0])
	var colons []string
	for _, x := range sum {
		colons = append(colons, strings.ToUpper(hex.EncodeToString([]byte{x})))
	}
	at := l.address()
	version := "IP4"
	if at.Addr().Is6() {
		version = "IP6"
	}
	return fmt.Sprintf("v=0\r\no=- 4611731400430051336 2 IN %s %s\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"+
		"m=audio %d UDP/TLS/RTP/SAVPF %s 110 101\r\nc=IN %s %s\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\n"+
		"a=setup:%s\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n%s"+
		"a=rtpmap:110 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\n"+
		"a=candidate:1 1 udp 2122260223 %s %d typ host\r\na=end-of-candidates\r\n",
		version, at.Addr(), at.Port(), l.format, version, at.Addr(), own().ufrag, own().pwd, strings.Join(colons, ":"), setup, l.lines, at.Addr(), at.Port())
}

// address is the socket's.
func (l *Light) address() netip.AddrPort {
	a := l.Conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// Accept implements Media: it connects before it returns.
func (l *Light) Accept(ctx context.Context, answer string) error {
	if !strings.Contains(answer, "a=setup:passive") {
		return errors.New("the far side does not want to be the DTLS server")
	}
	if err := l.learn(answer); err != nil {
		return err
	}
	return l.connect(ctx)
}

// Answer implements Media; a light client only calls.
func (l *Light) Answer(context.Context, string) (string, error) {
	return "", errors.New("a light client takes no calls")
}

// learn reads the far side's description: its first UDP host candidate of component 1 of the socket's IP version, and its credentials.
func (l *Light) learn(text string) error {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok {
			l.remote.ufrag = v
		} else if v, ok := strings.CutPrefix(line, "a=ice-pwd:"); ok {
			l.remote.pwd = v
		} else if v, ok := strings.CutPrefix(line, "a=candidate:"); ok && !l.Peer.IsValid() {
			f := strings.Fields(v)
			if len(f) < 8 || f[1] != "1" || !strings.EqualFold(f[2], "udp") {
				continue
			}
			if a, err := netip.ParseAddrPort(net.JoinHostPort(f[4], f[5])); err == nil && a.Addr().Is4() == l.address().Addr().Is4() {
				l.Peer = a
			}
		}
	}
	if !l.Peer.IsValid() || l.remote.pwd == "" {
		return errors.New("no candidate or no ICE credentials in the answer")
	}
	return nil
}

// User is the gateway's ICE user fragment of this call, which anybody who sees a check can read.
func (l *Light) User() string { return l.remote.ufrag }

func (l *Light) connect(ctx context.Context) error {
	if err := l.check(ctx); err != nil {
		return err
	}
	wire := &wire{UDPConn: l.Conn, light: l}
	client, err := dtls.ClientWithOptions(wire, net.UDPAddrFromAddrPort(l.Peer),
		dtls.WithCertificates(l.cert), dtls.WithInsecureSkipVerify(true), dtls.WithSRTPProtectionProfiles(l.profile),
		dtls.WithVerifyPeerCertificate(func([][]byte, [][]*x509.Certificate) error { return nil }))
	if err != nil {
		return fmt.Errorf("make a DTLS client: %w", err)
	}
	if err := client.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("shake hands: %w", err)
	}
	state, ok := client.ConnectionState()
	if !ok {
		return errors.New("no DTLS state")
	}
	profile := srtp.ProtectionProfile(l.profile)
	cfg := srtp.Config{Profile: profile}
	if err = cfg.ExtractSessionKeysFromDTLS(&state, true); err == nil {
		l.In, err = srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, profile)
	}
	if err == nil {
		l.Out, err = srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, profile)
	}
	if err != nil {
		return fmt.Errorf("make SRTP contexts: %w", err)
	}
	_ = wire.Close() // before DTLS closes: its close_notify goes nowhere
	_ = client.Close()
	return l.Conn.SetReadDeadline(time.Time{})
}

// check sends checks that nominate until one is answered; checks of the far side are answered meanwhile.
func (l *Light) check(ctx context.Context) error {
	req, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(l.remote.ufrag+":"+own().ufrag),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{110, 0, 1, 255}},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: []byte{255, 255, 255, 255, 255, 255, 255, 255}},
		stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.NewShortTermIntegrity(l.remote.pwd), stun.Fingerprint)
	if err != nil {
		return fmt.Errorf("build a check: %w", err)
	}
	b := make([]byte, 1500)
	for ctx.Err() == nil {
		if _, err := l.Conn.WriteToUDPAddrPort(req.Raw, l.Peer); err != nil {
			return fmt.Errorf("send a check: %w", err)
		}
		_ = l.Conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		for {
			n, from, err := l.Conn.ReadFromUDPAddrPort(b)
			if err != nil {
				break // time for another one
			}
			if l.Respond(b[:n], from) {
				continue
			}
			res := &stun.Message{Raw: b[:n]}
			if res.Decode() == nil && res.Type == stun.BindingSuccess && res.TransactionID == req.TransactionID {
				return l.Conn.SetReadDeadline(time.Time{})
			}
		}
	}
	return fmt.Errorf("wait for an answer to a check: %w", ctx.Err())
}

// Respond answers a check of the far side; false: the datagram is none.
func (l *Light) Respond(b []byte, from netip.AddrPort) bool {
	res, ok := l.Response(b, from)
	if ok {
		_, _ = l.Conn.WriteToUDPAddrPort(res, from)
	}
	return ok
}

// Response is the answer to a check of the far side; false: the datagram is none.
func (l *Light) Response(b []byte, from netip.AddrPort) ([]byte, bool) {
	if !stun.IsMessage(b) {
		return nil, false
	}
	req := &stun.Message{Raw: b}
	if req.Decode() != nil || req.Type != stun.BindingRequest {
		return nil, false
	}
	res, err := stun.Build(req, stun.BindingSuccess, &stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())},
		stun.NewShortTermIntegrity(own().pwd), stun.Fingerprint)
	if err != nil {
		return nil, false
	}
	return res.Raw, true
}

// Close implements Media.
func (l *Light) Close() { _ = l.Conn.Close() }
