package sdp

import (
	"net/netip"
	"strconv"
	"strings"
)

// Core is a description from the IMS side: an offer or an answer of a handset, a server or an exchange.
// The embedded CoreMedia is the audio m-line in use: the first plain RTP one that is not refused, or the first
// refused one, or the zero value when there is no audio at all. It alone has addresses.
type Core struct {
	SessionID, Version uint64 // o=; the same Version means an unchanged description (RFC 3264 8)
	CoreMedia
	Media []CoreMedia // every m-line, in order
}

// CoreTransport is where the packets of an m-line go.
type CoreTransport struct {
	Address     netip.Addr // where it wants RTP; unspecified when it holds by c=0.0.0.0
	RTPPort     uint16     // 0 when rejected
	RTCPAddress netip.Addr // as Address unless a=rtcp says otherwise (RFC 3605)
	RTCPPort    uint16     // RTPPort+1 unless a=rtcp says otherwise
}

// CoreMedia is one m-line of a [Core].
type CoreMedia struct {
	Index    int // position among the m-lines, from 0
	Kind     string
	Profile  string // "RTP/AVP", "RTP/AVPF", or what else the line says
	Formats  []string
	Rejected bool
	CoreTransport
	Codecs          []Codec // without telephone-event, in order of preference
	DTMF            []Codec
	Direction       Direction // its own view; c=0.0.0.0 already counted in
	PTime, MaxPTime int       // milliseconds, 0 when absent
	BandwidthAS     int       // kbit/s of this m-line, the session's when only that is given, -1 when absent
	RS, RR          int       // RTCP bandwidth, bit/s, -1 when absent (RFC 3556)
	Preconditions   Preconditions
	Feedback        VideoFeedback // video
	Orientation     uint8         // video: id of urn:3gpp:video-orientation, 0 for none
	Configuration   string        // video: the a=acfg value that accepts RTP/AVPF where the line says RTP/AVP, "" for none
}

// RTP is where the peer wants media. It is not valid for a refused m-line or during a hold by c=0.0.0.0.
func (m *CoreMedia) RTP() netip.AddrPort { return sink(m.Address, m.RTPPort) }

// RTCP is where the peer wants RTCP, with the same exceptions as RTP.
func (m *CoreMedia) RTCP() netip.AddrPort { return sink(m.RTCPAddress, m.RTCPPort) }

func sink(a netip.Addr, port uint16) netip.AddrPort {
	if !a.IsValid() || a.IsUnspecified() || port == 0 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a, port)
}

// Held reports that the peer does not want to hear us: sendonly, inactive, or the old c=0.0.0.0 (RFC 3264 8.4).
func (m *CoreMedia) Held() bool { return !m.Direction.Receives() }

// ParseCore reads a description from the core. Codecs, attributes and m-lines it does not know are kept
// out of the way, never a reason to refuse. The audio m-line in use must be plain RTP (AVP or AVPF), to a unicast IP
// address and a port above 1023: IMS media never goes to well-known ports.
//
// Errors: ErrSyntax, ErrLimit, ErrControl, ErrProfile, ErrAddress.
func ParseCore(text string) (*Core, error) {
	session, blocks, err := split(text)
	if err != nil {
		return nil, err
	}
	c := &Core{Media: make([]CoreMedia, 0, len(blocks))}
	if c.SessionID, c.Version, err = origin(session); err != nil {
		return nil, err
	}
	best := -1
	for i, b := range blocks {
		m, err := parseCoreMedia(session, b)
		if err != nil {
			return nil, err
		}
		m.Index = i
		c.Media = append(c.Media, m)
		if m.Kind == "audio" && (best < 0 || m.rank() > c.Media[best].rank()) {
			best = i
		}
	}
	for i := range c.Media {
		if m := &c.Media[i]; m.Kind == "video" && !m.Rejected && parseCoreTransport(m, session, blocks[i]) != nil {
			m.Address = netip.Addr{} // not usable: see Video
		}
	}
	if best < 0 {
		return c, nil
	}
	m := &c.Media[best]
	if !m.Rejected {
		if err := parseCoreTransport(m, session, blocks[best]); err != nil {
			return nil, err
		}
	}
	c.CoreMedia = *m
	return c, nil
}

// plain reports a profile spoken in the core.
func (m *CoreMedia) plain() bool { return m.Profile == "RTP/AVP" || m.Profile == "RTP/AVPF" }

// rank orders audio m-lines by use: one we can speak, one we cannot (an SRTP alternative), a refused one.
func (m *CoreMedia) rank() int {
	switch {
	case m.Rejected:
		return 0
	case !m.plain():
		return 1
	default:
		return 2
	}
}

func parseCoreMedia(session, b block) (CoreMedia, error) {
	line, err := parseMLine(b)
	if err != nil {
		return CoreMedia{}, err
	}
	m := CoreMedia{
		Kind: line.kind, Profile: line.proto, Formats: line.formats, Rejected: line.port == 0, CoreTransport: CoreTransport{RTPPort: line.port},
		Direction: SendRecv, PTime: b.number("ptime"), MaxPTime: b.number("maxptime"),
		BandwidthAS: b.bandwidth("AS"), RS: b.bandwidth("RS"), RR: b.bandwidth("RR"),
	}
	if m.BandwidthAS < 0 {
		m.BandwidthAS = session.bandwidth("AS")
	}
	if m.RS < 0 && m.RR < 0 {
		m.RS, m.RR = session.bandwidth("RS"), session.bandwidth("RR")
	}
	if d, ok := b.direction(); ok {
		m.Direction = d
	} else if d, ok := session.direction(); ok {
		m.Direction = d
	}
	m.Codecs, m.DTMF = parseCodecs(b, line)
	m.Preconditions = parsePreconditions(b)
	if m.Kind == "video" {
		m.Codecs, _ = repairs(m.Codecs)
		m.Feedback, m.Orientation, m.Configuration = parseFeedback(b), parseOrientation(b), parseConfiguration(session, b)
	}
	return m, nil
}

// parseCoreTransport fills the addresses of an m-line in use. Nothing is ever sent to the others.
func parseCoreTransport(m *CoreMedia, session, b block) error {
	num := b[0].num
	if !m.plain() {
		return fail(ErrProfile, num, "the audio is neither RTP/AVP nor RTP/AVPF, the only profiles spoken in the core")
	}
	if m.RTPPort < 1024 {
		return fail(ErrAddress, num, "the audio port is a well-known port")
	}
	addr, ok, err := b.connection()
	if err == nil && !ok {
		addr, ok, err = session.connection()
	}
	if err != nil {
		return err
	}
	if !ok {
		return fail(ErrSyntax, num, "the audio has no c= line, nor has the session (RFC 8866 5.7)")
	}
	m.Address, m.RTCPAddress = addr, addr
	if addr.IsUnspecified() {
		m.Direction = direction(m.Direction.Sends(), false)
	}
	m.RTCPPort = m.RTPPort + 1 // 65535 wraps to 0: then there is no place for RTCP
	if v, n, ok := b.attr("rtcp"); ok {
		f := strings.Fields(v)
		if len(f) == 0 {
			return fail(ErrSyntax, n, "a=rtcp has no port (RFC 3605 2.1)")
		}
		port, err := strconv.ParseUint(f[0], 10, 16)
		if err != nil || port < 1024 {
			return fail(ErrAddress, n, "the port of a=rtcp is not a port from 1024 up")
		}
		m.RTCPPort = uint16(port)
		if len(f) == 4 {
			if m.RTCPAddress, err = parseAddress(f[3], n); err != nil {
				return err
			}
		}
	}
	return nil
}
