// Package messaging carries text messages between a page and the core: pager mode (RFC 3428), wrapped with notifications where they are
// asked for (RFC 3862, 5438), and short messages over IP (TS 24.341).
//
//	page                        session's queue                             ims.Binding
//	  | message.send                 |                                          |
//	  |---------------------------> Box --- text, CPIM or SMS-SUBMIT ---------->| MESSAGE
//	  |<-- answer ------------------ Box <-- taken, refused --------------------|
//	  |                              |
//	  |<-- message.received -------- Box <-- text, CPIM, SMS-DELIVER -----------| MESSAGE
//	  |                              '----- 200; notification or RP-ACK ------->| MESSAGE
//	  |<-- message.report ---------- Box <-- Agent: whose message was it? <-----| notification, RP-ACK, status report
//
// A Box is one session's and lives in its queue. The Agent is all sessions': a report may come in at another browser of the same user
// than the one that sent the message, and finds its Box by what it names: a Message-ID, a Call-ID, a TP-Message-Reference.
//
// # When a message counts as taken
//
// A message of the core is answered with 200 once it stands in the session's log, from which a page that reloads gets it. While a session
// has no browser its messages wait, at most Config.Hold, and are then refused with 480: what the core does with a message that nobody can
// read is the core's to know. Reports need no reader and are taken at once.
//
// # One message walked
//
// message.send with report: the Box takes a token of its rate, has the binding address an envelope, wraps the text with a random
// Message-ID and notes that under its own name. The core answers 202, the page is told. The far phone's notification arrives as a message:
// the Agent knows the Message-ID, posts to the Box, and the page hears "delivered", later "displayed".
//
// The text of a message is in no log line and in no error.
package messaging
