// Package dialog is the INVITE usage of SIP as a pure machine: RFC 3261 12 to 15 (dialogs, INVITE, re-INVITE, BYE,
// CANCEL), RFC 3262 (reliable provisionals), RFC 3264 (who may offer when), RFC 3311 (UPDATE), RFC 4028 (session timers)
// and RFC 6228 (199). It touches no socket, no clock and no goroutine: each method takes the time and an input and
// returns the actions its owner has to carry out.
//
//	           Start Progress Accept Reject            Response Failed Request
//	user  ---- Hangup Offer Answer RefuseOffer --->  <--- Cancelled ---------- transactions
//	           Refer TakeRefer RefuseRefer ReportRefer
//	                              |                   |
//	                          +---v-------------------v---+
//	                          |          Session          |
//	                          | invite.go   caller        |   one procedure, one file;
//	                          | accept.go   callee        |   its drawing and clauses stand on top
//	                          | prack.go    100rel, both  |
//	                          | update.go   re-offers     |
//	                          | bye.go      the end, INFO |
//	                          | timer.go    RFC 4028      |
//	                          | refer.go    transfers     |
//	                          | leg.go      one dialog    |
//	                          +---+-------------------+---+
//	                              |                   |
//	user  <----- Emit ------------+                   +---> Send Ack Cancel Respond ---> transactions
//	owner <----- Finish; Deadline says when Tick is due
//
// # One call
//
// NewCaller prepares an INVITE and Start returns it as Send{1}. A 183 with To tag A and Require: 100rel comes in through
// Response(1): the session makes dialog A from its Contact and Record-Route, returns Send{2} with the PRACK on that
// dialog, and Emit{Provisional}. A fork answers with To tag B: a second dialog. The 200 with tag B makes B the call's
// dialog: Ack, Emit{Accepted}, and the session timer starts. A late 200 of A gets Ack and Send{BYE}. Hangup emits Ended
// and sends BYE; its response ends in Finish.
//
// # Rules for the owner
//
// Inputs come one at a time and in wire order. Actions are carried out in the order returned. After Finish the session
// is forgotten; a 2xx to its INVITE that comes later still is answered from the message alone, by HangUpStray.
package dialog
