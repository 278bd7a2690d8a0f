package voice

import (
	"net/netip"
	"strings"

	"causeway/test/lab/amr"
	"causeway/test/lab/sdp"
)

// Terms are what an offer and an answer have settled for one audio stream.
type Terms struct {
	Codec     sdp.Codec   // what we send
	Accepted  []sdp.Codec // what may arrive
	Events    sdp.Codec   // telephone-event, Name "" without
	Direction string      // ours
	RTP, RTCP netip.AddrPort
	Modes     []int // allowed AMR modes, nil = all
	PTime     int   // milliseconds in each packet we get, 0 = any
}

func (t *Terms) sends() bool    { return t.Direction == "sendrecv" || t.Direction == "sendonly" }
func (t *Terms) receives() bool { return t.Direction == "sendrecv" || t.Direction == "recvonly" }

// IsAMR tells AMR, AMR-WB and EVS (of which the lab has AMR-WB IO) by their SDP name.
func IsAMR(name string) bool { return strings.EqualFold(name, "AMR") || isWide(name) }

func isWide(name string) bool { return strings.EqualFold(name, "AMR-WB") || isEVS(name) }

func isEVS(name string) bool { return strings.EqualFold(name, "EVS") }

// FormOf is the payload form of an AMR codec.
func FormOf(c sdp.Codec) amr.Form {
	return amr.Form{Wideband: isWide(c.Name), OctetAlign: c.FMTP["octet-align"] == "1", EVS: isEVS(c.Name)}
}
