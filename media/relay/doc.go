// Package relay is the built-in TURN server (RFC 8656) for browsers whose network lets out little else than the web's ports. It relays
// to this gateway and to nothing else.
//
//	browser ──UDP──▶ door (limiter) ────────────┐                     ┌─▶ permission? only our access addresses
//	browser ──TCP──▶ door (Gate) ───────────────┼─▶ pion/turn ────────┤
//	browser ──TLS──▶ door (Gate) ─▶ crypto/tls ─┘   credentials,      └─▶ Server.AllocatePacketConn ─▶ allocation
//	                                                quotas, channels                                   │      ▲
//	                                                          Access.Relayed(b, relayed address) ◀─────┘      │
//	                                                          access.Leg ── way.WriteTo ──────────────────────┘
//
// One call through it: a page's login is answered with the server's URLs and a credential (Credentials): a name that holds its own
// end and the session, and its HMAC. The browser allocates with it and gets a relayed address. That address is a name only: no
// socket stands behind it. What the browser sends through the relay to an access address is handed to the access port in
// memory, as if it had come from the relayed address; what the call's leg sends there goes back the same way.
//
// # Why relaying inwards is not possible
//
// A TURN server on a network's edge has let strangers into that network more than once. Here the permission handler refuses every
// address but the access addresses, and, were it wrong, an allocation still has no socket: a datagram for any other address or port
// is dropped and counted. TCP allocations (RFC 6062) are refused.
//
// # What strangers get
//
// Over UDP an unauthenticated request is answered with 401, some 130 octets, at most fifty times a second for one source. A connection
// that has no allocation after ten seconds, or for ten seconds after the end of one, is closed; 32 of one source and 512 in all may wait. An expired or wrong credential is
// refused; nothing of it is logged.
package relay
