// Package video joins the two legs of a call for its video, as package bridge does for its sound.
//
//	access ─▶ route ─▶ order ─┬─ pass ─▶ shape ───────────────┐
//	          ▲ repair (RTX)  │ (reorder,                     ├─▶ output ─▶ core
//	          │               │  NACK)                        │   own SSRC, numbers,
//	          │               └─ convert ─▶ worker ───────────┘   kept for NACK
//	core ───▶ route ─▶ order ─┬─ pass ─▶ shape ───────────────┐
//	                          └─ convert ─▶ worker ───────────┴─▶ output ─▶ access
//
// One packet. Its payload type names its way in the route, an immutable table behind an atomic pointer. A retransmission (RFC 4588)
// becomes the packet it repeats. The order hands packets on one by one: what comes before its turn waits a moment, and what is missing
// is asked for again where that was negotiated. The shape sees what H.264 needs (RFC 6184): parameter sets from the SDP go before
// a key frame that has none, and for a peer of packetization mode 0 aggregates and fragments are taken apart. The output numbers,
// keeps a copy for repetitions, and sends. All of it in the packet's own thread, without an allocation; only what arrives before its
// turn and what is kept for repetition is copied, into pooled buffers.
//
// VP8 and H.264 meet through a Converter (transcode/video) in a goroutine of its own behind a bounded queue. It knows nothing of header
// extensions: how the source of a frame was turned is kept beside it (turns) and said again with the frame.
//
// Feedback ends here on both legs: a request for a key frame becomes one of ours on the other leg in whatever way was negotiated
// there (PLI, FIR, or a word to signalling, which sends a SIP INFO, RFC 5168), at most once a second; a receiver's estimate (REMB)
// becomes a TMMBR and the other way round. Reports are each leg's own; their RTP time is that of the frame captured now by the sender's
// reports (packet.FarClock), else of the newest that came, so that a conversion's time does not part picture and sound.
//
// Key frames are asked for whenever somebody begins to look: the answer, the end of a hold, another fork, a browser that came back.
package video
