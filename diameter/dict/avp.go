package dict

import (
	"net"
	"net/netip"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/fiorix/go-diameter/v4/diam/avp"
	"github.com/fiorix/go-diameter/v4/diam/datatype"
)

// base makes a base-protocol AVP with the M bit.
func base(code uint32, d datatype.Type) *diam.AVP { return diam.NewAVP(code, avp.Mbit, 0, d) }

// tgpp makes a 3GPP AVP with the V and M bits.
func tgpp(code uint32, d datatype.Type) *diam.AVP {
	return diam.NewAVP(code, avp.Vbit|avp.Mbit, Vendor3GPP, d)
}

// tgppOptional makes a 3GPP AVP whose M bit must not be set (TS 29.214 table 5.3.0.1).
func tgppOptional(code uint32, d datatype.Type) *diam.AVP {
	return diam.NewAVP(code, avp.Vbit, Vendor3GPP, d)
}

// SessionID returns the Session-Id AVP (RFC 6733 8.8).
func SessionID(v string) *diam.AVP { return base(CodeSessionID, datatype.UTF8String(v)) }

// OriginHost returns the Origin-Host AVP (RFC 6733 6.3).
func OriginHost(v string) *diam.AVP { return base(CodeOriginHost, datatype.DiameterIdentity(v)) }

// OriginRealm returns the Origin-Realm AVP (RFC 6733 6.4).
func OriginRealm(v string) *diam.AVP { return base(CodeOriginRealm, datatype.DiameterIdentity(v)) }

// DestinationHost returns the Destination-Host AVP (RFC 6733 6.5).
func DestinationHost(v string) *diam.AVP {
	return base(CodeDestinationHost, datatype.DiameterIdentity(v))
}

// DestinationRealm returns the Destination-Realm AVP (RFC 6733 6.6).
func DestinationRealm(v string) *diam.AVP {
	return base(CodeDestinationRealm, datatype.DiameterIdentity(v))
}

// AuthApplicationID returns the Auth-Application-Id AVP (RFC 6733 6.8).
func AuthApplicationID(v uint32) *diam.AVP {
	return base(CodeAuthApplicationID, datatype.Unsigned32(v))
}

// VendorID returns the Vendor-Id AVP (RFC 6733 5.3.3).
func VendorID(v uint32) *diam.AVP { return base(CodeVendorID, datatype.Unsigned32(v)) }

// SupportedVendorID returns the Supported-Vendor-Id AVP (RFC 6733 5.3.6).
func SupportedVendorID(v uint32) *diam.AVP {
	return base(CodeSupportedVendorID, datatype.Unsigned32(v))
}

// VendorSpecificApplicationID returns the Vendor-Specific-Application-Id AVP of an authorisation application
// (RFC 6733 6.11).
func VendorSpecificApplicationID(vendor, application uint32) *diam.AVP {
	return base(CodeVendorSpecificApplicationID, &diam.GroupedAVP{AVP: []*diam.AVP{
		VendorID(vendor), AuthApplicationID(application),
	}})
}

// OriginStateID returns the Origin-State-Id AVP (RFC 6733 8.16).
func OriginStateID(v uint32) *diam.AVP { return base(CodeOriginStateID, datatype.Unsigned32(v)) }

// ProductName returns the Product-Name AVP, which never has the M bit (RFC 6733 5.3.7).
func ProductName(v string) *diam.AVP {
	return diam.NewAVP(CodeProductName, 0, 0, datatype.UTF8String(v))
}

// HostIPAddress returns the Host-IP-Address AVP (RFC 6733 5.3.5). The address must be valid.
func HostIPAddress(a netip.Addr) *diam.AVP {
	return base(CodeHostIPAddress, datatype.Address(net.IP(a.Unmap().AsSlice())))
}

// ResultCode returns the Result-Code AVP (RFC 6733 7.1).
func ResultCode(v uint32) *diam.AVP { return base(CodeResultCode, datatype.Unsigned32(v)) }

// ErrorMessage returns the Error-Message AVP, which never has the M bit (RFC 6733 7.3).
func ErrorMessage(v string) *diam.AVP {
	return diam.NewAVP(CodeErrorMessage, 0, 0, datatype.UTF8String(v))
}

