// Package lab puts everything around the gateway on one machine: an IMS core,
// scripted VoLTE handsets, a policy server, a token issuer, and HTTP to watch
// and steer them.
//
//	browser ── /token ──► issuer ◄── JWKS ──┐
//	   │                                    │
//	   └── WebSocket, DTLS-SRTP ──► gateway under test
//	                                 │  │  │
//	                     SIP (Mw) ───┘  │  └─── Diameter (Rx)
//	                        ▼           │ RTP       ▼
//	                      core ◄─ SIP ─► handsets  pcrf
//	                        ▲               ▲        ▲
//	                        └── HTTP: /core /calls /handsets /rx ──┘
//
// One call: a page fetches a token, the gateway registers the user at the core
// and sends an INVITE for +15550101; the core finds the handset farm, whose
// echo handset answers; GET /calls shows the tone it hears. Everything that any
// part of the lab holds against the gateway is in Complaints, and tests ask for
// an empty list.
//
// The lab shares no code with the gateway: its SIP, SDP, RTP, RFC 4867 and
// Diameter are its own, so that the same mistake is not made twice.
package lab
