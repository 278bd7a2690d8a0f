package demux

import "net/netip"

// HashAddr spreads remote addresses: of browsers behind one NAT only the port
// differs, of many networks the address.
func HashAddr(a netip.AddrPort) uint8 {
	b := a.Addr().As16()
	h := uint32(a.Port()) * 0x9e3779b1
	for _, x := range b[8:] {
		h = (h ^ uint32(x)) * 0x01000193
	}
	return uint8(h>>24) ^ uint8(h) //nolint:gosec // any eight bits
}

// HashString spreads ICE user fragments.
func HashString(s string) uint8 {
	h := uint32(0x811c9dc5)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 0x01000193
	}
	return uint8(h>>24) ^ uint8(h) //nolint:gosec // any eight bits
}
