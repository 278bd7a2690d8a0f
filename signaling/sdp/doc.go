// Package sdp reads and writes the session descriptions of both legs. It is pure: text and values in, text
// and values out; no socket, clock, log or random number.
//
//	browser                                   gateway                                   IMS core
//	───────                                   ───────                                   ────────
//	JSEP offer ──ParseAccess──▶ Access ─┐                  ┌─ CoreOffer ──▶ RTP/AVP offer
//	           ◀─AccessAnswer──────────┤  typed values of  ├─ CheckCoreAnswer ◀─ answer ─ ParseCore
//	                                   │  signaling/session│
//	           ◀─AccessOffer───────────┤                   ├─ ParseCore ◀── offer
//	answer ─── CheckAnswer ────────────┘                   └─ CoreAnswer ──▶ answer
//	                     │
//	                     └──Flows──▶ MediaComponent: what the PCRF is told of the access leg
//
// Nothing is copied from one leg's text to the other's: a description is parsed into values, and the other
// leg's is written from values. So no WebRTC attribute can reach the core and no 3GPP attribute the browser
// (TS 23.228 U.1.1), and hostile text ends here.
//
// # One call
//
// The browser offers audio. ParseAccess checks that it can become a secure leg (ICE, DTLS-SRTP,
// rtcp-mux), AccessAnswer takes the first audio line with the codecs both have under the browser's payload
// types and refuses the other lines in their places. CoreOffer writes the offer for the INVITE. A handset's
// 183 comes back: ParseCore, then CheckCoreAnswer, says which codec to send, where (Core.RTP), and whether
// preconditions are met (Core.Preconditions). Flows makes the Rx request from the browser's side. When
// the user holds, Redirect makes the re-offer; Revise keeps the o= version honest for every other change.
// When the far side holds, Core.Held says so, whichever of the three ways it used.
//
// # The text layer
//
// The line scanner (text.go) is the package's own, forty lines: errors carry line numbers and sentences, limits
// are checked before anything is built, and spaces, bare LF and line order, which field equipment gets wrong,
// do no harm. Control characters are refused everywhere.
package sdp
