// Package g722 is ITU-T G.722 at 64 kbit/s in pure Go, with the payload of RFC 3551 4.5.2: 16 kHz
// sound, one octet per two samples, and an RTP clock that is 8000 by historical mistake.
//
//	pcm 16k ─► QMF ─┬─ low 8k  ─► 6-bit ADPCM ─┬─► octet: hh llllll
//	                └─ high 8k ─► 2-bit ADPCM ─┘
//	octet ─► both ADPCM decoders ─► QMF ─► Concealer ─► pcm 16k
//
// The arithmetic is that of the Recommendation's block diagrams (the block names are in the
// comments), bit for bit: testdata holds streams that another implementation encoded and decoded.
//
// A packet of 160 octets becomes 320 samples, 20 ms. A lost packet is made up in the PCM domain;
// the ADPCM predictors keep their state and converge again within milliseconds.
package g722
