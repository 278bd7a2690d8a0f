package g722

// band is the adaptive part of one sub-band, the same in encoder and decoder: quantizer scale and
// the predictor with two poles and six zeros (G.722 3.6, blocks 3 and 4). Samples have 15 bits of
// magnitude, coefficients 14 bits after the point.
type band struct {
	estimate int32 // s: the predictor's guess for the next sample
	zeros    int32 // sz: what the zeros add to it
	det      int32 // quantizer step
	scale    int32 // nb: its logarithm

	r [2]int32 // r: the last reconstructed signals, newest first
	p [2]int32 // p: the same without the poles' part
	a [2]int32 // pole coefficients
	d [6]int32 // quantized differences, newest first
	b [6]int32 // zero coefficients
}

func clip16(x int32) int32 { return min(max(x, -32768), 32767) }

// adapt takes the quantized difference and prepares the estimate for the next sample (block 4).
func (s *band) adapt(d int32) {
	r := clip16(s.estimate + d) // RECONS
	p := clip16(s.zeros + d)    // PARREC

	// UPPOL2: the second pole follows the signs of the last three p, weighted by the first pole.
	a1 := clip16(s.a[0] << 2)
	if sameSign(p, s.p[0]) {
		a1 = -a1
	}
	a1 = min(a1, 32767) >> 7
	if sameSign(p, s.p[1]) {
		a1 += 128
	} else {
		a1 -= 128
	}
	a2 := min(max(a1+s.a[1]*32512>>15, -12288), 12288)

	// UPPOL1: the first pole follows the signs of the last two and stays stable.
	a1 = s.a[0] * 32640 >> 15
	if sameSign(p, s.p[0]) {
		a1 += 192
	} else {
		a1 -= 192
	}
	limit := 15360 - a2
	a1 = min(max(a1, -limit), limit)

	// UPZERO and FILTEZ in one walk: coefficients follow the signs, the delay line moves on.
	var sum int32
	step := int32(128)
	if d == 0 {
		step = 0
	}
	for i := 5; i >= 0; i-- {
		g := -step
		if sameSign(d, s.d[i]) {
			g = step
		}
		s.b[i] = g + s.b[i]*32640>>15
	}
	copy(s.d[1:], s.d[:5])
	s.d[0] = d
	for i, x := range s.d {
		sum += clip16(2*x) * s.b[i] >> 15
	}
	s.zeros = clip16(sum)

	// DELAYA, FILTEP, PREDIC.
	s.r[1], s.r[0] = s.r[0], r
	s.p[1], s.p[0] = s.p[0], p
	s.a[0], s.a[1] = a1, a2
	poles := clip16(clip16(2*s.r[0])*a1>>15 + clip16(2*s.r[1])*a2>>15)
	s.estimate = clip16(poles + s.zeros)
}

// sameSign compares as the Recommendation does: zero counts as positive.
func sameSign(x, y int32) bool { return x^y >= 0 }

// rescale moves the quantizer step (block 3, LOGSCL and SCALEL, or LOGSCH and SCALEH): weight says
// how the code just seen changes it, most bounds its logarithm, shift sets the band's range.
func (s *band) rescale(weight, most, shift int32) {
	s.scale = min(max(s.scale*127>>7+weight, 0), most)
	mantissa := inverseLog[s.scale>>6&31]
	if down := shift - s.scale>>11; down < 0 {
		s.det = mantissa << -down << 2
	} else {
		s.det = mantissa >> down << 2
	}
}

func (s *band) rescaleLow(code4 int32)  { s.rescale(lowWeight[lowMagnitude[code4]], 18432, 8) }
func (s *band) rescaleHigh(code2 int32) { s.rescale(highWeight[highMagnitude[code2]], 22528, 10) }

func newLow() band  { return band{det: 32} }
func newHigh() band { return band{det: 8} }

// The tables of G.722: quantizer decision levels (table 8, low band), output values (tables 9, 11
// and 12), logarithmic scale weights (tables 10 and 13) and the antilogarithm (table 14).
// Constant data, never written.
var (
	inverseLog = [32]int32{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}
	lowWeight    = [8]int32{-60, -30, 58, 172, 334, 538, 1198, 3042}
	lowMagnitude = [16]byte{0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0}

	highWeight    = [3]int32{0, -214, 798}
	highMagnitude = [4]byte{2, 1, 2, 1}

	lowLevels = [30]int32{
		0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
		1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	}
	out2 = [4]int32{-7408, -1616, 7408, 1616}
	out4 = [16]int32{0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0}
	out6 = [64]int32{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	// qmf is one phase of the 24-tap quadrature mirror filter (table 5); the other is its mirror.
	qmf = [12]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}
)
