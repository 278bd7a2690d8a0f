package media

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"time"

	"causeway/media/access"
	"causeway/media/core"
	"causeway/media/packet"
	"causeway/media/udp"
	"causeway/media/video"
)

// VideoMaker makes the converters between video codecs; Deps has one.
type VideoMaker = video.Maker

// What a VideoMaker speaks of.
type (
	VideoFormat    = video.Format
	VideoConverter = video.Converter
	VideoPacket    = video.Packet
)

// VideoLocal is what our descriptions must hold for video.
type VideoLocal struct {
	RTP, RTCP    netip.AddrPort // of the core leg
	AccessSSRC   uint32         // of the stream to the browser
	AccessRepair uint32         // of its retransmissions (RFC 4588)
}

// VideoRemote is what one leg's description held for video and the negotiation made of it.
type VideoRemote struct {
	RTP, RTCP netip.AddrPort // of the core leg: where to send, and the only source accepted
	// Codecs are H264 and VP8. Of the core's [0] is sent; of the browser's any may be.
	Codecs      []Codec
	Repair      map[uint8]uint8 // retransmission payload type to the one it repeats
	Direction   Direction
	Feedback    VideoFeedback
	Orientation uint8 // id of urn:3gpp:video-orientation on this leg, 1 to 14; 0 for none
	Bitrate     int   // what it wants to receive at most, bit/s; 0 when it does not say
	// RTCPBandwidthRS and RR are as in CoreRemote.
	RTCPBandwidthRS, RTCPBandwidthRR int
}

// VideoFeedback is what a leg negotiated of RFC 4585, RFC 5104 and REMB.
type VideoFeedback struct{ NACK, PLI, FIR, TMMBR, REMB bool }

// VideoPicture: the far end takes no feedback; it is to be asked for a key frame by SIP INFO (RFC 5168).
type VideoPicture struct{}

func (VideoPicture) event() {}

// VideoUnconverted: the two sides have no format in common, and their video cannot be converted. Busy: it could be if fewer others were
// (Config.VideoConversions).
type VideoUnconverted struct{ Busy bool }

func (VideoUnconverted) event() {}

// ErrVideoBusy is what a VideoMaker answers when as many conversions run as there may be.
var ErrVideoBusy = video.ErrBusy

// videoPlane is the video of a session.
type videoPlane struct {
	plane *video.Plane
	core  *core.Leg
	local VideoLocal
	again atomic.Bool // the browser is back: show it a whole picture

	octets [2]uint64 // sent up and down until the last window; belongs to Session.tick
}

// videoPlan is what signalling said of video so far.
type videoPlan struct {
	access, core       video.Peer
	accessDir, coreDir Direction
	to                 netip.AddrPort // where the far end's picture is
}

// videoSide is the session as its video's core leg sees it.
type videoSide Session

var errEnded = errors.New("media session has ended")

// OpenVideo takes a port pair for video and tells what our descriptions must hold. Later calls tell the same. Errors: ErrNoPorts, and one of
// its own after Close.
func (s *Session) OpenVideo() (VideoLocal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return VideoLocal{}, errEnded
	}
	if v := s.video.Load(); v != nil {
		return v.local, nil
	}
	g, ssrc := s.gateway, rand.Uint32()|1
	leg, err := core.NewLeg((*videoSide)(s), g.ports, g.threads.Least(), udp.Options{DSCP: g.cfg.VideoDSCP, Bypass: true}, ssrc, s.names.coreCNAME, s.log)
	if err != nil {
		return VideoLocal{}, err
	}
	v := &videoPlane{core: leg}
	v.local.RTP, v.local.RTCP = leg.Local()
	v.local.AccessSSRC, v.local.AccessRepair = rand.Uint32()|1, rand.Uint32()|1
	v.plane = video.New(video.Config{
		Maker: g.video, Pool: g.pool, ToCore: leg, ToAccess: s.access,
		CoreSSRC: ssrc, AccessSSRC: v.local.AccessSSRC, RepairSSRC: v.local.AccessRepair,
		INFO: func() { s.events.post(VideoPicture{}) }, Fault: s.fault, Totals: &g.pictures,
		Unconverted: func(busy bool) { s.events.post(VideoUnconverted{busy}) },
	})
	s.access.AddVideo(v.local.AccessSSRC, s.names.accessCNAME, accessInterval)
	s.video.Store(v)
	return v.local, nil
}

