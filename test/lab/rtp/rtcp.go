package rtp

import (
	"encoding/binary"
	"errors"
	"time"
)

// RTCP packet types (RFC 3550 12.1, RFC 4585).
const (
	typeSR   = 200
	typeRR   = 201
	typeSDES = 202
	typeBYE  = 203
)

// Block is one reception report block (RFC 3550 6.4.1).
type Block struct {
	SSRC         uint32
	FractionLost uint8
	Lost         uint32 // cumulative, 24 bits
	HighestSeq   uint32
	Jitter       uint32
	LastSR       uint32
	Delay        uint32 // 1/65536 s
}

// Report is what one compound packet says.
type Report struct {
	SSRC    uint32
	Sender  bool   // SR rather than RR
	NTP     uint64 // sender part, valid with Sender
	RTPTime uint32
	Packets uint32
	Octets  uint32
	Blocks  []Block
	CNAME   string
	Bye     bool
}

// NTP converts a wall clock time to the 64-bit NTP form.
func NTP(t time.Time) uint64 {
	sec := uint64(t.Unix() + 2208988800)
	return sec<<32 | uint64(t.Nanosecond())<<32/1e9
}

// Bytes writes SR or RR, SDES CNAME, and BYE when asked for.
func (r Report) Bytes() []byte {
	var b []byte
	kind := uint8(typeRR)
	if r.Sender {
		kind = typeSR
	}
	b = append(b, 0x80|uint8(len(r.Blocks)), kind, 0, 0)
	b = binary.BigEndian.AppendUint32(b, r.SSRC)
	if r.Sender {
		b = binary.BigEndian.AppendUint64(b, r.NTP)
		b = binary.BigEndian.AppendUint32(b, r.RTPTime)
		b = binary.BigEndian.AppendUint32(b, r.Packets)
		b = binary.BigEndian.AppendUint32(b, r.Octets)
	}
	for _, k := range r.Blocks {
		b = binary.BigEndian.AppendUint32(b, k.SSRC)
		b = binary.BigEndian.AppendUint32(b, uint32(k.FractionLost)<<24|k.Lost&0xffffff)
		b = binary.BigEndian.AppendUint32(b, k.HighestSeq)
		b = binary.BigEndian.AppendUint32(b, k.Jitter)
		b = binary.BigEndian.AppendUint32(b, k.LastSR)
		b = binary.BigEndian.AppendUint32(b, k.Delay)
	}
	setLength(b)
	b = append(b, r.sdes()...)
	if r.Bye {
		bye := binary.BigEndian.AppendUint32([]byte{0x81, typeBYE, 0, 0}, r.SSRC)
		setLength(bye)
		b = append(b, bye...)
	}
	return b
}

func (r Report) sdes() []byte {
	b := binary.BigEndian.AppendUint32([]byte{0x81, typeSDES, 0, 0}, r.SSRC)
	b = append(b, 1, uint8(len(r.CNAME)))
	b = append(b, r.CNAME...)
	b = append(b, 0) // end of items, then padding to 32 bits
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	setLength(b)
	return b
}

func setLength(b []byte) { binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1)) }

// ParseReport reads a compound packet; unknown packet types are skipped. The
// first packet must be SR or RR (RFC 3550 6.1).
func ParseReport(data []byte) (Report, error) {
	var r Report
	for first := true; len(data) > 0; first = false {
		if len(data) < 4 || data[0]>>6 != 2 {
			return r, errors.New("not RTCP")
		}
		size := 4 * (int(binary.BigEndian.Uint16(data[2:])) + 1)
		if size > len(data) {
			return r, errors.New("RTCP length beyond the datagram")
		}
		if first && data[1] != typeSR && data[1] != typeRR {
			return r, errors.New("compound packet does not start with SR or RR")
		}
		if err := r.one(data[:size]); err != nil {
			return r, err
		}
		data = data[size:]
	}
	return r, nil
}

func (r *Report) one(p []byte) error {
	count := int(p[0] & 0x1f)
	switch p[1] {
	case typeSR, typeRR:
		at := 8
		if p[1] == typeSR {
			at = 28
		}
		if len(p) < at+24*count {
			return errors.New("report blocks cut off")
		}
		r.SSRC = binary.BigEndian.Uint32(p[4:])
		if p[1] == typeSR {
			r.Sender, r.NTP, r.RTPTime = true, binary.BigEndian.Uint64(p[8:]), binary.BigEndian.Uint32(p[16:])
			r.Packets, r.Octets = binary.BigEndian.Uint32(p[20:]), binary.BigEndian.Uint32(p[24:])
		}
		for ; count > 0; count, at = count-1, at+24 {
			lost := binary.BigEndian.Uint32(p[at+4:])
			r.Blocks = append(r.Blocks, Block{SSRC: binary.BigEndian.Uint32(p[at:]), FractionLost: uint8(lost >> 24), Lost: lost & 0xffffff,
				HighestSeq: binary.BigEndian.Uint32(p[at+8:]), Jitter: binary.BigEndian.Uint32(p[at+12:]),
				LastSR: binary.BigEndian.Uint32(p[at+16:]), Delay: binary.BigEndian.Uint32(p[at+20:])})
		}
	case typeSDES:
		if count > 0 && len(p) >= 10 && p[8] == 1 && 10+int(p[9]) <= len(p) {
			r.CNAME = string(p[10 : 10+int(p[9])])
		}
	case typeBYE:
		r.Bye = true
	}
	return nil
}
