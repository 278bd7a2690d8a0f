// Package ims is the P-CSCF's part of the gateway (TS 24.229 5.2, TS 24.371, TS 33.203 Annex U): it registers browsers in
// the IMS core as a trusted node and carries their calls on Mw.
//
//	  session                                    session
//	     | Bind  Unbind                             | Invite  Ring Progress Accept Hangup Reoffer ...
//	     v            ^ BindingEvent                v                  ^ CallEvent
//	+----+------------+------+             +--------+------------------+-----+
//	| Binding   (binding.go) |-- 1 : n --> | Call          (call.go)         |
//	|  REGISTER (register.go)|             |  headers      (invite.go)       |
//	|  reg-event(regevent.go)|             |  dialog.Session, pure           |
//	+-----------+------------+             +----------------+----------------+
//	            |        queue: one input at a time         |
//	+-----------v-------------------------------------------v----------------+
//	| Client: tables of bindings and calls, Run, Ready, Stats    (client.go) |
//	| what comes in finds its owner (incoming.go), where it goes (core.go)   |
//	+-----------+------------------------------------------------------------+
//	            v
//	sip/transaction, sip/transport ----------> I-CSCF, S-CSCF
//
// # Ownership
//
// A Binding's and a Call's state belongs to its queue, which runs one function at a time on a goroutine that exists only
// while there is something to run: an idle registration costs its memory and one timer. What other goroutines need of a
// registration (identities, Service-Route) is a value behind an atomic pointer, replaced and never changed. Client.mu
// guards the tables only. Notify functions are called from the queue, in order, never under a lock.
//
// # Trust
//
// Headers that the core believes (P-Asserted-Identity, Route, P-Charging-Vector, Path, Authorization) are built from
// configuration and from what the core itself granted, never from what a page sent. A page's text becomes a Request-URI
// in dialplan only, piece by piece. Messages go to configured or admitted peers only, whatever a Route or Contact says.
//
// # One registration
//
// Bind posts register: REGISTER with integrity-protected="auth-done" goes to the core's entry. The 200 brings
// Service-Route and P-Associated-URI; Registered goes up, a timer is set 600 s before the expiry, SUBSCRIBE for
// reg-event follows. A NOTIFY that our contact is terminated becomes Deregistered.
//
// # One incoming call
//
// An INVITE arrives on the Path URI <sip:mt-TOKEN@...>. The reader finds the binding, makes a Call with a dialog machine,
// and IncomingCall goes up. Ring posts Progress(180) to the machine, which returns a Respond with RSeq; the caller's
// PRACK comes in through the call's queue. Accept returns the 200, repeated until the ACK. BYE becomes Ended.
package ims
