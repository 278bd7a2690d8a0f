package sdp

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Encoding names and the header extension of video.
const (
	nameH264        = "H264"
	nameVP8         = "VP8"
	nameRTX         = "rtx"
	videoClock      = 90000
	orientationURI  = "urn:3gpp:video-orientation" // TS 26.114 7.4.5
	defaultProfile  = "42000a"                     // of H.264 without profile-level-id (RFC 6184 8.1)
	maxExtension    = 14                           // one-byte header form (RFC 8285 4.2)
	videoAS         = 1500                         // kbit/s we offer to receive
	videoRS         = 600
	videoRR         = 5000
	ourProfileLevel = "42e01f" // constrained baseline, level 3.1
)

// VideoFeedback is what an m-line says of feedback (RFC 4585 4.2, RFC 5104 7.1), for any of its payload types: peers that serve it
// for one serve it for all.
type VideoFeedback struct{ NACK, PLI, FIR, TMMBR, REMB bool }

// and is what both have.
func (f VideoFeedback) and(g VideoFeedback) VideoFeedback {
	return VideoFeedback{f.NACK && g.NACK, f.PLI && g.PLI, f.FIR && g.FIR, f.TMMBR && g.TMMBR, f.REMB && g.REMB}
}

func parseFeedback(b block) (f VideoFeedback) {
	b.attrs("rtcp-fb", func(v string, _ int) bool {
		_, what, _ := strings.Cut(v, " ")
		switch strings.Join(strings.Fields(strings.ToLower(what)), " ") {
		case "nack":
			f.NACK = true
		case "nack pli":
			f.PLI = true
		case "ccm fir":
			f.FIR = true
		case "ccm tmmbr":
			f.TMMBR = true
		case "goog-remb":
			f.REMB = true
		}
		return true
	})
	return f
}

// parseOrientation is the id of urn:3gpp:video-orientation (RFC 8285 8), 0 for none.
func parseOrientation(b block) (id uint8) {
	b.attrs("extmap", func(v string, _ int) bool {
		f := strings.Fields(v)
		if len(f) < 2 || f[1] != orientationURI {
			return true
		}
		number, _, _ := strings.Cut(f[0], "/")
		if n, err := strconv.ParseUint(number, 10, 8); err == nil && n >= 1 && n <= maxExtension {
			id = uint8(n)
		}
		return id == 0
	})
	return id
}

// repairs takes the retransmission formats (RFC 4588 8.1) out of a list.
func repairs(all []Codec) (media, repair []Codec) {
	for _, c := range all {
		if c.Is(nameRTX) {
			repair = append(repair, c)
		} else {
			media = append(media, c)
		}
	}
	return media, repair
}

// Repeats is the payload type that a retransmission format repeats (apt, RFC 4588 8.1).
func (c Codec) Repeats() (pt uint8, ok bool) {
	v, _ := c.Param("apt")
	n, err := strconv.ParseUint(v, 10, 7)
	return uint8(n), err == nil && c.Is(nameRTX)
}

// mode is packetization-mode; absent is 0 (RFC 6184 8.1).
func mode(c Codec) string {
	if v, ok := c.Param("packetization-mode"); ok {
		return v
	}
	return "0"
}

