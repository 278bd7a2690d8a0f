//go:build !cgo

package pair

import (
	"testing"

	"causeway/media"
)

const converts = false

type pictures struct{}

func (pictures) Supported(string, string) bool { return false }

func (pictures) New(media.VideoFormat, media.VideoFormat, func(), func(any)) (media.VideoConverter, error) {
	return nil, media.ErrVideoBusy
}

// film is the scene in packets that no codec looks into: they pass.
func film(_ *testing.T, _ string) (shots []shot) {
	for _, at := range moments() {
		shots = append(shots, shot{at, [][]byte{{0x10, 0, 0, 0, 1, 2, 3}}})
	}
	return shots
}
