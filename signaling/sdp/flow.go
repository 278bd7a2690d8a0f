package sdp

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// MediaType is the Media-Type AVP (TS 29.214 5.3.19).
type MediaType uint32

// The media types this gateway asks policy for.
const (
	MediaAudio MediaType = 0
	MediaVideo MediaType = 1
)

// FlowStatus is the Flow-Status AVP (TS 29.214 5.3.11).
type FlowStatus uint32

// The flow states.
const (
	FlowEnabledUplink   FlowStatus = 0
	FlowEnabledDownlink FlowStatus = 1
	FlowEnabled         FlowStatus = 2
	FlowDisabled        FlowStatus = 3
	FlowRemoved         FlowStatus = 4
)

// FlowUsage is the Flow-Usage AVP (TS 29.214 5.3.12).
type FlowUsage uint32

// FlowUsageNone is NO_INFORMATION: with rtcp-mux one flow carries both RTP and RTCP.
const FlowUsageNone FlowUsage = 0

// Flow is one Media-Sub-Component (TS 29.214 5.3.18): the policed path between browser and gateway.
type Flow struct {
	Number      uint32 // from 1, in order of rising port
	UE, Gateway netip.AddrPort
	Usage       FlowUsage
	Status      FlowStatus
}

// MediaComponent is one Media-Component-Description (TS 29.214 5.3.16) of the access leg.
type MediaComponent struct {
	Number                 uint32 // ordinal of the m-line, from 1
	Type                   MediaType
	Flows                  []Flow
	UplinkBps, DownlinkBps uint32 // IP, UDP, RTP and SRTP included
	Status                 FlowStatus
	CodecData              []string // at most two (TS 29.214 5.3.7)
}

// FlowOptions is what [Flows] cannot read from the browser's side alone.
type FlowOptions struct {
	// Local is our own audio m-line (ParseAccess of our text, then Audio): what we want to receive, so the
	// uplink. The zero value means the same as the browser's.
	Local AccessMedia
	// BrowserOffered says whose description was the offer.
	BrowserOffered bool
	// Removed lists m-lines (Index, from 0) that were authorised before and are refused now.
	Removed []int
	// TagBytes is the SRTP authentication tag; 0 means 10 (AES_CM_128_HMAC_SHA1_80), AEAD has 16.
	TagBytes int
	// VideoKbps is what the far side takes of a video component, kbit/s; 0 or less means this gateway's own offer.
	VideoKbps int
}

// Flows is what the PCRF is told of the access leg (TS 29.214 annex A and B, TS 29.213 6.2): access is the chosen media of
// AccessAnswer or CheckAnswer, ue the browser's nominated address as the gateway sees it, gw our own. Everything is
// built from parsed values, and of attributes only codec descriptions are told: no candidate, key or name leaves.
//
// With rtcp-mux the status is always enabled, for a closed gate would stop RTCP too (TS 29.514 B.2).
func Flows(access AccessMedia, ue, gw netip.AddrPort, opt FlowOptions) []MediaComponent {
	tag := opt.TagBytes
	if tag <= 0 {
		tag = 10
	}
	local := opt.Local
	if len(local.Codecs) == 0 {
		local.Codecs, local.DTMF, local.PTime, local.MaxPTime = access.Codecs, access.DTMF, access.PTime, access.MaxPTime
	}
	status := gate(access)
	c := MediaComponent{
		Number: uint32(access.Index) + 1, Type: MediaAudio, Status: status,
		Flows:       []Flow{{Number: 1, UE: ue, Gateway: gw, Usage: FlowUsageNone, Status: status}},
		DownlinkBps: accessBps(access.Codecs, ue.Addr().Is6(), tag),
		UplinkBps:   accessBps(local.Codecs, ue.Addr().Is6(), tag),
	}
	if access.Kind == "video" {
		c.Type, c.DownlinkBps, c.UplinkBps = MediaVideo, videoBps(0), videoBps(opt.VideoKbps)
	}
	browserRole, ourRole := "answer", "offer"
	if opt.BrowserOffered {
		browserRole, ourRole = "offer", "answer"
	}
	// "uplink" marks a description that came from the UE (TS 29.214 5.3.7), whatever it describes.
	c.CodecData = []string{
		codecData("uplink", browserRole, ue.Port(), access, access),
		codecData("downlink", ourRole, gw.Port(), access, local),
	}
	if !opt.BrowserOffered {
		slices.Reverse(c.CodecData) // offer first
	}
	out := []MediaComponent{c}
	for _, i := range opt.Removed {
		if i >= 0 && i != access.Index {
			out = append(out, MediaComponent{Number: uint32(i) + 1, Status: FlowRemoved})
		}
	}
	return out
}

// gate is the Flow-Status of the browser's direction (TS 29.213 table 6.2.1).
func gate(m AccessMedia) FlowStatus {
	switch {
	case m.Rejected:
		return FlowRemoved
	case m.RTCPMux:
		return FlowEnabled
	case m.Direction == SendOnly:
		return FlowEnabledUplink
	case m.Direction == RecvOnly:
		return FlowEnabledDownlink
	case m.Direction == Inactive:
		return FlowDisabled
	default:
		return FlowEnabled
	}
}

// accessBps is the largest rate of the codecs at 20 ms with all headers, in bit/s. The browser leg's codecs
// count, not the core's: this is the leg that is policed.
func accessBps(codecs []Codec, ipv6 bool, tag int) uint32 {
	most := 0
	for _, c := range codecs {
		most = max(most, payloadBytes(c))
	}
	header := 20 + 8 + 12 + tag
	if ipv6 {
		header += 20
	}
	return uint32((header + most) * 8 * 50)
}

// videoBps is what a picture of that many kbit/s needs on the access leg: SRTP's tag and retransmissions are a twentieth.
func videoBps(kbps int) uint32 {
	if kbps <= 0 {
		kbps = videoAS
	}
	return uint32(min(kbps, 100_000)) * 1050 //nolint:gosec // bounded
}

// codecData writes one Codec-Data AVP. shape gives the m-line, m the codecs.
func codecData(link, role string, port uint16, shape, m AccessMedia) string {
	var b strings.Builder
	b.WriteString(link + "\n" + role + "\nm=" + shape.Kind + " " + strconv.Itoa(int(port)) + " " + shape.Profile + formats(m.Codecs, m.DTMF))
	var w writer
	w.codecs(m.Codecs)
	w.codecs(m.DTMF)
	if m.PTime > 0 {
		w.line("a=ptime:", strconv.Itoa(m.PTime))
	}
	if m.MaxPTime > 0 {
		w.line("a=maxptime:", strconv.Itoa(m.MaxPTime))
	}
	for l := range strings.SplitSeq(strings.TrimSuffix(w.String(), "\r\n"), "\r\n") {
		b.WriteString("\n" + l)
	}
	return b.String()
}
