package packet

import "encoding/binary"

// Header extension profiles (RFC 8285 4.2 and 4.3).
const (
	oneByte  = 0xbede
	twoBytes = 0x1000 // with four bits of the application's
)

// Extension returns the value of the header extension element id of a packet whose header was read without fault, nil when it has
// none.
func Extension(b []byte, id uint8) []byte {
	if len(b) < HeaderSize || b[0]&0x10 == 0 || id == 0 {
		return nil
	}
	at := HeaderSize + 4*int(b[0]&0x0f)
	if at+4 > len(b) {
		return nil
	}
	profile, size := binary.BigEndian.Uint16(b[at:]), 4*int(binary.BigEndian.Uint16(b[at+2:]))
	if at+4+size > len(b) {
		return nil
	}
	list := b[at+4 : at+4+size]
	switch {
	case profile == oneByte:
		return element(list, id, false)
	case profile&0xfff0 == twoBytes:
		return element(list, id, true)
	default:
		return nil
	}
}

// element finds one element in a list of either form.
func element(list []byte, id uint8, long bool) []byte {
	for len(list) > 0 {
		head := list[0]
		if head == 0 { // padding
			list = list[1:]
			continue
		}
		name, size, from := head>>4, int(head&0x0f)+1, 1
		if long {
			if len(list) < 2 {
				return nil
			}
			name, size, from = head, int(list[1]), 2
		} else if name == 15 { // reserved: the rest is not to be read (RFC 8285 4.2)
			return nil
		}
		if from+size > len(list) {
			return nil
		}
		if name == id {
			return list[from : from+size]
		}
		list = list[from+size:]
	}
	return nil
}

// ExtensionSize is what PutExtended needs before the payload beside the bare header.
const ExtensionSize = 8

// PutExtended is Put with a one-byte header extension of one octet, id 1 to 14; there must be HeaderSize and ExtensionSize octets
// before the payload.
func (h RTP) PutExtended(b []byte, id, value uint8) []byte {
	bare := h
	bare.Offset -= ExtensionSize
	out := bare.Put(b)
	out[0] |= 0x10
	binary.BigEndian.PutUint16(out[HeaderSize:], oneByte)
	binary.BigEndian.PutUint16(out[HeaderSize+2:], 1)
	out[HeaderSize+4], out[HeaderSize+5], out[HeaderSize+6], out[HeaderSize+7] = id<<4, value, 0, 0
	return out
}
