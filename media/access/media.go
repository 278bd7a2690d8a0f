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
	switch t := l.types.Load(); {
	case t.video[h.PayloadType] != 0:
		l.video.In.Packet(h, t.video[h.PayloadType], now)
	case !t.repair[h.PayloadType]:
		l.control.In.Packet(h, t.clocks[h.PayloadType], now)
	}
	return plain, h, true
}

// handleRTCP takes the browser's reports. Feedback that asks for something
// (NACK, PLI, REMB) has no meaning for audio and is video's, if there is any.
func (l *Leg) handleRTCP(b []byte, now time.Time) {
	k := l.keys.Load()
	if k == nil {
		return
	}
	plain, video := l.reports(k, b, now)
	if o, ok := l.owner.(Listener); video && ok {
		o.AccessFeedback(plain, now)
	}
}

// reports authenticates a compound and takes its reports. video tells that it may hold feedback to serve.
func (l *Leg) reports(k *keys, b []byte, now time.Time) (plain []byte, video bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	plain, err := k.in.rtcp(b, binary.BigEndian.Uint32(b[4:]))
	if err != nil {
		l.counts.controlFailed++
		return nil, false
	}
	l.control.Received(plain, now)
	if l.video.SSRC == 0 {
		return nil, false
	}
	l.video.Received(plain, now)
	return plain, true
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
		if l.checker != nil {
			l.checker.expired = true
		}
	}
	if l.checker != nil {
		l.checker.send(l, now) // consent
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

// DueVideo and ReportVideo are Due and Report of the picture.
func (l *Leg) DueVideo(now time.Time) bool {
	if l.keys.Load() == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.video.SSRC != 0 && l.video.Due(now)
}

// ReportVideo sends a compound with what the video stream sent.
func (l *Leg) ReportVideo(info packet.SenderInfo, now time.Time) {
	l.compoundOf(func(b []byte) []byte { return l.video.Append(b, info, now) })
}

// Feedback sends feedback of the video stream in a compound (RFC 4585 3.1).
func (l *Leg) Feedback(fb []byte, _ time.Time) {
	l.compoundOf(func(b []byte) []byte { return append(l.video.Envelope(b), fb...) })
}

// compoundOf sends what fill, called under the lock, makes.
func (l *Leg) compoundOf(fill func([]byte) []byte) {
	k, p := l.keys.Load(), l.path.Load()
	if k == nil || p == nil {
		return
	}
	var room [512]byte
	l.mu.Lock()
	b := fill(room[:0])
	l.mu.Unlock()
	_ = k.out.rtcp(b, p) // lost feedback is asked for again
}

// Delay is packet.Control.Delay of the sound, SourceTime packet.Control.SourceTime of it, VideoTime the same of the picture.
func (l *Leg) Delay() (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.control.Delay()
}

// SourceTime is the browser's RTP time of its sound at an instant of its own clock.
func (l *Leg) SourceTime(at time.Time) (uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.control.SourceTime(at)
}

// VideoTime is the browser's RTP time of its video at an instant of its own clock.
func (l *Leg) VideoTime(at time.Time) (uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.video.SourceTime(at)
}

// VideoQuality is what the picture's RTCP knows.
func (l *Leg) VideoQuality() packet.Quality {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.video.Quality()
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
