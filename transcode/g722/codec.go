package g722

import (
	"fmt"
	"time"

	"causeway/transcode"
)

// Constants of RFC 3551 4.5.2, and of our choosing (longest).
const (
	rate  = 16000 // PCM
	clock = 8000  // RTP

	shortest = 5 * time.Millisecond   // the step of packet durations
	longest  = 180 * time.Millisecond // 1440 octets, within transcode.MaxPayload
)

// Codec is G.722 at 64 kbit/s.
type Codec struct{}

// Codecs returns G722.
func Codecs() []transcode.Codec { return []transcode.Codec{Codec{}} }

// Name returns the IANA encoding name.
func (Codec) Name() string { return "G722" }

// Rates returns 16000: G.722 has no other.
func (Codec) Rates() []int { return []int{rate} }

// NewDecoder returns a decoder; the rate hint is ignored.
func (Codec) NewDecoder(f transcode.Format, _ int) (transcode.Decoder, error) {
	if err := check(f); err != nil {
		return nil, err
	}
	return &decoder{state: newDecoderState(), plc: transcode.NewConcealer(rate), noise: transcode.NewComfortNoise(rate)}, nil
}

// NewEncoder returns an encoder; the rate hint is ignored. Packets of whole 5 ms up to 180.
func (Codec) NewEncoder(f transcode.Format, _ int) (transcode.Encoder, error) {
	if err := check(f); err != nil {
		return nil, err
	}
	octets := int(f.PacketTime(shortest, longest).Milliseconds()) * clock / 1000
	return &encoder{state: newCoder(), frame: 2 * octets}, nil
}

func check(f transcode.Format) error {
	if f.ClockRate != clock || f.Channels > 1 {
		return fmt.Errorf("%w: G722/%d/%d", transcode.ErrUnsupported, f.ClockRate, f.Channels)
	}
	return nil
}

type decoder struct {
	state  decoderState
	plc    *transcode.Concealer
	noise  *transcode.ComfortNoise
	paused bool // the sender described comfort noise last
	closed bool
}

func (d *decoder) Rate() int { return rate }

func (d *decoder) Decode(pcm []int16, payload []byte) (int, error) {
	n := 2 * len(payload)
	switch {
	case d.closed:
		return 0, transcode.ErrClosed
	case n == 0:
		return 0, fmt.Errorf("%w: empty G.722", transcode.ErrPayload)
	case n > rate/1000*int(transcode.MaxPacket.Milliseconds()):
		return 0, fmt.Errorf("%w: G.722 of %d octets", transcode.ErrPayload, len(payload))
	case n > len(pcm):
		return 0, transcode.ErrShortBuffer
	}
	d.state.decode(pcm, payload)
	d.paused = false
	d.plc.Good(pcm[:n])
	return n, nil
}

func (d *decoder) Conceal(pcm []int16, n int) (int, error) {
	if d.closed {
		return 0, transcode.ErrClosed
	}
	if n < 0 || n > len(pcm) {
		return 0, transcode.ErrShortBuffer
	}
	if d.paused {
		d.noise.Read(pcm[:n])
	} else {
		d.plc.Conceal(pcm[:n])
	}
	return n, nil
}

// Reset begins a new stream.
func (d *decoder) Reset() {
	d.state = newDecoderState()
	d.plc.Reset()
	d.noise.Reset()
	d.paused = false
}

// Comfort takes a description of comfort noise (RFC 3389); Conceal makes it.
func (d *decoder) Comfort(payload []byte) error {
	if d.closed {
		return transcode.ErrClosed
	}
	err := d.noise.Describe(payload)
	d.paused = d.paused || err == nil
	return err
}

// Paused reports whether the sender described comfort noise last.
func (d *decoder) Paused() bool { return d.paused }

func (d *decoder) ModeRequest() (int, bool) { return 0, false }
func (d *decoder) Close()                   { d.closed = true }

type encoder struct {
	state  coder
	frame  int
	closed bool
}

func (e *encoder) Rate() int         { return rate }
func (e *encoder) FrameSamples() int { return e.frame }

func (e *encoder) Encode(payload []byte, pcm []int16) (int, error) {
	switch {
	case e.closed:
		return 0, transcode.ErrClosed
	case len(pcm) != e.frame:
		return 0, fmt.Errorf("transcode: G.722 frame of %d samples, want %d", len(pcm), e.frame)
	case len(payload) < e.frame/2:
		return 0, transcode.ErrShortBuffer
	}
	e.state.encode(payload, pcm)
	return e.frame / 2, nil
}

func (e *encoder) RequestMode(int) {}
func (e *encoder) Close()          { e.closed = true }
