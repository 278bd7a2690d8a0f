package sdp

import (
	"slices"
	"strconv"
	"strings"
)

// Encoding names used here.
const (
	nameAMR   = "AMR"
	nameAMRWB = "AMR-WB"
	nameEVS   = "EVS"
	nameG722  = "G722"
	nameOpus  = "opus"
	nameCN    = "CN"
	nameDTMF  = "telephone-event"
)

// DefaultOpusFMTP is what we ask of a browser's Opus towards a wideband core leg (RFC 7587 7: the
// encoder then spends nothing on sound the core cannot carry): mono, 16 kHz, 32 kbit/s, in-band FEC.
const DefaultOpusFMTP = "minptime=10;useinbandfec=1;stereo=0;maxplaybackrate=16000;sprop-maxcapturerate=16000;maxaveragebitrate=32000"

// amrFMTP is our own part of an AMR or AMR-WB format (TS 26.114 A.14.1): we can keep to a change of mode
// at every second frame, and send no redundancy. mode-set is never offered: we take every mode.
const amrFMTP = "mode-change-capability=2;max-red=0"

// DefaultCoreCodecs is the default preference on the core leg, reduced to what is available (encoding
// names, case-insensitive; telephone-event is added by the writers). What sounds best comes first, and
// among equals what costs least:
//
//	AMR-WB  wideband, and what the handset itself speaks: any other wideband codec would be transcoded
//	        again inside the network. Bandwidth-efficient form first, it is the default of RFC 4867
//	EVS     the same in its AMR-WB IO mode, for far ends that offer that alone. It is only ever answered: see usable
//	G722    wideband, and passes to the browser without transcoding
//	PCMA, PCMU  narrowband without transcoding
//	AMR     narrowband with transcoding
//	CN      comfort noise (RFC 3389), no codec of its own: agreed to beside G.722 and G.711 alone
func DefaultCoreCodecs(available ...string) []Codec {
	return keep([]Codec{
		{Name: nameAMRWB, ClockRate: 16000, Channels: 1, PayloadType: 98, FMTP: amrFMTP},
		{Name: nameAMRWB, ClockRate: 16000, Channels: 1, PayloadType: 99, FMTP: "octet-align=1;" + amrFMTP},
		{Name: nameEVS, ClockRate: 16000, Channels: 1, PayloadType: 104, FMTP: "evs-mode-switch=1;" + amrFMTP},
		{Name: nameG722, ClockRate: 8000, Channels: 1, PayloadType: 9},
		{Name: "PCMA", ClockRate: 8000, Channels: 1, PayloadType: 8},
		{Name: "PCMU", ClockRate: 8000, Channels: 1, PayloadType: 0},
		{Name: nameAMR, ClockRate: 8000, Channels: 1, PayloadType: 100, FMTP: amrFMTP},
		{Name: nameAMR, ClockRate: 8000, Channels: 1, PayloadType: 101, FMTP: "octet-align=1;" + amrFMTP},
		{Name: nameCN, ClockRate: 8000, Channels: 1, PayloadType: 13},
	}, available)
}

// DefaultAccessCodecs is the default preference on the access leg, reduced to what is available: Opus for
// its loss resilience on the open internet, then G.722 (wideband), then G.711. The payload types are used
// when we offer; an answer takes the browser's.
func DefaultAccessCodecs(available ...string) []Codec {
	return keep([]Codec{
		{Name: nameOpus, ClockRate: 48000, Channels: 2, PayloadType: 111, FMTP: DefaultOpusFMTP},
		{Name: nameG722, ClockRate: 8000, Channels: 1, PayloadType: 9},
		{Name: "PCMA", ClockRate: 8000, Channels: 1, PayloadType: 8},
		{Name: "PCMU", ClockRate: 8000, Channels: 1, PayloadType: 0},
		{Name: nameCN, ClockRate: 8000, Channels: 1, PayloadType: 13}, // old Chromium offers it; never in an offer of ours
	}, available)
}

// keep returns the codecs whose name is available.
func keep(all []Codec, available []string) []Codec {
	var out []Codec
	for _, c := range all {
		for _, name := range available {
			if c.Is(name) {
				out = append(out, c)
				break
			}
		}
	}
	return out
}

// staticCodec is the codec of a static payload type without an rtpmap (RFC 3551 6, table 4; audio only).
func staticCodec(pt uint8) (Codec, bool) {
	name := ""
	switch pt {
	case 0:
		name = "PCMU"
	case 3:
		name = "GSM"
	case 4:
		name = "G723"
	case 8:
		name = "PCMA"
	case 9:
		name = nameG722
	case 13:
		name = "CN"
	case 15:
		name = "G728"
	case 18:
		name = "G729"
	}
	return Codec{Name: name, ClockRate: 8000, Channels: 1, PayloadType: pt}, name != ""
}

