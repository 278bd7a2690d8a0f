package g711

import (
	"fmt"
	"time"

	"causeway/transcode"
)

// Constants of our choosing, but for the rate.
const (
	rate     = 8000
	shortest = 5 * time.Millisecond   // the step of packet durations
	longest  = 180 * time.Millisecond // 1440 octets, within transcode.MaxPayload
)

// Codec is one of the two laws.
type Codec struct {
	name     string
	compress func(int16) byte
	expand   func(byte) int16
}

// Codecs returns PCMU and PCMA.
func Codecs() []transcode.Codec {
	return []transcode.Codec{
		Codec{"PCMU", compressMu, expandMu},
		Codec{"PCMA", compressA, expandA},
	}
}

// Name returns the IANA encoding name.
func (c Codec) Name() string { return c.name }

// Rates returns 8000: G.711 has no other.
func (c Codec) Rates() []int { return []int{rate} }

// NewDecoder returns a decoder; the rate hint is ignored.
func (c Codec) NewDecoder(f transcode.Format, _ int) (transcode.Decoder, error) {
	if err := c.check(f); err != nil {
		return nil, err
	}
	d := &decoder{plc: transcode.NewConcealer(rate), noise: transcode.NewComfortNoise(rate)}
	for code := range d.table {
		d.table[code] = c.expand(byte(code))
	}
	return d, nil
}

// NewEncoder returns an encoder for packets of whole 5 ms up to 180; the rate hint is ignored.
func (c Codec) NewEncoder(f transcode.Format, _ int) (transcode.Encoder, error) {
	if err := c.check(f); err != nil {
		return nil, err
	}
	frame := int(f.PacketTime(shortest, longest).Milliseconds()) * rate / 1000
	return &encoder{compress: c.compress, frame: frame}, nil
}

func (c Codec) check(f transcode.Format) error {
	if f.ClockRate != rate || f.Channels > 1 {
		return fmt.Errorf("%w: %s/%d/%d", transcode.ErrUnsupported, c.name, f.ClockRate, f.Channels)
	}
	return nil
}

type decoder struct {
	table  [256]int16
	plc    *transcode.Concealer
	noise  *transcode.ComfortNoise
	paused bool // the sender described comfort noise last
	closed bool
}

func (d *decoder) Rate() int { return rate }

func (d *decoder) Decode(pcm []int16, payload []byte) (int, error) {
	switch {
	case d.closed:
		return 0, transcode.ErrClosed
	case len(payload) == 0:
		return 0, fmt.Errorf("%w: empty G.711", transcode.ErrPayload)
	case len(payload) > rate/1000*int(transcode.MaxPacket.Milliseconds()):
		return 0, fmt.Errorf("%w: G.711 of %d octets", transcode.ErrPayload, len(payload))
	case len(payload) > len(pcm):
		return 0, transcode.ErrShortBuffer
	}
	for i, code := range payload {
		pcm[i] = d.table[code]
	}
	d.paused = false
	d.plc.Good(pcm[:len(payload)])
	return len(payload), nil
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

func (d *decoder) ModeRequest() (int, bool) { return 0, false }

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

// Reset begins a new stream.
func (d *decoder) Reset() {
	d.plc.Reset()
	d.noise.Reset()
	d.paused = false
}

func (d *decoder) Close() { d.closed = true }

type encoder struct {
	compress func(int16) byte
	frame    int
	closed   bool
}

func (e *encoder) Rate() int         { return rate }
func (e *encoder) FrameSamples() int { return e.frame }

func (e *encoder) Encode(payload []byte, pcm []int16) (int, error) {
	switch {
	case e.closed:
		return 0, transcode.ErrClosed
	case len(pcm) != e.frame:
		return 0, fmt.Errorf("transcode: G.711 frame of %d samples, want %d", len(pcm), e.frame)
	case len(payload) < len(pcm):
		return 0, transcode.ErrShortBuffer
	}
	for i, s := range pcm {
		payload[i] = e.compress(s)
	}
	return len(pcm), nil
}

func (e *encoder) RequestMode(int) {}
func (e *encoder) Close()          { e.closed = true }
