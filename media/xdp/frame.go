package xdp

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// parse reads a frame the program took: addresses, ports and payload. It trusts nothing it has not looked at.
func parse(frame []byte) (local, from netip.AddrPort, payload []byte, ok bool) {
	if len(frame) < etherSize+ipv4Size+udpSize {
		return local, from, nil, false
	}
	var src, dst netip.Addr
	ip := frame[etherSize:]
	switch binary.BigEndian.Uint16(frame[12:]) {
	case typeIPv4:
		total := int(binary.BigEndian.Uint16(ip[2:]))
		if ip[0] != 0x45 || ip[9] != protoUDP || total < ipv4Size+udpSize || total > len(ip) {
			return local, from, nil, false
		}
		src, dst = netip.AddrFrom4([4]byte(ip[12:])), netip.AddrFrom4([4]byte(ip[16:]))
		ip = ip[ipv4Size:total]
	case typeIPv6:
		if len(ip) < ipv6Size+udpSize || ip[0]>>4 != 6 || ip[6] != protoUDP {
			return local, from, nil, false
		}
		total := ipv6Size + int(binary.BigEndian.Uint16(ip[4:]))
		if total < ipv6Size+udpSize || total > len(ip) {
			return local, from, nil, false
		}
		src, dst = netip.AddrFrom16([16]byte(ip[8:])), netip.AddrFrom16([16]byte(ip[24:]))
		ip = ip[ipv6Size:total]
	default:
		return local, from, nil, false
	}
	size := int(binary.BigEndian.Uint16(ip[4:]))
	if size < udpSize || size > len(ip) {
		return local, from, nil, false
	}
	return netip.AddrPortFrom(dst, binary.BigEndian.Uint16(ip[2:])), netip.AddrPortFrom(src, binary.BigEndian.Uint16(ip)), ip[udpSize:size], true
}

// hop is how one destination is reached from one of our addresses: the frame's beginning, ready but for code point, lengths, ports and checksums.
// It is immutable but for its marks.
type hop struct {
	queue  *queue
	route  route
	header [etherSize + ipv6Size]byte
	size   int    // of header
	most   int    // payload that still fits into the interface's packets
	ip     uint64 // sum of the IPv4 header without code point and length
	pseudo uint64 // sum of the pseudo header without the length (RFC 768, RFC 8200 8.1)
	marks
}

// route is what the kernel says of a destination.
type route struct {
	from, to netip.Addr
	here     [6]byte // the interface's Ethernet address
	next     [6]byte // the next hop's
	mtu      int
}

// Choices where the kernel's sockets would have its own: its defaults.
const hopLimit = 64

// newHop writes the header of a route.
func newHop(q *queue, r route) *hop {
	h := &hop{queue: q, route: r}
	copy(h.header[0:], r.next[:])
	copy(h.header[6:], r.here[:])
	ip := h.header[etherSize:]
	if r.to.Is4() {
		binary.BigEndian.PutUint16(h.header[12:], typeIPv4)
		ip[0] = 0x45
		binary.BigEndian.PutUint16(ip[6:], 0x4000) // not to be fragmented, so the identification may be 0 (RFC 6864 4.1)
		ip[8], ip[9] = hopLimit, protoUDP
		src, dst := r.from.As4(), r.to.As4()
		copy(ip[12:], src[:])
		copy(ip[16:], dst[:])
		h.size, h.most = etherSize+ipv4Size, r.mtu-ipv4Size-udpSize
		h.ip = sum(ip[:ipv4Size])
		h.pseudo = sum(ip[12:ipv4Size]) + protoUDP
		return h
	}
	binary.BigEndian.PutUint16(h.header[12:], typeIPv6)
	ip[0] = 0x60
	ip[6], ip[7] = protoUDP, hopLimit
	src, dst := r.from.As16(), r.to.As16()
	copy(ip[8:], src[:])
	copy(ip[24:], dst[:])
	h.size, h.most = etherSize+ipv6Size, r.mtu-ipv6Size-udpSize
	h.pseudo = sum(ip[8:ipv6Size]) + protoUDP
	return h
}

// ends are what two sockets of one address differ in.
type ends struct {
	from, to uint16 // ports
	dscp     uint8  // 0..63 (RFC 2474)
}

// write makes the whole frame around a payload of at most h.most octets and returns its length.
func (h *hop) write(frame, payload []byte, e ends) int {
	copy(frame, h.header[:h.size])
	size := udpSize + len(payload)
	if h.size == etherSize+ipv4Size {
		frame[etherSize+1] = e.dscp << 2
		total := ipv4Size + size
		binary.BigEndian.PutUint16(frame[etherSize+2:], uint16(total))                                //nolint:gosec // fits into a packet
		binary.BigEndian.PutUint16(frame[etherSize+10:], ^fold(h.ip+uint64(total)+uint64(e.dscp)<<2)) //nolint:gosec // positive
	} else {
		binary.BigEndian.PutUint16(frame[etherSize:], 0x6000|uint16(e.dscp)<<6)
		binary.BigEndian.PutUint16(frame[etherSize+4:], uint16(size)) //nolint:gosec // fits into a packet
	}
	udp := frame[h.size:]
	binary.BigEndian.PutUint16(udp, e.from)
	binary.BigEndian.PutUint16(udp[2:], e.to)
	binary.BigEndian.PutUint16(udp[4:], uint16(size)) //nolint:gosec // fits into a packet
	copy(udp[udpSize:], payload)
	check := ^fold(h.pseudo + 2*uint64(size) + uint64(e.from) + uint64(e.to) + uint64(fold(sum(payload)))) //nolint:gosec // positive
	if check == 0 {
		check = 0xffff // 0 means none (RFC 768), and IPv6 forbids none
	}
	binary.BigEndian.PutUint16(udp[6:], check)
	return h.size + size
}

// sum adds b up in ones' complement, as big-endian words (RFC 1071): eight octets at a time with the carry coming round; fold makes
// sixteen bits of it.
func sum(b []byte) uint64 {
	var s, carry uint64
	for len(b) >= 8 {
		s, carry = bits.Add64(s, binary.BigEndian.Uint64(b), carry)
		b = b[8:]
	}
	var rest [8]byte
	copy(rest[:], b)
	s, carry = bits.Add64(s, binary.BigEndian.Uint64(rest[:]), carry)
	s, carry = bits.Add64(s, 0, carry)
	return uint64(fold(s + carry))
}

// fold brings a sum to sixteen bits.
func fold(s uint64) uint16 {
	s = s>>32 + s&0xffffffff
	s = s>>32 + s&0xffffffff
	s = s>>16 + s&0xffff
	s = s>>16 + s&0xffff
	s = s>>16 + s&0xffff
	return uint16(s) //nolint:gosec // folded
}
