// Package video turns one RTP video stream into another, VP8 into H.264 and back, for calls whose two
// sides have no codec, packetization mode or profile in common. It is to video what transcode's Pipeline
// is to sound.
//
//	Push ─► assembler ─► frames ─► decoder ─► pace ─► sizer, Scaler ─► encoder ─► packer ─► Pull
//	        reorder,     at most   vp8,       leaves  level and bit    vp8, h264
//	        hold, lost   16 wait   h264       out     rate kept
//
// A key frame of 20 packets on its way from a browser to a ViLTE phone: Push copies each payload into
// the assembler's ring. With the packet that has the marker the frame is whole; it is joined and queued.
// The codecs take it in Pull, or, with Options.Ready, on a goroutine of the converter's own whose thread
// has a lower priority than the rest of the program, so that sound goes first. The decoder checks the
// frame in Go before the library sees it. The picture is scaled when the receiver's level or bit rate
// wants a smaller one, encoded, cut into payloads of at most the MTU, each with the source frame's
// timestamp, and waits for Pull.
//
// When a packet is missing, what came after it waits for Options.Hold; then the frame is given up and
// WantsKeyFrame says so. Until a key frame comes the receiver sees the last good picture; when none has
// come for three seconds, it sees damaged ones, which is better for a sender that refreshes its pictures
// bit by bit.
//
// When the machine is too slow nothing queues up: every frame is decoded, because the next one refers to
// it, but only the newest is encoded; when that goes on every second or fourth is (pace). When even
// decoding is too slow the queue is dropped and a key frame asked for.
//
// The sender's input is bounded everywhere: 512 packets of 2 kB in the ring, frames of 1 MB, 16 of them,
// pictures of 1920x1088, 1024 packets that nobody pulls. How many conversions run in the program is
// bounded by Limit.
package video
