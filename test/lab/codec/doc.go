// Package codec gives the lab's handsets their ears and mouths: AMR and AMR-WB
// by thin cgo bindings of the Debian libraries, G.711 and G.722 in Go, a tone
// generator and a spectrum that names the strongest tone.
//
//	Source (tone, clip, silence) ─► 20 ms PCM ─► Encoder ─► frame
//	frame ─► Decoder ─► PCM ─► Meter ─► Sound{Hz, Level, Purity}
//
// Nothing here is shared with the gateway's transcoder. Without cgo the AMR
// codecs are missing: New* answer ErrNoCodec and a handset sends stored speech
// and measures no tone.
package codec
