// Package inband hears and makes DTMF as sound, for far ends that speak G.711 and took no telephone-event: what a telephone exchange
// does (ITU-T Q.23, Q.24).
//
//	payload ─► gate ─► law ─► blocks of 10 ms ─► window of three ─► two tones, and nothing else? ─► press, release
//	                          eight Goertzel       the same for 30 ms
//	                          filters each
//
// A packet walks: the gate looks at every second sample of its first block. Nearly all sound is no key by that: too soft, of another pitch, or
// more than two tones; the packet is kept for a moment and costs a tenth of a microsecond or two. Otherwise this packet, the one before and
// those of the next 80 ms are listened to: their octets become samples and fill blocks of 80. Each full block is measured at the eight
// frequencies of the keypad. Three blocks in a row that hold a low and a high tone, equally loud throughout, are looked at closely: the
// frequencies must be right to 2.5 %, the tones of like strength, and hardly any sound beside them. That is a key; it is released when
// three blocks in a row lack it. So a tone of 40 ms is always heard, one of less than 23 ms never, a gap of 10 ms does not make two keys, and one of 40 ms does.
//
// What Q.24 leaves to the administrations is taken from AT&T's column. Speech is told from keys by the narrow frequencies and by what else
// is in it; TestTalkOff plays it two hours of five languages.
//
// Nothing here allocates per packet, and nothing is safe for concurrent use.
package inband
