package demux

// Kind is what a datagram is by its first octets.
type Kind uint8

// The kinds of RFC 7983 7 that the access port serves.
const (
	Unknown Kind = iota // ZRTP, TURN channel data, QUIC or noise: dropped
	STUN
	DTLS
	RTP
	RTCP
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case STUN:
		return "STUN"
	case DTLS:
		return "DTLS"
	case RTP:
		return "RTP"
	case RTCP:
		return "RTCP"
	default:
		return "unknown"
	}
}

// Smallest sizes that can mean anything.
const (
	minSTUN = 20 // RFC 8489 5
	minDTLS = 13 // RFC 6347 4.1
	minRTP  = 12 // RFC 3550 5.1
	minRTCP = 8  // RFC 3550 6.4.2
)

// Classify looks at the first two octets of b (RFC 7983 7, RFC 5761 4).
func Classify(b []byte) Kind {
	if len(b) < minRTCP {
		return Unknown
	}
	switch c := b[0]; {
	case c <= 3:
		if len(b) >= minSTUN {
			return STUN
		}
	case c >= 20 && c <= 63:
		if len(b) >= minDTLS {
			return DTLS
		}
	case c >= 128 && c <= 191:
		if IsRTCP(b) {
			return RTCP
		}
		if len(b) >= minRTP {
			return RTP
		}
	}
	return Unknown
}

// IsRTCP tells RTCP from RTP on a shared port (RFC 5761 4). b has two octets.
func IsRTCP(b []byte) bool { return b[1] >= 192 && b[1] <= 223 }