// FailedAVP returns the Failed-AVP AVP that holds the header and an empty value of a missing AVP (RFC 6733 7.5).
// The value is size octets of zero, the smallest a decoder of that AVP accepts.
func FailedAVP(code, vendor uint32, size int) *diam.AVP {
	flags := uint8(avp.Mbit)
	if vendor != 0 {
		flags |= avp.Vbit
	}
	missing := diam.NewAVP(code, flags, vendor, datatype.OctetString(make([]byte, size)))
	return base(CodeFailedAVP, &diam.GroupedAVP{AVP: []*diam.AVP{missing}})
}

// FramedIP returns Framed-IP-Address (4 octets) for an IPv4 address and Framed-IPv6-Prefix with a prefix length of 128
// (RFC 3162 2.3) for an IPv6 one (TS 29.214 5.4). The address must be valid.
func FramedIP(a netip.Addr) *diam.AVP {
	a = a.Unmap()
	if a.Is4() {
		return base(CodeFramedIPAddress, datatype.OctetString(a.AsSlice()))
	}
	return base(CodeFramedIPv6Prefix, datatype.OctetString("\x00\x80"+string(a.AsSlice())))
}

// Subscription is one identity of a subscriber. Data is personal: it never appears in a log.
type Subscription struct {
	Type SubscriptionIDType
	Data string
}

// AVP returns the Subscription-Id AVP (RFC 8506 8.46).
func (s Subscription) AVP() *diam.AVP {
	return base(CodeSubscriptionID, &diam.GroupedAVP{AVP: []*diam.AVP{
		base(CodeSubscriptionIDType, datatype.Enumerated(int32(s.Type))),
		base(CodeSubscriptionIDData, datatype.UTF8String(s.Data)),
	}})
}

// AFApplicationIdentifier returns the AF-Application-Identifier AVP (TS 29.214 5.3.5).
func AFApplicationIdentifier(v string) *diam.AVP {
	return tgpp(CodeAFApplicationIdentifier, datatype.OctetString(v))
}

// AFChargingIdentifier returns the AF-Charging-Identifier AVP, the icid-value (TS 29.214 5.3.6).
func AFChargingIdentifier(v string) *diam.AVP {
	return tgpp(CodeAFChargingIdentifier, datatype.OctetString(v))
}

// IPDomainID returns the IP-Domain-Id AVP (TS 29.214 5.3.36).
func IPDomainID(v string) *diam.AVP { return tgppOptional(CodeIPDomainID, datatype.OctetString(v)) }

// ServiceURN returns the Service-URN AVP; v is the text after "urn:service:" (TS 29.214 5.3.23).
func ServiceURN(v string) *diam.AVP { return tgpp(CodeServiceURN, datatype.OctetString(v)) }

// ForkingIndication returns the SIP-Forking-Indication AVP: SEVERAL_DIALOGUES when several is true, else
// SINGLE_DIALOGUE (TS 29.214 5.3.22).
func ForkingIndication(several bool) *diam.AVP {
	v := datatype.Enumerated(0)
	if several {
		v = 1
	}
	return tgpp(CodeSIPForkingIndication, v)
}

// ReservationPriority returns ETSI's Reservation-Priority AVP, 0 (default) to 15 (TS 183 017 7.3.9).
func ReservationPriority(v uint32) *diam.AVP {
	return diam.NewAVP(CodeReservationPriority, avp.Vbit, VendorETSI, datatype.Enumerated(int32(v)))
}

// Bits of Feature-List for Feature-List-ID 1 (TS 29.214 table 5.4.1.1).
const (
	FeatureRel8                  = 1 << 0
	FeatureRel9                  = 1 << 1
	FeatureProvAFSignalFlow      = 1 << 2
	FeatureSponsoredConnectivity = 1 << 3
	FeatureRel10                 = 1 << 4
	FeatureNetLoc                = 1 << 5
)

// SupportedFeatures returns the Supported-Features AVP for feature list 1 of 3GPP (TS 29.229 6.3.29).
func SupportedFeatures(bits uint32) *diam.AVP {
	return tgppOptional(CodeSupportedFeatures, &diam.GroupedAVP{AVP: []*diam.AVP{
		VendorID(Vendor3GPP),
		tgppOptional(CodeFeatureListID, datatype.Unsigned32(1)),
		tgppOptional(CodeFeatureList, datatype.Unsigned32(bits)),
	}})
}
