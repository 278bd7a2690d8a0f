package dict

import (
	"net/netip"
	"strconv"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/fiorix/go-diameter/v4/diam/datatype"
)

// Flow is one transport flow of a media component between the UE and the gateway (TS 29.214 5.3.18).
type Flow struct {
	// Number counts the flows of a component by rising port, from 1 (TS 29.214 B.5); with rtcp-mux there is one flow.
	// 0 only for signalling (component 0).
	Number uint32
	// UE and Gateway are the two ends on the access leg. Without a valid UE or Gateway no Flow-Description is sent and
	// the PCRF keeps the one it has. A UE port of 0 leaves the port open.
	UE, Gateway netip.AddrPort
	TCP         bool // IP protocol 6 (ICE-TCP) instead of 17 (UDP)
	Usage       FlowUsage
	Status      FlowStatus // for one flow; [FlowStatusOmitted] when the component's says it all
}

// AVP returns the Media-Sub-Component AVP.
func (f Flow) AVP() *diam.AVP {
	g := &diam.GroupedAVP{AVP: make([]*diam.AVP, 0, 6)}
	g.AddAVP(tgpp(CodeFlowNumber, datatype.Unsigned32(f.Number)))
	if f.UE.IsValid() && f.Gateway.IsValid() {
		g.AddAVP(tgpp(CodeFlowDescription, datatype.IPFilterRule(f.Uplink())))
		g.AddAVP(tgpp(CodeFlowDescription, datatype.IPFilterRule(f.Downlink())))
	}
	if s := f.Status.AVP(); s != nil {
		g.AddAVP(s)
	}
	if f.Usage != UsageMedia {
		g.AddAVP(f.Usage.AVP())
	}
	if f.Usage == UsageSignalling {
		g.AddAVP(tgppOptional(CodeAFSignallingProtocol, datatype.Enumerated(1))) // SIP (TS 29.214 5.3.26)
	}
	return tgpp(CodeMediaSubComponent, g)
}

// Uplink returns the filter for packets from the UE: "permit in", protocol, source without a port, destination with
// one. TS 29.214 5.3.8 allows permit only, no options, no "!", no "assigned", no lists or ranges of ports.
func (f Flow) Uplink() string {
	b := append(make([]byte, 0, 96), "permit in "...)
	b = f.protocol(b)
	b = append(b, " from "...)
	b = f.UE.Addr().Unmap().WithZone("").AppendTo(b)
	b = append(b, " to "...)
	return string(endpoint(b, f.Gateway))
}

// Downlink returns the filter for packets to the UE: "permit out", both ends with their ports.
func (f Flow) Downlink() string {
	b := append(make([]byte, 0, 96), "permit out "...)
	b = f.protocol(b)
	b = append(b, " from "...)
	b = endpoint(b, f.Gateway)
	b = append(b, " to "...)
	return string(endpoint(b, f.UE))
}

func (f Flow) protocol(b []byte) []byte {
	if f.TCP {
		return append(b, '6')
	}
	return append(b, "17"...)
}

// endpoint appends "address port", without the port when it is 0 (0 is not a port that can be filtered on).
func endpoint(b []byte, a netip.AddrPort) []byte {
	b = a.Addr().Unmap().WithZone("").AppendTo(b)
	if a.Port() != 0 {
		b = strconv.AppendUint(append(b, ' '), uint64(a.Port()), 10)
	}
	return b
}

// MediaComponent is one m-line of the access leg as the PCRF sees it (TS 29.214 5.3.16).
type MediaComponent struct {
	Number uint32    // ordinal of the m-line from 1; 0 for the signalling path (TS 29.214 4.4.5)
	Type   MediaType // not sent for Number 0
	Flows  []Flow
	// UplinkBps and DownlinkBps are the bandwidths in bit/s including IP, UDP and RTP; 0 sends none.
	UplinkBps, DownlinkBps uint32
	// RSBps and RRBps are the RTCP bandwidths of b=RS and b=RR in bit/s (RFC 3556); 0 sends none.
	RSBps, RRBps uint32
	Status       FlowStatus
	// CodecData holds at most two blocks of TS 29.214 5.3.7: a line "uplink" or "downlink", a line "offer", "answer"
	// or "description", then SDP lines of the m-line.
	CodecData []string
}

// AVP returns the Media-Component-Description AVP.
func (c MediaComponent) AVP() *diam.AVP {
	g := &diam.GroupedAVP{AVP: make([]*diam.AVP, 0, 8+len(c.Flows)+len(c.CodecData))}
	g.AddAVP(tgpp(CodeMediaComponentNumber, datatype.Unsigned32(c.Number)))
	for _, f := range c.Flows {
		g.AddAVP(f.AVP())
	}
	if c.Number != 0 {
		g.AddAVP(c.Type.AVP())
	}
	for _, o := range []struct{ code, bps uint32 }{
		{CodeMaxRequestedBandwidthUL, c.UplinkBps},
		{CodeMaxRequestedBandwidthDL, c.DownlinkBps},
	} {
		if o.bps != 0 {
			g.AddAVP(tgpp(o.code, datatype.Unsigned32(o.bps)))
		}
	}
	if s := c.Status.AVP(); s != nil {
		g.AddAVP(s)
	}
	if c.RSBps != 0 {
		g.AddAVP(tgpp(CodeRSBandwidth, datatype.Unsigned32(c.RSBps)))
	}
	if c.RRBps != 0 {
		g.AddAVP(tgpp(CodeRRBandwidth, datatype.Unsigned32(c.RRBps)))
	}
	for _, d := range c.CodecData {
		g.AddAVP(tgpp(CodeCodecData, datatype.OctetString(d)))
	}
	return tgpp(CodeMediaComponentDescription, g)
}

// ParseMediaComponent reads what a PCRF says of a component inside Acceptable-Service-Info: number, kind and
// bandwidths. Flows and codec data are ours and are not read back.
func ParseMediaComponent(g AVPs) MediaComponent {
	var c MediaComponent
	c.Number, _ = g.U32(CodeMediaComponentNumber, Vendor3GPP)
	t, _ := g.U32(CodeMediaType, Vendor3GPP)
	c.Type = MediaType(t)
	c.UplinkBps, _ = g.U32(CodeMaxRequestedBandwidthUL, Vendor3GPP)
	c.DownlinkBps, _ = g.U32(CodeMaxRequestedBandwidthDL, Vendor3GPP)
	c.RSBps, _ = g.U32(CodeRSBandwidth, Vendor3GPP)
	c.RRBps, _ = g.U32(CodeRRBandwidth, Vendor3GPP)
	return c
}
