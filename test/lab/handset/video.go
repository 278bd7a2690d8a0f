package handset

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"causeway/test/lab/mirror"
	"causeway/test/lab/sdp"
)

// Video is what a handset can do with pictures.
type Video struct {
	Mode        int            // packetization-mode of H.264
	AVP         bool           // RTP/AVP without a word of RTP/AVPF
	NoFeedback  bool           // no rtcp-fb
	Orientation bool           // urn:3gpp:video-orientation
	Parameters  string         // sprop-parameter-sets
	Later       bool           // none until the command "video on"
	At          netip.AddrPort // where pictures go instead of the handset's own mirror; tests put GStreamer there
}

// VideoInfo is the video of one call.
type VideoInfo struct {
	On     bool        `json:"on"`
	Remote string      `json:"remote,omitempty"` // where the far side wants RTP
	Format string      `json:"format,omitempty"` // its payload type, rtpmap and fmtp
	Says   string      `json:"says,omitempty"`   // its direction
	Infos  int         `json:"infos"`            // INFOs that asked for a key frame (RFC 5168)
	Seen   mirror.Seen `json:"seen"`
}

// picture is the video side of a call.
type picture struct {
	mirror *mirror.Mirror
	line   int // index of the m-line plus one; 0 for none yet
	on     bool
	info   VideoInfo
}

func (c *Call) wantsVideo() bool { return c.script.Video != nil && c.picture.on }

func (c *Call) videoPort() uint16 {
	v, p := c.script.Video, &c.picture
	if v.At.IsValid() {
		return v.At.Port()
	}
	if p.mirror == nil {
		var err error
		if p.mirror, err = mirror.New(c.stream.Addr().Addr()); err != nil {
			c.fault("video_port", "%v", err)
			return 0
		}
	}
	return p.mirror.Port()
}

// videoMedia writes our m-line with one format; port 0 refuses.
func (c *Call) videoMedia(proto, pt, direction string) sdp.Media {
	v := c.script.Video
	m := sdp.Media{Kind: "video", Proto: proto, Port: c.videoPort(), Formats: []string{pt},
		Bandwidth: []sdp.Attr{{Name: "AS", Value: "768"}, {Name: "RS", Value: "600"}, {Name: "RR", Value: "2000"}}}
	fmtp := pt + " profile-level-id=42e01f;packetization-mode=" + strconv.Itoa(v.Mode) + ";level-asymmetry-allowed=1"
	if v.Parameters != "" {
		fmtp += ";sprop-parameter-sets=" + v.Parameters
	}
	m.Attrs = append(m.Attrs, sdp.Attr{Name: "rtpmap", Value: pt + " H264/90000"}, sdp.Attr{Name: "fmtp", Value: fmtp})
	if !v.NoFeedback {
		for _, f := range []string{"nack", "nack pli", "ccm fir", "ccm tmmbr"} {
			m.Attrs = append(m.Attrs, sdp.Attr{Name: "rtcp-fb", Value: "* " + f})
		}
	}
	if v.Orientation {
		m.Attrs = append(m.Attrs, sdp.Attr{Name: "extmap", Value: "4 urn:3gpp:video-orientation"})
	}
	m.Attrs = append(m.Attrs, sdp.Attr{Name: direction})
	return m
}

// answerVideo answers a video m-line of the far side's offer.
func (c *Call) answerVideo(s *sdp.Session, i int) sdp.Media {
	o := s.Media[i]
	refused := sdp.Media{Kind: o.Kind, Proto: o.Proto, Formats: o.Formats[:1]}
	c.picture.line = i + 1
	if o.Port == 0 || !c.wantsVideo() {
		c.noVideo()
		return refused
	}
	pt, ok := c.format(&o)
	if !ok {
		c.noVideo()
		return refused
	}
	proto := o.Proto
	_, configured := o.Attr("pcfg")
	if configured && proto == "RTP/AVP" && !c.script.Video.AVP {
		proto = "RTP/AVPF"
	}
	theirs := s.Direction(&o)
	m := c.videoMedia(proto, pt, meet("sendrecv", theirs))
	if proto != o.Proto {
		m.Attrs = append([]sdp.Attr{{Name: "acfg", Value: "1 t=1"}}, m.Attrs...)
	}
	c.seeVideo(&o, pt, theirs)
	return m
}

