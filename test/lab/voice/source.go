package voice

import (
	"fmt"
	"strings"
	"time"

	"causeway/test/lab/amr"
	"causeway/test/lab/clip"
	"causeway/test/lab/codec"
	"causeway/test/lab/sdp"
)

// echoDelay is what an echo handset waits before it repeats.
const echoDelay = 400 * time.Millisecond

// toneLevel is the amplitude of tones, of full scale: -13.5 dBFS.
const toneLevel = 0.3

// maxEcho bounds what an echo keeps: two seconds.
const maxEcho = 100

// source makes 20 ms frames: speech, a tone, silence or an echo. Guarded by the
// stream's mutex.
type source struct {
	kind string
	dtx  bool
	tone codec.Tone

	clip   []amr.Frame
	at     int
	reader codec.Decoder // clip to PCM, when the clip cannot go out as it is
	half   codec.Halve

	heardName string
	echoes    []echo
	tick      int
}

type echo struct {
	frame []byte
	due   int
}

// Say is what a stream sends.
type Say struct {
	Kind   string  // echo, announcement, greeting, tone, silence
	ToneHz float64 // for tone
	DTX    bool    // fall silent in pauses (AMR and AMR-WB)
}

func newSource(say Say) (*source, error) {
	src := &source{kind: say.Kind, dtx: say.DTX, tone: codec.Tone{Hz: say.ToneHz, Amplitude: toneLevel}}
	var err error
	switch say.Kind {
	case "announcement":
		src.clip, err = clip.Announcement()
	case "greeting":
		src.clip, err = clip.Greeting()
	case "echo", "tone", "silence":
	default:
		err = fmt.Errorf("nothing to say called %q", say.Kind)
	}
	return src, err
}

func (s *source) close() {
	if s.reader != nil {
		s.reader.Close()
		s.reader = nil
	}
}

// skip lets one tick pass in silence.
func (s *source) skip() { s.tick++; s.echoes = nil }

// heard takes what arrived, for an echo. All frames of a packet are due one
// after the other.
func (s *source) heard(c sdp.Codec, frames [][]byte) {
	if s.kind != "echo" {
		return
	}
	if s.heardName != c.Name {
		s.heardName, s.echoes = c.Name, nil
	}
	for i, fr := range frames {
		if len(s.echoes) < maxEcho {
			s.echoes = append(s.echoes, echo{fr, s.tick + int(echoDelay/frameTime) + i})
		}
	}
}

// frame returns the frame of this tick for the codec (AMR in storage form), nil
// for nothing.
func (s *source) frame(c sdp.Codec, enc codec.Encoder, mode int) ([]byte, error) {
	s.tick++
	switch s.kind {
	case "echo":
		if len(s.echoes) > 0 && s.echoes[0].due <= s.tick && strings.EqualFold(s.heardName, c.Name) {
			fr := s.echoes[0].frame
			s.echoes = s.echoes[1:]
			return s.repeat(c, enc, mode, fr)
		}
		if len(s.echoes) > 0 {
			return nil, nil
		}
		return s.encode(enc, mode, make([]int16, rate(enc)/50)) // comfort, until there is something to repeat
	case "tone":
		pcm := make([]int16, rate(enc)/50)
		s.tone.Rate = rate(enc)
		s.tone.Read(pcm)
		return s.encode(enc, mode, pcm)
	case "silence":
		return s.encode(enc, mode, make([]int16, rate(enc)/50))
	}
	return s.speech(c, enc, mode)
}

// repeat gives back a heard frame as it is, or in the mode that is allowed now
// when the far side asked for less than it sends itself.
func (s *source) repeat(c sdp.Codec, enc codec.Encoder, mode int, frame []byte) ([]byte, error) {
	if !IsAMR(c.Name) || enc == nil {
		return frame, nil
	}
	if kind := int(frame[0] >> 3 & 15); kind <= mode || kind >= FormOf(c).Modes() {
		return frame, nil
	}
	if s.reader == nil {
		var err error
		if s.reader, err = codec.NewDecoder(c.Name); err != nil {
			return nil, err
		}
	}
	pcm, err := s.reader.Decode(frame)
	if err != nil {
		return nil, err
	}
	return s.encode(enc, mode, pcm)
}

func rate(enc codec.Encoder) int {
	if enc == nil {
		return 16000
	}
	return enc.Rate()
}

func (s *source) encode(enc codec.Encoder, mode int, pcm []int16) ([]byte, error) {
	if enc == nil {
		return nil, codec.ErrNoCodec
	}
	enc.SetMode(mode)
	return enc.Encode(pcm)
}

// speech sends the recording as it is where codec and mode allow, else
// re-encodes it.
func (s *source) speech(c sdp.Codec, enc codec.Encoder, mode int) ([]byte, error) {
	fr := s.clip[s.at]
	s.at = (s.at + 1) % len(s.clip)
	if isWide(c.Name) && !s.dtx && mode == int(fr.Type) {
		return fr.Storage(), nil
	}
	if s.reader == nil {
		var err error
		if s.reader, err = codec.NewDecoder("AMR-WB"); err != nil {
			return nil, err
		}
	}
	pcm, err := s.reader.Decode(fr.Storage())
	if err != nil {
		return nil, err
	}
	if rate(enc) == 8000 {
		pcm = s.half.Read(pcm)
	}
	return s.encode(enc, mode, pcm)
}
