package b2bua

import (
	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// Video of a call. The browser's descriptions carry the user's wish, and the core is told by offers and answers of ours:
//
//	browser ── offer or answer ──▶ wish ──┐
//	                                      ├─ settle: differ? ──▶ call.Picture ──▶ re-offer to the core
//	core ── answer or offer ──▶ agreed ───┘                                         │ taken, or refused
//	                              └──────────────▶ call.video to the page ◀─────────┘
//
// The access leg's video line is answered as the browser wants it, whatever becomes of it on the core leg: nothing has to be negotiated
// there again when the far side refuses, holds, or comes to see. A far side that adds video to a running call gets its line accepted, but
// inactive, until the user has agreed (wire.EventVideo, state offered); then it is offered back as the user wants it, or closed.

// picture is what a call knows of its video.
type picture struct {
	local    *media.VideoLocal // nil until ports are open
	wish     sdp.Direction     // the browser's own view; "" for none
	has      []sdp.Codec       // the browser's formats, as far as is known
	turns    bool              // the browser can say how its picture is turned (urn:3gpp:video-orientation)
	agreed   *sdp.CoreVideo    // the core's side; nil for none
	answered bool              // it comes of an offer of the core: its direction is the far side's own
	refused  bool              // the core does not want what is wished for: it is not asked again
	kept     bool              // the core refused to change what was agreed: it is not asked again for the same wish
	asked    bool              // the far side wants video and the user has not said yet
	lacking  bool              // the browser wishes for video and there is none to be had here
	barred   string            // why media cannot convert what is wished for, a reason of wire.CallVideo; "" when it can
	promised bool              // our answer to the INVITE has gone out before the user's
	policed  bool              // policy was told of it
	line     int               // index of the browser's video line
	shown    wire.CallVideo    // newest event
}

// openVideo takes ports for video; false when there is to be none.
func (c *Call) openVideo() bool {
	if len(c.agent.config.VideoCodecs) == 0 {
		return false
	}
	if c.video.local != nil {
		return true
	}
	local, err := c.stream.OpenVideo()
	if err != nil {
		c.log.Info("no ports for video: the call goes on with sound", "err", err)
		return false
	}
	c.video.local = &local
	return true
}

// accessVideo is what our descriptions for the browser say of video; nil for none.
func (c *Call) accessVideo() *sdp.AccessVideoLocal {
	v := &c.video
	if v.local == nil {
		return nil
	}
	out := &sdp.AccessVideoLocal{SSRC: v.local.AccessSSRC, Repair: v.local.AccessRepair, Codecs: c.agent.config.VideoCodecs, Direction: sdp.SendRecv}
	if v.agreed != nil {
		out.Codecs = sdp.VideoLike(c.agent.config.VideoCodecs, v.agreed.Codecs[0])
		out.Orientation = v.agreed.Orientation != 0
		out.BandwidthAS = max(v.agreed.BandwidthAS, 0)
	}
	return out
}

// coreVideo is what our descriptions for the core say of video while we want direction d for the call; nil for none.
func (c *Call) coreVideo(d sdp.Direction) *sdp.CoreVideoLocal {
	v := &c.video
	if v.local == nil || v.wish == "" || v.refused {
		return nil
	}
	return c.coreVideoAs(v.wish.And(d))
}

func (c *Call) coreVideoAs(d sdp.Direction) *sdp.CoreVideoLocal {
	l := c.video.local
	return &sdp.CoreVideoLocal{RTPPort: l.RTP.Port(), RTCPPort: l.RTCP.Port(), Codecs: sdp.DefaultVideoCodecs(false), Direction: d,
		AVPF: c.video.agreed != nil && c.video.agreed.AVPF, Orientation: c.video.turns}
}

// answerVideo is what our answer to an offer of the core says of video. Until the user has agreed its line stays open and inactive.
func (c *Call) answerVideo(offer *sdp.Core, d sdp.Direction) *sdp.CoreVideoLocal {
	m := offer.Video()
	if m == nil || !c.openVideo() {
		return nil
	}
	if c.video.wish == "" {
		return c.coreVideoAs(sdp.Inactive)
	}
	return c.coreVideoAs(c.video.wish.And(d))
}

// forget drops a wish that the far side has refused or taken away: the page was told and gives its camera back. Its word that it did may
// still be under way when the far side offers video again, and that is a new question to the user.
func (v *picture) forget() {
	if v.refused && v.barred == "" && v.shown.State == wire.VideoOff {
		v.wish, v.refused = "", false
	}
}

// wished takes what the browser's description says of video.
func (c *Call) wished(chosen *sdp.AccessMedia) {
	v, before := &c.video, c.video.wish
	v.wish = ""
	if chosen != nil {
		v.line = chosen.Index
		if chosen.Direction != sdp.Inactive {
			v.wish = chosen.Direction
		}
	}
	if v.wish == "" || before == "" {
		v.refused, v.barred = false, ""
	}
	if v.wish != before {
		v.kept = false
	}
	if v.wish != "" {
		v.asked = false
	}
}

// settle offers the core what the user wishes, if that is not what it has been told.
func (c *Call) settle() {
	if c.fsm.State != call.Active || c.video.asked || c.core.local == "" {
		return
	}
	want := c.coreVideo(sdp.HoldDirection(c.fsm.LocalHold, c.fsm.RemoteHold))
	if c.told(want) || c.video.kept {
		c.tellVideo()
		return
	}
	c.input(call.Picture{})
}

// told tells whether the core knows what is wanted: our description in force says it, or, in an answer, as much of it as the far side's
// direction leaves. (The answer to an offer of ours repeats our own direction, and says nothing of what else it would take.)
func (c *Call) told(want *sdp.CoreVideoLocal) bool {
	have, open := sdp.VideoDirection(c.core.local)
	agreed := c.video.agreed
	if !open || agreed == nil || want == nil {
		return (open && agreed != nil) == (want != nil)
	}
	if agreed.Orientation != 0 && !want.Orientation {
		return false // another browser, which cannot turn pictures
	}
	return have == want.Direction || c.video.answered && have == want.Direction.And(agreed.Stated.Reverse())
}

// settled is the end of an offer of ours about video, or time to look again.
func (c *Call) settled(a call.SettlePicture) {
	if a.Refused && c.video.agreed != nil {
		c.video.kept = true
	} else if a.Refused {
		c.video.refused = true
	}
	c.settle()
	c.tellVideo()
}

// coreAgreed takes what was agreed with the core about video. ours tells that the offer was ours.
func (c *Call) coreAgreed(agreed *sdp.CoreVideo, ours bool) {
	v := &c.video
	v.agreed, v.kept, v.answered = agreed, false, !ours
	v.refused = v.barred != "" || agreed == nil && v.wish != "" && (ours || v.shown.State == wire.VideoOn)
	v.asked = v.asked && agreed != nil
	if v.agreed != nil && c.betterVideo() {
		c.host.Tell(wire.EventMedia, wire.CallMedia{Call: c.name, State: wire.MediaRenegotiate})
	}
}

// unconverted is media's word that the video of this call cannot be converted: it ends, and the sound goes on.
func (c *Call) unconverted(busy bool) {
	v := &c.video
	if v.wish == "" || v.agreed == nil || v.barred != "" {
		return
	}
	v.refused, v.barred = true, wire.VideoUnavailable
	if busy {
		v.barred = wire.VideoBusy
	}
	c.log.Info("video cannot be converted: the call goes on with sound", "reason", v.barred)
	c.settle()
}

// betterVideo tells whether the browser should send another form of H.264, or let the far side turn the picture, now that the core's
// side is known.
func (c *Call) betterVideo() bool {
	chosen := c.access.chosen.Video
	if chosen == nil || c.video.wish == "" {
		return false
	}
	turns := c.video.agreed.Orientation != 0 && c.video.turns
	return sdp.BetterVideo(c.video.has, chosen.Codecs, c.video.agreed.Codecs[0]) || turns != (chosen.Orientation != 0)
}

// offeredVideo looks whether the core's offer asks for video that the user has to agree to.
func (c *Call) offeredVideo(offer *sdp.Core) {
	v, m := &c.video, offer.Video()
	if m == nil || v.agreed == nil || v.wish != "" || v.asked || m.Direction == sdp.Inactive {
		return
	}
	v.asked = true
	c.tell(wire.CallVideo{State: wire.VideoOffered, Send: m.Direction.Receives(), Receive: m.Direction.Sends()})
}

// refuseVideo is the user's no to a far side that wants video.
func (c *Call) refuseVideo() {
	if c.video.asked {
		c.video.asked = false
		c.settle()
	}
}

// tellVideo tells the page how video stands, when that changed.
func (c *Call) tellVideo() {
	v := &c.video
	if v.asked || c.core.remote == nil {
		return
	}
	if v.agreed != nil && v.wish != "" {
		theirs := v.agreed.Direction
		c.tell(wire.CallVideo{State: wire.VideoOn, Send: v.wish.Sends() && theirs.Receives(), Receive: v.wish.Receives() && theirs.Sends()})
		return
	}
	off := wire.CallVideo{State: wire.VideoOff, Reason: wire.VideoRefused}
	switch {
	case v.barred != "":
		off.Reason = v.barred
	case v.lacking:
		off.Reason = wire.VideoUnavailable
	case v.shown.State == wire.VideoOn, v.shown.State == wire.VideoOffered:
		off.Reason = wire.VideoRemoved
	case v.shown.State == wire.VideoOff || v.wish == "":
		return
	}
	c.tell(off)
}

func (c *Call) tell(now wire.CallVideo) {
	now.Call = c.name
	if now != c.video.shown {
		c.video.shown = now
		c.host.Tell(wire.EventVideo, now)
	}
}

// noVideo notes whether the browser's offer has video that is not to be had.
func (c *Call) noVideo(offer *sdp.Access, chosen *sdp.AccessMedia) {
	_, m, ok := offer.Bundled()
	c.video.lacking = ok && chosen == nil && m.Direction != sdp.Inactive
}

// coreRemoteVideo is the agreed video in media's words.
func (c *Call) coreRemoteVideo() *media.VideoRemote {
	v := c.video.agreed
	if v == nil || c.video.local == nil {
		return nil
	}
	d := mediaDirection(v.Direction.Reverse())
	if !c.core.heard {
		d = unheard(d)
	}
	return &media.VideoRemote{
		RTP: orNowhere(v.RTP), RTCP: orNowhere(v.RTCP), Codecs: mediaCodecs(v.Codecs, 0), Direction: d,
		Feedback: media.VideoFeedback(v.Feedback), Orientation: v.Orientation, Bitrate: max(v.BandwidthAS, 0) * 1000,
		RTCPBandwidthRS: v.RS, RTCPBandwidthRR: v.RR,
	}
}

// accessRemoteVideo is the browser's video in media's words.
func accessRemoteVideo(m *sdp.AccessMedia) *media.VideoRemote {
	if m == nil {
		return nil
	}
	out := &media.VideoRemote{Codecs: mediaCodecs(m.Codecs, 0), Direction: mediaDirection(m.Direction.Reverse()), Repair: map[uint8]uint8{},
		Feedback: media.VideoFeedback(m.Feedback), Orientation: m.Orientation}
	for _, r := range m.Repair {
		if pt, ok := r.Repeats(); ok {
			out.Repair[r.PayloadType] = pt
		}
	}
	return out
}

// showPicture asks the far side for a key frame by SIP (RFC 5168).
func (c *Call) showPicture() {
	if c.dialog == nil || c.fsm.State != call.Active {
		return
	}
	if err := c.dialog.SendPictureFastUpdate(); err != nil {
		c.log.Debug("no key frame asked for", "err", err)
	}
}
