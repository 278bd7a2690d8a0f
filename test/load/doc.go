// Package load puts many calls through the whole gateway.
//
//	client.Browser ... (test/load/client) --WebSocket, ICE, DTLS-SRTP--> causeway (a process, test/rig) --SIP, RTP, Rx--> lab
//
// With the build tag e2e it proves that calls leave nothing behind: goroutines, descriptors, ports, Rx sessions, memory. With
// the build tag bench it takes the figures of docs/performance.md (make bench); nothing there is judged by time but the start.
package load
