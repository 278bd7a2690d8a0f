//go:build cgo

package opus

/*
#cgo LDFLAGS: -lopus
#include <opus/opus.h>

// opus_encoder_ctl is variadic, which cgo cannot call.
static int cw_set(OpusEncoder *e, int request, opus_int32 value) { return opus_encoder_ctl(e, request, value); }
static int cw_reset(OpusDecoder *d) { return opus_decoder_ctl(d, OPUS_RESET_STATE); }

#cgo noescape cw_set
#cgo nocallback cw_set
#cgo noescape opus_encode
#cgo nocallback opus_encode
#cgo noescape opus_decode
#cgo nocallback opus_decode
*/
import "C"

import (
	"fmt"

	"causeway/transcode"
)

// Available reports whether this program was built with libopus.
func Available() bool { return true }

// Version is the library's own name and version.
func Version() string { return C.GoString(C.opus_get_version_string()) }

// Codec is Opus with one configuration.
type Codec struct{ config Config }

// Codecs returns Opus with DefaultConfig.
func Codecs() []transcode.Codec { return []transcode.Codec{Codec{DefaultConfig()}} }

// CodecsWith returns Opus with another configuration.
func CodecsWith(c Config) ([]transcode.Codec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return []transcode.Codec{Codec{c}}, nil
}

// Name returns the IANA encoding name.
func (Codec) Name() string { return "opus" }

// Rates returns the PCM rates Opus can run at, best first.
func (Codec) Rates() []int { return rates() }

// NewDecoder returns a decoder at the rate of the hint if that is 8, 12, 16, 24 or 48 kHz.
// Stereo streams are mixed down.
func (Codec) NewDecoder(f transcode.Format, rateHint int) (transcode.Decoder, error) {
	if err := check(f); err != nil {
		return nil, err
	}
	d := &decoder{rate: pick(rateHint)}
	d.step = d.rate / 400
	d.spare = make([]int16, d.rate/50)
	var code C.int
	if d.state = C.opus_decoder_create(C.opus_int32(d.rate), 1, &code); d.state == nil {
		return nil, fail("create decoder", code)
	}
	return d, nil
}

// NewEncoder returns an encoder at the rate of the hint if that is 8, 12, 16, 24 or 48 kHz, for
// packets of 10, 20, 40 or 60 ms.
func (c Codec) NewEncoder(f transcode.Format, rateHint int) (transcode.Encoder, error) {
	s, err := c.config.settle(f, rateHint)
	if err != nil {
		return nil, err
	}
	var code C.int
	state := C.opus_encoder_create(C.opus_int32(s.rate), 1, C.OPUS_APPLICATION_VOIP, &code)
	if state == nil {
		return nil, fail("create encoder", code)
	}
	e := &encoder{state: state, rate: s.rate, frame: s.frame, fec: s.fec}
	for _, set := range []struct{ request, value int }{
		{C.OPUS_SET_COMPLEXITY_REQUEST, s.complexity},
		{C.OPUS_SET_BITRATE_REQUEST, s.bitrate},
		{C.OPUS_SET_SIGNAL_REQUEST, C.OPUS_SIGNAL_VOICE},
		{C.OPUS_SET_VBR_REQUEST, flag(!s.cbr)},
		{C.OPUS_SET_DTX_REQUEST, 0},
		{C.OPUS_SET_INBAND_FEC_REQUEST, flag(s.fec)},
		{C.OPUS_SET_PACKET_LOSS_PERC_REQUEST, told(s.loss, s.rate) * flag(s.fec)},
		{C.OPUS_SET_MAX_BANDWIDTH_REQUEST, bandwidth(s.playback)},
	} {
		if code := C.cw_set(state, C.int(set.request), C.opus_int32(set.value)); code != C.OPUS_OK {
			e.Close()
			return nil, fail("set up encoder", code)
		}
	}
	return e, nil
}

