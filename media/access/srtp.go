package access

import (
	"errors"
	"fmt"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// Windows and limits.
const (
	replayWindow = 128 // RFC 3711 3.3.2 wants at least 64
	maxSources   = 256 // SSRCs of one browser that keep state, some 300 octets each; more are dropped
)

var errSources = errors.New("too many sources")

// profiles are the SRTP profiles offered and accepted, best first: GCM costs a
// third of SHA-1 here. SHA1_80 is mandatory (RFC 8827 6.5). Null and 32-bit tags
// are never taken.
func profiles() []dtls.SRTPProtectionProfile {
	return []dtls.SRTPProtectionProfile{
		dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80,
	}
}

// keys are the two SRTP contexts of one association (RFC 5764 4.2).
type keys struct {
	profile string
	in      inbound
	out     outbound
}

// inbound unprotects; the leg's lock guards it.
type inbound struct {
	ctx     *srtp.Context
	header  rtp.Header
	control rtcp.Header
	sources []uint32
	heard   bool // something opened: the peer has our last flight of the handshake
}

// outbound protects. Its own lock keeps the order of packet index and write.
type outbound struct {
	mu      sync.Mutex
	ctx     *srtp.Context
	header  rtp.Header
	control rtcp.Header
}

// newKeys takes the keying material of a finished handshake.
func newKeys(conn *dtls.Conn, client bool) (*keys, error) {
	chosen, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return nil, errors.New("peer negotiated no SRTP profile")
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return nil, errors.New("read DTLS state")
	}
	// The two packages number the profiles alike, by the IANA registry.
	cfg := srtp.Config{Profile: srtp.ProtectionProfile(chosen)}
	if err := cfg.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		return nil, fmt.Errorf("export SRTP keys: %w", err)
	}
	in, err := srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, cfg.Profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("make SRTP context: %w", err)
	}
	out, err := srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, cfg.Profile)
	if err != nil {
		return nil, fmt.Errorf("make SRTP context: %w", err)
	}
	return &keys{profile: cfg.Profile.String(), in: inbound{ctx: in}, out: outbound{ctx: out}}, nil
}

// knows reports whether a source has state. Those in use came last.
func (k *inbound) knows(ssrc uint32) bool {
	for i := len(k.sources) - 1; i >= 0; i-- {
		if k.sources[i] == ssrc {
			return true
		}
	}
	return false
}

// rtp unprotects a packet in place.
func (k *inbound) rtp(b []byte, ssrc uint32) ([]byte, error) {
	known := k.knows(ssrc)
	if !known && len(k.sources) >= maxSources {
		return nil, errSources
	}
	plain, err := k.ctx.DecryptRTP(b[:0], b, &k.header)
	if err == nil {
		k.heard = true
		if !known {
			k.sources = append(k.sources, ssrc)
		}
	}
	return plain, err
}

// rtcp unprotects a compound in place.
func (k *inbound) rtcp(b []byte, ssrc uint32) ([]byte, error) {
	known := k.knows(ssrc)
	if !known && len(k.sources) >= maxSources {
		return nil, errSources
	}
	plain, err := k.ctx.DecryptRTCP(b[:0], b, &k.control)
	if err == nil {
		k.heard = true
		if !known {
			k.sources = append(k.sources, ssrc)
		}
	}
	return plain, err
}

// rtp protects b in place and sends it; b has room for the tag.
func (k *outbound) rtp(b []byte, p *path) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	sealed, err := k.ctx.EncryptRTP(b[:0], b, &k.header)
	if err != nil {
		return err
	}
	return p.via.WriteTo(sealed, p.remote)
}

// rtcp protects a compound in place and sends it.
func (k *outbound) rtcp(b []byte, p *path) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	sealed, err := k.ctx.EncryptRTCP(b[:0], b, &k.control)
	if err != nil {
		return err
	}
	return p.via.WriteTo(sealed, p.remote)
}
