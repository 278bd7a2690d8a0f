// Package access is the browser's leg: ICE, DTLS and SRTP on one UDP port that
// all browsers share.
//
//	                one UDP port, all browsers
//	datagram ──▶ Port ──┬─ STUN ─▶ limiter ─▶ by ufrag ─▶ Leg.check ─▶ answer, validate, nominate
//	                    ├─ DTLS ─▶ by validated address ─▶ feed ─▶ pion/dtls (own goroutines)
//	                    ├─ SRTP ─▶ by validated address ─▶ Leg: unprotect in place ─▶ Owner.AccessRTP
//	                    └─ SRTCP ▶ by validated address ─▶ Leg: statistics
//	Leg.SendRTP ─▶ protect in place ─▶ nominated address
//
// One call through it: NewLeg makes a user fragment and password; the browser's
// checks arrive with them, are answered, and make its address known to the Port;
// USE-CANDIDATE nominates one. SetRemote says what the browser's description
// held; the DTLS handshake then runs, over validated addresses only, the peer's
// certificate is held against the offered fingerprints, and SRTP contexts come
// from the exporter (RFC 5764). Only now does media pass. The DTLS connection then
// rests as a kilobyte of state until a record comes or the call ends (rest.go).
// The browser's checks go on for the whole call; 30 s without one is a lost
// browser (RFC 7675).
//
// # Why a small ICE-lite responder and not ice.Agent
//
// A gateway on a fixed address may be ICE-lite (TS 24.371 5A.4): it answers
// checks and never sends one. That leaves a state of a few addresses (ice.go),
// which needs no goroutine, timer or socket of its own. pion's agent is made for
// full ICE: per call it runs a task loop and timers on goroutines of their own,
// keeps candidate pairs and statistics, and hands every packet to a reader through
// a buffer, where this one passes it on in the thread that read it. BenchmarkMemory
// in test/pair shows what a session keeps without it; what is left is mostly
// pion/dtls. STUN encoding, integrity and fingerprint are pion/stun's.
//
// # Full ICE
//
// Where the gateway itself is behind a NAT its legs check too (full.go). The checklist is package ice's: values without a goroutine
// or timer. Port.Pace sends what is due, 50 ms apart for each leg, on the same socket the answers come to; an answer finds its leg by the
// first four octets of its transaction id. Here it takes an answered check of ours, not only the browser's, to nominate a pair, and
// the browser's answers, not its checks, are its consent. A lite leg pays a nil pointer for all this.
//
// # What strangers get
//
// Nothing. Without a known user fragment, a right MESSAGE-INTEGRITY and a right
// FINGERPRINT a check is not answered and leaves no trace but a counter. DTLS and
// SRTP from an address that passed no check are dropped before anything is
// parsed, so a race of ClientHellos or injected media finds no state to race for.
// Failed authentication never ends a call (RFC 3711 3.3).
package access
