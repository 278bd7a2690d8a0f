package h264

// Settings of an Encoder.
type Settings struct {
	Width, Height int // samples, even, within picture's limits
	Bitrate       int // bit/s
	FrameRate     int // frames per second expected, 1 to 30
	Level         int // level_idc; 9 for level 1b
	MaxNAL        int // octets of the longest NAL unit, 0 for one slice per picture
}
