package vp8

// Settings of an Encoder.
type Settings struct {
	Width, Height int // samples, within picture's limits
	Bitrate       int // bit/s
	FrameRate     int // frames per second expected; the rate follows the timestamps
}