// parseCodecs reads the payload types of a media block in the order of its m-line. Formats that say
// nothing readable are left out: an unknown codec is no fault of the call.
func parseCodecs(b block, m mline) (codecs, dtmf []Codec) {
	maps, params := map[uint8]Codec{}, map[uint8]string{}
	for _, l := range b {
		if l.kind != 'a' {
			continue
		}
		key, value, _ := strings.Cut(l.value, ":")
		switch strings.TrimRight(key, " ") {
		case "rtpmap":
			if c, ok := parseRTPMap(value); ok {
				maps[c.PayloadType] = c
			}
		case "fmtp":
			pt, rest, _ := strings.Cut(strings.TrimLeft(value, " "), " ")
			n, err := strconv.ParseUint(pt, 10, 7)
			if rest = strings.Trim(rest, " "); err == nil && printable(rest) {
				params[uint8(n)] = rest
			}
		}
	}
	seen := map[uint8]bool{}
	for _, f := range m.formats {
		n, err := strconv.ParseUint(f, 10, 7)
		pt := uint8(n)
		if err != nil || seen[pt] {
			continue
		}
		seen[pt] = true
		c, ok := maps[pt]
		if !ok && m.kind == "audio" {
			c, ok = staticCodec(pt)
		}
		if !ok {
			continue
		}
		c.FMTP = params[pt]
		if isAMR(c) || c.Is(nameEVS) {
			c.FMTP = tidy(c.FMTP)
		}
		if c.Is(nameDTMF) {
			dtmf = append(dtmf, c)
		} else {
			codecs = append(codecs, c)
		}
	}
	return codecs, dtmf
}

// tidy gives AMR parameters one spelling, "octet-align=1;mode-set=0,1,2", whatever the handset's spaces and case.
func tidy(fmtp string) string {
	var parts []string
	for part := range strings.SplitSeq(fmtp, ";") {
		if part = strings.ToLower(strings.ReplaceAll(part, " ", "")); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ";")
}

// parseRTPMap reads the value of an a=rtpmap (RFC 8866 6.6).
func parseRTPMap(value string) (Codec, bool) {
	f := strings.Fields(value)
	if len(f) != 2 {
		return Codec{}, false
	}
	pt, err := strconv.ParseUint(f[0], 10, 7)
	parts := strings.Split(f[1], "/")
	if err != nil || len(parts) < 2 || len(parts) > 3 || !token(parts[0], 32) {
		return Codec{}, false
	}
	clock, err := strconv.ParseUint(parts[1], 10, 31)
	if err != nil || clock == 0 {
		return Codec{}, false
	}
	c := Codec{Name: parts[0], ClockRate: int(clock), Channels: 1, PayloadType: uint8(pt)}
	if len(parts) == 3 {
		n, err := strconv.ParseUint(parts[2], 10, 4)
		if err != nil || n == 0 {
			return Codec{}, false
		}
		c.Channels = int(n)
	}
	if c.Is(nameG722) && c.ClockRate == 16000 {
		c.ClockRate = 8000 // a well-known slip: the sampling rate instead of the RTP clock (RFC 3551 4.5.2)
	}
	return c, true
}

// isAMR reports AMR or AMR-WB.
func isAMR(c Codec) bool { return c.Is(nameAMR) || c.Is(nameAMRWB) }

// describable reports a codec without pauses of its own, whose pauses comfort noise packets of its clock may describe (RFC 3389 1).
// CN at 16000 and above goes with none of this gateway's: G.722 counts at 8000, AMR, EVS and Opus have pauses of their own.
func describable(c Codec) bool { return c.Is("PCMU") || c.Is("PCMA") || c.Is(nameG722) }

// withoutNoise takes the comfort noise out of a list of codecs.
func withoutNoise(list []Codec) []Codec {
	return slices.DeleteFunc(slices.Clone(list), func(c Codec) bool { return c.Is(nameCN) })
}

// noiseFor returns the comfort noise of offered that ours takes too and that goes with one of codecs, nil for none.
func noiseFor(codecs, ours, offered []Codec) []Codec {
	for _, o := range offered {
		if o.Is(nameCN) && slices.ContainsFunc(ours, func(c Codec) bool { return same(c, o) }) &&
			slices.ContainsFunc(codecs, func(c Codec) bool { return describable(c) && c.ClockRate == o.ClockRate }) {
			return []Codec{o}
		}
	}
	return nil
}