// bandwidth is the widest audio band of use to a receiver that plays at rate (RFC 7587 6.1).
func bandwidth(rate int) int {
	switch {
	case rate < 12000:
		return C.OPUS_BANDWIDTH_NARROWBAND
	case rate < 16000:
		return C.OPUS_BANDWIDTH_MEDIUMBAND
	case rate < 24000:
		return C.OPUS_BANDWIDTH_WIDEBAND
	case rate < 48000:
		return C.OPUS_BANDWIDTH_SUPERWIDEBAND
	}
	return C.OPUS_BANDWIDTH_FULLBAND
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func fail(doing string, code C.int) error {
	return fmt.Errorf("opus: %s: %s", doing, C.GoString(C.opus_strerror(code)))
}

// decoder owns a libopus decoder until Close.
type decoder struct {
	rate  int
	step  int     // samples in 2.5 ms, the grain of concealment
	spare []int16 // for concealment that is not a whole number of steps

	state  *C.OpusDecoder
	silent bool
}

func (d *decoder) Rate() int { return d.rate }

func (d *decoder) Decode(pcm []int16, payload []byte) (int, error) {
	if d.state == nil {
		return 0, transcode.ErrClosed
	}
	info, err := Check(payload)
	if err != nil {
		return 0, err
	}
	want := int(info.Duration.Microseconds() * int64(d.rate) / 1e6)
	if want > len(pcm) {
		return 0, transcode.ErrShortBuffer
	}
	n := C.opus_decode(d.state, (*C.uchar)(&payload[0]), C.opus_int32(len(payload)), (*C.opus_int16)(&pcm[0]), C.int(want), 0)
	if n < 0 {
		return 0, fmt.Errorf("%w: %s", transcode.ErrPayload, C.GoString(C.opus_strerror(n)))
	}
	d.silent = info.Silent
	return int(n), nil
}

// Conceal lets the library extrapolate, or make comfort noise after a DTX packet.
func (d *decoder) Conceal(pcm []int16, n int) (int, error) {
	switch {
	case d.state == nil:
		return 0, transcode.ErrClosed
	case n < 0 || n > len(pcm):
		return 0, transcode.ErrShortBuffer
	}
	done := 0
	for done < n {
		part, to := min(n-done, len(d.spare)), pcm[done:]
		whole := part - part%d.step
		if whole == 0 { // less than 2.5 ms: make 2.5 and leave the rest
			whole, to = d.step, d.spare
		}
		got := C.opus_decode(d.state, nil, 0, (*C.opus_int16)(&to[0]), C.int(whole), 0)
		if int(got) != whole {
			return 0, fail("conceal", got)
		}
		done += copy(pcm[done:n], to[:whole])
	}
	return n, nil
}

// Recover decodes the redundant copy of the packet before next (RFC 6716 2.1.7); 0 if next
// carries none, or none of that duration.
func (d *decoder) Recover(pcm []int16, next []byte, n int) (int, error) {
	if d.state == nil {
		return 0, transcode.ErrClosed
	}
	info, err := Check(next)
	if err != nil {
		return 0, err
	}
	if n <= 0 || n%d.step != 0 || n > len(pcm) || n > d.rate*int(maxDuration.Milliseconds())/1000 || !info.Redundant {
		return 0, nil
	}
	got := C.opus_decode(d.state, (*C.uchar)(&next[0]), C.opus_int32(len(next)), (*C.opus_int16)(&pcm[0]), C.int(n), 1)
	if got < 0 {
		return 0, fmt.Errorf("%w: %s", transcode.ErrPayload, C.GoString(C.opus_strerror(got)))
	}
	return int(got), nil
}

func (d *decoder) ModeRequest() (int, bool) { return 0, false }

// Paused reports whether the last packet announced silence.
func (d *decoder) Paused() bool { return d.silent }

// Reset begins a new stream.
func (d *decoder) Reset() {
	if d.state != nil {
		C.cw_reset(d.state)
		d.silent = false
	}
}

func (d *decoder) Close() {
	if d.state != nil {
		C.opus_decoder_destroy(d.state)
		d.state = nil
	}
}

// encoder owns a libopus encoder until Close.
type encoder struct {
	rate  int
	frame int
	fec   bool

	state *C.OpusEncoder
}

func (e *encoder) Rate() int         { return e.rate }
func (e *encoder) FrameSamples() int { return e.frame }

func (e *encoder) Encode(payload []byte, pcm []int16) (int, error) {
	switch {
	case e.state == nil:
		return 0, transcode.ErrClosed
	case len(pcm) != e.frame:
		return 0, fmt.Errorf("opus: frame of %d samples, want %d", len(pcm), e.frame)
	case len(payload) < minRoom:
		return 0, transcode.ErrShortBuffer
	}
	n := C.opus_encode(e.state, (*C.opus_int16)(&pcm[0]), C.int(e.frame), (*C.uchar)(&payload[0]), C.opus_int32(min(len(payload), maxFrame)))
	if n < 0 {
		return 0, fail("encode", n)
	}
	return int(n), nil
}

// minRoom is the smallest buffer given to the library: it would fill a smaller one with sound of
// no use instead of failing.
const minRoom = 64

func (e *encoder) RequestMode(int) {}

// ExpectLoss sets the loss that redundancy is made for, in percent.
func (e *encoder) ExpectLoss(percent int) {
	if e.state != nil && e.fec {
		C.cw_set(e.state, C.OPUS_SET_PACKET_LOSS_PERC_REQUEST, C.opus_int32(told(percent, e.rate)))
	}
}

func (e *encoder) Close() {
	if e.state != nil {
		C.opus_encoder_destroy(e.state)
		e.state = nil
	}
}
