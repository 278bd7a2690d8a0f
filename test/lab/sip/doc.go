// Package sip is the lab's own SIP: text parser and builder, one UDP and TCP
// endpoint, and the transactions of RFC 3261 section 17 with RFC 6026.
//
// It exists so that the gateway meets a peer that shares no line with it: a
// parser and a builder that hold the same mistake agree with each other.
//
//	        UDP reader ──┐                         ┌─► Handler.Request / Cancel
//	TCP reader per conn ─┼─► inbox ─► one loop ────┼─► Handler.Ack, Handler.Stray
//	     timers A..L ────┘    (transactions)       └─► ClientTx callback
//
// One packet: a reader parses the datagram and posts it; the loop finds the
// transaction by branch, absorbs or repeats what is a retransmission, and
// calls the handler for the rest, in the order in which it came off the wire.
// Handlers run on the loop, so a user of a Stack needs no lock of its own;
// anything from outside enters by Stack.Do.
package sip
