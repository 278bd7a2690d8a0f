// Package packet holds what every media package shares: pooled buffers, views
// that read RTP, RTCP and telephone-event payloads where they lie, and the
// per-stream accounting RTCP needs.
//
//	 datagram in a reader's buffer
//	┌──────────┬───────────┬──────────────┬─────────┬ ─ ─ ─ ─ ─ ┐
//	│ 12 octet │ CSRC, ext │   payload    │ padding │ tail room
//	└──────────┴───────────┴──────────────┴─────────┴ ─ ─ ─ ─ ─ ┘
//	           ┌───────────┬──────────────┐
//	           │ 12 octet  │   payload    │  the same buffer, sent on
//	           └───────────┴──────────────┘
//
// One packet through it: ParseRTP finds the payload; the bridge decides new
// numbers; RTP.Put writes a bare 12-octet header directly before the payload,
// over whatever CSRC list or header extension stood there. Nothing is copied and
// nothing of the other leg's header survives (TS 23.228 U.1.1: WebRTC-only media
// extensions stop at the access edge). The tail room takes the SRTP tag.
//
// Parsers never trust a length: each returns an error or false, never panics
// (fuzzed), and never allocates.
package packet
