package access

import (
	"encoding/binary"
	"net/netip"
	"time"

	"causeway/media/packet"
)

// handleRTP unprotects one packet in place and hands it to the owner.
func (l *Leg) handleRTP(b []byte, now time.Time) {
	k := l.keys.Load()
	if k == nil {
		return // nothing before the fingerprint was checked
	}
	if plain, h, ok := l.unprotect(k, b, now); ok {
		l.owner.AccessRTP(plain, h, now)
	}
}

// unprotect authenticates and decrypts b in place and accounts for it.
func (l *Leg) unprotect(k *keys, b []byte, now time.Time) ([]byte, packet.RTP, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	plain, err := k.in.rtp(b, binary.BigEndian.Uint32(b[8:]))
	if err != nil {
		l.counts.authFailed++
		return nil, packet.RTP{}, false
	}
	h, err := packet.ParseRTP(plain)
	if err != nil {
		l.counts.unparsed++
		return nil, packet.RTP{}, false
	}
	l.control.In.Packet(h, l.clocks.Load()[h.PayloadType], now)
	return plain, h, true
}

// handleRTCP takes the browser's reports. Feedback that asks for something
// (NACK, PLI, REMB) has no meaning for audio and is ignored.
func (l *Leg) handleRTCP(b []byte, now time.Time) {
	k := l.keys.Load()
	if k == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	plain, err := k.in.rtcp(b, binary.BigEndian.Uint32(b[4:]))
	if err != nil {
		l.counts.controlFailed++
		return
	}
	l.control.Received(plain, now)
}

// SendRTP protects b in place, which needs packet.BufferSize of capacity beyond
// its start or at least room for the tag, and sends it to the nominated address.
// packet.ErrNotReady before DTLS is up and after consent is lost.
func (l *Leg) SendRTP(b []byte) error {
	k, p := l.keys.Load(), l.path.Load()
	if k == nil || p == nil {
		return packet.ErrNotReady
	}
	return k.out.rtp(b, p)
}

// Tick watches the leg's clocks; the owner calls it a few times a second.
func (l *Leg) Tick(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.failed {
		return
	}
	l.settle(now)
	t := l.port.timeouts
	switch {
	case l.ice.current() == nil:
		if !l.since.IsZero() && now.Sub(l.since) > t.ICE {
			l.fail(ReasonICETimeout)
		}
	case now.UnixNano()-l.lastCheck.Load() > int64(t.Consent):
		l.lose(ReasonConsent)
	}
}

// Due reports whether an RTCP report is to be sent now.
func (l *Leg) Due(now time.Time) bool {
	if l.keys.Load() == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.control.Due(now)
}

// Report sends a compound with what the stream sent.
func (l *Leg) Report(info packet.SenderInfo, now time.Time) {
	k, p := l.keys.Load(), l.path.Load()
	if k == nil || p == nil {
		return
	}
	var room [512]byte
	_ = k.out.rtcp(l.compound(room[:0], info, now), p) // a lost report is replaced by the next
}

func (l *Leg) compound(b []byte, info packet.SenderInfo, now time.Time) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.control.Append(b, info, now)
}

// Peer is the nominated pair: the browser's address and the number of the access address it comes to.
func (l *Leg) Peer() (remote netip.AddrPort, line uint8, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.ice.nominated
	return n.remote, n.line, n.remote.IsValid()
}

// Stats of a leg.
type Stats struct {
	packet.Quality
	Connected     bool
	Profile       string // SRTP profile, "" before DTLS
	AuthFailed    uint64 // SRTP that failed authentication or was replayed
	ControlFailed uint64 // the same of SRTCP
	Unparsed      uint64 // authentic but not RTP
	DTLSDropped   uint64 // plaintext alerts and the like after the handshake
}

// Stats returns the leg's figures.
func (l *Leg) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Stats{
		Quality: l.control.Quality(), Connected: l.connected && !l.lost && !l.failed,
		AuthFailed: l.counts.authFailed, ControlFailed: l.counts.controlFailed,
		Unparsed: l.counts.unparsed, DTLSDropped: l.counts.dtlsDropped,
	}
	if k := l.keys.Load(); k != nil {
		s.Profile = k.profile
	}
	return s
}
