//go:build cgo

package pair

import (
	"slices"
	"testing"
	"time"

	"causeway/media"
	"causeway/transcode/h264"
	"causeway/transcode/picture"
	"causeway/transcode/video"
	"causeway/transcode/vp8"
)

// converts tells that this build can make one video codec of another.
const converts = true

// pictures is a media.VideoMaker as the program has it.
type pictures struct{}

func (pictures) Supported(from, to string) bool { return video.Supported(from, to) }

func (pictures) New(from, to media.VideoFormat, ready func(), fault func(any)) (media.VideoConverter, error) {
	form := func(f media.VideoFormat) video.Format {
		return video.Format{Codec: f.Codec, PacketizationMode: f.PacketizationMode, ProfileLevelID: f.ProfileLevelID,
			SpropParameterSets: f.ParameterSets, MaxFrameSize: f.MaxFrameSize, MaxFrameRate: f.MaxFrameRate, MaxBitrate: f.MaxBitrate, MTU: f.MTU}
	}
	c, err := video.NewConverter(form(from), form(to), video.Options{Ready: ready, Fault: fault})
	return converted{c}, err
}

type converted struct{ video.Converter }

func (c converted) Pull(dst []byte) (media.VideoPacket, bool) {
	p, ok := c.Converter.Pull(dst)
	return media.VideoPacket(p), ok
}

// film is the scene in one codec: a bar that moves, key frames now and then because nobody here answers requests.
func film(t *testing.T, codec string) (shots []shot) {
	t.Helper()
	const width, height, bitrate = 320, 240, 600_000
	var encode func(p picture.Picture, at int64, key bool, emit func([]byte, bool)) error
	if codec == "VP8" {
		e, err := vp8.NewEncoder(vp8.Settings{Width: width, Height: height, Bitrate: bitrate, FrameRate: frameRate})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		pack := vp8.NewPacker(1100, 1)
		encode = func(p picture.Picture, at int64, key bool, emit func([]byte, bool)) error {
			frame, _, err := e.Encode(nil, p, at, 90000/frameRate, key)
			pack.Pack(frame, emit)
			return err
		}
	} else {
		e, err := h264.NewEncoder(h264.Settings{Width: width, Height: height, Bitrate: bitrate, FrameRate: frameRate, Level: 31})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		pack := h264.NewPacker(1100, 1)
		encode = func(p picture.Picture, at int64, key bool, emit func([]byte, bool)) error {
			unit, _, err := e.Encode(nil, p, at, key)
			if err == nil {
				err = pack.Pack(unit, emit)
			}
			return err
		}
	}
	for i, at := range moments() {
		p := picture.New(width, height)
		for y := range height {
			for x := range 20 {
				p.Y[y*p.StrideY+(i*4+x)%width] = 200
			}
		}
		s := shot{at: at}
		err := encode(p, int64(at*90000/time.Second), i%frameRate == 0, func(payload []byte, _ bool) {
			s.payloads = append(s.payloads, slices.Clone(payload))
		})
		if err != nil {
			t.Fatal(err)
		}
		shots = append(shots, s)
	}
	return shots
}