// octetAligned reports the octet-aligned payload form; bandwidth-efficient is the default (RFC 4867 8.1).
func octetAligned(c Codec) bool {
	v, _ := c.Param("octet-align")
	return v == "1"
}

// same reports whether two payload types carry the same format, so that one side may send what the other
// announced: name, clock, channels and, for AMR, the payload form, for H.264 mode and profile.
func same(a, b Codec) bool {
	if !strings.EqualFold(a.Name, b.Name) || a.ClockRate != b.ClockRate || max(1, a.Channels) != max(1, b.Channels) {
		return false
	}
	if a.Is(nameH264) {
		return sameVideo(a, b)
	}
	return !isAMR(a) || octetAligned(a) == octetAligned(b)
}

// usable refuses AMR payload types whose options this gateway does not implement (RFC 4867 8.1: crc,
// robust-sorting and interleaving) or whose mode-set names no mode of the codec, and EVS that does not begin in the
// AMR-WB IO mode (TS 26.445 A.3.1: evs-mode-switch): EVS Primary needs an EVS codec.
func usable(c Codec) bool {
	if c.Is(nameEVS) {
		if v, _ := c.Param("evs-mode-switch"); v != "1" {
			return false
		}
	} else if !isAMR(c) {
		return true
	}
	for _, name := range [...]string{"crc", "robust-sorting"} {
		if v, ok := c.Param(name); ok && v != "0" {
			return false
		}
	}
	if _, ok := c.Param("interleaving"); ok {
		return false
	}
	_, ok := topMode(c)
	return ok && c.Channels <= 1
}

// topMode is the highest speech mode an AMR payload type allows; ok is false when its mode-set is empty or nonsense.
func topMode(c Codec) (mode int, ok bool) {
	highest := 7
	if c.Is(nameAMRWB) || c.Is(nameEVS) {
		highest = 8
	}
	set, given := c.Param("mode-set")
	if !given {
		return highest, true
	}
	mode = -1
	for part := range strings.SplitSeq(set, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 || n > highest {
			return 0, false
		}
		mode = max(mode, n)
	}
	return mode, mode >= 0
}

// payloadBytes is the largest RTP payload of one 20 ms packet of the codec.
func payloadBytes(c Codec) int {
	switch {
	case isAMR(c):
		// Bits of one speech frame by mode (TS 26.101 and 26.201, annex A).
		bits := [...]int{95, 103, 118, 134, 148, 159, 204, 244}
		wide := [...]int{132, 177, 253, 285, 317, 365, 397, 461, 477}
		mode, _ := topMode(c)
		n := 0
		if c.Is(nameAMRWB) {
			n = wide[mode]
		} else {
			n = bits[mode]
		}
		if octetAligned(c) {
			return 2 + (n+7)/8 // CMR octet, one ToC octet, padded frame (RFC 4867 4.4)
		}
		return (4 + 6 + n + 7) / 8 // CMR, one ToC entry, frame, padded once (RFC 4867 4.3)
	case c.Is(nameEVS):
		wide := [...]int{132, 177, 253, 285, 317, 365, 397, 461, 477}
		mode, _ := topMode(c)
		if v, _ := c.Param("hf-only"); v == "1" {
			return 2 + (wide[mode]+7)/8 // CMR octet, one ToC octet, padded frame (TS 26.445 A.2.2)
		}
		return (3 + wide[mode] + 7) / 8 // CMR and frame, padded once (TS 26.445 A.2.1.2)
	case c.Is(nameOpus):
		return opusBitrate(c) / 8 / 50
	default:
		return 160 // G.711 and G.722: 64 kbit/s
	}
}

// opusBitrate is maxaveragebitrate if sane (RFC 7587 6.1: 6000 to 510000), else 32000, which we send.
func opusBitrate(c Codec) int {
	v, _ := c.Param("maxaveragebitrate")
	n, err := strconv.Atoi(v)
	if err != nil || n < 6000 || n > 510000 {
		return 32000
	}
	return n
}

// bandwidthAS is the b=AS value in kbit/s of a codec at 20 ms: IP, UDP, RTP and payload, rounded up
// (TS 26.114 annex K).
func bandwidthAS(c Codec, ipv6 bool) int {
	header := 20 + 8 + 12
	if ipv6 {
		header += 20
	}
	return ((header+payloadBytes(c))*8*50 + 999) / 1000
}
