// Package udp is the packet engine: a few reader threads that come and go with the load (Group), each with one epoll
// set (Loop), and the pool of core ports.
//
//	              thread 0 (Loop)                    thread 1 (Loop)
//	epoll ──┬── access socket (SO_REUSEPORT) ──┐      ...
//	        ├── core RTP  20000 (call 1)       │
//	        ├── core RTCP 20001 (call 1)       ├─▶ Handler(b, from, now)
//	        └── core RTP  20482 (call 2)      ─┘        │ in place, into the batch
//	                                    Socket.WriteTo ◀┘ same thread
//
// One packet: epoll says a socket is readable, recvfrom (recvmmsg where all calls
// share the socket) puts the datagram into one of the thread's 64 buffers, the
// handler rewrites it there and calls WriteTo on another socket before it returns.
// That notes it in the thread's batch, which is sent when the turn is over or the
// buffers are used up: by sendmmsg to the browsers, by one send for each core
// socket. No goroutine, channel or allocation per packet and no goroutine per
// socket, so ten thousand ports cost descriptors only.
//
// Reads and writes are non-blocking and made with raw system calls: a call that
// cannot block need not tell the scheduler. The system calls saved are the least
// of what the batch brings: receiving, our own work and sending each find their
// code in the processor's caches, and packets that leave close together need
// not wake their receiver one by one. Wake-ups cost. Hence as few threads as
// the load needs (Group, which sees their processor time from outside), and a thread with much to do looks
// at its sockets once a millisecond instead of being woken for each packet (pace.go).
//
// A socket is closed by its own thread, so that a descriptor number is never
// reused under a reader; writers are counted for the same reason.
//
// Linux only.
package udp
