package diameter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// Header flags (RFC 6733 3) and AVP flags (4.1).
const (
	FlagRequest   = 0x80
	FlagProxiable = 0x40
	FlagError     = 0x20
	FlagRetry     = 0x10

	avpVendor    = 0x80
	avpMandatory = 0x40
)

// Commands in use.
const (
	CapabilitiesExchange = 257
	ReAuth               = 258
	AA                   = 265
	AbortSession         = 274
	SessionTermination   = 275
	DeviceWatchdog       = 280
	DisconnectPeer       = 282
)

// maxMessage bounds what is read from a peer.
const maxMessage = 64 << 10

// Message is one Diameter message.
type Message struct {
	Flags    uint8
	Command  uint32
	App      uint32
	HopByHop uint32
	EndToEnd uint32
	AVPs     []AVP
}

// AVP is one attribute-value pair; Data is the value without padding.
type AVP struct {
	Code      uint32
	Vendor    uint32 // 0 = none
	Mandatory bool
	Data      []byte
}

// Read takes one message off a stream. At a clean end the error is io.EOF.
func Read(r io.Reader) (*Message, error) {
	var head [20]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head[:]) & 0xffffff)
	if head[0] != 1 || size < 20 || size > maxMessage || size%4 != 0 {
		return nil, fmt.Errorf("diameter header: version %d, length %d", head[0], size)
	}
	body := make([]byte, size-20)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, fmt.Errorf("message cut off: %w", err)
	}
	m := &Message{Flags: head[4], Command: binary.BigEndian.Uint32(head[4:]) & 0xffffff, App: binary.BigEndian.Uint32(head[8:]),
		HopByHop: binary.BigEndian.Uint32(head[12:]), EndToEnd: binary.BigEndian.Uint32(head[16:])}
	var err error
	m.AVPs, err = ParseAVPs(body)
	return m, err
}

// ParseAVPs reads a sequence of AVPs, such as the value of a grouped one.
func ParseAVPs(b []byte) ([]AVP, error) {
	var out []AVP
	for len(b) > 0 {
		if len(b) < 8 {
			return nil, errors.New("AVP header cut off")
		}
		flags, size, head := b[4], int(binary.BigEndian.Uint32(b[4:])&0xffffff), 8
		a := AVP{Code: binary.BigEndian.Uint32(b), Mandatory: flags&avpMandatory != 0}
		if flags&avpVendor != 0 {
			head = 12
		}
		padded := (size + 3) &^ 3
		if size < head || padded > len(b) {
			return nil, fmt.Errorf("AVP %d: length %d of %d", a.Code, size, len(b))
		}
		if head == 12 {
			a.Vendor = binary.BigEndian.Uint32(b[8:])
		}
		a.Data = b[head:size]
		out, b = append(out, a), b[padded:]
	}
	return out, nil
}

// Bytes writes the message.
func (m *Message) Bytes() []byte {
	b := make([]byte, 20, 512)
	for _, a := range m.AVPs {
		b = a.append(b)
	}
	binary.BigEndian.PutUint32(b, 1<<24|uint32(len(b)))
	binary.BigEndian.PutUint32(b[4:], uint32(m.Flags)<<24|m.Command)
	binary.BigEndian.PutUint32(b[8:], m.App)
	binary.BigEndian.PutUint32(b[12:], m.HopByHop)
	binary.BigEndian.PutUint32(b[16:], m.EndToEnd)
	return b
}

func (a AVP) append(b []byte) []byte {
	size, flags := 8+len(a.Data), uint32(0)
	if a.Vendor != 0 {
		size, flags = size+4, avpVendor
	}
	if a.Mandatory {
		flags |= avpMandatory
	}
	b = binary.BigEndian.AppendUint32(b, a.Code)
	b = binary.BigEndian.AppendUint32(b, flags<<24|uint32(size))
	if a.Vendor != 0 {
		b = binary.BigEndian.AppendUint32(b, a.Vendor)
	}
	b = append(b, a.Data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// Find returns the first AVP of a code and vendor.
func Find(list []AVP, code, vendor uint32) (AVP, bool) {
	for _, a := range list {
		if a.Code == code && a.Vendor == vendor {
			return a, true
		}
	}
	return AVP{}, false
}

// Text makes a base protocol string AVP.
func Text(code uint32, s string) AVP { return AVP{Code: code, Mandatory: true, Data: []byte(s)} }

// Number makes a base protocol Unsigned32 or Enumerated AVP.
func Number(code, n uint32) AVP {
	return AVP{Code: code, Mandatory: true, Data: binary.BigEndian.AppendUint32(nil, n)}
}

// Group makes a base protocol grouped AVP.
func Group(code uint32, members ...AVP) AVP {
	a := AVP{Code: code, Mandatory: true}
	for _, m := range members {
		a.Data = m.append(a.Data)
	}
	return a
}

// Of puts an AVP under a vendor.
func (a AVP) Of(vendor uint32) AVP { a.Vendor = vendor; return a }

// Address makes an AVP of type Address (RFC 6733 4.3.1).
func Address(code uint32, addr netip.Addr) AVP {
	family := []byte{0, 1}
	if addr.Is6() {
		family = []byte{0, 2}
	}
	return AVP{Code: code, Mandatory: true, Data: append(family, addr.AsSlice()...)}
}

// Uint32 reads an Unsigned32 or Enumerated value.
func (a AVP) Uint32() (uint32, bool) {
	if len(a.Data) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(a.Data), true
}

// Members reads the value of a grouped AVP; nil when it is none.
func (a AVP) Members() []AVP {
	list, err := ParseAVPs(a.Data)
	if err != nil {
		return nil
	}
	return list
}
