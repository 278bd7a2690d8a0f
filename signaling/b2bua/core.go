package b2bua

import (
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sdp"
	"causeway/signaling/sip/pidf"
	"causeway/signaling/wire"
)

// doCore carries out the actions on SIP. What fails becomes an input.
func (c *Call) doCore(a call.Action) {
	switch a := a.(type) {
	case call.SendInvite:
		c.sendInvite(a)
	case call.SettlePicture:
		c.settled(a)
	case call.SendProgress:
		c.video.promised = true
		c.dialog.Progress(c.core.local)
	case call.SendRinging:
		offer := ""
		if c.core.offerer && c.core.remote == nil {
			offer = c.core.local
		}
		c.dialog.Ring(offer, c.waiting)
	case call.AcceptCore:
		c.acceptCore()
	case call.Reoffer:
		c.reoffer(a.Held)
	case call.AnswerCore:
		c.answerCore(a)
	case call.RejectCoreOffer:
		c.dialog.RejectOffer(a.Status)
	case call.EndCore:
		if c.dialog != nil {
			c.dialog.Hangup(a.Cause)
		}
	}
}

func (c *Call) sendInvite(a call.SendInvite) {
	c.core.offerer = true
	c.core.first = sdp.CoreOffer(c.coreLocal(sdp.SendRecv), c.agent.config.CoreCodecs, sdp.CoreOptions{})
	c.core.local = c.core.first
	dialog, err := c.host.Invite(ims.InviteParams{
		Target: a.Target, From: a.From, Anonymous: a.Anonymous, SDP: c.core.local, Notify: c.notifyDialog(), Extras: c.extras, Position: position(c.position), Wish: c.follows,
	})
	if err != nil {
		c.input(call.Failed{Cause: call.CauseOf(err)})
		return
	}
	c.dialog = dialog
	c.log = c.log.With("sip_call", dialog.ID())
}

// acceptCore sends the 200 and opens the core leg; with an offerless INVITE the core's side comes later, in its ACK.
func (c *Call) acceptCore() {
	if err := c.dialog.Accept(c.core.local, c.extras); err != nil {
		c.input(call.End{Cause: call.CauseOf(err)})
		return
	}
	c.core.heard = true
	if c.core.remote == nil {
		return
	}
	if err := c.setCore(c.core.remote, c.core.chosen, c.core.dtmf); err != nil {
		c.input(call.MediaRefused{Cause: mediaCause(call.Core, err)})
	}
}

// reoffer holds or resumes the core leg by direction alone (RFC 3264 8.4).
func (c *Call) reoffer(held bool) {
	d := sdp.HoldDirection(held, c.fsm.RemoteHold)
	text, err := sdp.Reoffer(c.core.local, c.coreLocal(d), d)
	if err == nil {
		c.core.next = text
		err = c.dialog.Reoffer(text)
	}
	if err != nil {
		c.core.next = ""
		c.input(call.OfferRejected{Cause: call.CauseOf(err)})
	}
}

// answerCore answers a re-offer of the core that dialogEvent has found answerable. One of an early dialog that is not heard
// leaves media and the dialog in force where they are.
func (c *Call) answerCore(a call.AnswerCore) {
	before := c.core.dialog
	c.core.on(a.Dialog)
	if a.Unheard {
		defer c.core.on(before)
	}
	offer, err := sdp.ParseCore(a.SDP)
	if err != nil {
		c.dialog.RejectOffer(488)
		return
	}
	if offer.Video() != nil && !a.Unheard {
		c.video.forget()
	}
	text, agreed, err := c.answerTo(offer, a.Held)
	if err != nil {
		c.dialog.RejectOffer(488)
		return
	}
	c.core.local = text
	c.dialog.AnswerOffer(text)
	if a.Unheard {
		return
	}
	c.core.heard = a.Heard
	c.coreAgreed(agreed.video, false)
	c.offeredVideo(offer)
	if err := c.setCore(offer, agreed.codecs, agreed.dtmf); err != nil {
		c.input(call.MediaRefused{Cause: mediaCause(call.Core, err)})
	}
}

