package dict

import (
	"iter"
	"net"
	"net/netip"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/fiorix/go-diameter/v4/diam/datatype"
)

// AVPs is a list of decoded AVPs: a message's or a group's. Readers take the first AVP of the code and vendor, and
// report false for an absent AVP as for one that is not of the type asked for.
type AVPs []*diam.AVP

// All yields every AVP of the code and vendor, in order.
func (l AVPs) All(code, vendor uint32) iter.Seq[*diam.AVP] {
	return func(yield func(*diam.AVP) bool) {
		for _, a := range l {
			if a.Code == code && a.VendorID == vendor && !yield(a) {
				return
			}
		}
	}
}

// U32 reads an Unsigned32 or Enumerated AVP.
func (l AVPs) U32(code, vendor uint32) (uint32, bool) {
	for a := range l.All(code, vendor) {
		return u32(a)
	}
	return 0, false
}

// U32s reads every Unsigned32 or Enumerated AVP of the code, in order.
func (l AVPs) U32s(code, vendor uint32) []uint32 {
	var list []uint32
	for a := range l.All(code, vendor) {
		if v, ok := u32(a); ok {
			list = append(list, v)
		}
	}
	return list
}

func u32(a *diam.AVP) (uint32, bool) {
	switch v := a.Data.(type) {
	case datatype.Unsigned32:
		return uint32(v), true
	case datatype.Enumerated:
		return uint32(v), true
	default:
		return 0, false
	}
}

// Text reads an AVP of octets or text. It may hold any octets: what a peer wrote is not to be printed unquoted.
func (l AVPs) Text(code, vendor uint32) (string, bool) {
	for a := range l.All(code, vendor) {
		return text(a)
	}
	return "", false
}

func text(a *diam.AVP) (string, bool) {
	switch v := a.Data.(type) {
	case datatype.UTF8String:
		return string(v), true
	case datatype.OctetString:
		return string(v), true
	case datatype.DiameterIdentity:
		return string(v), true
	case datatype.IPFilterRule:
		return string(v), true
	default:
		return "", false
	}
}

// Group reads a grouped AVP's members.
func (l AVPs) Group(code, vendor uint32) (AVPs, bool) {
	for g := range l.Groups(code, vendor) {
		return g, true
	}
	return nil, false
}

// Groups yields the members of every grouped AVP of the code, in order.
func (l AVPs) Groups(code, vendor uint32) iter.Seq[AVPs] {
	return func(yield func(AVPs) bool) {
		for a := range l.All(code, vendor) {
			if g, ok := a.Data.(*diam.GroupedAVP); ok && !yield(AVPs(g.AVP)) {
				return
			}
		}
	}
}

// Addresses reads every Address AVP of the code that holds an IP address.
func (l AVPs) Addresses(code, vendor uint32) []netip.Addr {
	var list []netip.Addr
	for a := range l.All(code, vendor) {
		v, ok := a.Data.(datatype.Address)
		if !ok {
			continue
		}
		if ip, ok := netip.AddrFromSlice(net.IP(v)); ok {
			list = append(list, ip.Unmap())
		}
	}
	return list
}
