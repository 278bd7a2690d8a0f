// Package tone proves audio by sound: who speaks is known by the frequency of a tone or by the shape of the
// speech, never by counters of packets.
//
//	Sine ──▶ a party's microphone ──▶ path under test ──▶ recording ──▶ Strongest: 440 Hz at -9 dBFS?
//
//	ReadWAV(speech) ──▶ path under test ──▶ recording ──▶ Compare: delay (cross-correlation of envelopes and waves)
//	                                                      │         Bands: correlation of band energies
//	                                                      │         Wave:  correlation of the waveforms
//	                                                      └──▶ HighShare: energy above 4 kHz: wideband or not?
//
// Compare aligns the recording with the reference first, then looks at 20 ms frames in which the reference speaks,
// in bands spaced as the ear spaces them. One wideband speech coding keeps Bands near 0.98 and Wave near 0.94;
// another speaker stays below 0.3. A waveform is no measure after a packet was concealed or a jitter buffer
// moved; band energies are.
//
// Samples are 16-bit signed PCM, mono. Levels are in dB relative to a full-scale sine (dBFS).
package tone
