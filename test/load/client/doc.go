// Package client is a browser without the browser, for capacity and leak tests: it speaks causeway.v1 and makes media.
//
//	token (lab's issuer) ─► Browser ── Dial, Login ──► gateway's /ws
//	                          │ Call(target, media) / Incoming
//	                          ▼
//	                        Call ── Media ──► ICE, DTLS, SRTP to the gateway's access port
//	                                  │
//	                   ┌──────────────┼─────────────────────┐
//	                   Peer           Light                 Silent
//	                   pion's         one check, one        a description
//	                   PeerConnection handshake, bare SRTP  and nothing behind it
//
// Peer behaves as a browser does and costs as much. Light costs little, so that figures taken beside it are the gateway's.
// Silent is for signalling alone. None shares code with the gateway's rooms: they read docs/protocol.md only.
//
// One call: Call makes the offer and sends call.start; its answer carries the gateway's description, which Media takes. Events of
// the call close channels: Ringing, Accepted, Ended. Hangup sends call.hangup; Ended is closed when call.ended has come.
package client
