// Package freediameter puts foreign Diameter software between and beside the gateway's Rx client and a PCRF.
//
//	rx.Client ──── TCP ────► freeDiameter (relay) ──── TCP ────► PCRF of this test
//	             │            prints every AVP by its own         (reads and writes with the
//	          tcpdump         3GPP dictionary                      lab's codec, not the gateway's)
//	             │
//	           tshark: no malformed packet, no expert warning, every value by its name
//
// One dialogue, walked through: the gateway opens its connection with a CER that the relay accepts; AAR, STR go up
// through the relay, RAR and ASR come down; the relay's message dump must show each AVP under its name and no parsing
// error, and a capture of the gateway's connection must satisfy tshark. A second gateway connects right after the first
// has taken leave: without the DPR the relay would leave it waiting for three watchdogs. With two relays, the one that
// carries a request is killed, and the request arrives through the other with the T flag.
//
// The tests run with the build tag interop. Without freeDiameter, tshark or the right to capture they are skipped with
// a message, and fail where the environment variable CI is set.
package freediameter
