// Package transaction runs the SIP transactions: RFC 3261 17 with RFC 6026 (2xx), RFC 4320 (late answers) and the rules
// for CANCEL (9), for ACK (17.1.1.3) and for merged requests (8.2.2.2). The dialogs above it see requests, responses
// and failures; the transport below it sees messages.
//
//	Layer.Request   ClientHandler              OnRequest  Server.Respond   OnAck  OnStray
//	      |               ^                        ^            |            ^       ^
//	      v               | in order, one at       |            v            |       |
//	   +------------------+-- a time, no lock -+---+------------------+      |       |
//	   | Client                                | Server               |      |       |
//	   |  core: lock, machine, one timer, event queue                 |      |       |
//	   |  table: clientInvite, clientOther     | serverInvite, Other  |      |       |
//	   +--------------------------------------------------------------+      |       |
//	      ^ clientKey: branch, method           ^ serverKey: branch, sent-by, method |
//	      +------------------ Layer.message ----+-----------------------------+------+
//	      |                        ^
//	      v Post                   | OnMessage: the one reader of each socket
//	   transport.Layer ------------+
//
// # One call
//
// Request completes the INVITE (Via with a fresh branch, Max-Forwards), enters the Client into the table, starts timer B
// and posts it. The transport says which network it used: on UDP timer A starts, on TCP it never does. 183 comes: the
// reader finds the Client by branch and method, the machine goes to Proceeding and hands it to the ClientHandler on the
// reader's goroutine, before the next message of that socket is read; 180 and 486 behind it therefore come in order.
// For the 486 the ACK is built and posted first. Repeated 486s get the ACK again until timer D ends the Client. A 2xx
// goes up instead, with its repetitions and those of other forks, until 64*T1 after the first; Layer.Ack answers each.
//
// # Who runs what
//
// A machine is a value stepped with an input and the time (fsm.go); its table lists each pair once. A core owns one
// machine and one timer; an idle transaction has no goroutine. Whoever brings an input, reader, timer or user, steps the
// machine under the core's lock and posts what is to be sent there (Post never waits). What the user is to hear is
// queued and delivered without the lock: on the goroutine that brought the input, or, if that is a call of the user's, on
// a fresh one, so that the user may hold locks of its own while calling in. One goroutine at a time delivers the events
// of a transaction. A panic in a callback ends that callback; a new request answered by a panic gets 500.
package transaction
