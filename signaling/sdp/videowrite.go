package sdp

import (
	"slices"
	"strconv"
	"strings"
)

// AccessVideoLocal is what we say of our picture on the access leg.
type AccessVideoLocal struct {
	SSRC, Repair uint32    // of the stream to the browser and of its retransmissions
	Codecs       []Codec   // in order of preference; see [DefaultVideoCodecs]
	Direction    Direction // what we want; "" is sendrecv
	Orientation  bool      // the core has urn:3gpp:video-orientation: without it the browser turns the picture itself
	BandwidthAS  int       // kbit/s that the core takes; 0 for nothing said
}

// ourFeedback is what the gateway serves on both legs; REMB is the browser's alone and never offered to the core.
func ourFeedback() VideoFeedback { return VideoFeedback{NACK: true, PLI: true, FIR: true, TMMBR: true} }

// accessFeedback is what it serves towards a browser.
func accessFeedback() VideoFeedback {
	return VideoFeedback{NACK: true, PLI: true, FIR: true, REMB: true}
}

// answerVideo agrees to a browser's video; nil when there is nothing to agree to. answer is the same with our parameters.
func (a *Access) answerVideo(local *AccessVideoLocal, taken []Codec) (chosen *AccessMedia, answer []Codec) {
	_, m, ok := a.Bundled()
	if !ok || local == nil {
		return nil, nil
	}
	both := *m
	if both.Codecs, answer = pick(m.Codecs, local.Codecs, taken); len(answer) == 0 {
		return nil, nil
	}
	both.Repair = repairsOf(both.Codecs, m.Repair)
	both.Feedback = accessFeedback().and(m.Feedback)
	if !local.Orientation {
		both.Orientation = 0
	}
	both.Direction = answerDirection(m.Direction, local.Direction).Reverse()
	return &both, answer
}

// accessVideo writes an open video m-line of the access leg; chosen is the browser's side as agreed or as offered to it.
func (w *writer) accessVideo(local AccessLocal, chosen *AccessMedia, codecs []Codec, setup string, d Direction) {
	v := local.Video
	w.line("m=video ", strconv.Itoa(local.port()), " ", chosen.Profile, formats(codecs, chosen.Repair))
	w.line("c=", netAddr(local.Address.Addr()))
	if v.BandwidthAS > 0 {
		w.line("b=AS:", strconv.Itoa(v.BandwidthAS))
	}
	w.codecs(codecs)
	w.codecs(chosen.Repair)
	for _, c := range codecs {
		w.feedback(strconv.Itoa(int(c.PayloadType)), chosen.Feedback)
	}
	if chosen.Orientation != 0 {
		w.line("a=extmap:", strconv.Itoa(int(chosen.Orientation)), " ", orientationURI)
	}
	w.line("a=", string(d))
	if chosen.MID != "" {
		w.line("a=mid:", chosen.MID)
	}
	if d.Sends() {
		stream, _, _ := strings.Cut(local.MSID, " ")
		if stream == "" {
			stream = "causeway"
		}
		w.line("a=msid:", stream, " video") // one stream with the sound: the browser plays them together
	}
	if v.SSRC != 0 && local.CNAME != "" {
		main, again := strconv.FormatUint(uint64(v.SSRC), 10), strconv.FormatUint(uint64(v.Repair), 10)
		repairs := len(chosen.Repair) > 0 && v.Repair != 0
		if repairs {
			w.line("a=ssrc-group:FID ", main, " ", again)
		}
		w.line("a=ssrc:", main, " cname:", local.CNAME)
		if repairs { // after it: Chromium takes the first one for the stream itself
			w.line("a=ssrc:", again, " cname:", local.CNAME)
		}
	}
	w.transport(local, setup)
}

// feedback writes the rtcp-fb lines of one payload type, or of all ("*").
func (w *writer) feedback(pt string, f VideoFeedback) {
	for _, one := range []struct {
		on   bool
		text string
	}{{f.REMB, "goog-remb"}, {f.NACK, "nack"}, {f.PLI, "nack pli"}, {f.FIR, "ccm fir"}, {f.TMMBR, "ccm tmmbr"}} {
		if one.on {
			w.line("a=rtcp-fb:", pt, " ", one.text)
		}
	}
}

