package b2bua

import (
	"errors"
	"net/netip"
	"slices"

	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// accessLeg is what was agreed with the browser.
type accessLeg struct {
	local   string          // our description in force
	offered *sdp.Access     // our offer, while a terminating call waits for the browser's answer
	chosen  sdp.AccessMedia // the browser's side as agreed
	ptime   int             // sound in a packet that our description in force asks for, milliseconds
	id      uint64          // session id of our o= line
}

// coreLeg is what was agreed with the core.
type coreLeg struct {
	local   string // our description in force, or the first one sent
	next    string // our re-offer that waits for its answer
	remote  *sdp.Core
	chosen  []sdp.Codec
	dtmf    []sdp.Codec
	id      uint64
	offerer bool // our first description was an offer
	heard   bool // the user may hear what comes from there
	coreForks
}

// coreForks are our descriptions on the dialogs of an outgoing call: each fork answers the same first offer and may change its
// own session from there (RFC 3261 13.2.2.4, RFC 3311).
type coreForks struct {
	first  string            // the INVITE's offer
	dialog string            // the dialog that local belongs to
	locals map[string]string // those of the other dialogs
}

// on makes a dialog the one in force; "" is the one that is.
func (l *coreLeg) on(dialog string) {
	if dialog == l.dialog || dialog == "" || l.first == "" {
		return
	}
	if l.locals == nil {
		l.locals = map[string]string{}
	}
	if l.dialog != "" {
		l.locals[l.dialog] = l.local
	}
	local, known := l.locals[dialog]
	if !known {
		local = l.first
	}
	l.local, l.dialog = local, dialog
}

// doMedia carries out the actions on media. What fails becomes an input.
func (c *Call) doMedia(a call.Action) {
	switch a := a.(type) {
	case call.OpenMedia:
		c.result(c.openMedia(a.SDP))
	case call.SetAccess:
		c.result("", c.setAccess(a.SDP))
	case call.UpdateAccess:
		c.updateAccess(a)
	case call.ConnectCore:
		c.core.on(a.Dialog)
		c.core.heard = a.Heard
		if err := c.connectCore(a.SDP); err != nil {
			c.input(call.MediaRefused{Cause: mediaCause(call.Core, err)})
		}
	case call.SetHold:
		c.stream.SetHold(a.Local, a.Remote)
	case call.SendDigits:
		c.sendDigits(a)
	case call.CloseMedia:
		if c.stream != nil {
			c.stream.Close()
		}
	}
}

// result turns the result of opening or setting media into the input the table waits for.
func (c *Call) result(text string, err error) {
	if err != nil {
		c.input(call.MediaRefused{Cause: mediaCause(call.Browser, err)})
		return
	}
	c.input(call.MediaOpened{SDP: text})
}

// mediaCause sorts an error of media or of a description.
func mediaCause(side call.Side, err error) call.Cause {
	var bad *sdp.Error
	switch {
	case errors.Is(err, media.ErrNoPorts), errors.Is(err, media.ErrSessions):
		return call.Cause{Side: call.Gateway, Kind: call.MediaResources, Text: "the gateway has no media ports left", Err: err}
	case errors.As(err, &bad):
		return call.Cause{Side: side, Kind: call.MediaIncompatible, Text: bad.Text, Err: err}
	default: // media refused an address, a codec or a key of the description
		return call.Cause{Side: side, Kind: call.MediaIncompatible, Err: err}
	}
}

// openMedia opens the media session and writes our access description: the answer to the browser's offer, or an offer
// that fits the core's.
func (c *Call) openMedia(text string) (string, error) {
	stream, err := c.agent.deps.Media.NewSession(media.SessionConfig{
		ID:     c.name,
		Notify: func(e media.Event) { c.post(func() { c.mediaEvent(e) }) },
		Log:    c.log, LateAccess: c.late,
	})
	if err != nil {
		return "", err
	}
	c.stream = stream
	c.access.id, c.core.id = sessionID(), sessionID()
	if c.direction == wire.Outgoing {
		return c.answerBrowser(text)
	}
	return c.offerBrowser(text)
}

func (c *Call) answerBrowser(text string) (string, error) {
	offer, err := sdp.ParseAccess(text)
	if err != nil {
		return "", err
	}
	return c.agree(offer)
}

// agree answers an access offer and gives media the result.
func (c *Call) agree(offer *sdp.Access) (string, error) {
	codecs := c.agent.config.AccessCodecs
	if len(c.core.chosen) > 0 { // what needs no transcoding first
		codecs = first(codecs, c.core.chosen[0])
	}
	_, video, offered := offer.Bundled()
	if offered {
		c.openVideo()
		c.video.has = video.Codecs
	}
	c.video.turns = offered && video.Orientation != 0
	_, chosen, err := sdp.AccessAnswer(offer, c.accessLocal(), codecs)
	if err != nil {
		return "", err
	}
	if err := c.stream.SetAccess(accessRemote(chosen)); err != nil {
		return "", err
	}
	// A restart gave us new credentials, so the text is written only now.
	local := c.accessLocal()
	answer, chosen, err := sdp.AccessAnswer(offer, local, codecs)
	if err != nil {
		return "", err
	}
	if c.access.local != "" {
		if !slices.Equal(c.access.chosen.Fingerprints, chosen.Fingerprints) {
			c.video.shown = wire.CallVideo{} // another page, or the same one after a reload: it is told anew
		}
		if answer, err = sdp.Revise(c.access.local, answer); err != nil {
			return "", err
		}
	}
	c.access.local, c.access.chosen, c.access.ptime = answer, chosen, sdp.AccessPTime(local.PTime)
	c.wished(chosen.Video)
	c.noVideo(offer, chosen.Video)
	return answer, nil
}

// offerBrowser prepares both descriptions of a terminating call: the core's offer must be answerable before anybody
// is alerted, and a codec the browser has too comes first in our offer to it, so that nothing is transcoded.
func (c *Call) offerBrowser(text string) (string, error) {
	codecs := c.agent.config.AccessCodecs
	if text == "" { // offerless INVITE: our offer goes in the 200, the answer comes in the ACK (RFC 3261 13.2.1)
		c.core.offerer = true
		c.core.local = sdp.CoreOffer(c.coreLocal(sdp.SendRecv), c.agent.config.CoreCodecs, sdp.CoreOptions{})
	} else {
		offer, err := sdp.ParseCore(text)
		if err != nil {
			return "", err
		}
		local := c.coreLocal(sdp.SendRecv)
		local.Preconditions = ready(offer)
		if offer.Video() != nil && c.openVideo() {
			c.video.turns = true                      // so far as is known; what the user wants of it is known when the user answers:
			local.Video = c.coreVideoAs(sdp.SendRecv) // see answerAgain
			c.video.agreed = offer.AnswerVideo(local.Video)
		}
		answer, chosen, dtmf, err := sdp.CoreAnswer(offer, local, c.agent.config.CoreCodecs)
		if err != nil {
			return "", err
		}
		c.core.local, c.core.remote, c.core.chosen, c.core.dtmf = answer, offer, chosen, dtmf
		codecs = first(codecs, chosen[0])
	}
	local := c.accessLocal()
	if c.video.agreed == nil {
		local.Video = nil
	}
	access, offered := sdp.AccessOffer(local, codecs, sdp.AccessOptions{})
	c.access.local, c.access.offered, c.access.ptime = access, offered, sdp.AccessPTime(local.PTime)
	return access, nil
}

// first moves the codec that needs no transcoding to the front, if the browser leg knows it.
func first(codecs []sdp.Codec, main sdp.Codec) []sdp.Codec {
	out := make([]sdp.Codec, 0, len(codecs))
	for _, c := range codecs {
		if c.Is(main.Name) {
			out = append(out, c)
		}
	}
	for _, c := range codecs {
		if !c.Is(main.Name) {
			out = append(out, c)
		}
	}
	return out
}

// setAccess takes the browser's answer of a terminating call.
func (c *Call) setAccess(text string) error {
	_, chosen, err := c.access.offered.CheckAnswer(text)
	if err != nil {
		return err
	}
	c.access.chosen = chosen
	c.video.turns = chosen.Video != nil && chosen.Video.Orientation != 0
	if chosen.Video != nil {
		if c.video.has = chosen.Video.Codecs; slices.ContainsFunc(c.video.has, func(h sdp.Codec) bool { return h.Is("H264") }) {
			c.video.has = c.agent.config.VideoCodecs // browsers with H.264 have both modes, though they answer in one
		}
	}
	c.wished(chosen.Video)
	if err := c.answerAgain(); err != nil {
		return err
	}
	remote := accessRemote(chosen)
	remote.Answer = true
	return c.stream.SetAccess(remote)
}

// answerAgain writes our answer to the INVITE for what the user wants of its video. One that has gone out already stands; settle then
// offers anew.
func (c *Call) answerAgain() error {
	offer := c.core.remote
	if c.video.promised || offer == nil || offer.Video() == nil {
		return nil
	}
	local := c.coreLocal(sdp.SendRecv)
	local.Preconditions = ready(offer)
	answer, _, _, err := sdp.CoreAnswer(offer, local, c.agent.config.CoreCodecs)
	if err != nil {
		return err
	}
	c.core.local, c.video.agreed = answer, offer.AnswerVideo(local.Video)
	return nil
}

// updateAccess answers a new offer in a running call: an ICE restart, or other codecs.
func (c *Call) updateAccess(a call.UpdateAccess) {
	id := c.requests[a.Request]
	delete(c.requests, a.Request)
	offer, err := sdp.ParseAccess(a.SDP)
	if err != nil {
		c.host.Refuse(id, wire.NewError(wire.NameSDPInvalid).WithMessage("The offer cannot be used: %v.", err))
		return
	}
	answer, err := c.agree(offer)
	if err != nil {
		c.log.Info("access leg not updated", "err", err)
		c.host.Refuse(id, wire.NewError(mediaCause(call.Browser, err).Kind.String()))
		return
	}
	c.host.Answer(id, wire.UpdateResult{SDP: answer})
	c.settle()
}

// connectCore gives media the core's answer. A re-offer of ours that it answers is in force from now on.
func (c *Call) connectCore(text string) error {
	if c.core.next != "" {
		c.core.local, c.core.next = c.core.next, ""
	}
	remote, err := sdp.ParseCore(text)
	if err != nil {
		return err
	}
	chosen, dtmf, err := sdp.CheckCoreAnswer(c.core.local, remote)
	if err != nil {
		return err
	}
	c.coreAgreed(sdp.CheckCoreVideo(c.core.local, remote), true)
	return c.setCore(remote, chosen, dtmf)
}

// setCore opens or changes the core leg. Where the browser should now send another codec, or packets of another length, so that nothing
// or less has to be transcoded, its page is asked to offer again; until then, and if it never does, the bridge does what it can.
func (c *Call) setCore(remote *sdp.Core, chosen, dtmf []sdp.Codec) error {
	c.core.remote, c.core.chosen, c.core.dtmf = remote, chosen, dtmf
	if c.betterCodec(chosen[0]) || c.betterPacking(chosen[0]) {
		c.host.Tell(wire.EventMedia, wire.CallMedia{Call: c.name, State: wire.MediaRenegotiate})
	}
	direction := mediaDirection(remote.Direction.Reverse())
	if !c.core.heard {
		direction = unheard(direction)
	}
	r := media.CoreRemote{
		RTP: orNowhere(remote.RTP()), RTCP: orNowhere(remote.RTCP()),
		Codecs: mediaCodecs(chosen, packetTime(remote.PTime, remote.MaxPTime)), DTMF: mediaCodecs(dtmf, 0),
		Direction:       direction,
		RTCPBandwidthRS: remote.RS, RTCPBandwidthRR: remote.RR,
		Video: c.coreRemoteVideo(),
	}
	err := c.stream.SetCore(r)
	if err != nil && r.Video != nil { // a picture that cannot be had ends no call
		c.log.Info("video of the core cannot be used: the call goes on with sound", "err", err)
		c.video.agreed, c.video.refused, r.Video = nil, true, nil
		err = c.stream.SetCore(r)
	}
	c.tellVideo()
	return err
}

// betterCodec tells whether the browser, whose first codec is the one it sends, should rather send another one of those it
// has, now that the core's is main.
func (c *Call) betterCodec(main sdp.Codec) bool {
	agreed := c.access.chosen.Codecs
	for _, want := range first(c.agent.config.AccessCodecs, main) {
		for i, have := range agreed {
			if have.Is(want.Name) {
				return i != 0
			}
		}
	}
	return false
}

// orNowhere is the unspecified address for a peer that wants no media now (the old hold, c=0.0.0.0).
func orNowhere(a netip.AddrPort) netip.AddrPort {
	if !a.IsValid() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), 9)
	}
	return a
}

