package sdp

import (
	"net/netip"
	"strconv"
	"strings"
)

// Codec is one RTP payload type of an m-line (RFC 8866 6.6, 6.15). It is a comparable value.
type Codec struct {
	Name        string // as written by its side; compare with Is
	ClockRate   int    // RTP clock in Hz; 8000 for G722 (RFC 3551 4.5.2)
	Channels    int    // 1 or more; 2 for Opus always (RFC 7587 7)
	PayloadType uint8  // 0 to 127
	FMTP        string // the value of a=fmtp after the payload type, "" for none
}

// String gives the codec as a log or a person reads it, e.g. "AMR-WB/16000 (98)".
func (c Codec) String() string {
	s := c.Name + "/" + strconv.Itoa(c.ClockRate)
	if c.Channels > 1 {
		s += "/" + strconv.Itoa(c.Channels)
	}
	return s + " (" + strconv.Itoa(int(c.PayloadType)) + ")"
}

// Is reports whether the codec has this encoding name; names are case-insensitive (RFC 4855 3).
func (c Codec) Is(name string) bool { return strings.EqualFold(c.Name, name) }

// Param returns one parameter of FMTP. Names are case-insensitive; spaces around names and values are
// not part of them, because handsets write "mode-set=0,2 ; octet-align=1".
func (c Codec) Param(name string) (value string, ok bool) {
	for part := range strings.SplitSeq(c.FMTP, ";") {
		key, v, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(v), true
		}
	}
	return "", false
}

// Direction is an m-line's direction (RFC 8866 6.7), always from the view of the side that wrote the description.
type Direction string

// The four directions.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// Sends reports whether the writer of the description sends media. The empty value means sendrecv.
func (d Direction) Sends() bool { return d != RecvOnly && d != Inactive }

// Receives reports whether the writer of the description wants media. The empty value means sendrecv.
func (d Direction) Receives() bool { return d != SendOnly && d != Inactive }

// Reverse is the same stream seen from the other side.
func (d Direction) Reverse() Direction { return direction(d.Receives(), d.Sends()) }

// direction composes a Direction.
func direction(sends, receives bool) Direction {
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	default:
		return Inactive
	}
}

// answerDirection is what an answerer that wants `wanted` may say to `offered` (RFC 3264 6.1).
func answerDirection(offered, wanted Direction) Direction {
	return direction(wanted.Sends() && offered.Receives(), wanted.Receives() && offered.Sends())
}

// HoldDirection is the direction of our own description for a state of hold (RFC 3264 8.4): sendonly when
// only we hold, recvonly when only the far side does, inactive when both do.
func HoldDirection(local, remote bool) Direction { return direction(!remote, !local) }

// Fingerprint is a certificate fingerprint (RFC 8122 5).
type Fingerprint struct {
	Hash  string // "sha-256", "sha-384" or "sha-512"; weaker ones are never returned
	Value string // upper-case hex octets with colons
}

// Candidate is one usable ICE candidate (RFC 8839 5.1).
type Candidate struct {
	Foundation string
	Component  int
	Transport  string // "udp" or "tcp"
	Priority   uint32
	Address    netip.AddrPort
	Type       string // "host", "srflx", "prflx" or "relay"
	TCPType    string // "active", "passive" or "so" for tcp (RFC 6544 4.5), else ""
}

// ParseCandidate reads one candidate, with or without "a=" and "candidate:" before it, as a page trickles
// it (RFC 8838). ok is false for a well-formed candidate that is of no use here: the empty end mark, a
// host name (mDNS names are never looked up), a second component, a transport or type not known.
func ParseCandidate(text string) (c Candidate, ok bool, err error) {
	text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), "a="), "candidate:")
	if text == "" || text == "end-of-candidates" {
		return Candidate{}, false, nil
	}
	f := strings.Fields(text)
	if len(text) > 512 || !printable(text) || len(f) < 8 || !strings.EqualFold(f[6], "typ") || len(f[0]) > 32 {
		return Candidate{}, false, fail(ErrSyntax, 0, "the ICE candidate is not of the form RFC 8839 5.1 gives")
	}
	component, err1 := strconv.ParseUint(f[1], 10, 9)
	priority, err2 := strconv.ParseUint(f[3], 10, 32)
	port, err3 := strconv.ParseUint(f[5], 10, 16)
	if err1 != nil || err2 != nil || err3 != nil {
		return Candidate{}, false, fail(ErrSyntax, 0, "a number of the ICE candidate is out of range (RFC 8839 5.1)")
	}
	c = Candidate{Foundation: f[0], Component: int(component), Transport: strings.ToLower(f[2]), Priority: uint32(priority), Type: strings.ToLower(f[7])}
	for i := 8; i+1 < len(f); i += 2 {
		if strings.EqualFold(f[i], "tcptype") {
			c.TCPType = strings.ToLower(f[i+1])
		}
	}
	addr, err := netip.ParseAddr(f[4])
	if err != nil || addr.Zone() != "" || addr.IsUnspecified() || addr.IsMulticast() || port == 0 {
		return Candidate{}, false, nil
	}
	c.Address = netip.AddrPortFrom(addr.Unmap(), uint16(port))
	known := c.Type == "host" || c.Type == "srflx" || c.Type == "prflx" || c.Type == "relay"
	return c, known && c.Component == 1 && (c.Transport == "udp" || c.Transport == "tcp"), nil
}

// String writes the candidate as the value of an SDP attribute or of a trickled message.
func (c Candidate) String() string {
	s := "candidate:" + c.Foundation + " " + strconv.Itoa(c.Component) + " " + c.Transport + " " + strconv.FormatUint(uint64(c.Priority), 10) +
		" " + c.Address.Addr().String() + " " + strconv.Itoa(int(c.Address.Port())) + " typ " + c.Type
	if c.Type != "host" {
		// RFC 8839 5.1 wants a related address on these; hiding it is allowed.
		if c.Address.Addr().Is4() {
			s += " raddr 0.0.0.0 rport 0"
		} else {
			s += " raddr :: rport 0"
		}
	}
	if c.Transport == "tcp" {
		t := c.TCPType
		if t == "" {
			t = "passive" // the gateway listens, it never dials (RFC 6544 4.5)
		}
		s += " tcptype " + t
	}
	return s
}
