// Package rx asks the PCRF for the resources of a call and hears what becomes of them: the application function's half
// of the Rx reference point (3GPP TS 29.214) over Diameter. It is the only door into diameter/.
//
//	signaling                      rx                               peer                    PCRF
//	   │  Open(params)              │                                 │                       │
//	   │──────────────────────────► │ Session                         │                       │
//	   │  Authorize(ctx, service)   │                                 │                       │
//	   │──────────────────────────► │ aar.go: AAR, INITIAL            │ Do ──── AAR ────────► │
//	   │ ◄── Result ─────────────── │ result.go: the AAA classified   │ ◄────── AAA ───────── │
//	   │  Authorize again           │ AAR, UPDATE, same Session-Id    │ Do ──── AAR ────────► │
//	   │ ◄── Notify(Changed) ────── │ rar.go: RAA 2001 at once        │ Serve ◄ RAR ───────── │
//	   │ ◄── Notify(Aborted) ────── │ asr.go: ASA 2001 at once        │ Serve ◄ ASR ───────── │
//	   │  Terminate(cause)          │ str.go: STR until answered      │ Do ──── STR ────────► │
//
// One call, walked through. The session opens an Rx session with the browser's address and the subscriber's identity;
// that sends nothing. With every SDP answer it authorises the media components of the access leg: the first AAR is
// INITIAL and carries everything, later ones are an UPDATE of the same Session-Id and carry what describes the service.
// The result is a value: granted, rejected (with what would be acceptable), not available (5065: this browser is not
// on the operator's own access, which is normal for one at home) or unreachable. Whether the call goes on without
// policy is the caller's to decide. At the end Terminate sends the STR in the background.
//
// No session is left behind at the PCRF. Every AAR that may have reached it makes an STR due, also when its answer never
// came. The STR waits for the AAR before it, is repeated under the T flag until it is answered or Config.TerminateFor
// is over, and is sent once more when a grant arrives after it. A PCRF that has forgotten the session (5002 on an
// UPDATE, after its restart) gets a new INITIAL under a new Session-Id, once, before the caller is told.
//
// Requests of the PCRF are answered from the peer's loop, before anybody is told: 5002 for a Session-Id that is not
// ours, 5005 for none. What they say goes to the session's Notify in order, from one goroutine of the client's; a
// session that is flooded with RARs answers 3004 when 32 of them wait, and no other session notices.
//
// Subscriber identities and codec data never appear in a log; Session-Ids do, they name nobody.
package rx
