// Package session is one browser: its login, its registration in the core, its calls.
//
//	socket (ws)                                            ims.Binding
//	   |  ^                                                     |
//	   v  | frames                                              v events
//	 link ---- requests ----> [ Session: one queue, one input at a time ] ---- Start, Ring, Serve ----> b2bua.Call
//	                                   |        ^                                                          |
//	                                   |        '---------- host: Tell, Answer, Refuse, Invite ------------'
//	                                   '--> numbered notifications --> log for resume --> socket
//
// A Session outlives its socket: a reload or a changed network attaches a new one with the resume secret, and the
// notifications it missed are sent again. After the resume window the calls end and the binding is removed.
//
// Everything that happens to a session is a function in its queue and runs alone, in order. The queue has a goroutine
// only while it has work, so an idle registered browser costs memory for its state and one reader on its socket.
//
// # One call, walked
//
// The link decodes call.start and posts it. The session looks whether this user may make this call now, notes a b2bua.Call
// and starts it; from there on the call works alone, in the session's queue, and sees the session as its host: it tells
// the browser, answers requests, sends its INVITE from the session's binding. When it ends it takes itself off the books.
//
// Messages go the same way through the session's messaging.Box.
//
// Session declares what it needs of its neighbours (Line, Socket, Verifier); the signaling root plugs them in.
package session
