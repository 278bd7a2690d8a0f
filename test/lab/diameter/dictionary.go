package diameter

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"unicode/utf8"
)

// Vendors.
const (
	Vendor3GPP = 10415
	VendorETSI = 13019
)

// kind is the data type of an AVP.
type kind int

const (
	octets kind = iota
	text
	number
	address
	ipv4
	group
)

// Definition is what the dictionary says of an AVP.
type Definition struct {
	Name      string
	kind      kind
	Mandatory bool // the M bit must be set
	Free      bool // the M bit may be either way
}

func must(name string, k kind) Definition { return Definition{Name: name, kind: k, Mandatory: true} }

func may(name string, k kind) Definition { return Definition{Name: name, kind: k, Free: true} }

func mustNot(name string, k kind) Definition { return Definition{Name: name, kind: k} }

// Lookup finds an AVP by code and vendor (RFC 6733 4.5, TS 29.214 5.3 table
// 5.3.0.1, TS 29.214 5.4 table 5.4.0.1).
func Lookup(code, vendor uint32) (Definition, bool) {
	var d Definition
	switch vendor {
	case 0:
		d = base(code)
	case Vendor3GPP:
		d = rx(code)
	case VendorETSI:
		if code == 458 {
			d = mustNot("Reservation-Priority", number)
		}
	}
	return d, d.Name != ""
}

func base(code uint32) Definition {
	return map[uint32]Definition{
		8: may("Framed-IP-Address", ipv4), 97: may("Framed-IPv6-Prefix", octets), 30: may("Called-Station-Id", text),
		257: must("Host-IP-Address", address), 258: must("Auth-Application-Id", number), 259: must("Acct-Application-Id", number),
		260: must("Vendor-Specific-Application-Id", group), 263: must("Session-Id", text), 264: must("Origin-Host", text),
		265: must("Supported-Vendor-Id", number), 266: must("Vendor-Id", number), 267: mustNot("Firmware-Revision", number),
		268: must("Result-Code", number), 269: mustNot("Product-Name", text), 273: must("Disconnect-Cause", number),
		277: must("Auth-Session-State", number), 278: must("Origin-State-Id", number), 279: must("Failed-AVP", group),
		280: must("Proxy-Host", text), 281: mustNot("Error-Message", text), 282: must("Route-Record", text), 283: must("Destination-Realm", text),
		284: must("Proxy-Info", group), 285: must("Re-Auth-Request-Type", number), 293: must("Destination-Host", text),
		295: must("Termination-Cause", number), 296: must("Origin-Realm", text), 297: must("Experimental-Result", group),
		298: must("Experimental-Result-Code", number), 299: must("Inband-Security-Id", number),
		443: must("Subscription-Id", group), 444: must("Subscription-Id-Data", text), 450: must("Subscription-Id-Type", number),
		33: must("Proxy-State", octets),
	}[code]
}

func rx(code uint32) Definition {
	return map[uint32]Definition{
		500: must("Abort-Cause", number), 501: must("Access-Network-Charging-Address", address), 504: must("AF-Application-Identifier", octets),
		505: must("AF-Charging-Identifier", octets), 507: must("Flow-Description", text), 509: must("Flow-Number", number),
		510: must("Flows", group), 511: must("Flow-Status", number), 512: must("Flow-Usage", number), 513: must("Specific-Action", number),
		515: must("Max-Requested-Bandwidth-DL", number), 516: must("Max-Requested-Bandwidth-UL", number),
		517: must("Media-Component-Description", group), 518: must("Media-Component-Number", number), 519: must("Media-Sub-Component", group),
		520: must("Media-Type", number), 521: must("RR-Bandwidth", number), 522: must("RS-Bandwidth", number), 523: must("SIP-Forking-Indication", number),
		524: must("Codec-Data", octets), 525: must("Service-URN", octets), 526: must("Acceptable-Service-Info", group), 527: must("Service-Info-Status", number),
		528: mustNot("MPS-Identifier", octets), 529: mustNot("AF-Signalling-Protocol", number), 533: mustNot("Rx-Request-Type", number),
		534: mustNot("Min-Requested-Bandwidth-DL", number), 535: mustNot("Min-Requested-Bandwidth-UL", number),
		536: mustNot("Required-Access-Info", number), 537: mustNot("IP-Domain-Id", octets),
		628: may("Supported-Features", group), 629: mustNot("Feature-List-ID", number), 630: mustNot("Feature-List", number),
		1027: must("IP-CAN-Type", number), 1032: must("RAT-Type", number),
	}[code]
}

// Described is an AVP for people: a name, and a value that is text, number or
// a list.
type Described struct {
	Name  string `json:"name"`
	Code  uint32 `json:"code"`
	Value any    `json:"value"`
}

// Describe names a list of AVPs; what does not fit its type stays as hex.
func Describe(list []AVP) []Described {
	out := make([]Described, 0, len(list))
	for _, a := range list {
		d, ok := Lookup(a.Code, a.Vendor)
		if !ok {
			d.Name = fmt.Sprintf("AVP %d of vendor %d", a.Code, a.Vendor)
		}
		out = append(out, Described{d.Name, a.Code, a.value(d.kind)})
	}
	return out
}

func (a AVP) value(k kind) any {
	switch k {
	case number:
		if n, ok := a.Uint32(); ok {
			return n
		}
	case group:
		if list, err := ParseAVPs(a.Data); err == nil {
			return Describe(list)
		}
	case ipv4:
		if addr, ok := netip.AddrFromSlice(a.Data); ok {
			return addr.String()
		}
	case address:
		if len(a.Data) > 2 {
			if addr, ok := netip.AddrFromSlice(a.Data[2:]); ok {
				return addr.String()
			}
		}
	case text, octets:
		if utf8.Valid(a.Data) {
			return string(a.Data)
		}
	}
	return hex.EncodeToString(a.Data)
}

// Check reports what is wrong with AVPs by themselves: type, M bit, and unknown
// ones that are marked mandatory.
func Check(list []AVP) []string {
	var out []string
	for _, a := range list {
		d, ok := Lookup(a.Code, a.Vendor)
		if !ok {
			if a.Mandatory {
				out = append(out, fmt.Sprintf("AVP %d of vendor %d is unknown and mandatory", a.Code, a.Vendor))
			}
			continue
		}
		if !d.Free && d.Mandatory != a.Mandatory {
			out = append(out, fmt.Sprintf("%s: M bit is %t", d.Name, a.Mandatory))
		}
		bad := false
		switch d.kind {
		case number:
			bad = len(a.Data) != 4
		case ipv4:
			bad = len(a.Data) != 4
		case address:
			bad = len(a.Data) != 6 && len(a.Data) != 18
		case text:
			bad = !utf8.Valid(a.Data) || len(a.Data) == 0
		case group:
			members, err := ParseAVPs(a.Data)
			bad = err != nil
			out = append(out, Check(members)...)
		case octets:
		}
		if bad {
			out = append(out, d.Name+": value does not fit its type")
		}
	}
	return out
}
