// Package resample changes the rate of a PCM stream between any two of the rates that telephone
// codecs use (8, 12, 16, 24, 32, 48 kHz and others with small ratios). It is only in a pipeline when the
// codecs share no rate: G.711 or AMR on one side, G.722 or AMR-WB on the other.
//
//	src ──► history ──► branch 0..L-1 of one low-pass, chosen by the output's phase ──► dst
//
// A polyphase filter: conceptually L-1 zeros are put between samples, a windowed sinc removes what
// lies above the lower Nyquist frequency, and every M-th sample is kept; of that only the products
// that are not with a zero, for samples that are kept, are computed.
package resample
