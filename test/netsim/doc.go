// Package netsim is a bad network on loopback: a UDP relay that loses, doubles,
// delays and reorders, and a NAT that can forget its bindings.
//
//	client ──▶ Relay.Addr ──[Conditions]──▶ one socket per client ──▶ target
//	       ◀──[Conditions]──                                      ◀──
//
// A datagram through it: read from the client, put before the dice, which a seed
// makes the same in every run, and sent on from the socket that stands for this
// client's NAT binding. Rebind gives every client another one, as a router does
// after a restart or a telephone when it changes networks.
package netsim
