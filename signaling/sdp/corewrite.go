package sdp

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// CoreLocal is what we say of ourselves on the core leg.
type CoreLocal struct {
	Address            netip.Addr
	RTPPort, RTCPPort  uint16 // RTCPPort 0 or RTPPort+1 needs no a=rtcp
	SessionID, Version uint64
	Direction          Direction       // what we want; "" is sendrecv
	Preconditions      *Preconditions  // written when not nil: MetPreconditions in an offer, offer.Preconditions.Answer in an answer
	Video              *CoreVideoLocal // nil: video is refused, or not offered
}

// CoreOptions shapes [CoreOffer]. The zero value is a first offer of plain RTP/AVP.
type CoreOptions struct {
	// Previous is our own description in force (ParseCore of its text), when this is a re-offer: refused
	// m-lines stay in their places and formats keep their payload types (RFC 3264 8).
	Previous *Core
	// AVPF offers the profile RTP/AVPF (RFC 4585) instead of RTP/AVP.
	AVPF bool
	// RS and RR are the RTCP bandwidth to state in bit/s (RFC 3556). 0 means the defaults 600 and 2000;
	// negative states 0, which turns that part of RTCP off (TS 26.114 6.2.5 uses RS:0).
	RS, RR int
}

const (
	defaultRS  = 600
	defaultRR  = 2000
	usualPTime = 20  // milliseconds (TS 26.114 6.2.2)
	coreTypes  = 102 // first of the two payload types offered for telephone-event
)

// CoreOffer writes an offer to the core (TS 26.114 6.2.2): one audio m-line with the codecs in the caller's
// order (see [DefaultCoreCodecs]) and telephone-event at every clock they use. telephone-event entries and
// doubles among codecs are dropped. Without codecs there is nothing to offer and the text is empty.
func CoreOffer(local CoreLocal, codecs []Codec, opt CoreOptions) string {
	var before []CoreMedia
	var known []Codec
	index := 0
	if opt.Previous != nil && len(opt.Previous.Media) > 0 {
		before, index = opt.Previous.Media, opt.Previous.Index
		known = append(slices.Clone(opt.Previous.Codecs), opt.Previous.DTMF...)
	}
	noise := noiseFor(codecs, codecs, codecs)
	codecs = slices.DeleteFunc(withoutNoise(codecs), func(c Codec) bool { return c.Is(nameEVS) }) // only answered, never offered
	if len(codecs) > 0 {
		codecs = append(codecs, noise...)
	}
	audio, dtmf := assign(codecs, eventClocks(codecs), known, []uint8{coreTypes, coreTypes + 1})
	if len(audio) == 0 {
		return ""
	}
	d := local.Direction
	if d == "" {
		d = SendRecv
	}
	as := 0
	for _, c := range audio {
		as = max(as, bandwidthAS(c, local.Address.Is6()))
	}
	m := coreAudio{profile: "RTP/AVP", direction: d, codecs: audio, dtmf: dtmf, as: as, rs: rate(opt.RS, defaultRS), rr: rate(opt.RR, defaultRR), ptime: usualPTime}
	if opt.AVPF {
		m.profile = "RTP/AVPF"
	}
	total, video := as, local.Video != nil
	if video {
		total += videoAS
	}
	var w writer
	w.coreHeader(local, total)
	for i := range max(1, len(before)) {
		switch {
		case i == index:
			w.coreAudio(local, m)
		case before[i].Kind == "video" && video:
			video = false
			w.videoOffer(local, &before[i])
		default:
			w.closed(&before[i])
		}
	}
	if video {
		w.videoOffer(local, nil)
	}
	return w.String()
}

// rate resolves an RTCP bandwidth option.
func rate(v, def int) int {
	switch {
	case v == 0:
		return def
	case v < 0:
		return 0
	default:
		return v
	}
}

// eventClocks is the telephone-event clocks for a list of codecs: the events share the audio's clock
// (RFC 4733 2.1), the widest first. G.711, G.722 and AMR all run at 8000.
func eventClocks(codecs []Codec) []int {
	clocks := []int{8000}
	if slices.ContainsFunc(codecs, func(c Codec) bool { return c.ClockRate == 16000 }) {
		clocks = []int{16000, 8000}
	}
	return clocks
}

