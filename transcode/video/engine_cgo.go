//go:build cgo

package video

import (
	"causeway/transcode/h264"
	"causeway/transcode/picture"
	"causeway/transcode/vp8"
)

func available(from, to string) bool { return from != "" && to != "" }

func newDecoder(f Format) (decoder, error) {
	if f.is(VP8) {
		d, err := vp8.NewDecoder()
		return vp8Decoder{d}, err
	}
	d, err := h264.NewDecoder(f.SpropParameterSets)
	return h264Decoder{d}, err
}

func newEncoder(f Format, s settings) (encoder, error) {
	if f.is(VP8) {
		e, err := vp8.NewEncoder(vp8.Settings{Width: s.width, Height: s.height, Bitrate: s.bitrate, FrameRate: s.fps})
		return vp8Encoder{e}, err
	}
	e, err := h264.NewEncoder(h264.Settings{Width: s.width, Height: s.height, Bitrate: s.bitrate, FrameRate: s.fps, Level: s.level, MaxNAL: s.longest})
	return h264Encoder{e}, err
}

type vp8Decoder struct{ *vp8.Decoder }

func (d vp8Decoder) decode(frame []byte, at uint64) (picture.Picture, uint64, bool, error) {
	p, shown, err := d.Decode(frame)
	return p, at, shown, err
}
func (d vp8Decoder) close() { d.Close() }

type h264Decoder struct{ *h264.Decoder }

func (d h264Decoder) decode(frame []byte, at uint64) (picture.Picture, uint64, bool, error) {
	return d.Decode(frame, at)
}
func (d h264Decoder) close() { d.Close() }

type vp8Encoder struct{ *vp8.Encoder }

func (e vp8Encoder) encode(dst []byte, p picture.Picture, at, duration int64, key bool) ([]byte, bool, error) {
	return e.Encode(dst, p, at, duration, key)
}
func (e vp8Encoder) setRate(bps, _ int) error { return e.SetBitrate(bps) }
func (e vp8Encoder) close()                   { e.Close() }

type h264Encoder struct{ *h264.Encoder }

func (e h264Encoder) encode(dst []byte, p picture.Picture, at, _ int64, key bool) ([]byte, bool, error) {
	return e.Encode(dst, p, at, key)
}
func (e h264Encoder) setRate(bps, fps int) error {
	if err := e.SetFrameRate(fps); err != nil {
		return err
	}
	return e.SetBitrate(bps)
}
func (e h264Encoder) close() { e.Close() }
