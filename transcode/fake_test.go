package transcode

import (
	"fmt"
	"time"
)

// fakeCodec is a codec whose payload is one octet per millisecond, each the value of its samples;
// it makes visible what the pipeline does. 0xEE in front is a payload it refuses, 0xDD one without
// sound that announces a pause, 0xCC one that carries the copy of the packet before it.
type fakeCodec struct {
	name  string
	rates []int
	dtx   bool
}

func (c fakeCodec) Name() string { return c.name }
func (c fakeCodec) Rates() []int { return c.rates }
func (c fakeCodec) pick(hint int) (rate int) {
	for _, r := range c.rates {
		if r == hint {
			return r
		}
	}
	return c.rates[0]
}

func (c fakeCodec) NewDecoder(_ Format, hint int) (Decoder, error) {
	return &fakeDecoder{rate: c.pick(hint), mode: -1}, nil
}

func (c fakeCodec) NewEncoder(f Format, hint int) (Encoder, error) {
	if f.FMTP == "refuse" {
		return nil, fmt.Errorf("%w: refused", ErrUnsupported)
	}
	ms := int(f.Duration() / time.Millisecond)
	return &fakeEncoder{rate: c.pick(hint), ms: ms, dtx: c.dtx}, nil
}

const (
	concealed = 77
	rescued   = 66
)

type fakeDecoder struct {
	rate   int
	mode   int
	paused bool
	resets int
	closed int
}

func (d *fakeDecoder) Rate() int { return d.rate }

func (d *fakeDecoder) Decode(pcm []int16, payload []byte) (int, error) {
	if len(payload) == 0 || payload[0] == 0xEE {
		return 0, ErrPayload
	}
	d.mode = -1
	if payload[0] == 0xDD {
		d.paused = true
		return 0, nil
	}
	if payload[0] == 0xCC {
		payload = payload[1:]
	}
	if payload[0] >= 0xF0 {
		d.mode = int(payload[0] & 15)
	}
	d.paused = payload[0] == 1 // a SID, say
	per := d.rate / 1000
	for i, v := range payload {
		for k := range per {
			pcm[i*per+k] = int16(v)
		}
	}
	return per * len(payload), nil
}

func (d *fakeDecoder) Recover(pcm []int16, next []byte, n int) (int, error) {
	if next[0] != 0xCC {
		return 0, nil
	}
	for i := range n {
		pcm[i] = rescued
	}
	return n, nil
}

func (d *fakeDecoder) Conceal(pcm []int16, n int) (int, error) {
	for i := range n {
		pcm[i] = concealed
	}
	return n, nil
}

func (d *fakeDecoder) ModeRequest() (int, bool) { return d.mode, d.mode >= 0 }
func (d *fakeDecoder) Paused() bool             { return d.paused }
func (d *fakeDecoder) Reset()                   { d.resets++ }
func (d *fakeDecoder) Close()                   { d.closed++ }

type fakeEncoder struct {
	rate, ms int
	dtx      bool // a frame of ones is not sent
	mode     int
	ask      int
	loss     int
	closed   int
}

func (e *fakeEncoder) Rate() int         { return e.rate }
func (e *fakeEncoder) FrameSamples() int { return e.rate / 1000 * e.ms }

func (e *fakeEncoder) Encode(payload []byte, pcm []int16) (int, error) {
	if len(payload) < e.ms {
		return 0, ErrShortBuffer
	}
	per := e.rate / 1000
	for i := range e.ms {
		payload[i] = byte(pcm[i*per+per/2])
	}
	if e.dtx && payload[0] == 1 {
		return 0, nil
	}
	return e.ms, nil
}

func (e *fakeEncoder) RequestMode(mode int) { e.mode = mode }
func (e *fakeEncoder) AskMode(mode int)     { e.ask = mode }
func (e *fakeEncoder) ExpectLoss(p int)     { e.loss = p }
func (e *fakeEncoder) Close()               { e.closed++ }

// fakeWindow passes packets on in the order they come, and reports the gaps.
type fakeWindow struct {
	held []Arrival
	next uint16
	any  bool
}

func (w *fakeWindow) Push(seq uint16, ts uint32, mark Mark, payload []byte, now time.Time) Verdict {
	if len(payload) > MaxPayload {
		return TooLong
	}
	a := Arrival{Timestamp: ts, Mark: mark, At: now, Payload: append([]byte(nil), payload...)}
	if w.any {
		a.Lost = int(int16(seq - w.next))
	}
	if a.Lost < 0 {
		return Late
	}
	w.any, w.next = true, seq+1
	w.held = append(w.held, a)
	return Accepted
}

func (w *fakeWindow) Pop(time.Time) (Arrival, bool) {
	if len(w.held) == 0 {
		return Arrival{}, false
	}
	a := w.held[0]
	w.held = w.held[1:]
	return a, true
}

func (w *fakeWindow) Deadline() (time.Time, bool) { return time.Time{}, false }
func (w *fakeWindow) Depth() int                  { return len(w.held) }
func (w *fakeWindow) Hold() time.Duration         { return 0 }
func (w *fakeWindow) Reset()                      { *w = fakeWindow{} }
