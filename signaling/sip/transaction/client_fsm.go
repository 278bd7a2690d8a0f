package transaction

// clientInvite builds the INVITE client transaction: RFC 3261 17.1.1.2 as changed by RFC 6026 8.2 and drawn in its
// Figure 4. In capitals what arrives, below it what is done.
//
//	                         | INVITE from the user
//	                         V send; B = 64*T1; once sent over UDP: A = T1
//	           A        +-----------+  B: timeout!
//	     send, A*2 +----|           |  transport: error!
//	               +--->|  Calling  |---------------------------------------+
//	                    +-----------+                                       |
//	      300-699: ACK  |    |     | 2xx: pass, M = 64*T1                   |
//	      pass, D       |    | 1xx |                                        |
//	   +----------------+    | pass, A and B off                            |
//	   |                     V     |                                        |
//	   |  300-699: ACK  +------------+ 1xx: pass                            |
//	   |  pass, D       |            |---+   Cancel: CANCEL, wait = 64*T1   |
//	   |<---------------| Proceeding |<--+                                  |
//	   |                |            |---------- wait over: timeout! ------>|
//	   |                +------------+                                      |
//	   V 300-699: ACK        | 2xx: pass, M = 64*T1                         |
//	+-----------+ --+        V                                              |
//	|           |   |   +----------+  2xx: pass                             |
//	| Completed |<--+   | Accepted |----+                                   |
//	|           |       |          |<---+                                   |
//	+-----------+       +----------+                                        |
//	   | D, transport       | M                                             V
//	   |                    |                                        +------------+
//	   +--------------------+--------------------------------------->| Terminated |
//	                                                                 +------------+
//
// Beyond the figure: a CANCEL asked for in Calling is held until the first provisional response (RFC 3261 9.1), and the
// INVITE is given up 64*T1 after the CANCEL (same clause). A 2xx after a non-2xx goes to the stray hook: a forking proxy
// forwards it all the same (16.7 step 5). An ACK that cannot be sent ends the transaction silently, since the user has
// its final response.
func clientInvite() *table {
	t := &table{}
	t.on(Calling, Sent, Calling, setRetransmit)
	t.on(Calling, SentReliable, Calling, 0)
	t.on(Calling, SendFailed, Terminated, TellError)
	t.on(Calling, RetransmitDue, Calling, DoSend|doubleUncapped)
	t.on(Calling, TimeoutDue, Terminated, TellTimeout)
	t.on(Calling, Cancel, Calling, DoHold)
	t.on(Calling, Res1xx, Proceeding, DoPass|stopRetransmit|stopTimeout)
	t.on(Calling, Res2xx, Accepted, DoPass|stopRetransmit|set64T1)
	t.on(Calling, ResFinal, Completed, DoPass|DoAck|stopRetransmit|setD)

	t.on(Proceeding, Sent, Proceeding, 0) // the INVITE's, later than its response
	t.on(Proceeding, SentReliable, Proceeding, 0)
	t.on(Proceeding, SendFailed, Proceeding, 0) // a repetition's: the far side answers, so one got through
	t.on(Proceeding, Res1xx, Proceeding, DoPass)
	t.on(Proceeding, Res2xx, Accepted, DoPass|set64T1)
	t.on(Proceeding, ResFinal, Completed, DoPass|DoAck|setD)
	t.on(Proceeding, Cancel, Proceeding, DoCancel|set64T1)
	t.on(Proceeding, TimeoutDue, Terminated, TellTimeout)

	t.on(Completed, Sent, Completed, 0) // the ACK's
	t.on(Completed, SentReliable, Completed, 0)
	t.on(Completed, SendFailed, Terminated, 0)
	t.on(Completed, Res1xx, Completed, DoAbsorb)
	t.on(Completed, Res2xx, Completed, DoStray)
	t.on(Completed, ResFinal, Completed, DoAck|DoAbsorb)
	t.on(Completed, TimeoutDue, Terminated, 0)

	t.on(Accepted, Sent, Accepted, 0)
	t.on(Accepted, SentReliable, Accepted, 0)
	t.on(Accepted, SendFailed, Accepted, 0)
	t.on(Accepted, Res1xx, Accepted, DoAbsorb)
	t.on(Accepted, Res2xx, Accepted, DoPass)
	t.on(Accepted, ResFinal, Accepted, DoAbsorb)
	t.on(Accepted, TimeoutDue, Terminated, 0)
	return t
}

// clientOther builds the non-INVITE client transaction: RFC 3261 17.1.2.2, Figure 6.
//
//	                         | request from the user
//	                         V send; F = 64*T1; once sent over UDP: E = T1
//	        E           +----------+  F: timeout!
//	  send, E*2<=T2 +---|          |  transport: error!
//	                +-->|  Trying  |------------------------------+
//	   200-699: pass, K |          |                              |
//	   +----------------+----------+                              |
//	   |                     | 1xx: pass                          |
//	   |                     V                                    |
//	   |    E           +------------+  F: timeout!               |
//	   | send, E=T2 +---|            |  transport: error!         |
//	   |            +-->| Proceeding |--------------------------->|
//	   | 200-699: pass, |            |---+                        |
//	   |<-------------K +------------+<--+ 1xx: pass              |
//	   V                                                          V
//	+-----------+            K                             +------------+
//	| Completed |----------------------------------------->| Terminated |
//	+-----------+                                          +------------+
func clientOther() *table {
	t := &table{}
	t.on(Trying, Sent, Trying, setRetransmit)
	t.on(Trying, SentReliable, Trying, 0)
	t.on(Trying, SendFailed, Terminated, TellError)
	t.on(Trying, RetransmitDue, Trying, DoSend|doubleToT2)
	t.on(Trying, TimeoutDue, Terminated, TellTimeout)
	t.on(Trying, Res1xx, Proceeding, DoPass)
	t.on(Trying, Res2xx, Completed, DoPass|stopRetransmit|setT4)
	t.on(Trying, ResFinal, Completed, DoPass|stopRetransmit|setT4)

	t.on(Proceeding, Sent, Proceeding, 0)
	t.on(Proceeding, SentReliable, Proceeding, 0)
	t.on(Proceeding, SendFailed, Terminated, TellError)
	t.on(Proceeding, RetransmitDue, Proceeding, DoSend|atT2)
	t.on(Proceeding, TimeoutDue, Terminated, TellTimeout)
	t.on(Proceeding, Res1xx, Proceeding, DoPass)
	t.on(Proceeding, Res2xx, Completed, DoPass|stopRetransmit|setT4)
	t.on(Proceeding, ResFinal, Completed, DoPass|stopRetransmit|setT4)

	t.on(Completed, Sent, Completed, 0)
	t.on(Completed, SentReliable, Completed, 0)
	t.on(Completed, SendFailed, Completed, 0)
	t.on(Completed, Res1xx, Completed, DoAbsorb)
	t.on(Completed, Res2xx, Completed, DoAbsorb)
	t.on(Completed, ResFinal, Completed, DoAbsorb)
	t.on(Completed, TimeoutDue, Terminated, 0)
	return t
}
