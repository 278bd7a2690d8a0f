// Package opus is the Opus codec (RFC 6716, RTP payload RFC 7587) by Debian's libopus. It needs
// cgo; without it Codecs is empty and Available false.
//
//	pcm 8k | 16k | 48k ─► opus_encode ─► payload (FEC for the packet before inside)
//	payload ─► Check ─► opus_decode ─► pcm 8k | 16k | 48k
//	lost: next payload ─► opus_decode(fec) ─► pcm, else opus_decode(nothing)
//
// Opus works at any of its rates on either side of the wire, so the pipeline runs it at the rate of
// the other codec and needs no resampler. The RTP clock is 48000 whatever the rate, and rtpmap says
// two channels although speech has one (RFC 7587 4.1, 7).
//
// A payload walks: Check reads the frame headers in Go (RFC 6716 3, rules R1 to R7) and tells the
// duration; only what passes reaches the library. The frame lands in the caller's buffer; no
// memory is taken per packet. An encoder uses what the receiver's fmtp allows: maxaveragebitrate,
// maxplaybackrate, useinbandfec, cbr.
package opus
