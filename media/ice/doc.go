// Package ice is the checking half of a full ICE agent (RFC 8445) as values: what it is told and the time go in, checks to send come
// out. It has no socket, clock, goroutine or lock.
//
//	AddRemote, Request ─▶ pairs ──Next(now): at most one check each 50 ms──▶ a Binding request by the caller
//	                        │        triggered first, then by priority, then repeats
//	Response(id) ◀──────────┘        valid ──▶ controlling: the best valid pair is nominated
//	                                           controlled:  the pair the peer nominates
//	                                 nominated ──▶ a consent check each 5 s (RFC 7675)
//	Conflict(id) ─▶ the other role, the same check again (RFC 8445 7.2.5.1)
//
// One call through it: the browser's candidates and, for those hidden behind mDNS names, its own checks make pairs with our
// lines. A pair whose check was answered from where it was sent is valid; one of them is nominated by whoever controls. The
// answering half, which a lite agent has too, is package access's, as are messages, passwords and routes.
//
// Not here, and why: frozen pairs and foundations (there is one component and one stream, so nothing would be learned from another
// one's outcome), and candidates of the browser's over TCP (it connects, we listen).
package ice
