// Package call is one call as a pure table: (state, input, now) -> (state, actions).
//
// It touches no socket, clock, goroutine or other package. The session turns events into inputs, runs Step and
// carries out the actions in order; what an action brings comes back as an input.
//
//	originating (browser calls)
//
//	 Idle --Start--> Opening --MediaOpened--> Calling --Accepted--> Active
//	                                            |  ^ Provisional      ^
//	                                            |  '-----'            | PolicyAnswer
//	                                            '--Accepted--> Confirming   (policy "required" only)
//
//	terminating (browser is called)
//
//	 Idle --Incoming--> Offering --Alerting--> Ringing --Answer--> Accepting --MediaOpened--> Active
//	                       '------------------Answer------------------^   (PolicyAnswer first when "required")
//
//	every state -- Hangup, Reject, Failed, CoreEnded, PolicyAborted, MediaRefused, Timeout, End --> Ended
//
// # One call, walked
//
// The page asks call.start. Start opens media for the browser's offer; MediaOpened answers the browser at once (the
// access leg is the gateway's own and stays as it is whatever forks do in the core), sends the INVITE and starts the
// ring timer. A 183 with SDP connects media to that early dialog and asks policy (TS 29.214 A.1: every SDP answer). The
// 200 makes it Active and tells the browser. Hold re-offers the core leg with a=sendonly (RFC 3264 8.4) and leaves the
// access leg alone. A BYE reaches end, the one exit: SIP, policy and media are ended, what the browser waits for is
// answered, it is told the cause, and the call is forgotten.
//
// What 3GPP leaves open (when to ask policy, when to tell the page of early media) is a line of this table, never an
// if in an adaptor. A question to policy carries the attempt it belongs to; an answer to an older one is dropped.
package call
