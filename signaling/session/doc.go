// Package session is one browser: its login, its registration in the core, its calls.
//
//	socket (ws)                    ims.Binding        ims.Call    media.Session   rx.Session
//	   |  ^                            |                  |             |              |
//	   v  | frames                     v events           v             v              v
//	 link ---- requests ----> [ Session: one queue, one input at a time, call.Step ] -- actions -->
//	                                   |
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
// The link decodes call.start and posts it. The session makes a liveCall and gives call.Step a Start. OpenMedia: parse
// the browser's offer (sdp), open a media session (media), answer with the gateway's own description. SendInvite: write
// the core offer (sdp) and let the binding send it (ims). Events of SIP come back through the queue, become inputs,
// and Step's actions connect media, ask policy (in a goroutine of its own whose answer is an input with its attempt
// number) and tell the browser. The call's end is the one place where all three sides are let go, one line is logged and
// one counter rises.
//
// Session declares what it needs of its neighbours (Line, Media, Policy, Socket); the signaling root plugs them in.
package session
