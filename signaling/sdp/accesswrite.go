package sdp

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// AccessLocal is what we say of ourselves on the access leg.
type AccessLocal struct {
	Address            netip.AddrPort // m= and c= line: our first candidate as the browser sees it; the zero value writes port 9 and 0.0.0.0
	Candidates         []Candidate    // all of ours at once: nothing is trickled later
	UFrag, Pwd         string
	FingerprintHash    string // e.g. "sha-256"
	Fingerprint        string // hex octets with colons
	Setup              string // our role in an answer to actpass: "active", "passive" or "" for active (RFC 8842 5.3)
	Lite               bool
	SSRC               uint32
	CNAME, MSID        string // MSID is "stream track" (RFC 8830); "" for a fixed one
	SessionID, Version uint64
	Direction          Direction         // what we want; "" is sendrecv
	PTime              int               // milliseconds of sound the browser should put into a packet, kept within 20 and 60; 0 for 20
	Video              *AccessVideoLocal // nil: video is refused, or not offered
}

// AccessOptions shapes [AccessOffer].
type AccessOptions struct {
	// Previous is our own description in force, when this is a re-offer: its m-lines, mids and payload
	// types are kept for ever (RFC 8829 5.2.2, RFC 3264 8). nil for a first offer.
	Previous *Access
}

// writer builds a description line by line.
type writer struct{ strings.Builder }

func (w *writer) line(parts ...string) {
	for _, p := range parts {
		w.WriteString(p)
	}
	w.WriteString("\r\n")
}

// header writes v= to t=. Both ends of a session use t=0 0 (RFC 3264 5).
func (w *writer) header(id, version uint64, addr netip.Addr) {
	w.line("v=0")
	w.line("o=- ", strconv.FormatUint(id, 10), " ", strconv.FormatUint(version, 10), " ", netAddr(addr))
	w.line("s=-")
}

// netAddr writes "IN IP4 a.b.c.d".
func netAddr(a netip.Addr) string {
	switch {
	case !a.IsValid():
		return "IN IP4 0.0.0.0"
	case a.Is4():
		return "IN IP4 " + a.String()
	default:
		return "IN IP6 " + a.String()
	}
}

// codecs writes rtpmap and fmtp lines.
func (w *writer) codecs(list []Codec) {
	for _, c := range list {
		pt := strconv.Itoa(int(c.PayloadType))
		ch := ""
		if c.Channels > 1 {
			ch = "/" + strconv.Itoa(c.Channels)
		}
		w.line("a=rtpmap:", pt, " ", c.Name, "/", strconv.Itoa(c.ClockRate), ch)
		if c.FMTP != "" {
			w.line("a=fmtp:", pt, " ", c.FMTP)
		}
	}
}

// formats is the payload type list of an m-line.
func formats(lists ...[]Codec) string {
	var b strings.Builder
	for _, list := range lists {
		for _, c := range list {
			b.WriteByte(' ')
			b.WriteString(strconv.Itoa(int(c.PayloadType)))
		}
	}
	return b.String()
}