// CoreAnswer answers an offer from the core. The first audio m-line is accepted with one codec, the first of
// supported that is offered, in the offered form (bandwidth-efficient or octet-aligned, by fmtp) and, if
// one fits, within the offer's b=AS; mode-set goes back unchanged (RFC 4867 8.3.1). Everything else is
// refused with port 0 in its place. One codec only: an answer with several would let the peer switch in
// mid-call, and TS 26.114 6.2.2 asks for one.
//
// Comfort noise (RFC 3389) is accepted beside G.711 and G.722 where supported has it.
//
// chosen is what we send (the offer's payload types and parameters), comfort noise last, dtmf the accepted telephone-event,
// if any. Errors: ErrNoAudio (nothing to answer, or audio refused by its own offerer), ErrNoCommonCodec (SIP 488).
func CoreAnswer(offer *Core, local CoreLocal, supported []Codec) (text string, chosen, dtmf []Codec, err error) {
	if offer.Kind != "audio" || offer.Rejected {
		return "", nil, nil, fail(ErrNoAudio, 0, "the offer has no audio to answer")
	}
	have, want, ok := choose(offer, supported, local.Address.Is6())
	if !ok {
		return "", nil, nil, fail(ErrNoCommonCodec, 0, "the offer has no audio codec this gateway has")
	}
	chosen = []Codec{have}
	if events := eventFor(have, offer.DTMF); events != nil {
		dtmf = []Codec{*events}
	}
	answered := have
	answered.FMTP = answerFMTP(have, want)
	noise := noiseFor(chosen, supported, offer.Codecs)
	chosen = append(chosen, noise...)
	m := coreAudio{
		profile: offer.Profile, direction: answerDirection(offer.Direction, local.Direction), codecs: append([]Codec{answered}, noise...), dtmf: withEvents(dtmf),
		as: bandwidthAS(have, local.Address.Is6()), rs: offer.RS, rr: offer.RR, ptime: answerPTime(have, offer.PTime, offer.MaxPTime),
	}
	if m.rs < 0 {
		m.rs = defaultRS
	}
	if m.rr < 0 {
		m.rr = defaultRR
	}
	video, total, line := offer.AnswerVideo(local.Video), m.as, -1
	if video != nil {
		total, line = total+videoAS, offer.Video().Index
	}
	var w writer
	w.coreHeader(local, total)
	for i := range offer.Media {
		switch i {
		case offer.Index:
			w.coreAudio(local, m)
		case line:
			w.videoAnswer(local, &offer.Media[i], video)
		default:
			w.closed(&offer.Media[i])
		}
	}
	return w.String(), chosen, dtmf, nil
}

// choose finds the codec of an answer: the first of supported the peer offers that fits its b=AS, else the
// first it offers at all (a b=AS too small for every offered codec is the peer's slip, not a reason to
// refuse the call). have is the peer's entry, want ours.
func choose(offer *Core, supported []Codec, ipv6 bool) (have, want Codec, ok bool) {
	for _, s := range supported {
		for _, o := range offer.Codecs {
			if s.Is(nameDTMF) || s.Is(nameCN) || !same(s, o) || !usable(o) {
				continue
			}
			if offer.BandwidthAS <= 0 || bandwidthAS(o, ipv6) <= offer.BandwidthAS {
				return o, s, true
			}
			if !ok {
				have, want, ok = o, s, true
			}
		}
	}
	return have, want, ok
}

// answerFMTP is the fmtp of an accepted AMR format: the parameters that must be symmetric come from the
// offer (octet-align, mode-set: RFC 4867 8.3.1), the declarative ones are ours.
// (TS 26.445 A.3.3 for EVS: evs-mode-switch, hf-only).
func answerFMTP(offered, ours Codec) string {
	if !isAMR(offered) && !offered.Is(nameEVS) {
		return ours.FMTP
	}
	var parts []string
	for _, name := range [...]string{"octet-align", "evs-mode-switch", "hf-only"} {
		if v, _ := offered.Param(name); v == "1" {
			parts = append(parts, name+"=1")
		}
	}
	if v, ok := offered.Param("mode-set"); ok {
		parts = append(parts, "mode-set="+v)
	}
	return strings.Join(append(parts, amrFMTP), ";")
}

// answerPTime is how much sound, in milliseconds, the packets of an accepted codec will have: what the offer wants (a=ptime, 20 where it
// says nothing) and allows (a=maxptime), in the steps the codec has. The answer says the same, since both sides then pack alike.
func answerPTime(c Codec, wish, most int) int {
	step, limit := 20, 240 // AMR, EVS: whole frames
	if describable(c) {
		step, limit = 5, 180
	}
	if wish <= 0 {
		wish = usualPTime
	}
	if most > 0 {
		wish = min(wish, most)
	}
	return min(max(wish/step*step, step), limit)
}

// eventFor picks the telephone-event that goes with a codec: its clock, else 8000, else the first (handsets
// have been seen to offer AMR-WB with telephone-event/8000 alone). nil when none is offered.
func eventFor(c Codec, offered []Codec) *Codec {
	for _, clock := range [...]int{c.ClockRate, 8000} {
		for i := range offered {
			if offered[i].ClockRate == clock {
				return &offered[i]
			}
		}
	}
	if len(offered) > 0 {
		return &offered[0]
	}
	return nil
}

func (w *writer) coreHeader(local CoreLocal, as int) {
	w.header(local.SessionID, local.Version, local.Address)
	w.line("c=", netAddr(local.Address))
	w.line("b=AS:", strconv.Itoa(as)) // the session's is the sum of its m-lines
	w.line("t=0 0")
}

