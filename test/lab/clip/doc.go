// Package clip holds the lab's recorded speech, AMR-WB at 23.85 kbit/s.
//
//	text ─► flite (voice slt, 16 kHz) ─► make ─► *.awb ─► embedded ─► handset
//
// A handset walks through the frames one by one, 20 ms each, and starts again
// at the end. The files are made anew with `go generate` where flite is
// installed; the texts stand in make/main.go.
package clip
