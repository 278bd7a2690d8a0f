// Package transport owns the SIP sockets of the core side: it reads, cuts, checks and parses what comes in, and routes,
// completes and writes what goes out (RFC 3261 18, RFC 3581, RFC 3263). It knows no transaction.
//
//	           peers only                                                     OnMessage
//	UDP socket ---------> readUDP ------------------+                            ^
//	                                                v                            |
//	TCP conn   ---------> conn.read --consume--> splitHead -> head.message -> receive
//	                       (Content-Length)         |  bad        | bad     received, rport
//	                                                v             v
//	UDP socket <--------- writeUDP <--+------- refuse (400, 416, 505, 513; ACKs and responses are dropped)
//	                                  |
//	TCP conn   <-- conn.write <-- queue <-- route <- serialise <- Post, Send
//	                (dials first)           size > UDPLimit: TCP, else back to UDP
//
// # One message in
//
// A datagram arrives. Its source is looked up among the peers; a stranger's is counted and forgotten. splitHead cuts
// the head into fields: folded lines are joined, white space before a colon goes, compact names are spelt out, bare CR
// or LF, control characters and invalid UTF-8 make the message malformed. head.message reads the typed fields with
// readers of our own, stricter than the library's (RFC 4475: testdata/rfc4475), and builds the library's message. The
// top Via gets received and rport; where the answer goes is kept in the Source. Then the handler is called, on this
// same goroutine: the next message of this socket is read when it returns, so order is kept without any queue.
//
// A malformed request is answered without keeping state, if its top Via says where to; everything else malformed is
// dropped and counted. Nobody but a peer is ever answered.
//
// # One message out
//
// Post writes our sent-by into the top Via of a request, serialises, and refuses anything in which a header value would
// have broken its line. UDP is written at once. TCP goes to the bounded queue of the connection with that address; if
// there is none, one is entered into the table and its writer dials, while every other target goes on. A request too
// large for UDP is queued for TCP together with its UDP form, which is sent if the connection is refused; the refusal
// is remembered for a minute.
//
// A response goes where its request came from, on the same connection if that still stands. Neither maddr nor a
// received value of the sender's is followed, and no address outside the peers is ever sent to.
//
// # Not here
//
// Record-Route and Route values keep their URI but lose a display name and header parameters outside the angle
// brackets: the library's type has no room for them. TLS is not there yet: it needs a listener and a dial function.
package transport
