// Package ws accepts the browsers' WebSockets (RFC 6455).
//
//	HTTP request --> limits --> Origin --> subprotocol --> upgrade --> Conn
//	                  503/429    403         400                        |
//	                                                     reader --------+---> Handler.Frame, one at a time
//	                                                     writer <-------+---- Conn.Send, bounded queue
//
// One goroutine reads a socket for its whole life. Writing has none of its own while there is nothing to write: Send
// puts the frame into the connection's queue and the first one starts a writer that ends when the queue is empty, so an
// idle browser costs one goroutine and no write buffer. The HTTP handler returns after the upgrade, so that net/http's
// request state is freed. A browser that does not read is closed when its queue is full; it resumes when it is back.
//
// Two protocols share the endpoint, causeway.v1 and sip; which one a connection speaks is agreed in the handshake and decides
// who its handler is. The package knows nothing of what the frames say, only which protocol's may be binary.
package ws
