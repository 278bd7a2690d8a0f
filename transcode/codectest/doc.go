// Package codectest is the suite that every codec of the room passes, and the signals and
// measures that tests of sound need.
//
//	Tone, Speech ─► encoder ─► payloads ─► decoder ─► Level, RMS
//	                              │ loss, garbage, wrong sizes, Close twice, many at once
//
// A codec's test calls Run once per format it offers:
//
//	codectest.Run(t, codectest.Subject{Codec: c, Format: f, ToneTolerance: 0.5})
//
// The tone's packet is encoded, decoded, and must come out with its frequency and level.
package codectest
