package pcrf

import (
	"net/netip"
	"strconv"
	"strings"

	"causeway/test/lab/diameter"
)

// need notes every mandatory AVP that is missing; the arguments are pairs of
// name and code.
func (p *PCRF) need(m *diameter.Message, pairs ...any) bool {
	ok := true
	for i := 0; i+1 < len(pairs); i += 2 {
		code, _ := pairs[i+1].(int)
		if _, found := diameter.Find(m.AVPs, uint32(code), 0); !found {
			p.violate(name(m), "no %v", pairs[i])
			ok = false
		}
	}
	return ok
}

// checkAAR looks at what TS 29.214 4.4.1 and 5.6.1 ask of an AAR.
func (p *PCRF) checkAAR(m *diameter.Message, first bool) {
	if m.Flags&diameter.FlagProxiable == 0 {
		p.violate("AAR", "the P bit is not set (TS 29.214 5.6.1)")
	}
	if m.App != rxApplication {
		p.violate("AAR", "application %d in the header", m.App)
	}
	if len(m.AVPs) == 0 || m.AVPs[0].Code != 263 {
		p.violate("AAR", "Session-Id is not the first AVP (RFC 6733 8.8)")
	}
	kind, hasKind := diameter.Find(m.AVPs, 533, diameter.Vendor3GPP)
	if n, _ := kind.Uint32(); hasKind && (n == 0) != first {
		p.violate("AAR", "Rx-Request-Type %d, session known: %t", n, !first)
	}
	_, v4 := diameter.Find(m.AVPs, 8, 0)
	_, v6 := diameter.Find(m.AVPs, 97, 0)
	if first && v4 == v6 {
		p.violate("AAR", "exactly one of Framed-IP-Address and Framed-IPv6-Prefix is needed (TS 29.214 4.4.1)")
	}
	if _, ok := diameter.Find(m.AVPs, 513, diameter.Vendor3GPP); ok && !first {
		for _, a := range m.AVPs {
			if n, _ := a.Uint32(); a.Code == 513 && n != 12 {
				p.violate("AAR", "Specific-Action %d outside the first AAR", n)
			}
		}
	}
	seen := map[uint32]bool{}
	for _, a := range m.AVPs {
		if a.Code == 517 && a.Vendor == diameter.Vendor3GPP {
			p.checkComponent(a, seen)
		}
	}
}

// checkComponent looks at one Media-Component-Description (TS 29.214 5.3.16).
func (p *PCRF) checkComponent(a diameter.AVP, seen map[uint32]bool) {
	members := a.Members()
	number, ok := diameter.Find(members, 518, diameter.Vendor3GPP)
	n, _ := number.Uint32()
	if !ok || seen[n] {
		p.violate("AAR", "Media-Component-Number missing or twice")
	}
	seen[n] = true
	codecs := 0
	flows := map[uint32]bool{}
	for _, m := range members {
		switch {
		case m.Vendor != diameter.Vendor3GPP:
		case m.Code == 519:
			p.checkFlows(m, flows)
		case m.Code == 524:
			codecs++
			p.checkCodecData(string(m.Data))
		}
	}
	if codecs > 2 {
		p.violate("AAR", "%d Codec-Data in one component", codecs)
	}
}

// checkCodecData: direction, then offer/answer/description, then SDP lines
// without direction attributes (TS 29.214 5.3.7).
func (p *PCRF) checkCodecData(text string) {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	if len(lines) < 2 || lines[0] != "uplink" && lines[0] != "downlink" {
		p.violate("AAR", "Codec-Data does not start with uplink or downlink")
		return
	}
	if lines[1] != "offer" && lines[1] != "answer" && lines[1] != "description" {
		p.violate("AAR", "second line of Codec-Data is %.40q", lines[1])
	}
	for _, l := range lines[2:] {
		switch {
		case strings.HasPrefix(l, "m="), strings.HasPrefix(l, "a="), strings.HasPrefix(l, "b="):
		default:
			p.violate("AAR", "line %.40q in Codec-Data", l)
		}
		switch l {
		case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
			p.violate("AAR", "direction attribute in Codec-Data")
		}
		if strings.Contains(l, "fingerprint") || strings.Contains(l, "ice-pwd") {
			p.violate("AAR", "access security parameters in Codec-Data")
		}
	}
}

func (p *PCRF) checkFlows(a diameter.AVP, seen map[uint32]bool) {
	members := a.Members()
	number, ok := diameter.Find(members, 509, diameter.Vendor3GPP)
	n, _ := number.Uint32()
	if !ok || seen[n] {
		p.violate("AAR", "Flow-Number missing or twice")
	}
	seen[n] = true
	count := 0
	for _, m := range members {
		if m.Code == 507 && m.Vendor == diameter.Vendor3GPP {
			count++
			if text := filterProblem(string(m.Data)); text != "" {
				p.violate("AAR", "Flow-Description: %s", text)
			}
		}
	}
	if count > 2 {
		p.violate("AAR", "%d Flow-Descriptions in one flow", count)
	}
}

// filterProblem checks the restricted IPFilterRule of TS 29.214 5.3.8; "" = good.
func filterProblem(rule string) string {
	f := strings.Fields(rule)
	if len(f) < 6 || f[0] != "permit" || f[1] != "in" && f[1] != "out" {
		return "not permit in|out"
	}
	if n, err := strconv.Atoi(f[2]); f[2] != "ip" && (err != nil || n < 0 || n > 255) {
		return "protocol"
	}
	if f[3] != "from" {
		return "no from"
	}
	rest := f[4:]
	for i, part := range []string{"source", "destination"} {
		if i == 1 {
			if len(rest) == 0 || rest[0] != "to" {
				return "no to"
			}
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return "no " + part
		}
		if text := hostProblem(rest[0]); text != "" {
			return part + " " + text
		}
		rest = rest[1:]
		if len(rest) > 0 && rest[0] != "to" {
			if _, err := strconv.ParseUint(rest[0], 10, 16); err != nil {
				return part + " port is no single number"
			}
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		return "options behind the destination"
	}
	return ""
}

func hostProblem(host string) string {
	if host == "any" {
		return ""
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	if _, err := netip.ParsePrefix(host); err == nil {
		return ""
	}
	return "is no address"
}