// agreement is what an answer of ours agrees to.
type agreement struct {
	codecs, dtmf []sdp.Codec
	video        *sdp.CoreVideo
}

func (c *Call) answerTo(offer *sdp.Core, held bool) (text string, a agreement, err error) {
	local := c.coreLocal(sdp.HoldDirection(held, false))
	local.Preconditions = ready(offer)
	local.Video = c.answerVideo(offer, sdp.HoldDirection(held, false))
	text, a.codecs, a.dtmf, err = sdp.CoreAnswer(offer, local, c.agent.config.CoreCodecs)
	if err != nil {
		return "", agreement{}, err
	}
	a.video = offer.AnswerVideo(local.Video)
	text, err = sdp.Revise(c.core.local, text)
	return text, a, err
}

// ready answers the caller's preconditions, if it has any: nothing has to be reserved on the access side, so our own
// are met from the start (RFC 3312 5.1).
func ready(offer *sdp.Core) *sdp.Preconditions {
	if !offer.Preconditions.Present() {
		return nil
	}
	p := offer.Preconditions.Answer(true)
	return &p
}

// dialogEvent turns what SIP says into inputs.
func (c *Call) dialogEvent(e ims.CallEvent) {
	switch e := e.(type) {
	case ims.Trying:
		c.input(call.Provisional{Status: 100})
	case ims.Provisional:
		c.farWaiting = c.farWaiting || e.Waiting
		if e.Diverted != nil {
			to := Party(e.Diverted.To)
			c.divertedTo = &to
		}
		c.input(call.Provisional{Status: e.Status, Dialog: e.Dialog, SDP: e.SDP, EarlyMedia: e.EarlyMedia})
	case ims.Accepted:
		c.setRemote(e.Remote)
		c.farExtras = e.Extras
		c.input(call.Accepted{Dialog: e.Dialog, SDP: e.SDP})
	case ims.Failed:
		c.input(call.Failed{Cause: e.Cause})
	case ims.Offer:
		c.offer(e)
	case ims.Answer:
		c.input(call.CoreAnswer{SDP: e.SDP})
	case ims.OfferRejected:
		c.core.next = ""
		cause := e.Cause
		if cause.SIP == 0 {
			cause = call.FromSIP(e.Status, 0, "")
		}
		c.input(call.OfferRejected{Cause: cause})
	case ims.Ended:
		c.input(call.CoreEnded{Cause: e.Cause})
	case ims.ResourcesReady:
		c.input(call.Resources{})
	case ims.PictureFastUpdate:
		c.stream.ShowPicture()
	case ims.InfoDTMF:
		c.heardDigit(e.Digit, e.Duration, true)
	default:
		c.transferEvent(e)
	}
}

// offer checks a re-offer of the core before the table sees it: one that cannot be answered is refused and changes
// nothing (RFC 3261 14.2). One without SDP asks for our offer, which is what is in force.
func (c *Call) offer(e ims.Offer) {
	text := e.SDP
	if text == "" {
		c.dialog.AnswerOffer(c.core.local)
		return
	}
	offer, err := sdp.ParseCore(text)
	if err == nil {
		before := c.core.dialog
		c.core.on(e.Dialog)
		_, _, err = c.answerTo(offer, c.fsm.LocalHold)
		c.core.on(before)
	}
	if err != nil {
		c.log.Info("re-offer of the core refused", "err", err)
		c.dialog.RejectOffer(488)
		return
	}
	c.input(call.CoreOffer{Dialog: e.Dialog, SDP: text, Hold: offer.Held(), Unheard: e.Unheard})
}

// setRemote takes the identity the core vouches for, if it gives one.
func (c *Call) setRemote(r ims.RemoteParty) {
	if r.URI == "" && !r.Anonymous {
		return
	}
	c.remote = Party(r)
}

// position is where the page says that its user is.
func position(p *wire.Position) *pidf.Position {
	if p == nil {
		return nil
	}
	return &pidf.Position{Latitude: p.Latitude, Longitude: p.Longitude, Accuracy: p.Accuracy}
}
