package farend

import (
	"bytes"
	"encoding/binary"
	"io"
)

// RxApplication is the Application-Id of Rx (TS 29.214 5.1).
const RxApplication = 16777236

// Message is a whole message as octets. Its methods want one with a header, as New, Answer and a Node's reader make them.
type Message []byte

// Request says whether the R bit is set.
func (m Message) Request() bool { return m[4]&0x80 != 0 }

// Repeated says whether the T bit is set: it was sent before, perhaps by another way.
func (m Message) Repeated() bool { return m[4]&0x10 != 0 }

// Command is the command code.
func (m Message) Command() uint32 { return binary.BigEndian.Uint32(m[4:]) & 0xffffff }

// Hop is the hop-by-hop identifier.
func (m Message) Hop() uint32 { return binary.BigEndian.Uint32(m[12:]) }

// End is the end-to-end identifier.
func (m Message) End() uint32 { return binary.BigEndian.Uint32(m[16:]) }

// AVP finds a top-level AVP's value, of any vendor; nil when there is none.
func (m Message) AVP(code uint32) []byte {
	for b := m[20:]; len(b) >= 8; {
		n, head := int(binary.BigEndian.Uint32(b[4:])&0xffffff), 8
		if b[4]&0x80 != 0 {
			head = 12
		}
		if binary.BigEndian.Uint32(b) == code {
			return b[head:n]
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil
}

// Has says whether exactly these octets of an AVP are in it, at any depth.
func (m Message) Has(avp []byte) bool { return bytes.Contains(m, avp) }

// U32 is an Unsigned32 or an Enumerated.
func U32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

// AVP writes an AVP without a vendor, with the M bit.
func AVP(code uint32, value []byte) []byte {
	b := append(U32(code), 0x40, 0, byte((8+len(value))>>8), byte(8+len(value)))
	return pad(append(b, value...))
}

// AVP3GPP writes an AVP of 3GPP's, with the V and M bits.
func AVP3GPP(code uint32, value []byte) []byte {
	b := append(U32(code), 0xc0, 0, byte((12+len(value))>>8), byte(12+len(value)))
	return pad(append(append(b, U32(10415)...), value...))
}

func pad(b []byte) []byte { return append(b, make([]byte, (4-len(b)%4)%4)...) }

// New writes a message; flags are the octet of the header (R is 0x80, P 0x40, E 0x20, T 0x10).
func New(flags byte, command, application, hop, end uint32, avps ...[]byte) Message {
	body := bytes.Join(avps, nil)
	b := append(U32(1<<24|uint32(20+len(body))), U32(uint32(flags)<<24|command)...)
	b = append(append(append(b, U32(application)...), U32(hop)...), U32(end)...)
	return append(b, body...)
}

// Answer writes a request's answer with a Result-Code and the far end's origin, after the AVPs given. A protocol error (3xxx) has the E
// bit.
func Answer(m Message, result uint32, avps ...[]byte) Message {
	flags := m[4] & 0x40
	if result/1000 == 3 {
		flags |= 0x20
	}
	avps = append(avps, AVP(268, U32(result)), AVP(264, []byte("far.example")), AVP(296, []byte("example")))
	return New(flags, m.Command(), binary.BigEndian.Uint32(m[8:]), m.Hop(), m.End(), avps...)
}

// Read reads one message.
func Read(r io.Reader) (Message, error) {
	head := make([]byte, 20)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	b := make([]byte, max(20, binary.BigEndian.Uint32(head)&0xffffff))
	copy(b, head)
	_, err := io.ReadFull(r, b[20:])
	return b, err
}
