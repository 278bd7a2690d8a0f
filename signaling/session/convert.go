package session

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"causeway/media"
	"causeway/signaling/sdp"
)

// sessionID is a random number for an o= line (RFC 8866 5.2); 62 bits, so that no peer reads it as negative.
func sessionID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read does not fail (it aborts the program)
	return binary.BigEndian.Uint64(b[:]) >> 2
}

func mediaCodecs(list []sdp.Codec, ptime int) []media.Codec {
	out := make([]media.Codec, len(list))
	for i, c := range list {
		out[i] = media.Codec{Name: c.Name, ClockRate: c.ClockRate, Channels: c.Channels, PayloadType: c.PayloadType,
			FMTP: c.FMTP, PTime: time.Duration(ptime) * time.Millisecond}
	}
	return out
}

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

func mediaCandidate(c sdp.Candidate) media.Candidate {
	return media.Candidate{Foundation: c.Foundation, Transport: c.Transport, Component: c.Component, Priority: c.Priority,
		Address: c.Address, Type: c.Type}
}

// accessRemote is the browser's side as agreed, in media's words. Its direction is turned: media wants our view.
func accessRemote(m sdp.AccessMedia) media.AccessRemote {
	out := media.AccessRemote{
		UFrag: m.UFrag, Pwd: m.Pwd, Setup: m.Setup,
		Codecs: mediaCodecs(m.Codecs, m.PTime), DTMF: mediaCodecs(m.DTMF, 0), Direction: mediaDirection(m.Direction.Reverse()),
	}
	for _, f := range m.Fingerprints {
		out.Fingerprints = append(out.Fingerprints, media.Fingerprint{Hash: f.Hash, Value: f.Value})
	}
	for _, c := range m.Candidates {
		out.Candidates = append(out.Candidates, mediaCandidate(c))
	}
	return out
}
