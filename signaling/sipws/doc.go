// Package sipws is the second front end: user agents that speak SIP over WebSocket (RFC 7118), such as JsSIP and SIP.js.
//
//	WebSocket, subprotocol sip
//	   |  ^                      one connection, one user agent
//	   v  |
//	 Flow: reads and writes whole messages (sip/transport), keep-alives, limits
//	   |  ^
//	   v  |
//	 sip/transaction ---> agent: one queue -- REGISTER ---> session.login, session.token, session.prove, session.logout
//	                        |      ^          INVITE -----> call.start   \
//	                        |      |          re-INVITE --> call.hold, call.resume, call.update
//	                        v      |          INFO -------> call.dtmf     > frames of causeway.v1
//	                  sip/dialog --'          BYE, CANCEL > call.hangup  /
//	                  a machine for                                    |
//	                  each call  <-- call.incoming, call.progress, call.accepted, call.ended
//	                                                                   |
//	                                                      Link (session.Link, as any page's)
//
// A user agent is a page to the rest of the gateway: what it asks becomes a causeway.v1 request, encoded and checked like any
// page's, and what the session says becomes SIP again. There is no second way in. No header field, no address and no
// parameter of a user agent's message can therefore reach the core: what no causeway.v1 request has room for ends here. Names
// and addresses in its Via, Contact and Route are never resolved or connected to; the connection is the flow (RFC 5626).
//
// # One call, walked
//
// REGISTER with a bearer token (RFC 8898) logs in and is answered when the core has registered the user. An INVITE becomes a
// dialog machine and a call.start with its offer; the session's description goes back at once in a 183, ringing as 180, the
// answer as 200. A re-INVITE with a=sendonly becomes call.hold and then call.update, whose answer goes into its 200. BYE
// becomes call.hangup; call.ended becomes BYE, CANCEL, or the refusal with the status and Reason its cause maps to.
//
// An incoming call is the other way round: call.incoming becomes an INVITE with the session's offer over the same
// connection, 180 call.ringing, 200 call.answer, a refusal call.reject.
package sipws
