package packet

import (
	"strings"
	"time"
)

// Codec is one negotiated payload format of a leg.
type Codec struct {
	Name        string // IANA name, compared case-insensitively: "opus", "AMR-WB", "PCMU", "telephone-event"
	ClockRate   int    // RTP clock, Hz; 8000 for G722 (RFC 3551 4.5.2)
	Channels    int    // 0 means 1
	PayloadType uint8  // 0..127, this leg's own number
	FMTP        string // value of a=fmtp without the payload type
	PTime       time.Duration
}

// Is reports whether the codec has the name, whatever its case.
func (c Codec) Is(name string) bool { return strings.EqualFold(c.Name, name) }

// Passes reports whether a payload of c may be handed on as one of d unchanged:
// the same name, clock and channels and, for AMR and AMR-WB, the same payload
// form (RFC 4867 8.1: octet-align changes every bit of the payload) and no mode
// set of d that c might step out of.
func (c Codec) Passes(d Codec) bool {
	if !strings.EqualFold(c.Name, d.Name) || c.ClockRate != d.ClockRate || max(c.Channels, 1) != max(d.Channels, 1) {
		return false
	}
	if c.Is("AMR") || c.Is("AMR-WB") {
		return c.Param("octet-align") == d.Param("octet-align") &&
			(d.Param("mode-set") == "" || c.Param("mode-set") == d.Param("mode-set"))
	}
	return true
}

// Param is the value of one fmtp parameter; octet-align=0 reads as absent, its
// default.
func (c Codec) Param(name string) string {
	for part := range strings.SplitSeq(c.FMTP, ";") {
		k, v, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			if v = strings.TrimSpace(v); v != "0" || name != "octet-align" {
				return v
			}
		}
	}
	return ""
}

// Clocks gives the RTP clock of each payload type of a leg, 0 where none was
// negotiated. It is replaced, never edited.
type Clocks [128]uint32

// NewClocks collects the clocks of the codec lists.
func NewClocks(lists ...[]Codec) *Clocks {
	t := new(Clocks)
	for _, list := range lists {
		for _, c := range list {
			if c.PayloadType < 128 && c.ClockRate > 0 {
				t[c.PayloadType] = uint32(c.ClockRate) //nolint:gosec // validated by the media root
			}
		}
	}
	return t
}
