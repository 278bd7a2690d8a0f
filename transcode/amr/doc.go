// Package amr is AMR and AMR-WB with the RTP payload formats of RFC 4867: bandwidth-efficient and
// octet-aligned, several frames per packet, codec mode requests, mode-set and mode-change rules,
// SID, NO_DATA, SPEECH_LOST and the quality bit. crc, robust sorting, interleaving and several
// channels are refused. The payload formats are pure Go; the speech codecs are Debian's
// opencore-amr (AMR both ways, AMR-WB decoder) and vo-amrwbenc (AMR-WB encoder) by cgo. Processors with
// AVX2 get the AMR-WB encoder from the copy in voamrwbenc, with vector loops (vector.h) that make bit for
// bit the same in less than half the time. Without cgo Codecs is empty, but payloads can still be read
// and written.
//
//	payload ─► Unpacker ─► frames, CMR ─► engine (one frame each) ─► pcm
//	pcm ─► modes.next ─► engine ─► frames ─► Pack (CMR, table of contents) ─► payload
//
// A packet of three frames walks: Unpack checks that the table of contents and the length of the
// payload agree to the bit, that every frame type exists, and copies each frame to octets of its
// own; frames marked bad (Q=0), SPEECH_LOST and NO_DATA continue the comfort noise after a SID, else
// the last speech frame is repeated and fades. The C library is given a buffer as long as the longest
// frame, so that no header can make it read beyond. The CMR is kept for ModeRequest.
//
// On the way out the mode is what the far side's CMR asks for, as far as its mode-set allows,
// changed only every second frame or to a neighbour if its fmtp says so (RFC 4867 8.1).
package amr
