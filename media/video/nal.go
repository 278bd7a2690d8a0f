package video

import "encoding/binary"

// NAL unit types (H.264 table 7-1, RFC 6184 5.2).
const (
	nalSlice = 1
	nalIDR   = 5
	nalSPS   = 7
	nalPPS   = 8
	nalSTAPA = 24
	nalFUA   = 28
)

// content is what a payload holds, as far as it matters here.
type content struct {
	idr        bool // the first octets of an IDR slice
	slices     bool // any part of a picture
	parameters bool // an SPS
}

// inspect looks into one RTP payload (RFC 6184 5.2); garbage holds nothing.
func inspect(p []byte) (c content) {
	if len(p) == 0 {
		return c
	}
	switch t := p[0] & 0x1f; t {
	case nalFUA:
		if len(p) > 2 && p[1]&0x80 != 0 {
			c.unit(p[1] & 0x1f)
		} else {
			c.slices = true
		}
	case nalSTAPA:
		for unit := range units(p) {
			c.unit(unit[0] & 0x1f)
		}
	default:
		c.unit(t)
	}
	return c
}

func (c *content) unit(kind byte) {
	c.idr = c.idr || kind == nalIDR
	c.slices = c.slices || kind >= nalSlice && kind <= nalIDR
	c.parameters = c.parameters || kind == nalSPS
}

// units walks the NAL units of an aggregate (RFC 6184 5.7.1); a malformed rest ends the walk.
func units(p []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for p = p[1:]; len(p) > 2; {
			size := int(binary.BigEndian.Uint16(p))
			if size == 0 || size > len(p)-2 {
				return
			}
			if !yield(p[2 : 2+size]) {
				return
			}
			p = p[2+size:]
		}
	}
}
