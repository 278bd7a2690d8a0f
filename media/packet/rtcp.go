package packet

import "encoding/binary"

// RTCP packet types, RFC 3550 12.1 and RFC 4585 6.1.
const (
	TypeSR   = 200
	TypeRR   = 201
	TypeSDES = 202
	TypeBYE  = 203
)

// maxBlocks bounds how many report blocks of one packet are looked at; the
// count field has five bits (RFC 3550 6.4.1).
const maxBlocks = 31

// RTCP is one packet of a compound: Body is everything after the 4-octet header.
type RTCP struct {
	Type  uint8
	Count uint8
	Body  []byte
}

// NextRTCP splits the first packet off a compound. ok is false at the end and at
// anything malformed (RFC 3550 6.4, A.2), which ends the walk.
func NextRTCP(b []byte) (p RTCP, rest []byte, ok bool) {
	if len(b) < 4 || b[0]>>6 != 2 {
		return RTCP{}, nil, false
	}
	size := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
	if size > len(b) {
		return RTCP{}, nil, false
	}
	body := b[4:size]
	if b[0]&0x20 != 0 {
		if len(body) == 0 {
			return RTCP{}, nil, false
		}
		pad := int(body[len(body)-1])
		if pad == 0 || pad > len(body) {
			return RTCP{}, nil, false
		}
		body = body[:len(body)-pad]
	}
	return RTCP{Type: b[1], Count: b[0] & 0x1f, Body: body}, b[size:], true
}

// Sender is the SSRC the packet speaks for.
func (p RTCP) Sender() (ssrc uint32, ok bool) {
	if len(p.Body) < 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(p.Body), true
}

// SenderInfo is the sender part of an SR (RFC 3550 6.4.1).
type SenderInfo struct {
	NTP             uint64 // 32.32 fixed point since 1900
	RTP             uint32 // the same instant on the stream's clock
	Packets, Octets uint32 // sent since the stream began; payload octets
}

// Info returns the sender part of an SR; ok is false for other types.
func (p RTCP) Info() (SenderInfo, bool) {
	if p.Type != TypeSR || len(p.Body) < 24 {
		return SenderInfo{}, false
	}
	return SenderInfo{
		NTP:     binary.BigEndian.Uint64(p.Body[4:]),
		RTP:     binary.BigEndian.Uint32(p.Body[12:]),
		Packets: binary.BigEndian.Uint32(p.Body[16:]),
		Octets:  binary.BigEndian.Uint32(p.Body[20:]),
	}, true
}

// ReportBlock is what a receiver says of one stream (RFC 3550 6.4.1).
type ReportBlock struct {
	SSRC     uint32
	Fraction uint8  // lost since the last report, of 256
	Lost     int32  // lost in all, 24 bit, may be negative by duplicates
	Highest  uint32 // cycles and highest sequence number
	Jitter   uint32 // timestamp units
	LSR      uint32 // middle of the last SR's NTP time
	DLSR     uint32 // delay since it, 1/65536 s
}

const blockSize = 24

// Block returns report block i of an SR or RR.
func (p RTCP) Block(i int) (ReportBlock, bool) {
	off := 4
	switch p.Type {
	case TypeSR:
		off = 24
	case TypeRR:
	default:
		return ReportBlock{}, false
	}
	off += i * blockSize
	if i < 0 || i >= int(p.Count) || i >= maxBlocks || off+blockSize > len(p.Body) {
		return ReportBlock{}, false
	}
	b := p.Body[off:]
	lost := int32(binary.BigEndian.Uint32(b[4:])<<8) >> 8
	return ReportBlock{
		SSRC:     binary.BigEndian.Uint32(b),
		Fraction: b[4],
		Lost:     lost,
		Highest:  binary.BigEndian.Uint32(b[8:]),
		Jitter:   binary.BigEndian.Uint32(b[12:]),
		LSR:      binary.BigEndian.Uint32(b[16:]),
		DLSR:     binary.BigEndian.Uint32(b[20:]),
	}, true
}

// appendHeader starts an RTCP packet and returns where its header lies.
func appendHeader(b []byte, kind uint8, count int) []byte {
	return append(b, 0x80|byte(count), kind, 0, 0)
}

// closeHeader writes the length of the packet that starts at b[start:].
func closeHeader(b []byte, start int) []byte {
	binary.BigEndian.PutUint16(b[start+2:], uint16((len(b)-start)/4-1)) //nolint:gosec // own packets are short
	return b
}

func appendBlock(b []byte, r ReportBlock) []byte {
	b = binary.BigEndian.AppendUint32(b, r.SSRC)
	b = binary.BigEndian.AppendUint32(b, uint32(r.Fraction)<<24|uint32(r.Lost)&0xffffff)
	b = binary.BigEndian.AppendUint32(b, r.Highest)
	b = binary.BigEndian.AppendUint32(b, r.Jitter)
	b = binary.BigEndian.AppendUint32(b, r.LSR)
	return binary.BigEndian.AppendUint32(b, r.DLSR)
}

// AppendSR appends a sender report of ssrc; block may be nil.
func AppendSR(b []byte, ssrc uint32, info SenderInfo, block *ReportBlock) []byte {
	start, count := len(b), 0
	if block != nil {
		count = 1
	}
	b = appendHeader(b, TypeSR, count)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = binary.BigEndian.AppendUint64(b, info.NTP)
	b = binary.BigEndian.AppendUint32(b, info.RTP)
	b = binary.BigEndian.AppendUint32(b, info.Packets)
	b = binary.BigEndian.AppendUint32(b, info.Octets)
	if block != nil {
		b = appendBlock(b, *block)
	}
	return closeHeader(b, start)
}

// AppendRR appends a receiver report of ssrc; block may be nil.
func AppendRR(b []byte, ssrc uint32, block *ReportBlock) []byte {
	start, count := len(b), 0
	if block != nil {
		count = 1
	}
	b = appendHeader(b, TypeRR, count)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	if block != nil {
		b = appendBlock(b, *block)
	}
	return closeHeader(b, start)
}

// AppendSDES appends a source description with the CNAME, which every compound
// carries (RFC 3550 6.1). cname is at most 255 octets; longer ones are cut.
func AppendSDES(b []byte, ssrc uint32, cname string) []byte {
	if len(cname) > 255 {
		cname = cname[:255]
	}
	start := len(b)
	b = appendHeader(b, TypeSDES, 1)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, 1, byte(len(cname)))
	b = append(b, cname...)
	b = append(b, 0)
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	return closeHeader(b, start)
}

// AppendBYE appends a goodbye of ssrc (RFC 3550 6.6).
func AppendBYE(b []byte, ssrc uint32) []byte {
	start := len(b)
	b = appendHeader(b, TypeBYE, 1)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	return closeHeader(b, start)
}