// offeredVideo is the video m-line of our offer to a browser: every format with a retransmission format of its own.
func (l *AccessVideoLocal) offered(mid string, taken, known []Codec) *AccessMedia {
	m := &AccessMedia{Kind: "video", Profile: profileDTLS, MID: mid, Feedback: accessFeedback()}
	if l.Orientation {
		m.Orientation = 3
	}
	m.Codecs, _ = assign(l.Codecs, nil, slices.Concat(taken, known), nil)
	used := slices.Concat(taken, known, m.Codecs)
	for _, c := range m.Codecs {
		apt := "apt=" + strconv.Itoa(int(c.PayloadType))
		r := Codec{Name: nameRTX, ClockRate: videoClock, Channels: 1, PayloadType: c.PayloadType + 1, FMTP: apt}
		if i := slices.IndexFunc(known, func(k Codec) bool { return k.Is(nameRTX) && k.FMTP == apt }); i >= 0 {
			r.PayloadType = known[i].PayloadType
		} else {
			for slices.ContainsFunc(used, func(u Codec) bool { return u.PayloadType == r.PayloadType }) && r.PayloadType < 127 {
				r.PayloadType++
			}
		}
		used = append(used, r)
		m.Repair = append(m.Repair, r)
	}
	return m
}

// checkVideo is what the browser's answer agrees to of the offer's video, nil for nothing.
func (offered *Access) checkVideo(answer *Access) *AccessMedia {
	i, o, ok := offered.Bundled()
	if !ok {
		return nil
	}
	j, m, ok := answer.Bundled()
	if !ok || i != j {
		return nil
	}
	chosen := *m
	chosen.Codecs = nil
	for _, c := range m.Codecs {
		if usableVideo(c) && slices.ContainsFunc(o.Codecs, func(k Codec) bool { return same(k, c) }) {
			chosen.Codecs = append(chosen.Codecs, c)
		}
	}
	if len(chosen.Codecs) == 0 {
		return nil
	}
	chosen.Repair = repairsOf(chosen.Codecs, m.Repair)
	chosen.Feedback = o.Feedback.and(m.Feedback)
	if o.Orientation == 0 {
		chosen.Orientation = 0
	}
	chosen.Direction = answerDirection(o.Direction, m.Direction)
	return &chosen
}

// CoreVideoLocal is what we say of our picture on the core leg.
type CoreVideoLocal struct {
	RTPPort, RTCPPort uint16
	Codecs            []Codec   // H264 in order of preference
	Direction         Direction // what we want; "" is sendrecv
	AVPF              bool      // RTP/AVPF has been agreed before: offer nothing else
	Orientation       bool      // the browser has urn:3gpp:video-orientation: without it the phone turns its picture itself
}

// coreVideo is what differs between the video m-lines of an offer and of an answer.
type coreVideo struct {
	profile, accept string // the profile, and the a=acfg value where it was one of two
	direction       Direction
	codecs          []Codec
	feedback        VideoFeedback
	orientation     uint8
	rs, rr          int
}

// coreVideo writes it. An offer says RTP/AVP and RTP/AVPF beside it (TS 26.114 6.2.3, RFC 5939), so that either kind of peer takes it.
func (w *writer) coreVideo(local CoreLocal, v *CoreVideoLocal, m coreVideo) {
	offer := m.profile == ""
	profile := m.profile
	if offer {
		profile = "RTP/AVP"
	}
	w.line("m=video ", strconv.Itoa(int(v.RTPPort)), " ", profile, formats(m.codecs))
	w.line("b=AS:", strconv.Itoa(videoAS))
	w.line("b=RS:", strconv.Itoa(m.rs))
	w.line("b=RR:", strconv.Itoa(m.rr))
	if offer {
		w.line("a=tcap:1 ", profileAVPF)
		w.line("a=pcfg:1 t=1")
	} else if m.accept != "" {
		w.line("a=acfg:", m.accept)
	}
	w.codecs(m.codecs)
	w.feedback("*", m.feedback)
	if m.orientation != 0 {
		w.line("a=extmap:", strconv.Itoa(int(m.orientation)), " ", orientationURI)
	}
	if v.RTCPPort != 0 && v.RTCPPort != v.RTPPort+1 {
		w.line("a=rtcp:", strconv.Itoa(int(v.RTCPPort)), " ", netAddr(local.Address))
	}
	w.line("a=", string(m.direction))
	if local.Preconditions != nil {
		w.preconditions(*local.Preconditions)
	}
}