// profile splits profile-level-id: whether it is constrained baseline or what is decoded alike, and the level.
//
// Constrained baseline is profile_idc 66 with constraint_set1, or 77 or 88 with constraint_set0 (RFC 6184 8.1, table 5). Baseline without
// it is counted in: nothing in the field uses what it adds (FMO, ASO), and handsets that say 42000c or 428014 mean this.
func profile(c Codec) (baseline bool, level byte) {
	text, ok := c.Param("profile-level-id")
	if !ok {
		text = defaultProfile
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != 3 {
		return false, 0
	}
	switch idc, constraints := raw[0], raw[1]; idc {
	case 66:
		baseline = true
	case 77:
		baseline = constraints&0x80 != 0
	case 88:
		baseline = constraints&0xc0 == 0xc0
	}
	return baseline, raw[2]
}

// exact reports constrained baseline said as browsers say it.
func exact(c Codec) bool {
	v, _ := c.Param("profile-level-id")
	return strings.HasPrefix(strings.ToLower(v), "42e0")
}

// usableVideo reports formats this gateway can hand on.
func usableVideo(c Codec) bool {
	if c.ClockRate != videoClock {
		return false
	}
	if c.Is(nameH264) {
		ok, _ := profile(c)
		return ok && (mode(c) == "0" || mode(c) == "1")
	}
	return c.Is(nameVP8)
}

// sameVideo reports two H.264 formats of one packetization mode (RFC 6184 8.2.2: it is never mixed) and profile.
func sameVideo(a, b Codec) bool {
	pa, _ := profile(a)
	pb, _ := profile(b)
	return pa == pb && mode(a) == mode(b)
}

// answerH264 is our fmtp for an accepted H.264 format: its mode and profile, and the level we say we receive. Where levels may not
// differ (no level-asymmetry-allowed), it is the lower one (RFC 6184 8.2.2).
func answerH264(offered, ours Codec) string {
	if !offered.Is(nameH264) {
		return ""
	}
	text, ok := offered.Param("profile-level-id")
	if !ok || len(text) != 6 {
		text = defaultProfile
	}
	_, theirs := profile(offered)
	_, level := profile(ours)
	out := ""
	if v, _ := offered.Param("level-asymmetry-allowed"); v == "1" {
		out = "level-asymmetry-allowed=1;"
	} else {
		level = min(level, theirs)
	}
	return out + "packetization-mode=" + mode(offered) + ";profile-level-id=" + strings.ToLower(text[:4]) + hex.EncodeToString([]byte{level})
}

// DefaultVideoCodecs are the formats of video in order of preference; vp8 adds VP8, for browsers without H.264 where the gateway can
// convert. The payload types are used when we offer.
func DefaultVideoCodecs(vp8 bool) []Codec {
	out := []Codec{
		{Name: nameH264, ClockRate: videoClock, Channels: 1, PayloadType: 114, FMTP: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + ourProfileLevel},
		{Name: nameH264, ClockRate: videoClock, Channels: 1, PayloadType: 116, FMTP: "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=" + ourProfileLevel},
	}
	if vp8 {
		out = append(out, Codec{Name: nameVP8, ClockRate: videoClock, Channels: 1, PayloadType: 118})
	}
	return out
}

// Bundled is the video m-line of a browser that can be used: the first one that is open and shares the audio's transport.
func (a *Access) Bundled() (index int, m *AccessMedia, ok bool) {
	_, audio, ok := a.Audio()
	if !ok || audio.MID == "" || !slices.Contains(a.Bundle, audio.MID) {
		return -1, nil, false
	}
	for i := range a.Media {
		m := &a.Media[i]
		if m.Kind == "video" && !m.Rejected && m.UFrag == audio.UFrag && m.Profile == audio.Profile && slices.Contains(a.Bundle, m.MID) {
			return i, m, true
		}
	}
	return -1, nil, false
}

// pick chooses the formats both have, in our order and under their payload types: theirs as they wrote it, ours with our parameters.
// No payload type of taken is used: on one transport it tells sound and picture apart (RFC 8843 9.2).
func pick(theirs, ours, taken []Codec) (chosen, answer []Codec) {
	for _, want := range ours {
		best := -1
		for i, have := range theirs {
			if !usableVideo(have) || !same(want, have) || slices.ContainsFunc(taken, func(c Codec) bool { return c.PayloadType == have.PayloadType }) {
				continue
			}
			if best < 0 || exact(have) && !exact(theirs[best]) {
				best = i
			}
		}
		if best >= 0 {
			have := theirs[best]
			chosen = append(chosen, have)
			have.FMTP = answerH264(have, want)
			answer = append(answer, have)
		}
	}
	return chosen, answer
}

// repairsOf are the retransmission formats of chosen ones.
func repairsOf(chosen, repair []Codec) []Codec {
	var out []Codec
	for _, r := range repair {
		pt, ok := r.Repeats()
		if ok && r.ClockRate == videoClock && slices.ContainsFunc(chosen, func(c Codec) bool { return c.PayloadType == pt }) {
			out = append(out, r)
		}
	}
	return out
}

// Video is the video m-line of a core description that can be used: the first plain RTP one that is not refused. nil when there is
// none.
func (c *Core) Video() *CoreMedia {
	for i := range c.Media {
		m := &c.Media[i]
		if m.Kind == "video" && !m.Rejected && m.plain() && m.Address.IsValid() {
			return m
		}
	}
	return nil
}

// CoreVideo is the picture as agreed with the core, the peer's side.
type CoreVideo struct {
	Codecs      []Codec   // what it takes, under its payload types; [0] is sent. One it numbered otherwise comes again under ours
	Direction   Direction // its own view of what was agreed
	Stated      Direction // what its description says
	RTP, RTCP   netip.AddrPort
	Feedback    VideoFeedback
	Orientation uint8 // 0 for none
	BandwidthAS int   // kbit/s, -1 when absent
	RS, RR      int   // bit/s, -1 when absent
	AVPF        bool  // the profile is RTP/AVPF
}

func (m *CoreMedia) video(codecs []Codec, d Direction, f VideoFeedback, orientation uint8) *CoreVideo {
	return &CoreVideo{Codecs: codecs, Direction: d, Stated: m.Direction, RTP: m.RTP(), RTCP: m.RTCP(), Feedback: f, Orientation: orientation,
		BandwidthAS: m.BandwidthAS, RS: m.RS, RR: m.RR, AVPF: m.Profile == profileAVPF || m.Configuration != ""}
}

// AnswerVideo is what [CoreAnswer] agrees to of the offer's video, nil for nothing.
func (c *Core) AnswerVideo(local *CoreVideoLocal) *CoreVideo {
	m := c.Video()
	if m == nil || local == nil {
		return nil
	}
	chosen, _ := pick(m.Codecs, local.Codecs, nil)
	if len(chosen) == 0 {
		return nil
	}
	d := answerDirection(m.Direction, local.Direction).Reverse()
	orientation := m.Orientation
	if !local.Orientation {
		orientation = 0
	}
	return m.video(chosen[:1], d, ourFeedback().and(m.Feedback), orientation)
}

// CheckCoreVideo is what an answer of the core agrees to of our offer's video, nil for nothing. What does not fit is refused video,
// not a refused call.
func CheckCoreVideo(offeredText string, answer *Core) *CoreVideo {
	offer, err := ParseCore(offeredText)
	if err != nil || offer.Video() == nil {
		return nil
	}
	o, m := offer.Video(), answer.Video()
	if m == nil || m.Index != o.Index {
		return nil
	}
	var chosen, doubles []Codec
	for _, a := range m.Codecs {
		i := slices.IndexFunc(o.Codecs, func(c Codec) bool { return same(c, a) })
		if i < 0 || !usableVideo(a) {
			continue
		}
		chosen = append(chosen, a)
		if o.Codecs[i].PayloadType != a.PayloadType {
			a.PayloadType = o.Codecs[i].PayloadType
			doubles = append(doubles, a)
		}
	}
	if len(chosen) == 0 {
		return nil
	}
	for _, d := range doubles {
		if !slices.ContainsFunc(chosen, func(c Codec) bool { return c.PayloadType == d.PayloadType }) {
			chosen = append(chosen, d)
		}
	}
	orientation := m.Orientation
	if o.Orientation == 0 {
		orientation = 0
	}
	return m.video(chosen, answerDirection(o.Direction, m.Direction), o.Feedback.and(m.Feedback), orientation)
}

// parseConfiguration finds the offer of RTP/AVPF beside RTP/AVP (RFC 5939): a=pcfg naming a=tcap's RTP/AVPF alone. It returns the
// value of the a=acfg that accepts it, "" for none.
func parseConfiguration(session, b block) (accept string) {
	caps := map[string]string{}
	note := func(v string, _ int) bool {
		f := strings.Fields(v)
		if len(f) < 2 || len(f) > 8 {
			return true
		}
		first, err := strconv.Atoi(f[0])
		for i, p := range f[1:] {
			if err == nil {
				caps[strconv.Itoa(first+i)] = p
			}
		}
		return len(caps) < 32
	}
	session.attrs("tcap", note)
	b.attrs("tcap", note)
	b.attrs("pcfg", func(v string, _ int) bool {
		f := strings.Fields(v)
		if len(f) != 2 || !digits(f[0]) || !strings.HasPrefix(f[1], "t=") {
			return true
		}
		for one := range strings.SplitSeq(f[1][2:], "|") {
			if caps[one] == profileAVPF {
				accept = f[0] + " t=" + one
				return false
			}
		}
		return true
	})
	return accept
}

const profileAVPF = "RTP/AVPF"

// VideoLike sorts a list of formats for a peer of one: of H.264 only its mode where the list has it, since a browser may send any that it
// is given, then the rest.
func VideoLike(list []Codec, main Codec) []Codec {
	var like, others []Codec
	for _, c := range list {
		switch {
		case same(c, main):
			like = append(like, c)
		case !c.Is(nameH264) || !main.Is(nameH264):
			others = append(others, c)
		}
	}
	if len(like) == 0 {
		return list
	}
	return append(like, others...)
}

// BetterVideo reports that a browser that was told to send the first of chosen should rather send another format of those it has, for a
// peer of main.
func BetterVideo(has, chosen []Codec, main Codec) bool {
	return !same(chosen[0], main) && slices.ContainsFunc(has, func(c Codec) bool { return usableVideo(c) && same(c, main) })
}

// VideoDirection is the direction of the video line of a core description of ours; open is false when there is none.
func VideoDirection(text string) (d Direction, open bool) {
	c, err := ParseCore(text)
	if err != nil || c.Video() == nil {
		return "", false
	}
	return c.Video().Direction, true
}

// And is what both directions allow, seen from one side.
func (d Direction) And(e Direction) Direction {
	return direction(d.Sends() && e.Sends(), d.Receives() && e.Receives())
}
