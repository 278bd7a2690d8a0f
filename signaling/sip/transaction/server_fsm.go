package transaction

// serverInvite builds the INVITE server transaction: RFC 3261 17.2.1 as changed by RFC 6026 8.4 and drawn in its
// Figure 5.
//
//	                             | INVITE: pass; 100 if nothing is said for 200 ms
//	             INVITE          V
//	    last response  +------------+ 1xx said: send
//	              +----|            |---+   CANCEL: cancelled (once; the state stays)
//	              +--->| Proceeding |<--+   transport: error! (the state stays)
//	                   +------------+
//	300-699 said: send,  |        | 2xx said: send, L = 64*T1
//	G = T1, H = 64*T1    |        |
//	         +-----------+        +-------------+
//	 INVITE, V                                  V
//	 G  +-----------+ transport: error!    +----------+ INVITE: -
//	+---|           |---+                  |          |---+ ACK: to the layer's OnAck
//	+-->| Completed |<--+                  | Accepted |   | 2xx said: send
//	    +-----------+                      |          |<--+ transport: error!
//	 H:   |      | ACK: pass, I = T4       +----------+
//	no    |      V                              | L
//	ACK!  |   +-----------+ ACK, INVITE: -      |
//	      |   | Confirmed |---+                 |
//	      |   |           |<--+                 |
//	      |   +-----------+                     |
//	      |      | I                            V
//	      |      |                       +------------+
//	      +------+---------------------->| Terminated |
//	                                     +------------+
//
// Over a reliable transport G stays off and I is 0. The user hears of H: it may want to end what it set up.
func serverInvite() *table {
	t := &table{}
	t.on(Proceeding, Sent, Proceeding, 0)
	t.on(Proceeding, SentReliable, Proceeding, 0)
	t.on(Proceeding, SendFailed, Proceeding, TellError)
	t.on(Proceeding, Repeat, Proceeding, DoResend|DoAbsorb)
	t.on(Proceeding, Ack, Proceeding, DoAbsorb) // nothing to acknowledge yet
	t.on(Proceeding, Cancel, Proceeding, DoCancelled)
	t.on(Proceeding, TryingDue, Proceeding, DoTrying)
	t.on(Proceeding, Say1xx, Proceeding, DoSend|stopTrying)
	t.on(Proceeding, Say2xx, Accepted, DoSend|stopTrying|set64T1)
	t.on(Proceeding, SayFinal, Completed, DoSend|stopTrying|setRetransmit|set64T1)

	t.on(Completed, Sent, Completed, 0)
	t.on(Completed, SentReliable, Completed, 0)
	t.on(Completed, SendFailed, Completed, TellError)
	t.on(Completed, Repeat, Completed, DoResend|DoAbsorb)
	t.on(Completed, Cancel, Completed, DoAbsorb) // too late (RFC 3261 9.2)
	t.on(Completed, RetransmitDue, Completed, DoResend|doubleToT2)
	t.on(Completed, Ack, Confirmed, DoPass|stopRetransmit|setT4)
	t.on(Completed, TimeoutDue, Terminated, TellNoAck)

	t.on(Confirmed, Sent, Confirmed, 0)
	t.on(Confirmed, SentReliable, Confirmed, 0)
	t.on(Confirmed, SendFailed, Confirmed, 0)
	t.on(Confirmed, Repeat, Confirmed, DoAbsorb)
	t.on(Confirmed, Ack, Confirmed, DoAbsorb)
	t.on(Confirmed, Cancel, Confirmed, DoAbsorb)
	t.on(Confirmed, TimeoutDue, Terminated, 0)

	t.on(Accepted, Sent, Accepted, 0)
	t.on(Accepted, SentReliable, Accepted, 0)
	t.on(Accepted, SendFailed, Accepted, TellError)
	t.on(Accepted, Repeat, Accepted, DoAbsorb)
	t.on(Accepted, Ack, Accepted, DoStray)
	t.on(Accepted, Cancel, Accepted, DoAbsorb)
	t.on(Accepted, Say2xx, Accepted, DoSend)
	t.on(Accepted, TimeoutDue, Terminated, 0)
	return t
}

// serverOther builds the non-INVITE server transaction: RFC 3261 17.2.2, Figure 8.
//
//	                  | request: pass
//	                  V
//	             +----------+ request: -
//	             |          |---+
//	             |  Trying  |<--+
//	             +----------+
//	   200-699 said: |    | 1xx said: send
//	   send, J       |    V
//	   |<------------+  +------------+ request: last response
//	   |                |            |---+ 1xx said: send
//	   |<---------------| Proceeding |<--+ transport: error!
//	   | 200-699 said:  +------------+
//	   V send, J
//	+-----------+ request: last response
//	|           |---+ transport: error!
//	| Completed |<--+
//	+-----------+
//	   | J = 64*T1, 0 over a reliable transport
//	   V
//	+------------+
//	| Terminated |
//	+------------+
//
// Beyond the figure: 64*T1 after the request the far side has given up (its timer F); an answer not given by then is
// not awaited any longer (RFC 4320 4.2).
func serverOther() *table {
	t := &table{}
	t.on(Trying, Repeat, Trying, DoAbsorb)
	t.on(Trying, Cancel, Trying, DoAbsorb) // RFC 3261 9.2: no effect on other methods
	t.on(Trying, Say1xx, Proceeding, DoSend)
	t.on(Trying, Say2xx, Completed, DoSend|setD)
	t.on(Trying, SayFinal, Completed, DoSend|setD)
	t.on(Trying, TimeoutDue, Terminated, TellTimeout)

	t.on(Proceeding, Sent, Proceeding, 0)
	t.on(Proceeding, SentReliable, Proceeding, 0)
	t.on(Proceeding, SendFailed, Proceeding, TellError)
	t.on(Proceeding, Repeat, Proceeding, DoResend|DoAbsorb)
	t.on(Proceeding, Cancel, Proceeding, DoAbsorb)
	t.on(Proceeding, Say1xx, Proceeding, DoSend)
	t.on(Proceeding, Say2xx, Completed, DoSend|setD)
	t.on(Proceeding, SayFinal, Completed, DoSend|setD)
	t.on(Proceeding, TimeoutDue, Terminated, TellTimeout)

	t.on(Completed, Sent, Completed, 0)
	t.on(Completed, SentReliable, Completed, 0)
	t.on(Completed, SendFailed, Completed, TellError)
	t.on(Completed, Repeat, Completed, DoResend|DoAbsorb)
	t.on(Completed, Cancel, Completed, DoAbsorb)
	t.on(Completed, TimeoutDue, Terminated, 0)

	t.on(Terminated, SendFailed, Terminated, TellError) // J is 0 on a connection, whose failure is known later
	return t
}
