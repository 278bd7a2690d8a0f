package media

import (
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
	MeanMOS                        float64       // the same over the call so far
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
	Video           *VideoStats // nil without video
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
	accessMOS, coreMOS := s.quality.scores()
	st := Stats{
		Access: leg(accessCodec, a.Quality, down, accessMOS), Core: leg(coreCodec, c.Quality, up, coreMOS),
		TranscodeUp: up.Pipeline, TranscodeDown: down.Pipeline, Up: up, Down: down,
		SRTPProfile: a.Profile, AccessConnected: a.Connected,
		AccessRejected: AccessRejects{a.AuthFailed, a.ControlFailed, a.Unparsed, a.DTLSDropped},
		CoreRejected:   CoreRejects{c.Strangers, c.Unparsed, c.ControlStrangers, c.ControlUnparsed},
	}
	st.Video = s.videoStats()
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
		if out.Packets > 0 && c.PayloadType == out.PayloadType && !c.Is("CN") {
			return c.Name
		}
	}
	if len(codecs) == 0 {
		return ""
	}
	return codecs[0].Name // also while comfort noise stands for it
}

func leg(codec string, q packet.Quality, out bridge.DirectionStats, mos score) LegStats {
	return LegStats{
		Codec: codec, PacketsSent: out.Packets, BytesSent: out.Octets,
		PacketsReceived: q.PacketsReceived, BytesReceived: q.OctetsReceived,
		Lost: q.Lost, RemoteLost: q.RemoteLost, Jitter: q.Jitter, RTT: q.RTT, MOS: mos.now, MeanMOS: mos.mean,
	}
}
