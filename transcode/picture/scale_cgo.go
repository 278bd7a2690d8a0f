//go:build cgo

package picture

/*
#cgo LDFLAGS: -lyuv
#include <libyuv/scale.h>

#cgo noescape I420Scale
#cgo nocallback I420Scale
*/
import "C"

import "fmt"

// Scaler scales pictures to one size after the other; it keeps the planes between calls. The zero
// value is ready. Not for use by two goroutines at once.
type Scaler struct{ to Picture }

// Scale returns p in the wanted size; the result is good until the next call. A picture that has
// the size already is returned as it is.
func (s *Scaler) Scale(p Picture, width, height int) (Picture, error) {
	if p.Width == width && p.Height == height {
		return p, nil
	}
	if err := CheckSize(width, height); err != nil {
		return Picture{}, err
	}
	if !p.Whole() {
		return Picture{}, fmt.Errorf("%w: planes shorter than %dx%d", ErrSize, p.Width, p.Height)
	}
	if s.to.Width != width || s.to.Height != height {
		s.to = New(width, height)
	}
	t := s.to
	if C.I420Scale(
		(*C.uint8_t)(&p.Y[0]), C.int(p.StrideY), (*C.uint8_t)(&p.U[0]), C.int(p.StrideC), (*C.uint8_t)(&p.V[0]), C.int(p.StrideC),
		C.int(p.Width), C.int(p.Height),
		(*C.uint8_t)(&t.Y[0]), C.int(t.StrideY), (*C.uint8_t)(&t.U[0]), C.int(t.StrideC), (*C.uint8_t)(&t.V[0]), C.int(t.StrideC),
		C.int(width), C.int(height), C.kFilterBox) != 0 {
		return Picture{}, fmt.Errorf("picture: cannot scale %dx%d to %dx%d", p.Width, p.Height, width, height)
	}
	return t, nil
}
