// Package jitter puts the packets of one RTP stream back into order. It is not a play-out buffer:
// the far receiver has one, and two in a row add their delays. Packets that come in order leave at
// once; only a gap holds anything, and only as long as reordering seen lately makes it worth while.
//
//	Push 7 ─┐                    head = 7: out at once
//	Push 9 ─┼─► ring of slots ─► head = 8 is missing: 9 waits, the gap's clock runs
//	Push 8 ─┘        │           8 came: 8 and 9 out, the hold grows to what 8 needed
//	                 └─ or the hold ends: 9 out with Lost = 1; should 8 come later it is Late
//
// The hold starts at 20 ms, follows the lateness seen up to the limit (60 ms unless told), and
// shrinks again while packets come in order.
//
// A packet walks: Push copies the payload into slot seq mod 32, in memory from a small stock; Pop
// hands it out when its number is the head's, or when the head's hold is over; the next Pop puts
// the memory back.
package jitter