// videoOffer writes the video m-line of an offer. before is our m-line in its place so far, nil for a new one.
func (w *writer) videoOffer(local CoreLocal, before *CoreMedia) {
	v := local.Video
	var known []Codec
	if before != nil {
		known = before.Codecs
	}
	codecs, _ := assign(v.Codecs, nil, known, nil)
	d := v.Direction
	if d == "" {
		d = SendRecv
	}
	profile := ""
	if v.AVPF {
		profile = profileAVPF
	}
	m := coreVideo{profile: profile, direction: d, codecs: codecs, feedback: ourFeedback(), rs: videoRS, rr: videoRR}
	if v.Orientation {
		m.orientation = 4
	}
	w.coreVideo(local, v, m)
}

// videoAnswer writes the answer to a video m-line, in its profile: RTP/AVPF where that is offered.
func (w *writer) videoAnswer(local CoreLocal, offer *CoreMedia, chosen *CoreVideo) {
	codec := chosen.Codecs[0]
	for _, ours := range local.Video.Codecs {
		if same(ours, codec) {
			codec.FMTP = answerH264(codec, ours)
		}
	}
	m := coreVideo{profile: offer.Profile, direction: chosen.Direction.Reverse(), codecs: []Codec{codec}, feedback: chosen.Feedback,
		orientation: chosen.Orientation, rs: offer.RS, rr: offer.RR}
	if offer.Profile != profileAVPF && offer.Configuration != "" {
		m.profile, m.accept = profileAVPF, offer.Configuration
	}
	if m.rs < 0 {
		m.rs = videoRS
	}
	if m.rr < 0 {
		m.rr = videoRR
	}
	w.coreVideo(local, local.Video, m)
}

// Reoffer makes the re-offer that follows text, our own description in force on the core leg: every open m-line but video gets the direction
// (hold, resume, see [HoldDirection]); video is what local.Video says, and is closed when that is nil. The version rises when that changes
// anything. Addresses and ports stay: c=0.0.0.0 is never written.
func Reoffer(text string, local CoreLocal, d Direction) (string, error) {
	before, err := ParseCore(text)
	if err != nil {
		return "", err
	}
	head, media, _ := strings.Cut(text, "\r\nm=")
	head += "\r\n"
	var w writer
	as, seen := 0, false
	for i, part := range strings.Split(media, "\r\nm=") {
		m := &before.Media[i]
		switch {
		case m.Kind == "video" && !seen && local.Video != nil:
			seen = true
			w.videoOffer(local, m)
			as += videoAS
		case m.Kind == "video" || m.Rejected:
			w.closed(m)
		default:
			w.WriteString(redirected("m="+strings.TrimSuffix(part, "\r\n"), d))
			as += max(m.BandwidthAS, 0)
		}
	}
	if local.Video != nil && !seen {
		w.videoOffer(local, nil)
		as += videoAS
	}
	return Revise(text, sum(head, as)+w.String())
}

// redirected gives one m-line's text another direction.
func redirected(text string, d Direction) string {
	lines := strings.Split(text, "\r\n")
	for i, l := range lines {
		switch l {
		case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
			lines[i] = "a=" + string(d)
		}
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

// sum writes the session's b=AS, which is the sum of its m-lines (TS 26.114 A.6.2).
func sum(head string, as int) string {
	lines := strings.Split(head, "\r\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "b=AS:") {
			lines[i] = "b=AS:" + strconv.Itoa(as)
		}
	}
	return strings.Join(lines, "\r\n")
}
