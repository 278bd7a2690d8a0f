// Package vp8 is VP8: the RTP payload format (RFC 7741) and the check of what reaches the codec, in pure
// Go, and the codec by Debian's libvpx (RFC 6386). Without cgo Available is false and the codec is not
// there.
//
//	payloads ─► Unpack ─► frame ─► ParseHeader ─► Decoder ─► picture
//	picture ─► Encoder ─► frame ─► Packer ─► payloads
//
// A frame of three packets walks: Begins finds the packet with the start of partition 0, Unpack takes
// the descriptors off and joins what is left. ParseHeader reads the version, the length of the first
// partition and, in a key frame, the start code and the size; a frame for which these do not hold, or
// whose pictures would be larger than picture's limits, never reaches the library. Of the picture views
// are returned; it lies in the library's memory until the next call.
//
// The encoder works in real time: one thread, no look-ahead, a constant bit rate with 600 ms of buffer,
// error resilience, key frames only on demand. A key frame is let be as large as half the buffer.
package vp8
