package tone

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// fft is an in-place radix-2 transform; len(x) must be a power of two. inverse does not scale.
func fft(x []complex128, inverse bool) {
	n := len(x)
	shift := 64 - bits.TrailingZeros(uint(n))
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i && n > 1 {
			x[i], x[j] = x[j], x[i]
		}
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	for size := 2; size <= n; size *= 2 {
		half := size / 2
		step := cmplx.Rect(1, sign*2*math.Pi/float64(size))
		for start := 0; start < n; start += size {
			w := complex(1, 0)
			for k := start; k < start+half; k++ {
				a, b := x[k], x[k+half]*w
				x[k], x[k+half] = a+b, a-b
				w *= step
			}
		}
	}
}

// floorPower is the largest power of two not above n, 0 for n < 1.
func floorPower(n int) int {
	if n < 1 {
		return 0
	}
	return 1 << (bits.Len(uint(n)) - 1)
}

// ceilPower is the smallest power of two not below n.
func ceilPower(n int) int {
	p := 1
	for p < n {
		p *= 2
	}
	return p
}

// correlate returns, for every lag from 0 to maxLag, sum over i of a[i]*b[i+lag].
func correlate(a, b []float64, maxLag int) []float64 {
	n := ceilPower(len(a) + len(b))
	x, y := make([]complex128, n), make([]complex128, n)
	for i, v := range a {
		x[i] = complex(v, 0)
	}
	for i, v := range b {
		y[i] = complex(v, 0)
	}
	fft(x, false)
	fft(y, false)
	for i := range x {
		x[i] = cmplx.Conj(x[i]) * y[i]
	}
	fft(x, true)
	out := make([]float64, min(maxLag+1, n))
	for i := range out {
		out[i] = real(x[i]) / float64(n)
	}
	return out
}
