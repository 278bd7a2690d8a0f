package codec

// g722 is ITU-T G.722 at 64 kbit/s, encoder and decoder in one: two sub-bands
// split by a quadrature mirror filter, ADPCM with 6 bits in the lower and 2 in
// the higher band. PCM is 16 kHz, one octet per two samples.
//
//	PCM ─► QMF ─┬─ low  ─► 6-bit ADPCM ─┐
//	            └─ high ─► 2-bit ADPCM ─┴─► octet (high bits first)
type g722 struct {
	low, high   band
	split, join [24]int // filter memory of analysis and synthesis
	pcm         []int16
}

// band is the adaptive predictor and quantiser of one sub-band (G.722 6.2).
type band struct {
	scale int    // logarithmic scale factor, NABLA
	step  int    // quantiser step, DET
	guess int    // prediction, S
	zero  int    // its zero section, SZ
	a     [3]int // pole coefficients
	b     [7]int // zero coefficients
	d     [7]int // past differences
	r     [3]int // past reconstructed samples
	p     [3]int // past partial reconstructions
}

func newG722() *g722 { return &g722{low: band{step: 32}, high: band{step: 8}} }

// Rate is the PCM rate in Hz.
func (*g722) Rate() int { return 16000 }

// SetMode does nothing: there is one mode.
func (*g722) SetMode(int) {}

// Close frees what the codec holds.
func (*g722) Close() {}

// Encode wants an even number of samples.
func (g *g722) Encode(pcm []int16) ([]byte, error) {
	out := make([]byte, 0, len(pcm)/2)
	for i := 0; i+1 < len(pcm); i += 2 {
		copy(g.split[:], g.split[2:])
		g.split[22], g.split[23] = int(pcm[i]), int(pcm[i+1])
		odd, even := mirror(&g.split)
		l := g.low.quantiseLow(clamp16((even + odd) >> 14))
		h := g.high.quantiseHigh(clamp16((even - odd) >> 14))
		out = append(out, byte(h<<6|l))
	}
	return out, nil
}

// Decode returns two samples per octet.
func (g *g722) Decode(frame []byte) ([]int16, error) {
	g.pcm = g.pcm[:0]
	for _, c := range frame {
		l, h := g.low.expandLow(int(c&0x3f)), g.high.expandHigh(int(c>>6))
		copy(g.join[:], g.join[2:])
		g.join[22], g.join[23] = l+h, l-h
		second, first := mirror(&g.join)
		g.pcm = append(g.pcm, int16(clamp16(first>>11)), int16(clamp16(second>>11)))
	}
	return g.pcm, nil
}

// mirror runs both halves of the 24-tap QMF (G.722 table 11).
func mirror(x *[24]int) (odd, even int) {
	h := [12]int{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}
	for i := range h {
		odd += x[2*i] * h[i]
		even += x[2*i+1] * h[11-i]
	}
	return odd, even
}

func clamp16(v int) int { return max(-32768, min(32767, v)) }

// quantiseLow is QUANTL, INVQAL, LOGSCL, SCALEL and the predictor.
func (s *band) quantiseLow(x int) int {
	levels := [30]int{0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
		1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919}
	e := clamp16(x - s.guess)
	size := e
	if e < 0 {
		size = -(e + 1)
	}
	i := 1
	for i < 30 && size >= levels[i]*s.step>>12 {
		i++
	}
	code := 62 - i // positive differences: 61 down to 32
	if e < 0 {     // negative ones: 63, 62, then 31 down to 4
		if code = 34 - i; i < 3 {
			code = 64 - i
		}
	}
	s.adaptLow(code >> 2)
	return code
}

// expandLow is INVQBL: the full 6-bit value for the output, 4 bits for the state.
func (s *band) expandLow(code int) int {
	out := clamp15(s.guess + s.step*inverse6(code)>>15)
	s.adaptLow(code >> 2)
	return out
}

func clamp15(v int) int { return max(-16384, min(16383, v)) }

// inverse6 is QM6, G.722 table 19 (positive half, the sign by the code).
func inverse6(code int) int {
	size := [30]int{24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136}
	switch {
	case code < 4:
		return -136 // not transmitted by an encoder
	case code < 32:
		return -size[code-4]
	case code < 62:
		return size[code-32]
	}
	return -size[code-62+28]
}

// adaptLow moves scale and predictor by the upper four bits of the code.
func (s *band) adaptLow(code int) {
	inverse := [16]int{0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0}
	weight := [8]int{-60, -30, 58, 172, 334, 538, 1198, 3042}
	rank := [16]int{0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0}
	d := s.step * inverse[code] >> 15
	s.scale = max(0, min(18432, s.scale*127>>7+weight[rank[code]]))
	s.step = linear(s.scale, 8)
	s.predict(d)
}

// quantiseHigh is QUANTH and what follows it.
func (s *band) quantiseHigh(x int) int {
	e := clamp16(x - s.guess)
	size, code := e, 3
	if e < 0 {
		size, code = -(e + 1), 1
	}
	if size >= 564*s.step>>12 {
		code-- // the outer level
	}
	s.adaptHigh(code)
	return code
}

func (s *band) expandHigh(code int) int {
	guess := s.guess
	return clamp15(guess + s.adaptHigh(code))
}

func (s *band) adaptHigh(code int) int {
	d := s.step * [4]int{-7408, -1616, 7408, 1616}[code] >> 15
	s.scale = max(0, min(22528, s.scale*127>>7+[4]int{798, -214, 798, -214}[code]))
	s.step = linear(s.scale, 10)
	s.predict(d)
	return d
}

// linear turns a logarithmic scale factor into a step (SCALEL, SCALEH).
func linear(scale, shift int) int {
	table := [32]int{2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008}
	v := table[scale>>6&31]
	n := shift - scale>>11
	if n < 0 {
		return v << -n << 2
	}
	return v >> n << 2
}

// predict is RECONS, UPPOL1, UPPOL2, UPZERO, FILTEP, FILTEZ and PREDIC
// (G.722 6.2.1.4): the pole and zero coefficients follow the signs.
func (s *band) predict(d int) {
	s.d[0] = d
	r, p := clamp16(s.guess+d), clamp16(s.zero+d)
	s.p[0] = p
	same := func(x, y int) bool { return x>>15 == y>>15 }

	w := clamp16(s.a[1] << 2)
	if same(p, s.p[1]) {
		w = min(-w, 32767)
	}
	w >>= 7
	if same(p, s.p[2]) {
		w += 128
	} else {
		w -= 128
	}
	a2 := max(-12288, min(12288, w+s.a[2]*32512>>15))
	w = -192
	if same(p, s.p[1]) {
		w = 192
	}
	limit := clamp16(15360 - a2)
	a1 := max(-limit, min(limit, clamp16(w+s.a[1]*32640>>15)))

	gain := 128
	if d == 0 {
		gain = 0
	}
	for i := 6; i >= 1; i-- {
		w = -gain
		if same(s.d[i], d) {
			w = gain
		}
		s.b[i] = clamp16(w + s.b[i]*32640>>15)
	}
	copy(s.d[1:], s.d[:6])
	s.r[2], s.r[1] = s.r[1], r
	s.p[2], s.p[1] = s.p[1], p
	s.a[1], s.a[2] = a1, a2

	pole := clamp16(a1*clamp16(2*s.r[1])>>15 + a2*clamp16(2*s.r[2])>>15)
	sum := 0
	for i := 6; i >= 1; i-- {
		sum += s.b[i] * clamp16(2*s.d[i]) >> 15
	}
	s.zero = clamp16(sum)
	s.guess = clamp16(pole + s.zero)
}
