// Package refer reads and writes what a transfer says in SIP, as values, pure and without state:
//
//	target.go    whom a REFER names (RFC 3515 2.1)                    Refer-To    <-> Target
//	replaces.go  which dialog a new one takes the place of (RFC 3891) Replaces    <-> Replaces
//	by.go        who asked for it, and the proof (RFC 3892)           Referred-By  -> By, Token
//	sipfrag.go   how far it has come (RFC 3420, RFC 3515 2.4.5)       message/sipfrag <-> status
//
// One transfer: A asks B by REFER with "Refer-To: <sip:C@home?Replaces=...>". ParseTarget takes the URI apart from what hangs on it:
// only sip, sips and tel URIs, only INVITE, and of header fields only Replaces (and Require: replaces) are ever taken over. B calls
// C with Replaces and Referred-By and reports by NOTIFY; Status reads what a report says.
//
// Everything read here was written by a stranger: sizes and counts are bounded, and nothing is written again that was not checked
// character by character.
package refer
