package g722

// history is the delay line of the mirror filters: the last 24 samples are at the end, and blocks
// move through so that the line is shifted once per block and not once per sample.
const (
	qmfTaps = 24
	qmfLine = qmfTaps + 256
)

// coder is a G.722 encoder.
type coder struct {
	low, high band
	line      [qmfLine]int32
	used      int
}

func newCoder() coder { return coder{low: newLow(), high: newHigh(), used: qmfTaps - 2} }

// encode writes len(pcm)/2 octets.
func (c *coder) encode(dst []byte, pcm []int16) {
	for i := 0; i+1 < len(pcm); i += 2 {
		if c.used == qmfLine {
			c.used = copy(c.line[:], c.line[qmfLine-(qmfTaps-2):])
		}
		c.line[c.used], c.line[c.used+1] = int32(pcm[i]), int32(pcm[i+1])
		c.used += 2
		low, high := split((*[qmfTaps]int32)(c.line[c.used-qmfTaps:]))
		dst[i/2] = byte(c.encodeHigh(high)<<6 | c.encodeLow(low))
	}
}

// split is the transmit mirror filter: 24 samples, oldest first, to one of each sub-band.
func split(x *[qmfTaps]int32) (low, high int32) {
	var even, odd int32
	for i := range qmf {
		odd += x[2*i] * qmf[i]
		even += x[2*i+1] * qmf[11-i]
	}
	return clip16((even + odd) >> 14), clip16((even - odd) >> 14)
}

// encodeLow is blocks 1L to 4L: quantize the prediction error with 60 levels, adapt with 16.
func (c *coder) encodeLow(x int32) int32 {
	s := &c.low
	e := clip16(x - s.estimate)
	mag := e
	if e < 0 {
		mag = ^e
	}
	// QUANTL: the interval of mag among the decision levels, which rise with the step.
	lo, hi := 1, len(lowLevels)
	for lo < hi {
		mid := (lo + hi) / 2
		if mag < lowLevels[mid]*s.det>>12 {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	code := int32(62 - lo) // positive: 61 down to 32
	if e < 0 {
		code = 34 - int32(lo) // negative: 31 down to 4, with the first two intervals apart
		if lo <= 2 {
			code = 64 - int32(lo)
		}
	}
	code4 := code >> 2
	d := s.det * out4[code4] >> 15 // INVQAL
	s.rescaleLow(code4)
	s.adapt(d)
	return code
}

// encodeHigh is blocks 1H to 4H: four levels.
func (c *coder) encodeHigh(x int32) int32 {
	s := &c.high
	e := clip16(x - s.estimate)
	mag, code := e, int32(3)
	if e < 0 {
		mag, code = ^e, 1
	}
	if mag >= 564*s.det>>12 { // QUANTH
		code--
	}
	d := s.det * out2[code] >> 15
	s.rescaleHigh(code)
	s.adapt(d)
	return code
}

// decoderState is a G.722 decoder.
type decoderState struct {
	low, high band
	line      [qmfLine]int32
	used      int
}

func newDecoderState() decoderState {
	return decoderState{low: newLow(), high: newHigh(), used: qmfTaps - 2}
}

// decode writes 2*len(src) samples.
func (c *decoderState) decode(pcm []int16, src []byte) {
	for i, octet := range src {
		code, codeHigh := int32(octet&63), int32(octet>>6)

		s := &c.low
		low := s.estimate + s.det*out6[code]>>15 // INVQBL, RECONS
		low = min(max(low, -16384), 16383)       // LIMIT
		d := s.det * out4[code>>2] >> 15
		s.rescaleLow(code >> 2)
		s.adapt(d)

		s = &c.high
		d = s.det * out2[codeHigh] >> 15
		high := min(max(d+s.estimate, -16384), 16383)
		s.rescaleHigh(codeHigh)
		s.adapt(d)

		if c.used == qmfLine {
			c.used = copy(c.line[:], c.line[qmfLine-(qmfTaps-2):])
		}
		c.line[c.used], c.line[c.used+1] = low+high, low-high
		c.used += 2
		x := (*[qmfTaps]int32)(c.line[c.used-qmfTaps:])
		var even, odd int32
		for k := range qmf {
			odd += x[2*k] * qmf[k]
			even += x[2*k+1] * qmf[11-k]
		}
		pcm[2*i], pcm[2*i+1] = int16(clip16(even>>11)), int16(clip16(odd>>11))
	}
}
