// Package pair puts a browser and a far end back to back around one media
// session, on real UDP over loopback.
//
//	 pion/webrtc            causeway/media             plain UDP
//	┌─────────┐  DTLS-SRTP ┌──────────────┐   RTP    ┌─────────┐
//	│ Browser │ ◀────────▶ │   Session    │ ◀──────▶ │   Far   │
//	└─────────┘            └──────────────┘          └─────────┘
//
// The browser is pion's PeerConnection, a stack with its own ICE agent and its own
// view of the standards; the far end reads and writes RTP with pion/rtp, so the
// gateway's parsers are not judged by themselves.
//
// One call through it: New starts a gateway; Pair.Call makes a session, lets the
// browser offer, gives both descriptions to the session and waits until it is
// connected. Tests then write packets at one end and read them at the other.
package pair