// AccessAnswer answers a browser's offer: the first usable audio is accepted with the codecs both sides
// have, in our order and under the browser's payload types; every other m-line is refused with port 0 in its
// place (RFC 3264 6, RFC 8829 5.3), or left open and inactive where the audio's transport hangs on it. telephone-event is accepted at each clock of an accepted codec, and at 8000.
//
// chosen is the browser's side as agreed: Codecs and DTMF the negotiated ones with the browser's parameters
// (what it wants to receive), Setup the role the browser now has (never actpass), Direction the browser's own view.
//
// Errors: ErrNoAudio, ErrNoCommonCodec.
func AccessAnswer(offer *Access, local AccessLocal, codecs []Codec) (text string, chosen AccessMedia, err error) {
	index, audio, ok := offer.Audio()
	if !ok {
		return "", AccessMedia{}, fail(ErrNoAudio, 0, "the offer has no audio to answer")
	}
	chosen = *audio
	chosen.Codecs, chosen.DTMF = nil, nil
	var ours []Codec // the same payload types with our parameters
	for _, want := range withoutNoise(codecs) {
		for _, have := range audio.Codecs {
			if !same(want, have) || slices.ContainsFunc(chosen.Codecs, func(c Codec) bool { return same(c, have) }) {
				continue
			}
			chosen.Codecs = append(chosen.Codecs, have)
			have.FMTP = ourFMTP(want)
			ours = append(ours, have)
		}
	}
	if len(chosen.Codecs) == 0 {
		return "", AccessMedia{}, fail(ErrNoCommonCodec, 0, "the browser offers no audio codec this gateway has")
	}
	noise := noiseFor(chosen.Codecs, codecs, audio.Codecs)
	chosen.Codecs, ours = append(chosen.Codecs, noise...), append(ours, noise...)
	chosen.DTMF = accessDTMF(chosen.Codecs, audio.DTMF)
	setup := answerSetup(audio.Setup, local.Setup)
	chosen.Setup = oppositeSetup(setup)
	d := answerDirection(audio.Direction, local.Direction)
	chosen.Direction = d.Reverse()
	var picture []Codec
	chosen.Video, picture = offer.answerVideo(local.Video, slices.Concat(chosen.Codecs, chosen.DTMF))

	var w writer
	park, video := offer.parked(index), -1
	if chosen.Video != nil {
		if video = chosen.Video.Index; park == video {
			park = -1
		}
	}
	w.accessHeader(local, offer.bundleMIDs(park, index, video))
	for i := range offer.Media {
		switch m := &offer.Media[i]; i {
		case video:
			w.accessVideo(local, chosen.Video, picture, setup, chosen.Video.Direction.Reverse())
		case index:
			w.accessMedia(local, accessMedia{kind: "audio", mid: m.MID, profile: m.Profile, setup: setup, direction: d, codecs: ours, dtmf: withEvents(chosen.DTMF)})
		case park:
			w.accessMedia(local, accessMedia{kind: m.Kind, mid: m.MID, profile: m.Profile, setup: setup, direction: Inactive, codecs: m.Codecs[:1]})
		default:
			w.refused(m)
		}
	}
	return w.String(), chosen, nil
}

// parked returns the m-line that is not wanted but must stay open, inactive, or -1: the first one of the
// audio's BUNDLE group when the audio shares its transport. To refuse that one takes the transport away
// from the whole group in Chromium, which then refuses our answer.
func (a *Access) parked(audio int) int {
	for i := range a.Media {
		m := &a.Media[i]
		if len(a.Bundle) > 0 && m.MID == a.Bundle[0] && i != audio && slices.Contains(a.Bundle, a.Media[audio].MID) &&
			m.UFrag == a.Media[audio].UFrag && !m.Rejected && m.Kind == "video" && len(m.Codecs) > 0 {
			return i
		}
	}
	return -1
}

// bundleMIDs is the BUNDLE group of our answer (RFC 8843 7.3): what stays open of the offered group.
func (a *Access) bundleMIDs(indexes ...int) string {
	var mids []string
	slices.Sort(indexes)
	for _, i := range indexes {
		if i >= 0 && a.Media[i].MID != "" && slices.Contains(a.Bundle, a.Media[i].MID) {
			mids = append(mids, a.Media[i].MID)
		}
	}
	return strings.Join(mids, " ")
}

// ourFMTP is what we say about a codec of ours: the caller's words, or the default for Opus.
func ourFMTP(c Codec) string {
	if c.FMTP == "" && c.Is(nameOpus) {
		return DefaultOpusFMTP
	}
	return c.FMTP
}

// accessDTMF picks the telephone-event formats to accept: those at the clock of an accepted codec, the
// main codec's clock first, and 8000, which is all Firefox has (RFC 4733 2.1 wants the clock of the audio).
func accessDTMF(codecs, offered []Codec) []Codec {
	var out []Codec
	add := func(clock int) {
		for _, c := range offered {
			if c.ClockRate == clock && !slices.ContainsFunc(out, func(o Codec) bool { return o.ClockRate == clock }) {
				out = append(out, c)
			}
		}
	}
	for _, c := range codecs {
		add(c.ClockRate)
	}
	add(8000)
	return out
}

