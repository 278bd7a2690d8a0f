// Package bridge joins the two legs of a call: it decides per payload type what
// happens to a packet and gives the outgoing stream its numbers.
//
//	access ──▶ route ──┬─ pass ─────────────────────────────────┐
//	                   ├─ convert ─▶ ring ─▶ crew (pipeline) ────┼─▶ Stream ──▶ core
//	                   └─ event ───▶ ear ──▶ keypad ─────────────┘   PT, SSRC,
//	                                                                 seq, timestamp
//	core ────▶ route ──┬─ pass ─────────────────────────────────┐
//	                   ├─ convert ─▶ ring ─▶ crew (pipeline) ────┴─▶ Stream ──▶ access
//	                   └─ event ───▶ ear ──▶ Digit
//
// The route is an immutable table behind one atomic pointer: a re-INVITE, a hold
// or a fork builds another and swaps it; packets in flight use the one they
// loaded. So a call may be converted upwards and passed through downwards, and
// change between the two while it runs.
//
// Comfort noise (RFC 3389) passes where both sides took it. Where only its
// sender's side did, the first such packet turns a stream that passed into a
// converted one, so that the other side hears the pause.
//
// Where the core speaks G.711 and took no telephone-event, keys are sound: the
// packets from it are listened to on their way (package inband), and the keypad
// sings instead of sending events.
//
// One packet that passes: look the payload type up, take the outgoing stream's
// lock (uncontended except beside RTCP, DTMF and a conversion), number it, write the
// bare header before the payload, send. No allocation, no channel, no log.
//
// One that is converted: copied into a pooled buffer and a bounded ring, of which the oldest is dropped when nobody gets round to it; its
// direction goes into the queue of the crew, which all calls share (Crew). A member takes the direction, pushes everything in its ring through
// the pipeline and writes what comes out to the same Stream. With much to do the crew is not woken for it: its leader rests a few
// milliseconds, then takes all directions that wait. What has to be made up without a packet has a deadline, which the leader looks at, too.
//
// A Stream's sender reports place sound where its sender's own reports place it, as the picture's do (packet.FarClock), or where it came
// in: what a pipeline holds back, it notes with each packet (origin).
//
// The Stream's numbers go on across everything: another source, a codec switch, a
// hold of hours. Sequence numbers never go back or jump (an SRTP receiver would
// lose its roll-over count, RFC 3711 3.3.1) and no number is used twice (under
// GCM that would be fatal, RFC 7714 8.2).
package bridge
