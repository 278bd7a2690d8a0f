// Package rtp is the lab's own RTP, RTCP and telephone-event wire format
// (RFC 3550, RFC 4733): plain values to bytes and back, no sockets.
//
//	Packet ⇄ 12-octet header + payload
//	Event  ⇄ 4-octet telephone-event payload
//	Report ⇄ SR or RR + SDES CNAME (+ BYE), one compound packet
package rtp
