package h264

// bits reads the fields of a NAL unit, without the emulation prevention octets (H.264 7.3.1, 9.1).
// Past the end it gives zeros and sets short.
type bits struct {
	b     []byte
	at    int // bit
	short bool
}

// maxHeader is how much of a NAL unit is looked at: parameter sets with scaling lists and VUI and the
// beginnings of slice headers are shorter.
const maxHeader = 1024

// newBits prepares the payload of a NAL unit for reading.
func newBits(nal []byte) *bits {
	nal = nal[1:min(len(nal), maxHeader)]
	clean := make([]byte, 0, len(nal))
	zeros := 0
	for _, b := range nal {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
		clean = append(clean, b)
	}
	return &bits{b: clean}
}

func (r *bits) bit() uint32 {
	if r.at >= 8*len(r.b) {
		r.short = true
		return 0
	}
	v := r.b[r.at/8] >> (7 - r.at%8) & 1
	r.at++
	return uint32(v)
}

func (r *bits) u(n int) uint32 {
	var v uint32
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

// ue reads an unsigned exp-Golomb code; one longer than 32 bits sets short.
func (r *bits) ue() uint32 {
	zeros := 0
	for r.bit() == 0 {
		if zeros++; zeros > 31 || r.short {
			r.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.u(zeros)
}

// se reads a signed exp-Golomb code.
func (r *bits) se() int32 {
	v := r.ue()
	if v&1 == 1 {
		return int32(v/2) + 1 //nolint:gosec // at most 2^31
	}
	return -int32(v / 2) //nolint:gosec // at most 2^31
}
