package picture

import (
	"errors"
	"fmt"
)

// Limits of every picture that the codec libraries may see: 1920x1088 and its like in either
// orientation (8160 macroblocks are what level 4 of H.264 allows, Table A-1).
const (
	MaxSide        = 1920 // width and height, samples
	MaxMacroblocks = 8160 // 16x16 blocks
	MinSide        = 16   // smaller ones are nobody's camera, and some encoders refuse them
)

// ErrSize is in the error of a picture that is too large or too small.
var ErrSize = errors.New("picture size not supported")

// CheckSize returns an error unless a picture of this size may be decoded and encoded.
func CheckSize(width, height int) error {
	if width < MinSide || height < MinSide || width > MaxSide || height > MaxSide || Macroblocks(width, height) > MaxMacroblocks {
		return fmt.Errorf("%w: %dx%d", ErrSize, width, height)
	}
	return nil
}

// Macroblocks counts the 16x16 blocks of a picture, begun ones included.
func Macroblocks(width, height int) int { return (width + 15) / 16 * ((height + 15) / 16) }

// Picture is one 4:2:0 picture of 8 bits in three planes. A decoder's picture lies in the decoder's
// memory and is gone with its next call.
type Picture struct {
	Width, Height int    // luma samples; chroma planes have half of each, rounded up
	Y, U, V       []byte // planes, row by row
	StrideY       int    // octets from one row of Y to the next
	StrideC       int    // likewise of U and V
}

// New makes a picture with planes of its own.
func New(width, height int) Picture {
	cw, ch := (width+1)/2, (height+1)/2
	all := make([]byte, width*height+2*cw*ch)
	y, u := width*height, cw*ch
	return Picture{Width: width, Height: height, Y: all[:y:y], U: all[y : y+u : y+u], V: all[y+u:], StrideY: width, StrideC: cw}
}

// Whole reports whether the planes are as long as the sizes say, so that a C library may read them.
func (p Picture) Whole() bool {
	cw, ch := (p.Width+1)/2, (p.Height+1)/2
	return p.Width > 0 && p.Height > 0 && p.StrideY >= p.Width && p.StrideC >= cw &&
		len(p.Y) >= p.StrideY*(p.Height-1)+p.Width &&
		len(p.U) >= p.StrideC*(ch-1)+cw && len(p.V) >= p.StrideC*(ch-1)+cw
}
