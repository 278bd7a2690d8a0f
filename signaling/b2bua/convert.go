package b2bua

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"causeway/media"
	"causeway/signaling/ims"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// sessionID is a random number for an o= line (RFC 8866 5.2); 62 bits, so that no peer reads it as negative.
func sessionID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read does not fail (it aborts the program)
	return binary.BigEndian.Uint64(b[:]) >> 2
}

func mediaCodecs(list []sdp.Codec, ptime time.Duration) []media.Codec {
	out := make([]media.Codec, len(list))
	for i, c := range list {
		out[i] = media.Codec{Name: c.Name, ClockRate: c.ClockRate, Channels: c.Channels, PayloadType: c.PayloadType,
			FMTP: c.FMTP, PTime: ptime}
	}
	return out
}

// packetTime is how much sound a side wants in one packet, 0 for no wish: its a=ptime, and never more than its a=maxptime, milliseconds
// both (RFC 8866 6.4, 6.3). Codecs take the nearest shorter one they have.
func packetTime(ptime, most int) time.Duration {
	wish := time.Duration(ptime) * time.Millisecond
	if limit := time.Duration(most) * time.Millisecond; limit > 0 && limit < max(wish, usualPacket) {
		return limit
	}
	return wish
}

// packing is how much sound, in milliseconds, the core wants in the browser's packets where those may pass as they are; 0 for no wish.
func (c *Call) packing() int {
	if c.core.remote == nil || len(c.core.chosen) == 0 {
		return 0
	}
	main := c.core.chosen[0].Name
	if !slices.ContainsFunc(c.agent.config.AccessCodecs, func(a sdp.Codec) bool { return a.Is(main) }) {
		return 0
	}
	return int(packetTime(c.core.remote.PTime, c.core.remote.MaxPTime).Milliseconds())
}

// betterPacking tells whether the browser, which sends the core's codec, was last asked for packets of another length than the core
// wants now.
func (c *Call) betterPacking(main sdp.Codec) bool {
	agreed := c.access.chosen.Codecs
	return len(agreed) > 0 && agreed[0].Is(main.Name) && sdp.AccessPTime(c.packing()) != c.access.ptime
}

// usualPacket is what is sent to a side without a wish.
const usualPacket = 20 * time.Millisecond

func mediaDirection(d sdp.Direction) media.Direction {
	switch d {
	case sdp.SendOnly:
		return media.SendOnly
	case sdp.RecvOnly:
		return media.RecvOnly
	case sdp.Inactive:
		return media.Inactive
	default:
		return media.SendRecv
	}
}

// unheard is a direction in which nothing is received.
func unheard(d media.Direction) media.Direction {
	if d == media.SendRecv || d == media.SendOnly {
		return media.SendOnly
	}
	return media.Inactive
}

func mediaCandidate(c sdp.Candidate) media.Candidate {
	return media.Candidate{Foundation: c.Foundation, Transport: c.Transport, Component: c.Component, Priority: c.Priority,
		Address: c.Address, Type: c.Type}
}

// accessRemote is the browser's side as agreed, in media's words. Its direction is turned: media wants our view.
func accessRemote(m sdp.AccessMedia) media.AccessRemote {
	out := media.AccessRemote{
		UFrag: m.UFrag, Pwd: m.Pwd, Setup: m.Setup, Lite: m.Lite,
		Codecs: mediaCodecs(m.Codecs, packetTime(m.PTime, m.MaxPTime)), DTMF: mediaCodecs(m.DTMF, 0), Direction: mediaDirection(m.Direction.Reverse()),
		Video: accessRemoteVideo(m.Video),
	}
	for _, f := range m.Fingerprints {
		out.Fingerprints = append(out.Fingerprints, media.Fingerprint{Hash: f.Hash, Value: f.Value})
	}
	for _, c := range m.Candidates {
		out.Candidates = append(out.Candidates, mediaCandidate(c))
	}
	return out
}

// Party is whom the core vouches for, in the browser's words.
func Party(r ims.RemoteParty) wire.Remote {
	return wire.Remote{URI: r.URI, Number: r.Number, Name: r.Name, Anonymous: r.Anonymous, Verified: r.Verified}
}

// diversion is who diverted a call, nil if nobody did.
func diversion(d *ims.Diversion) *wire.Diversion {
	if d == nil {
		return nil
	}
	return &wire.Diversion{Remote: Party(d.By), Reason: d.Reason}
}

// Extras is what a page adds to a call, in the SIP side's words. Nothing is checked yet: see ims.Binding.CheckExtras.
func Extras(u *wire.UserToUser, headers map[string]string) ims.Extras {
	var e ims.Extras
	if u != nil {
		e.UserToUser = ims.UserData{Data: u.Data, Encoding: u.Encoding}
	}
	for name, value := range headers {
		e.Headers = append(e.Headers, ims.CustomHeader{Name: name, Value: value})
	}
	slices.SortFunc(e.Headers, func(a, b ims.CustomHeader) int { return strings.Compare(a.Name, b.Name) })
	return e
}

func userToUser(e ims.Extras) *wire.UserToUser {
	if e.UserToUser.Data == "" {
		return nil
	}
	return &wire.UserToUser{Data: e.UserToUser.Data, Encoding: e.UserToUser.Encoding}
}

func headersOf(e ims.Extras) map[string]string {
	if len(e.Headers) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, h := range e.Headers {
		out[h.Name] = h.Value
	}
	return out
}

// answerExtras is what the far side added to its 200; an incoming call has been told of its INVITE's before.
func (c *Call) answerExtras() ims.Extras {
	if c.direction == wire.Incoming {
		return ims.Extras{}
	}
	return c.farExtras
}
