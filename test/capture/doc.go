// Package capture records what goes over an interface and has foreign dissectors judge it.
//
//	Start --tcpdump--> file --Stop--> Check --tshark--> malformed packets, expert errors
//	                                        '---------> WebRTC in SIP, headers nobody but the core may set
//	                                  Streams --------> RTP payloads of one direction, to be decoded and listened to
//
// The gateway's promise to the core has two halves. What it sends is well-formed: tshark, written by others, finds no
// malformed packet and no error of its expert system. And nothing of the browser's world gets through: no attribute of ICE,
// DTLS or BUNDLE (TS 23.334 6.2, RFC 8839, 8842, 9143) in a session description, no identity that is not the user's own in a
// header that the core believes (RFC 3325, TS 24.229 5.2.6.3), no mark of authentication but the gateway's own.
//
// Following one INVITE: tshark takes it off UDP or TCP, prints its header lines and the SDP's attributes; Check matches the
// attributes against a list of names, and, where the message comes from the gateway, the identities against those of Rules.
//
// tcpdump and tshark must be installed, and capturing needs root: ErrUnavailable says so, and the caller decides whether
// that is a skip or a failure.
package capture
