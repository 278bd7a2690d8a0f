// Package demux decides what a datagram on the access port is and whose it is.
//
//	first octet (RFC 7983 7)            whose
//	  0..3    STUN   ─────────────▶  Table[ufrag]    by USERNAME, then checked by the leg
//	 20..63   DTLS   ─┐
//	128..191  SRTP   ─┼────────────▶  Table[address]  only addresses a check has validated
//	          SRTCP  ─┘               (PT octet 192..223 is RTCP, RFC 5761 4)
//	 else     dropped
//
// One packet: Classify looks at two octets; Table.Load finds the leg with one
// atomic load and one map look-up in a shard that is never written, only
// replaced. A stranger's packet costs that look-up and nothing else.
package demux
