package media

import (
	"math"
	"strings"
	"sync"
	"time"

	"causeway/media/bridge"
	"causeway/media/packet"
)

// LegStats are the figures of one leg.
type LegStats struct {
	Codec                          string // sent now
	PacketsSent, BytesSent         uint64 // payload octets
	PacketsReceived, BytesReceived uint64
	Lost                           uint64        // on the way to us
	RemoteLost                     uint64        // of ours, as the far end reports
	Jitter, RTT                    time.Duration // RTT 0 until measured
	MOS                            float64       // 1 to 4.5, E-model over the last seconds; 0 before media
	Rejected                       uint64        // authentication failures, strangers, malformed
}

// Stats are the figures of one session.
type Stats struct {
	Access, Core    LegStats
	TranscodeUp     string // the pipeline, "" while packets pass through
	TranscodeDown   string
	Up, Down        bridge.DirectionStats // Up is browser to core
	SRTPProfile     string
	AccessConnected bool
	AccessRejected  AccessRejects
	CoreRejected    CoreRejects
}

// AccessRejects counts what the browser's address sent in vain.
type AccessRejects struct{ AuthFailed, ControlFailed, Unparsed, DTLSDropped uint64 }

// CoreRejects counts what came to the core ports in vain.
type CoreRejects struct{ Strangers, Unparsed, ControlStrangers, ControlUnparsed uint64 }

// Transcoding reports whether either direction is converted now.
func (s Stats) Transcoding() bool { return s.TranscodeUp != "" || s.TranscodeDown != "" }

// Stats returns the figures so far.
func (s *Session) Stats() Stats {
	a, c := s.access.Stats(), s.core.Stats()
	up, down := s.bridge.Stats()
	accessCodec, coreCodec := s.codecs(down, up)
	accessMOS, coreMOS := s.quality.scores(accessCodec, coreCodec)
	st := Stats{
		Access: leg(accessCodec, a.Quality, down, accessMOS), Core: leg(coreCodec, c.Quality, up, coreMOS),
		TranscodeUp: up.Pipeline, TranscodeDown: down.Pipeline, Up: up, Down: down,
		SRTPProfile: a.Profile, AccessConnected: a.Connected,
		AccessRejected: AccessRejects{a.AuthFailed, a.ControlFailed, a.Unparsed, a.DTLSDropped},
		CoreRejected:   CoreRejects{c.Strangers, c.Unparsed, c.ControlStrangers, c.ControlUnparsed},
	}
	st.Access.Rejected = a.AuthFailed + a.ControlFailed + a.Unparsed + a.DTLSDropped
	st.Core.Rejected = c.Strangers + c.Unparsed + c.ControlStrangers + c.ControlUnparsed
	return st
}

// codecs names what is sent on each leg: the codec of the newest packet, before
// the first the preferred one.
func (s *Session) codecs(down, up bridge.DirectionStats) (access, core string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sent(s.plan.access.Codecs, down), sent(s.plan.core.Codecs, up)
}

func sent(codecs []Codec, out bridge.DirectionStats) string {
	for _, c := range codecs {
		if out.Packets > 0 && c.PayloadType == out.PayloadType {
			return c.Name
		}
	}
	if len(codecs) == 0 {
		return ""
	}
	return codecs[0].Name
}

func leg(codec string, q packet.Quality, out bridge.DirectionStats, mos float64) LegStats {
	return LegStats{
		Codec: codec, PacketsSent: out.Packets, BytesSent: out.Octets,
		PacketsReceived: q.PacketsReceived, BytesReceived: q.OctetsReceived,
		Lost: q.Lost, RemoteLost: q.RemoteLost, Jitter: q.Jitter, RTT: q.RTT, MOS: mos,
	}
}

// window is the time quality is judged over.
const window = 2 * time.Second

// tracker keeps what the E-model needs over the last window.
type tracker struct {
	mu           sync.Mutex // guards the following
	next         time.Time
	access, core sample
}

type sample struct {
	last packet.Quality
	loss float64 // fraction, the worse of both ways
	seen bool
}

func (t *tracker) due(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.next) {
		return false
	}
	t.next = now.Add(window)
	return true
}

func (t *tracker) update(access, core packet.Quality) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.access.update(access)
	t.core.update(core)
}

func (s *sample) update(q packet.Quality) {
	got := float64(q.PacketsReceived - s.last.PacketsReceived)
	lost := max(float64(q.Lost)-float64(s.last.Lost), 0)
	s.loss = q.RemoteFraction
	if got+lost > 0 {
		s.loss = max(s.loss, lost/(got+lost))
	}
	s.seen = q.PacketsReceived > 0
	s.last = q
}

func (t *tracker) scores(access, core string) (a, c float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.access.mos(access), t.core.mos(core)
}

func (s *sample) mos(codec string) float64 {
	if !s.seen {
		return 0
	}
	// One way is half the round trip; the receiver holds about two jitters and a
	// packet.
	return MOS(codec, s.loss, s.last.RTT/2+2*s.last.Jitter+20*time.Millisecond)
}

// impairment is a codec's equipment impairment factor and its robustness to
// random loss (ITU-T G.113 appendix I; wideband codecs on the narrowband scale).
type impairment struct{ ie, bpl float64 }

func impairmentOf(codec string) impairment {
	switch strings.ToLower(codec) {
	case "pcmu", "pcma":
		return impairment{0, 25.1} // with packet loss concealment
	case "amr":
		return impairment{5, 10}
	case "amr-wb", "g722":
		return impairment{1, 15}
	case "opus":
		return impairment{0, 20}
	default:
		return impairment{10, 10}
	}
}

// MOS is the E-model's estimate (ITU-T G.107, all other inputs at their
// defaults) for a codec, a loss fraction 0..1 and a one-way delay.
func MOS(codec string, loss float64, delay time.Duration) float64 {
	i := impairmentOf(codec)
	ppl := 100 * min(max(loss, 0), 1)
	ms := float64(delay) / float64(time.Millisecond)
	id := 0.024 * ms
	if ms > 177.3 {
		id += 0.11 * (ms - 177.3)
	}
	r := 93.2 - id - (i.ie + (95-i.ie)*ppl/(ppl+i.bpl))
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	mos := 1 + 0.035*r + r*(r-60)*(100-r)*7e-6
	return math.Round(max(mos, 1)*100) / 100
}
