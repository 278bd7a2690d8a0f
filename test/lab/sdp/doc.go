// Package sdp is the lab's own SDP reader and writer (RFC 8866), small and
// strict, sharing nothing with the gateway's.
//
//	text ─► Parse ─► Session{Origin, Address, Attrs, Media[]} ─► String ─► text
//
// A handset reads an offer with Parse, picks a payload type out of
// Media.Codecs, and writes its answer by filling a Session and calling String.
package sdp
