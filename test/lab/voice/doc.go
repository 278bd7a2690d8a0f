// Package voice is one call's sound at a lab handset: RTP and RTCP sockets, a
// 20 ms clock that speaks, and an ear that measures.
//
//	source (echo, speech, tone) ─► encoder ─► RFC 4867 / G.711 / G.722 ─► RTP ─►
//	            ▲ echo                                     telephone-event ─┘
//	            │
//	◄─ RTP ─ source check ─ sequence ─ unpack ─ decoder ─ meter: strongest tone
//	                                     └─ telephone-event ─ digits
//
// One packet in: the reader takes it, refuses what does not come from the
// address in the SDP, counts it, unpacks the frames, gives them to the echo and
// to the decoder. One packet out: the clock asks the source for a frame, packs
// it under the settled Terms and sends it. What the far side does wrong is
// counted under a name in the faults.
package voice