// withEvents sets our own event list: the sixteen keys (RFC 4733 2.5.1.1, TS 26.114 annex G).
func withEvents(dtmf []Codec) []Codec {
	out := slices.Clone(dtmf)
	for i := range out {
		out[i].FMTP = "0-15"
	}
	return out
}

// answerSetup is our role (RFC 8842 5.3): forced by active and passive, ours to choose with actpass.
func answerSetup(offered, wanted string) string {
	switch {
	case offered == "active":
		return "passive"
	case offered == "passive" || wanted != "passive":
		return "active"
	default:
		return "passive"
	}
}

func oppositeSetup(setup string) string {
	if setup == "active" {
		return "passive"
	}
	return "active"
}

// accessHeader writes the session part; bundle is the group's mids, "" for no group.
func (w *writer) accessHeader(local AccessLocal, bundle string) {
	w.header(local.SessionID, local.Version, local.Address.Addr())
	w.line("t=0 0")
	if bundle != "" {
		w.line("a=group:BUNDLE ", bundle)
	}
	if local.Lite {
		w.line("a=ice-lite")
	}
	w.line("a=msid-semantic: WMS *")
}

// refused writes an m-line with port 0. Its formats are the offer's: the list may not be empty.
func (w *writer) refused(m *AccessMedia) {
	w.line("m=", m.Kind, " 0 ", m.Profile, " ", strings.Join(m.Formats, " "))
	w.line("c=IN IP4 0.0.0.0")
	if m.MID != "" {
		w.line("a=mid:", m.MID)
	}
	w.line("a=inactive")
}

// accessMedia is what differs between open m-lines.
type accessMedia struct {
	kind, mid, profile, setup string
	direction                 Direction
	codecs, dtmf              []Codec
}

func (w *writer) accessMedia(local AccessLocal, a accessMedia) {
	w.line("m=", a.kind, " ", strconv.Itoa(local.port()), " ", a.profile, formats(a.codecs, a.dtmf))
	w.line("c=", netAddr(local.Address.Addr()))
	w.codecs(a.codecs)
	w.codecs(a.dtmf)
	if a.kind == "audio" {
		w.line("a=ptime:", strconv.Itoa(AccessPTime(local.PTime)))
		w.line("a=maxptime:", strconv.Itoa(accessMaxPTime))
	}
	w.line("a=", string(a.direction))
	if a.mid != "" {
		w.line("a=mid:", a.mid)
	}
	if a.direction.Sends() {
		msid := local.MSID
		if msid == "" {
			msid = "causeway audio"
		}
		w.line("a=msid:", msid)
	}
	// Also while we send nothing (a held call): a browser that loses the source finds it again under the same number, and then
	// decodes what nobody hears (Chromium).
	if local.SSRC != 0 && local.CNAME != "" && a.kind == "audio" {
		w.line("a=ssrc:", strconv.FormatUint(uint64(local.SSRC), 10), " cname:", local.CNAME)
	}
	w.transport(local, a.setup)
}

// accessMaxPTime is the longest packet, in milliseconds, that browsers and this gateway make of every codec (Opus: RFC 7587 6.1).
const accessMaxPTime = 60

// AccessPTime is what a=ptime asks a browser for where so many milliseconds are wanted; 0 for no wish.
func AccessPTime(wish int) int { return min(max(wish, usualPTime), accessMaxPTime) }

// port is the one of our m-lines.
func (l AccessLocal) port() int {
	if p := l.Address.Port(); p != 0 {
		return int(p)
	}
	return 9 // discard: "see the candidates" (RFC 8840 4.1.1)
}

// transport writes the ICE and DTLS part of an m-line.
func (w *writer) transport(local AccessLocal, setup string) {
	w.line("a=ice-ufrag:", local.UFrag)
	w.line("a=ice-pwd:", local.Pwd)
	w.line("a=fingerprint:", local.FingerprintHash, " ", local.Fingerprint)
	w.line("a=setup:", setup)
	w.line("a=rtcp-mux")
	for _, c := range local.Candidates {
		w.line("a=", c.String())
	}
	w.line("a=end-of-candidates")
}
