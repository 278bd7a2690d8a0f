// Package tcp carries datagrams over TCP for browsers whose network lets no UDP out: the passive side of ICE-TCP (RFC 6544),
// each datagram behind two octets of length (RFC 4571 2).
//
//	accept ─▶ Gate: room for one more? ─▶ Conn ── goroutine ─▶ frame by frame ─▶ Sink.Frame
//	             │ no: closed, counted      │ 10 s without a valid check: closed
//	                                        │
//	Conn.WriteTo ─▶ one non-blocking send ──┤ all of it taken: done
//	                                        └ the rest waits, at most 16 kB; a writer empties it; 5 s without progress: closed
//
// One connection through it: a browser connects, which proves nothing, so it counts as a stranger: only a few of one source
// and some hundreds in all may wait, and only ten seconds. Its first frame has to be an ICE check with the password of
// a call; whoever judges that calls Trust. From then on the connection lives as long as frames come and its call lasts.
//
// # Why a goroutine per connection
//
// Networks that block UDP are few: of a hundred calls between one and five come by TCP. Each costs a goroutine and some 12 kB,
// which at such numbers is less than a second kind of reader thread would cost in code. The other direction has no goroutine:
// a packet for the browser is sent by the thread that has it, without blocking, and only when the browser's network is slower
// than its speech does a writer help out. No packet of a UDP call comes near any of this.
//
// # What strangers get
//
// A frame that is too long, one that is no check before trust, or an empty one ends the connection. Nothing is ever sent to a
// connection that is not trusted but the answer to a check that was right.
package tcp
