// Package picture is what the video codecs hand to each other: one 4:2:0 picture, the sizes that are
// let in, and a scaler.
//
//	decoder ─► Picture ─► Scaler ─► Picture ─► encoder
//
// A decoded picture walks: it lies in the decoder's memory, of which Picture holds views. If it is to
// be smaller, Scaler.Scale writes it into planes of its own with libyuv (box filter: each source
// sample counts); else the encoder reads the decoder's memory as it is. Nothing is copied otherwise.
//
// CheckSize is asked before a codec library sees the first octet of a stream with a new size: the
// parsers of vp8 and h264 take the size out of the headers in Go.
package picture