// format finds the payload type of H.264 in our mode.
func (c *Call) format(m *sdp.Media) (pt string, ok bool) {
	codecs, err := m.Codecs()
	if err != nil {
		c.fault("video_sdp", "%v", err)
		return "", false
	}
	for _, k := range codecs {
		mode := k.FMTP["packetization-mode"]
		if mode == "" {
			mode = "0"
		}
		if strings.EqualFold(k.Name, "H264") && mode == strconv.Itoa(c.script.Video.Mode) {
			return strconv.Itoa(int(k.PayloadType)), true
		}
	}
	return "", false
}

// seeVideo takes the far side's m-line.
func (c *Call) seeVideo(m *sdp.Media, pt, theirs string) {
	p := &c.picture
	n, _ := strconv.ParseUint(pt, 10, 7)
	rtp := netip.AddrPortFrom(m.Address, m.Port)
	p.info.On, p.info.Remote, p.info.Says = true, rtp.String(), theirs
	for _, name := range []string{"rtpmap", "fmtp"} {
		for _, v := range m.All(name) {
			if strings.HasPrefix(v, pt+" ") {
				p.info.Format = strings.TrimSpace(p.info.Format + " " + v)
			}
		}
	}
	if p.mirror == nil {
		return
	}
	far := &mirror.Far{RTP: rtp, RTCP: m.RTCP(), PayloadType: uint8(n), Back: theirs == "sendrecv" || theirs == "recvonly"}
	for _, fb := range m.All("rtcp-fb") {
		_, what, _ := strings.Cut(fb, " ")
		far.PLI = far.PLI || what == "nack pli"
		far.FIR = far.FIR || what == "ccm fir"
	}
	for _, e := range m.All("extmap") {
		if id, uri, _ := strings.Cut(e, " "); uri == "urn:3gpp:video-orientation" {
			if n, err := strconv.ParseUint(id, 10, 4); err == nil {
				far.Orientation = uint8(n)
			}
		}
	}
	p.mirror.Set(far)
}

func (c *Call) noVideo() {
	c.picture.info.On = false
	if c.picture.mirror != nil {
		c.picture.mirror.Set(nil)
	}
}

// offerVideo adds video to an offer of ours: ours, or a closed line where there was one.
func (c *Call) offerVideo(s *sdp.Session, l local) {
	p := &c.picture
	switch {
	case c.wantsVideo():
		m := c.videoMedia("RTP/AVP", "99", c.media.want)
		l.condition(&m)
		s.Media = append(s.Media, m)
	case p.line > 0:
		s.Media = append(s.Media, sdp.Media{Kind: "video", Proto: "RTP/AVP", Formats: []string{"99"}})
	default:
		return
	}
	p.line = len(s.Media)
}

// takeVideo takes the far side's answer to our video.
func (c *Call) takeVideo(s *sdp.Session) {
	p := &c.picture
	if p.line == 0 || p.line > len(s.Media) {
		return
	}
	m := &s.Media[p.line-1]
	if m.Port == 0 || !c.wantsVideo() {
		c.noVideo()
		return
	}
	pt, ok := c.format(m)
	if !ok {
		c.fault("video_answer", "the answer's video has no H.264 in mode %d", c.script.Video.Mode)
		return
	}
	c.seeVideo(m, pt, s.Direction(m))
}

// setVideo adds or removes video by a re-INVITE.
func (c *Call) setVideo(arg string) error {
	if c.script.Video == nil || arg != "on" && arg != "off" {
		return fmt.Errorf("no video, or neither on nor off: %q", arg)
	}
	c.picture.on = arg == "on"
	return c.reoffer(c.media.want, c.script)
}

// videoInfo is what CallInfo shows.
func (c *Call) videoInfo() *VideoInfo {
	if c.script.Video == nil {
		return nil
	}
	i := c.picture.info
	if c.picture.mirror != nil {
		i.Seen = c.picture.mirror.Seen()
	}
	return &i
}
