// Package transcode turns one RTP audio stream into another: the codec interface, an explicit
// registry, and the pipeline of one direction of a call. It imports no other room and starts no
// goroutine. The codecs are packages above it (g711, g722, opus, amr), and so are the parts a
// pipeline is made of (jitter, resample); whoever builds the program puts them together:
//
//	codecs := slices.Concat(g711.Codecs(), g722.Codecs(), opus.Codecs(), amr.Codecs())
//	registry := transcode.NewRegistry(codecs...).Plug(transcode.Parts{
//		NewWindow:    func(hold time.Duration) transcode.Window { return jitter.New(hold) },
//		NewResampler: resample.New,
//	})
//
// Without cgo, opus.Codecs and amr.Codecs are empty and everything else works.
//
// One packet of AMR-WB on its way to a browser that speaks Opus:
//
//	Push ─► Window ─► accept ─► decode ─► fifo ─► emit ─► Pull
//	        in order  place in   AMR-WB   PCM     Opus    timestamp, marker,
//	                  timeline   16 kHz   16 kHz          payload in the caller's buffer
//	                     │                  ▲
//	                     ├─ hole: fill ─────┤  redundancy of the next packet, else concealment
//	                     └─ nothing came: makeUp   comfort noise while the sender is silent
//
// Formats without pauses of their own have them by RFC 3389: PushComfort takes a description, and where Options.Comfort says that the
// receiver takes such, frames made in an announced pause leave as one now and then instead of as sound (describer).
//
// The bridge's worker calls Push with the payload, then Pull until it returns false. The window
// hands an in-order packet out at once. accept compares its timestamp with the end of what has
// been produced: a hole is filled first (the sender's pause with comfort noise, a loss with
// concealment or, for the packet right before, with Opus redundancy), what is there already is
// left out. The decoded sound lands in the fifo, and as soon as a frame of the outgoing packet
// duration is complete it is encoded, with a timestamp that counts the samples produced.
//
// When nothing is pushed, NextDeadline tells when to Pull: 20 ms late in an announced pause,
// 150 ms late in speech, sound is made up so that the listener hears an unbroken stream, for
// Options.MaxSilence at most. Then the output has a hole, and the packet after it a marker and
// a timestamp that counts the hole. The same happens at a jump of the sender's timestamps or SSRC.
// Packets that go on coming too late for that are the path's new delay (a handover, a device that
// stood still): after 100 ms of them they are sound again. A burst that catches up is not.
//
// A sender cannot make the pipeline work faster than real time for long: beyond two seconds of
// sound ahead of the clock packets are dropped, and holes over one second are never filled.
package transcode
