//go:build !cgo

package picture

import "errors"

// Scaler scales pictures; without cgo it cannot.
type Scaler struct{}

// Scale returns p if it has the wanted size already.
func (s *Scaler) Scale(p Picture, width, height int) (Picture, error) {
	if p.Width == width && p.Height == height {
		return p, nil
	}
	return Picture{}, errors.New("picture: built without cgo, no scaler")
}
