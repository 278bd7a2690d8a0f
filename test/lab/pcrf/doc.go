// Package pcrf is the lab's policy server: the far end of Rx (TS 29.214).
//
//	gateway ── CER ──► handshake ──► CEA
//	        ── AAR ──► grammar check ─► policy of the user ─► AAA
//	        ── STR ──► session gone ──► STA
//	        ◄─ ASR / RAR ── on demand ── Abort, Notify
//
// One call: the AAR arrives, its AVPs are checked (check.go) and written into
// the session table as JSON, the policy of its Subscription-Id decides the
// answer: grant, reject5063, reject5065, silent, slow. The STR ends it. What
// breaks the grammar is a Violation, and tests ask for none.
package pcrf