// peer checks a description of video.
func (v *VideoRemote) peer(taken []Codec) (video.Peer, error) {
	if _, err := side(v.Codecs, nil); err != nil {
		return video.Peer{}, err
	}
	p := video.Peer{
		Codecs: v.Codecs, Repair: v.Repair, Orientation: v.Orientation, Bitrate: v.Bitrate,
		NACK: v.Feedback.NACK, PLI: v.Feedback.PLI, FIR: v.Feedback.FIR, TMMBR: v.Feedback.TMMBR, REMB: v.Feedback.REMB,
	}
	for _, c := range v.Codecs {
		for _, t := range taken {
			if t.PayloadType == c.PayloadType {
				return video.Peer{}, fmt.Errorf("payload type %d is both sound and picture", c.PayloadType)
			}
		}
		p.Parameters = append(p.Parameters, video.ParameterSets(c)...)
	}
	if len(v.Repair) > maxCodecs || v.Orientation > 14 {
		return video.Peer{}, errors.New("too many retransmission types, or an extension number above 14")
	}
	return p, nil
}

// check reads an optional description of video; without one the peer has no codec.
func (s *Session) check(v *VideoRemote, taken []Codec) (peer video.Peer, d Direction, err error) {
	if v == nil {
		return video.Peer{}, Inactive, nil
	}
	if s.video.Load() == nil {
		return video.Peer{}, Inactive, errors.New("video is not open")
	}
	peer, err = v.peer(taken)
	return peer, v.Direction, err
}

// setCoreVideo gives the video's core leg its far end, and shows a new one to the browser.
func (s *Session) setCoreVideo(r *VideoRemote) {
	v := s.video.Load()
	if v == nil {
		return
	}
	if r == nil {
		v.core.SetRemote(core.Remote{Clocks: new(packet.Clocks)})
		return
	}
	v.core.SetRemote(core.Remote{
		RTP: r.RTP, RTCP: r.RTCP, Clocks: packet.NewClocks(r.Codecs),
		Interval: reportInterval(CoreRemote{RTCPBandwidthRS: r.RTCPBandwidthRS, RTCPBandwidthRR: r.RTCPBandwidthRR}),
	})
}

// routeVideo swaps the route of video. The caller holds the session's lock.
func (s *Session) routeVideo(p *negotiated, now time.Time) {
	v := s.video.Load()
	if v == nil {
		return
	}
	both := p.haveAccess && p.haveCore && len(p.video.access.Codecs) > 0 && len(p.video.core.Codecs) > 0
	v.plane.Set(p.video.access, p.video.core, video.Gates{
		Up:   both && p.video.accessDir.receives() && p.video.coreDir.sends() && !p.localHold && !p.remoteHold,
		Down: both && p.video.coreDir.receives() && p.video.accessDir.sends() && !p.localHold,
	}, now)
}

// ShowPicture asks the browser for a key frame: the far end said by SIP INFO that it needs one (RFC 5168).
func (s *Session) ShowPicture() {
	if v := s.video.Load(); v != nil {
		v.plane.RefreshCore(time.Now())
	}
}

// tickVideo does what is due by time.
func (s *Session) tickVideo(now time.Time) {
	v := s.video.Load()
	if v == nil {
		return
	}
	if v.again.Swap(false) {
		v.plane.Refresh(now)
		v.plane.RefreshCore(now)
	}
	v.plane.Tick(now)
	if s.access.DueVideo(now) {
		_, picture := s.captured(toAccess, now)
		s.access.ReportVideo(v.plane.ToAccess(picture, now), now)
		v.plane.Pace(now)
	}
	if v.core.Due(now) {
		_, picture := s.captured(toCore, now)
		v.core.Report(v.plane.ToCore(picture, now), now)
	}
}

