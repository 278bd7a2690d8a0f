package sdp

import "slices"

// AccessOffer writes an offer to a browser (a terminating call): one audio m-line with the given codecs, in
// order, bundle and rtcp-mux, setup actpass (local.Setup is ignored: RFC 8842 5.2 lets the answerer
// choose). offered is the same description parsed, to hold against the answer.
func AccessOffer(local AccessLocal, codecs []Codec, opt AccessOptions) (text string, offered *Access) {
	mid, index := "0", 0
	var before []AccessMedia
	var known, knownVideo []Codec
	video := -1
	if opt.Previous != nil {
		before = opt.Previous.Media
		if i, m, ok := opt.Previous.Audio(); ok {
			index, mid = i, m.MID
			known = append(slices.Clone(m.Codecs), m.DTMF...)
		}
		if i := slices.IndexFunc(before, func(m AccessMedia) bool { return m.Kind == "video" }); i >= 0 {
			video, knownVideo = i, slices.Concat(before[i].Codecs, before[i].Repair)
		}
	}
	all := withoutNoise(codecs) // browsers have given it up
	for i := range all {
		all[i].FMTP = ourFMTP(all[i])
	}
	clocks, types := []int{8000}, []uint8{101}
	if slices.ContainsFunc(all, func(c Codec) bool { return c.ClockRate == 48000 }) {
		clocks, types = []int{48000, 8000}, []uint8{110, 101}
	}
	audio, dtmf := assign(all, clocks, known, types)
	d := local.Direction
	if d == "" {
		d = SendRecv
	}
	lines, mids := max(1, len(before)), mid
	var picture *AccessMedia
	if local.Video != nil {
		if video < 0 {
			video, lines = lines, lines+1
		}
		name := "1"
		if video < len(before) {
			name = before[video].MID
		}
		picture = local.Video.offered(name, slices.Concat(audio, dtmf), knownVideo)
		mids += " " + name
	}
	var w writer
	w.accessHeader(local, mids)
	for i := range lines {
		switch {
		case i == index:
			w.accessMedia(local, accessMedia{kind: "audio", mid: mid, profile: profileDTLS, setup: "actpass", direction: d, codecs: audio, dtmf: dtmf})
		case i == video && picture != nil:
			w.accessVideo(local, picture, picture.Codecs, "actpass", answerDirection(SendRecv, local.Video.Direction))
		default:
			w.refused(&before[i])
		}
	}
	offered, err := ParseAccess(w.String())
	if err != nil {
		offered = &Access{} // only local values that are not SDP (an empty ICE password) lead here; CheckAnswer then refuses
	}
	return w.String(), offered
}

// CheckAnswer reads the browser's answer to this offer and holds it against it: same m-lines in the same
// order with the same mids, audio accepted, a role that is not actpass, and only codecs that were offered.
// chosen is the browser's side as agreed, as in [AccessAnswer].
//
// Errors: those of ParseAccess, ErrMismatch, ErrNoAudio, ErrSetup, ErrNoCommonCodec.
func (offered *Access) CheckAnswer(text string) (answer *Access, chosen AccessMedia, err error) {
	if answer, err = ParseAccess(text); err != nil {
		return nil, AccessMedia{}, err
	}
	if len(answer.Media) != len(offered.Media) {
		return nil, AccessMedia{}, fail(ErrMismatch, 0, "the answer has not as many media lines as the offer (RFC 3264 6)")
	}
	for i := range answer.Media {
		a, o := &answer.Media[i], &offered.Media[i]
		if a.Kind != o.Kind || a.MID != o.MID && a.MID != "" {
			return nil, AccessMedia{}, fail(ErrMismatch, 0, "the answer's media lines are not those of the offer (RFC 8829 5.3.1)")
		}
		if o.Rejected && !a.Rejected {
			return nil, AccessMedia{}, fail(ErrMismatch, 0, "the answer accepts a media line the offer had closed (RFC 3264 6)")
		}
	}
	index, want, ok := offered.Audio()
	if !ok {
		return nil, AccessMedia{}, fail(ErrMismatch, 0, "there was no audio in the offer")
	}
	m := &answer.Media[index]
	if m.Rejected {
		return nil, AccessMedia{}, fail(ErrNoAudio, 0, "the browser refused the audio")
	}
	if m.Setup != "active" && m.Setup != "passive" {
		return nil, AccessMedia{}, fail(ErrSetup, 0, "an answer's a=setup must be active or passive (RFC 8842 5.3)")
	}
	chosen = *m
	chosen.Codecs, chosen.DTMF = common(m.Codecs, want.Codecs), common(m.DTMF, want.DTMF)
	if len(chosen.Codecs) == 0 {
		return nil, AccessMedia{}, fail(ErrNoCommonCodec, 0, "the answer accepts no audio codec that was offered")
	}
	chosen.Direction = answerDirection(want.Direction, m.Direction)
	chosen.Video = offered.checkVideo(answer)
	return answer, chosen, nil
}

// common returns the entries of answered whose format was offered, in the answer's order.
func common(answered, offered []Codec) []Codec {
	var out []Codec
	for _, c := range answered {
		if slices.ContainsFunc(offered, func(o Codec) bool { return same(o, c) }) {
			out = append(out, c)
		}
	}
	return out
}
