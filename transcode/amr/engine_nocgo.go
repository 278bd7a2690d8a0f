//go:build !cgo

package amr

import (
	"fmt"

	"causeway/transcode"
)

// Available reports whether this program was built with the speech codecs.
func Available() bool { return false }

func newDecodeEngine(b Band) (decodeEngine, error) {
	return nil, fmt.Errorf("%w: %s: built without cgo", transcode.ErrUnsupported, b.Name())
}

func newEncodeEngine(b Band, _ bool) (encodeEngine, error) {
	return nil, fmt.Errorf("%w: %s: built without cgo", transcode.ErrUnsupported, b.Name())
}
