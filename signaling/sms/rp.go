package sms

import (
	"errors"
	"fmt"
)

// RPType is the type of a relay message, with its direction (TS 24.011 8.2.2).
type RPType uint8

// The types. "To" is from a phone to the network, "From" the other way.
const (
	DataTo    RPType = 0
	DataFrom  RPType = 1
	AckTo     RPType = 2
	AckFrom   RPType = 3
	ErrorTo   RPType = 4
	ErrorFrom RPType = 5
	MemoryTo  RPType = 6 // RP-SMMA
)

// String names the type as the specification does.
func (t RPType) String() string {
	switch t {
	case DataTo, DataFrom:
		return "RP-DATA"
	case AckTo, AckFrom:
		return "RP-ACK"
	case ErrorTo, ErrorFrom:
		return "RP-ERROR"
	case MemoryTo:
		return "RP-SMMA"
	}
	return fmt.Sprintf("RP type %d", uint8(t))
}

// Causes of an RP-ERROR (TS 24.011 8.2.5.4).
const (
	CauseUnassigned   = 1
	CauseBarred       = 10
	CauseRejected     = 21
	CauseMemory       = 22 // memory capacity exceeded
	CauseIncorrect    = 95 // semantically incorrect message
	CauseMandatory    = 96 // invalid mandatory information
	CauseNonExistent  = 97 // message type not implemented
	CauseNotNow       = 98 // message not compatible with the state
	CauseUnspecified  = 111
	maxRPAddress      = 11  // octets (TS 24.011 8.2.5.1)
	maxUserData       = 233 // octets (TS 24.011 8.2.5.3)
	maxRP             = 3 + 1 + maxRPAddress + 1 + maxRPAddress + 2 + maxUserData
	userDataElement   = 0x41
	lengthOfReference = 2
)

// RP is one message of the relay layer (TS 24.011 7.3).
type RP struct {
	Type      RPType
	Reference byte    // an answer repeats that of its RP-DATA
	Center    Address // RP-DATA: the short message centre (originator from the network, destination to it)
	Cause     byte    // RP-ERROR: one of the causes, 0 to 127
	UserData  []byte  // a TPDU; at most 233 octets, absent in many answers
}

// Error says why a short message cannot be taken, in people's words and in those of an RP-ERROR.
type Error struct {
	Cause   byte // RP-Cause
	Failure byte // TP-Failure-Cause (TS 23.040 9.2.3.22), 0 for none
	Text    string
}

// Error is the text.
func (e *Error) Error() string { return e.Text }

// failures of the transfer layer (TS 23.040 9.2.3.22).
const (
	failureCoding      = 0x90 // data coding scheme (alphabet) not supported
	failureUnspecified = 0xff
)

func incorrect(format string, args ...any) *Error {
	return &Error{Cause: CauseMandatory, Failure: failureUnspecified, Text: fmt.Sprintf(format, args...)}
}

// errShort is a body too short for the reference that an RP-ERROR would have to repeat.
var errShort = errors.New("too short for a relay message")

// ParseRP reads a relay message. With an *Error, RP has type and reference all the same, so that an RP-ERROR can answer; any other error
// leaves nothing to answer.
func ParseRP(b []byte) (RP, error) {
	if len(b) < lengthOfReference {
		return RP{}, errShort
	}
	r := RP{Type: RPType(b[0] & 7), Reference: b[1]}
	if len(b) > maxRP {
		return r, incorrect("a relay message of %d octets is too long", len(b))
	}
	rest := b[2:]
	switch r.Type {
	case DataTo, DataFrom:
		return r.data(rest)
	case AckTo, AckFrom:
		return r.optional(rest)
	case ErrorTo, ErrorFrom:
		cause, rest, ok := element(rest)
		if !ok || len(cause) == 0 {
			return r, incorrect("an RP-ERROR without a cause")
		}
		r.Cause = cause[0] & 0x7f
		return r.optional(rest)
	case MemoryTo:
		return r, nil
	}
	return r, &Error{Cause: CauseNonExistent, Text: "a relay message of a reserved type"}
}

// data reads what is special to RP-DATA: two addresses, of which the centre's counts, and the TPDU.
func (r RP) data(rest []byte) (RP, error) {
	from, rest, ok1 := element(rest)
	to, rest, ok2 := element(rest)
	tpdu, _, ok3 := element(rest)
	if !ok1 || !ok2 || !ok3 || len(from) > maxRPAddress || len(to) > maxRPAddress {
		return r, incorrect("an RP-DATA that is cut short")
	}
	if r.Type == DataFrom {
		r.Center = address(from, -1)
	} else {
		r.Center = address(to, -1)
	}
	if len(tpdu) == 0 || len(tpdu) > maxUserData {
		return r, incorrect("an RP-DATA without a short message")
	}
	r.UserData = tpdu
	return r, nil
}

// optional reads the user data of an answer; what is not there or not whole is left out, since the answer itself is clear.
func (r RP) optional(rest []byte) (RP, error) {
	if len(rest) > 0 && rest[0] == userDataElement {
		if tpdu, _, ok := element(rest[1:]); ok && len(tpdu) <= maxUserData {
			r.UserData = tpdu
		}
	}
	return r, nil
}

// element takes a length and so many octets off.
func element(b []byte) (value, rest []byte, ok bool) {
	if len(b) == 0 || int(b[0]) > len(b)-1 {
		return nil, nil, false
	}
	n := int(b[0])
	return b[1 : 1+n], b[1+n:], true
}

// Encode writes the message. The error is about a centre or user data that do not fit.
func (r RP) Encode() ([]byte, error) {
	out := []byte{byte(r.Type), r.Reference}
	if len(r.UserData) > maxUserData {
		return nil, fmt.Errorf("%s: user data of %d octets", r.Type, len(r.UserData))
	}
	switch r.Type {
	case DataTo, DataFrom:
		center, n := r.Center.octets()
		if n == 0 || len(center) > maxRPAddress || r.Center.Name {
			return nil, fmt.Errorf("%s: the centre's number does not fit", r.Type)
		}
		center = append([]byte{byte(len(center))}, center...)
		if r.Type == DataTo {
			out = append(append(out, 0), center...)
		} else {
			out = append(append(out, center...), 0)
		}
		return append(append(out, byte(len(r.UserData))), r.UserData...), nil
	case ErrorTo, ErrorFrom:
		out = append(out, 1, r.Cause&0x7f)
	case AckTo, AckFrom, MemoryTo:
	}
	if len(r.UserData) > 0 {
		out = append(append(out, userDataElement, byte(len(r.UserData))), r.UserData...)
	}
	return out, nil
}

// Taken is the RP-ACK of an RP-DATA, with an SMS-DELIVER-REPORT (TS 23.040 9.2.2.1a).
func (r RP) Taken() RP {
	return RP{Type: AckTo, Reference: r.Reference, UserData: []byte{0, 0}}
}

// Refused is the RP-ERROR of an RP-DATA that cannot be taken.
func (r RP) Refused(why *Error) RP {
	out := RP{Type: ErrorTo, Reference: r.Reference, Cause: why.Cause}
	if why.Failure != 0 {
		out.UserData = []byte{0, why.Failure, 0}
	}
	return out
}
