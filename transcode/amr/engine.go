package amr

// decodeEngine is a speech decoder of a library: one frame in, 20 ms of samples out. It takes speech
// and SID frames, and NO_DATA, which continues comfort noise.
type decodeEngine interface {
	decode(frame *engineFrame, pcm []int16)
	reset()
	close()
}

// encodeEngine is a speech encoder of a library: 20 ms of samples in, one frame out. It returns
// the octets written, the header included.
type encodeEngine interface {
	encode(mode int, pcm []int16, frame *engineFrame) int
	close()
}
