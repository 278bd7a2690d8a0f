// Package h264 is H.264: the RTP payload format (RFC 6184), parameter sets, levels and the check of what
// reaches the codec, in pure Go, and the codec by Debian's openh264. Without cgo Available is false and
// the codec is not there.
//
//	payloads ─► Unpacker ─► access unit ─► Sets.Check ─► Decoder ─► picture
//	picture ─► Encoder ─► access unit ─► Packer (mode 0 or 1) ─► payloads
//
// Access units are byte streams (H.264 Annex B) on both sides of the codec.
//
// A key frame walks: Begins finds its first packet, Unpacker joins single NAL units, STAP-A and FU-A.
// Sets.Check keeps the SPS and PPS after reading them (profile, 4:2:0 of 8 bits, frames only, a size within
// picture's limits, one slice group), finds them for each slice, and lets nothing through but parameter
// sets and slices that hold together; an IDR picture that came without its parameter sets gets those of
// sprop-parameter-sets or an earlier picture. Only then the library sees it. Of the picture views are
// returned; it lies in the library's memory until the next call.
//
// The encoder makes constrained baseline in real time: one thread, CAVLC, one reference picture, IDR
// pictures only on demand, each with its SPS and PPS in-band. For packetization-mode 0 its slices are no
// longer than a packet, because such a receiver takes no fragments (RFC 6184 6.2).
package h264
