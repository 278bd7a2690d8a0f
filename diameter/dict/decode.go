package dict

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/fiorix/go-diameter/v4/diam/avp"
	"github.com/fiorix/go-diameter/v4/diam/datatype"
)

// Limits of our choosing on what a peer may send.
const (
	MaxMessage = 64 << 10 // octets of one message; RFC 6733 allows 16 MiB, no Rx message comes near
	MaxAVPs    = 1024     // AVPs of one message, members of groups included
	MaxDepth   = 8        // groups within groups; Rx nests three deep
)

// HeaderLength is the size of a Diameter header in octets (RFC 6733 3).
const HeaderLength = 20

// ErrFrame says that a message's header cannot be true: nothing after it on the same connection can be trusted, because
// where the next message begins is unknown.
var ErrFrame = errors.New("diameter framing")

// AVPError says that a message's header is sound but an AVP in it is not. The message decoded so far is good for
// nothing but to be answered.
type AVPError struct {
	Result uint32 // what a request with this error is answered with: 5014 INVALID_AVP_LENGTH or 5012
	Code   uint32 // the AVP, 0 when its header could not be read
	Text   string
}

// Error describes the fault without any value of the message.
func (e *AVPError) Error() string { return fmt.Sprintf("AVP %d: %s", e.Code, e.Text) }

// FrameLength reads the first 4 octets of a message and returns the message's whole length in octets, a multiple of 4
// from 20 to [MaxMessage]. Anything else is an [ErrFrame].
func FrameLength(b []byte) (int, error) {
	if len(b) < 4 {
		return 0, fmt.Errorf("%w: header cut off", ErrFrame)
	}
	if b[0] != 1 {
		return 0, fmt.Errorf("%w: version %d", ErrFrame, b[0])
	}
	n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	switch {
	case n < HeaderLength:
		return 0, fmt.Errorf("%w: length %d is shorter than a header", ErrFrame, n)
	case n > MaxMessage:
		return 0, fmt.Errorf("%w: length %d exceeds the limit of %d", ErrFrame, n, MaxMessage)
	case n%4 != 0:
		return 0, fmt.Errorf("%w: length %d is not a multiple of 4", ErrFrame, n)
	}
	return n, nil
}

// Decode reads one whole message. The result shares no memory with b. On an [AVPError] it also returns the message
// with the AVPs before the faulty one, so that a request can be answered.
func (d *Dictionary) Decode(b []byte) (*diam.Message, error) {
	n, err := FrameLength(b)
	if err != nil {
		return nil, err
	}
	if n != len(b) {
		return nil, fmt.Errorf("%w: length %d in %d octets", ErrFrame, n, len(b))
	}
	h, err := diam.DecodeHeader(b[:HeaderLength])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	m := diam.NewMessage(h.CommandCode, h.CommandFlags, h.ApplicationID, 1, 1, d.parser)
	m.Header = h
	left := MaxAVPs
	m.AVP, err = d.avps(b[HeaderLength:], MaxDepth, &left)
	return m, err
}

// avps decodes a run of AVPs. left counts down over the whole message.
func (d *Dictionary) avps(b []byte, depth int, left *int) ([]*diam.AVP, error) {
	var list []*diam.AVP
	for len(b) > 0 {
		if *left--; *left < 0 {
			return list, &AVPError{Result: ResultUnableToComply, Text: fmt.Sprintf("more than %d AVPs", MaxAVPs)}
		}
		a, padded, err := d.avp(b, depth, left)
		if err != nil {
			return list, err
		}
		list = append(list, a)
		b = b[padded:]
	}
	return list, nil
}

// avp decodes the AVP at the start of b and returns its length with padding.
func (d *Dictionary) avp(b []byte, depth int, left *int) (*diam.AVP, int, error) {
	if len(b) < 8 {
		return nil, 0, &AVPError{Result: ResultInvalidAVPLength, Text: fmt.Sprintf("header cut off after %d octets", len(b))}
	}
	a := &diam.AVP{Code: binary.BigEndian.Uint32(b), Flags: b[4], Length: int(b[5])<<16 | int(b[6])<<8 | int(b[7])}
	head := 8
	if a.Flags&avp.Vbit != 0 {
		head = 12
	}
	if a.Length < head || a.Length > len(b) {
		return nil, 0, &AVPError{ResultInvalidAVPLength, a.Code, fmt.Sprintf("length %d in %d octets", a.Length, len(b))}
	}
	// The last AVP of a group may come without its padding: some senders cut it, and the group's length is still true.
	padded := min((a.Length+3)&^3, len(b))
	if head == 12 {
		a.VendorID = binary.BigEndian.Uint32(b[8:])
	}
	var err error
	a.Data, err = d.value(key{a.Code, a.VendorID}, b[head:a.Length], depth, left)
	return a, padded, err
}

// value decodes an AVP's payload by its dictionary type.
func (d *Dictionary) value(k key, b []byte, depth int, left *int) (datatype.Type, error) {
	t, known := d.types[k]
	if !known {
		t = datatype.UnknownType
	}
	if t == datatype.GroupedType {
		if depth == 0 {
			return nil, &AVPError{ResultUnableToComply, k.code, fmt.Sprintf("nested more than %d deep", MaxDepth)}
		}
		list, err := d.avps(b, depth-1, left)
		return &diam.GroupedAVP{AVP: list}, err
	}
	if want := fixedSize(t); want != 0 && len(b) != want {
		return nil, &AVPError{ResultInvalidAVPLength, k.code, fmt.Sprintf("%d octets of value, want %d", len(b), want)}
	}
	if t == datatype.AddressType && len(b) >= 2 && binary.BigEndian.Uint16(b) > 2 {
		t = datatype.UnknownType // neither IPv4 nor IPv6 (RFC 6733 4.3.1): kept, read by nobody
	}
	v, err := datatype.Decode(t, b)
	if err != nil {
		return nil, &AVPError{ResultInvalidAVPLength, k.code, fmt.Sprintf("value of %d octets is not of its type", len(b))}
	}
	return v, nil
}

// fixedSize returns the size in octets of a type's values, 0 for types of variable size (RFC 6733 4.2).
func fixedSize(t datatype.TypeID) int {
	switch t {
	case datatype.Unsigned32Type, datatype.Integer32Type, datatype.EnumeratedType, datatype.TimeType, datatype.Float32Type:
		return 4
	case datatype.Unsigned64Type, datatype.Integer64Type, datatype.Float64Type:
		return 8
	default:
		return 0
	}
}
