package video

import (
	"causeway/transcode/h264"
	"causeway/transcode/picture"
	"causeway/transcode/vp8"
)

// decoder turns frames into pictures. The picture is good until the next call; it comes with the time
// of its frame. A picture that comes with an error is damaged.
type decoder interface {
	decode(frame []byte, at uint64) (p picture.Picture, shownAt uint64, shown bool, err error)
	close()
}

// encoder turns pictures of one size into frames. Nothing is appended to dst for a picture that rate
// control leaves out.
type encoder interface {
	encode(dst []byte, p picture.Picture, at, duration int64, key bool) (frame []byte, isKey bool, err error)
	setRate(bps, fps int) error
	close()
}

// settings of an encoder.
type settings struct {
	width, height int
	bitrate, fps  int
	level         int // H264: level_idc
	longest       int // H264: octets of a NAL unit, 0 for no bound
}

// unpacker makes a frame of payloads, and knows the codec's ways.
type unpacker struct {
	begins func(payload []byte) bool
	key    func(frame []byte) bool
	unpack func(frame []byte, payloads [][]byte) ([]byte, error)
}

func newUnpacker(f Format) unpacker {
	if f.is(VP8) {
		return unpacker{vp8.Begins, vp8.IsKey, func(frame []byte, payloads [][]byte) ([]byte, error) {
			var err error
			for _, p := range payloads {
				if frame, err = vp8.Unpack(frame, p); err != nil {
					return frame, err
				}
			}
			return frame, nil
		}}
	}
	var u h264.Unpacker
	return unpacker{h264.Begins, h264.IsKey, func(frame []byte, payloads [][]byte) ([]byte, error) {
		u.Reset()
		var err error
		for _, p := range payloads {
			if frame, err = u.Unpack(frame, p); err != nil {
				return frame, err
			}
		}
		return frame, u.Complete()
	}}
}

// packer cuts a frame into payloads.
type packer func(frame []byte, emit func(payload []byte, last bool)) error

func newPacker(f Format, first int) packer {
	if f.is(VP8) {
		p := vp8.NewPacker(f.MTU, first)
		return func(frame []byte, emit func([]byte, bool)) error {
			p.Pack(frame, emit)
			return nil
		}
	}
	return h264.NewPacker(f.MTU, f.PacketizationMode).Pack
}
