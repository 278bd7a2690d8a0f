// Package g711 is ITU-T G.711 in pure Go: PCMU (mu-law) and PCMA (A-law), RFC 3551 4.5.14, with
// the sample-based payload of one octet per 8 kHz sample and concealment after Appendix I.
//
//	payload ─► expand ─► Concealer.Good ─► pcm          pcm ─► compress ─► payload
//	 (lost) ──────────► Concealer.Conceal ─► pcm
//
// A packet of 160 octets becomes 160 samples; a lost one is replaced by the last pitch period,
// fading into background noise within 60 ms.
package g711
