// Package media is the gateway's media plane and the only door to it: a browser's
// DTLS-SRTP on one side, the IMS core's plain RTP on the other, and between them
// what it takes to make the two understand each other.
//
//	browser                         Gateway                             core
//	  │    one UDP port  ┌────────────────────────────────┐  even/odd pair  │
//	  │ ───STUN,DTLS───▶ │ access.Leg                     │                 │
//	  │ ───SRTP────────▶ │  unprotect ─▶ bridge ─▶ number │ ───RTP────────▶ │
//	  │ ◀──SRTP───────── │  protect ◀─ number ◀─ bridge   │ ◀──RTP───────── │
//	  │ ◀──SRTCP───────▶ │  own reports      own reports  │ ◀──RTCP───────▶ │
//	                     └────────────────────────────────┘
//	                         Session, one per call
//
// Rooms: udp reads and writes, demux sorts, access is the browser's leg, core the
// IMS leg, bridge joins them, packet has what they share, transcode the codecs.
//
// One call. NewSession takes a core port pair and makes ICE credentials;
// AccessLocal and CoreLocal say what the two descriptions must hold. SetAccess
// gives the browser's description: ICE and DTLS run. SetCore gives the far end's,
// as often as it changes: early dialogs, the answer, hold, a handover. Each swaps
// an immutable route. Events come by Notify: AccessConnected, losses,
// restorations, DTMF. Close gives everything back.
//
// One packet. A reader thread takes it off the access port, demux looks at two
// octets and finds the leg by the validated address; the leg unprotects it in
// place; the bridge looks its payload type up in the route, rewrites type, SSRC,
// sequence number and timestamp; the core leg's socket sends it. The same thread,
// no allocation, no goroutine, no log. Only where codecs differ does it cross a
// bounded ring to the crew that converts for all calls.
//
// Locks are short and per direction: receiving state of a leg, numbering of a
// stream, SRTP context of a leg; always taken in this order, never across a
// callback that could come back.
//
// There is no goroutine per session but those of pion/dtls during the handshake
// and two seconds after it, and a keypad while digits are sent. One housekeeper ticks all sessions.
package media