func (c *Call) accessLocal() sdp.AccessLocal {
	l := c.stream.AccessLocal()
	out := sdp.AccessLocal{
		UFrag: l.UFrag, Pwd: l.Pwd, FingerprintHash: l.Fingerprint.Hash, Fingerprint: l.Fingerprint.Value, Lite: l.Lite,
		SSRC: l.SSRC, CNAME: l.CNAME, SessionID: c.access.id, Version: 1, Direction: sdp.SendRecv,
		// As DTLS server we choose the SRTP profile, and GCM costs a third of SHA1_80. Once agreed, roles stay (RFC 8842 5.3).
		Setup: "passive",
	}
	if c.access.chosen.Setup == "passive" {
		out.Setup = "active"
	}
	for _, cand := range l.Candidates {
		out.Candidates = append(out.Candidates, sdp.Candidate{Foundation: cand.Foundation, Component: cand.Component,
			Transport: cand.Transport, Priority: cand.Priority, Address: cand.Address, Type: cand.Type})
	}
	if len(out.Candidates) > 0 {
		out.Address = out.Candidates[0].Address
	}
	out.PTime = c.packing()
	out.Video = c.accessVideo()
	return out
}

func (c *Call) coreLocal(d sdp.Direction) sdp.CoreLocal {
	l := c.stream.CoreLocal()
	return sdp.CoreLocal{Address: l.RTP.Addr(), RTPPort: l.RTP.Port(), RTCPPort: l.RTCP.Port(), SessionID: c.core.id, Version: 1, Direction: d,
		Video: c.coreVideo(d)}
}

// moved tells whether the browser is not where policy was last told it is.
func (c *Call) moved() bool {
	local, remote, ok := c.stream.AccessPeer()
	return ok && c.asked != rxPeer{ue: remote, gateway: local, tcp: c.stream.AccessTCP()}
}

// rxPeer is a pair of addresses policy was told of.
type rxPeer struct {
	ue, gateway netip.AddrPort
	tcp         bool
}