// noteVideo tells the ledger what was sent since it was last called, a window ago.
func (s *Session) noteVideo() {
	v := s.video.Load()
	if v == nil {
		return
	}
	up, down := v.plane.Stats()
	for i, now := range [2]uint64{up.Octets, down.Octets} {
		if n := now - v.octets[i]; n > 0 {
			s.gateway.quality.rate(i, float64(n)*8/window.Seconds())
		}
		v.octets[i] = now
	}
}

// repairs are the payload types of retransmissions.
func repairs(p video.Peer) *[128]bool {
	t := new([128]bool)
	for pt := range p.Repair {
		t[pt&127] = true
	}
	return t
}

func (s *Session) closeVideo() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if v := s.video.Load(); v != nil {
		v.plane.Close()
		v.core.Close()
	}
}

// VideoTotals are the figures of all video.
type VideoTotals struct {
	Sessions  int    // with video between browser and core now
	KeyFrames uint64 // asked of browsers and far ends so far
	Up, Down  Spread // bit/s of payload sent to the core and to the browser: one value for every two seconds of every call with video
}

// VideoStats are the figures of a session's video.
type VideoStats struct {
	Access, Core VideoLegStats
	Up, Down     video.Stats // Up is browser to core
	CoreRejected CoreRejects
}

// VideoLegStats are the figures of one leg.
type VideoLegStats struct {
	Codec                          string
	PacketsSent, BytesSent         uint64 // payload octets
	PacketsReceived, BytesReceived uint64
	Lost, RemoteLost               uint64
	Jitter, RTT                    time.Duration
}

// videoStats returns the figures so far, nil without video.
func (s *Session) videoStats() *VideoStats {
	v := s.video.Load()
	if v == nil {
		return nil
	}
	up, down := v.plane.Stats()
	c := v.core.Stats()
	s.mu.Lock()
	accessCodecs, coreCodecs := s.plan.video.access.Codecs, s.plan.video.core.Codecs
	s.mu.Unlock()
	return &VideoStats{
		Access: videoLeg(accessCodecs, s.access.VideoQuality(), down), Core: videoLeg(coreCodecs, c.Quality, up), Up: up, Down: down,
		CoreRejected: CoreRejects{c.Strangers, c.Unparsed, c.ControlStrangers, c.ControlUnparsed},
	}
}

func videoLeg(codecs []Codec, q packet.Quality, out video.Stats) VideoLegStats {
	l := VideoLegStats{
		PacketsSent: out.Packets, BytesSent: out.Octets, PacketsReceived: q.PacketsReceived, BytesReceived: q.OctetsReceived,
		Lost: q.Lost, RemoteLost: q.RemoteLost, Jitter: q.Jitter, RTT: q.RTT,
	}
	for _, c := range codecs {
		if l.Codec == "" || out.Packets > 0 && c.PayloadType == out.PayloadType {
			l.Codec = c.Name
		}
	}
	return l
}

// AccessFeedback implements access.Listener.
func (s *accessSide) AccessFeedback(b []byte, now time.Time) {
	if v := s.video.Load(); v != nil {
		v.plane.AccessFeedback(b, now)
	}
}

// CoreRTP implements core.Owner.
func (s *videoSide) CoreRTP(b []byte, h packet.RTP, now time.Time) {
	if v := s.video.Load(); v != nil {
		v.plane.FromCore(b, h, now)
	}
}

// CoreFeedback implements core.Listener.
func (s *videoSide) CoreFeedback(b []byte, now time.Time) {
	if v := s.video.Load(); v != nil {
		v.plane.CoreFeedback(b, now)
	}
}

// CoreSilent implements core.Owner: a picture may stand still, or never come; the sound says whether the far end is there.
func (*videoSide) CoreSilent(bool) {}

// CoreModeRequest implements core.Owner: video has no speech modes.
func (*videoSide) CoreModeRequest(int) {}

// CoreFault implements core.Owner.
func (s *videoSide) CoreFault() { s.access.Fault() }

var (
	_ access.Listener = (*accessSide)(nil)
	_ core.Listener   = (*videoSide)(nil)
)