// closed writes a refused m-line of the core leg (RFC 3264 6).
func (w *writer) closed(m *CoreMedia) {
	w.line("m=", m.Kind, " 0 ", m.Profile, " ", strings.Join(m.Formats, " "))
}

// coreAudio is what differs between the audio m-line of an offer and of an answer.
type coreAudio struct {
	profile      string
	direction    Direction
	codecs, dtmf []Codec
	as, rs, rr   int
	ptime        int // milliseconds
}

func (w *writer) coreAudio(local CoreLocal, m coreAudio) {
	w.line("m=audio ", strconv.Itoa(int(local.RTPPort)), " ", m.profile, formats(m.codecs, m.dtmf))
	w.line("b=AS:", strconv.Itoa(m.as))
	w.line("b=RS:", strconv.Itoa(m.rs))
	w.line("b=RR:", strconv.Itoa(m.rr))
	w.codecs(m.codecs)
	w.codecs(m.dtmf)
	w.line("a=ptime:", strconv.Itoa(m.ptime))
	w.line("a=maxptime:240") // RFC 4867 8.1, TS 26.114 6.2.2
	if local.RTCPPort != 0 && local.RTCPPort != local.RTPPort+1 {
		w.line("a=rtcp:", strconv.Itoa(int(local.RTCPPort)), " ", netAddr(local.Address))
	}
	w.line("a=", string(m.direction))
	if local.Preconditions != nil {
		w.preconditions(*local.Preconditions)
	}
}

// CheckCoreAnswer holds an answer from the core against our offer. chosen is what we may send, best first, with
// the answer's payload types and parameters, comfort noise that goes with the first last; a format the peer numbered differently is followed by
// a double under our number, under which the peer will send it (RFC 3264 6.1). dtmf is the accepted
// telephone-event, that of the first codec's clock first.
//
// An AMR payload type answered without any octet-align keeps the form it was offered in: the peer picked that
// payload type, and many forget to repeat the parameter. An explicit octet-align is believed.
//
// Errors: ErrMismatch, ErrNoAudio (port 0), ErrNoCommonCodec.
func CheckCoreAnswer(offeredText string, answer *Core) (chosen, dtmf []Codec, err error) {
	offer, err := ParseCore(offeredText)
	if err != nil {
		return nil, nil, err
	}
	if len(offer.Media) != len(answer.Media) {
		return nil, nil, fail(ErrMismatch, 0, "the answer has not as many media lines as the offer (RFC 3264 6)")
	}
	for i := range offer.Media {
		o, a := &offer.Media[i], &answer.Media[i]
		if o.Kind != a.Kind || o.Rejected && !a.Rejected {
			return nil, nil, fail(ErrMismatch, 0, "the answer's media lines are not those of the offer (RFC 3264 6)")
		}
	}
	m := &answer.Media[offer.Index]
	if m.Rejected {
		return nil, nil, fail(ErrNoAudio, 0, "the far side refused the audio")
	}
	var doubles []Codec
	for _, a := range m.Codecs {
		a = implied(a, offer.Codecs)
		i := slices.IndexFunc(offer.Codecs, func(o Codec) bool { return same(o, a) })
		if i < 0 || a.Is(nameCN) || !usable(a) {
			continue
		}
		chosen = append(chosen, a)
		if offer.Codecs[i].PayloadType != a.PayloadType {
			a.PayloadType = offer.Codecs[i].PayloadType
			doubles = append(doubles, a)
		}
	}
	if len(chosen) == 0 {
		return nil, nil, fail(ErrNoCommonCodec, 0, "the answer accepts no audio codec that was offered")
	}
	for _, d := range doubles {
		if !slices.ContainsFunc(chosen, func(c Codec) bool { return c.PayloadType == d.PayloadType }) {
			chosen = append(chosen, d)
		}
	}
	chosen = append(chosen, noiseFor(chosen[:1], offer.Codecs, m.Codecs)...)
	dtmf = common(m.DTMF, offer.DTMF)
	if first := eventFor(chosen[0], dtmf); first != nil {
		best := *first
		rest := slices.DeleteFunc(dtmf, func(c Codec) bool { return c == best })
		dtmf = append([]Codec{best}, rest...)
	}
	return chosen, dtmf, nil
}

// implied adds the octet-align a peer forgot to repeat; see [CheckCoreAnswer].
func implied(a Codec, offered []Codec) Codec {
	if _, said := a.Param("octet-align"); said || !isAMR(a) {
		return a
	}
	for _, o := range offered {
		if o.PayloadType == a.PayloadType && strings.EqualFold(o.Name, a.Name) && octetAligned(o) {
			a.FMTP = strings.TrimSuffix("octet-align=1;"+a.FMTP, ";")
		}
	}
	return a
}
