// Package handset is the lab's farm of scripted VoLTE handsets: one SIP stack
// that answers for every number, and one RTP stream per call with speech in it.
//
//	       core ── SIP ──► Farm (one loop) ── number ──► Script
//	                          │                            │ what to do, when
//	                          ▼                            ▼
//	                Call: dialog, offer/answer, 100rel, preconditions, timers
//	                          │ terms (codec, addresses, direction)
//	                          ▼
//	gateway ◄── RTP ── stream ◄── source (echo, speech, tone)
//	        ── RTP ──►   │ ─► unpack ─► decode ─► meter (strongest tone)
//	        ── RTCP ─►   └─► telephone-events, loss, jitter, faults
//
// One call: INVITE arrives, the Script of the number decides (uas.go), the SDP
// answer is negotiated (terms.go), the stream starts with the answer, Steps run
// after the call is up, BYE ends it; what was heard stays in Calls.
//
// Texts (letter.go) are taken, reported on and sent back by number; one number
// is a short message centre (relay.go).
//
// A fault is something the far side did against the standards; tests ask for
// none.
package handset
