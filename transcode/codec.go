package transcode

import (
	"errors"
	"strings"
	"time"
)

// Limits every codec and the pipeline keep. MaxPacket is the longest packet accepted from the
// wire: a=maxptime:240 is what TS 26.114 A.14 offers for AMR; Opus ends at 120 ms (RFC 6716 3.1).
const (
	MaxPacket    = 240 * time.Millisecond // longest media time one packet may carry
	MaxPayload   = 1500                   // longest payload, octets; also the size Pull wants of dst
	DefaultPTime = 20 * time.Millisecond  // packet duration when Format.PTime is 0
)

// Errors of this room that callers branch on.
var (
	ErrUnsupported = errors.New("transcode: format not supported")
	ErrPayload     = errors.New("transcode: malformed payload")
	ErrShortBuffer = errors.New("transcode: buffer too short")
	ErrClosed      = errors.New("transcode: codec closed")
)

// Format is one RTP payload format: the IANA encoding name with its parameters.
type Format struct {
	Name      string        // "opus", "AMR-WB", "AMR", "G722", "PCMU", "PCMA"; compared without case
	ClockRate int           // RTP clock, Hz; 8000 for G722 (RFC 3551 4.5.2), always 48000 for Opus (RFC 7587 4.1)
	Channels  int           // as in a=rtpmap; 0 means 1
	FMTP      string        // value of a=fmtp without the payload type; what the receiver of the stream declared
	PTime     time.Duration // packet duration wished by the receiver, 0 for 20 ms; not used for decoding
}

// Is reports whether the format has this encoding name. Encoding names have no case (RFC 4855 3).
func (f Format) Is(name string) bool { return strings.EqualFold(f.Name, name) }

// Duration returns PTime, or 20 ms when it is not set.
func (f Format) Duration() time.Duration {
	if f.PTime <= 0 {
		return DefaultPTime
	}
	return f.PTime
}

// PacketTime is Duration as a codec can do it: in whole steps, and between one step and most. What the receiver wished (a=ptime) is a
// preference (RFC 8866 6.4), so a codec that cannot have it takes the next shorter one.
func (f Format) PacketTime(step, most time.Duration) time.Duration {
	return min(max(f.Duration()/step*step, step), most)
}

// Param returns the value of one parameter of the FMTP text, without case in the name and
// without surrounding space, and whether it is there.
func (f Format) Param(name string) (string, bool) {
	for part := range strings.SplitSeq(f.FMTP, ";") {
		key, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// Decoder turns the payloads of one RTP stream into mono PCM. It is used by one goroutine at a time.
// Payloads are hostile: a decoder checks them fully before any C code sees them.
type Decoder interface {
	// Rate is the sample rate of the PCM in Hz.
	Rate() int
	// Decode writes the samples of one payload to pcm and returns how many; pcm needs room for
	// MaxPacket, else ErrShortBuffer. It returns 0 and no error for a payload without sound of its
	// own (AMR NO_DATA), and an error that wraps ErrPayload for one it cannot take.
	Decode(pcm []int16, payload []byte) (int, error)
	// Conceal writes n samples that stand in for a lost packet or, when the last payload announced
	// silence, comfort noise. n is at most 20 ms.
	Conceal(pcm []int16, n int) (int, error)
	// ModeRequest returns the mode that the last payload asked our encoder to use
	// (AMR CMR, RFC 4867 4.3.1), and false when it asked for nothing.
	ModeRequest() (mode int, ok bool)
	// Close releases the decoder. It may be called twice; later calls of the others fail with ErrClosed.
	Close()
}

// Encoder turns mono PCM into payloads of one RTP stream. It is used by one goroutine at a time.
type Encoder interface {
	// Rate is the sample rate of the PCM in Hz.
	Rate() int
	// FrameSamples is the number of PCM samples that make one packet.
	FrameSamples() int
	// Encode writes one packet made of exactly FrameSamples samples. n == 0 without error means
	// that nothing needs to be sent for this time (DTX).
	Encode(payload []byte, pcm []int16) (n int, err error)
	// RequestMode asks for another codec mode, as the far side's CMR says. Modes that the
	// negotiated mode-set forbids are ignored, and so is the whole call by codecs without modes.
	RequestMode(mode int)
	// Close releases the encoder. It may be called twice; Encode fails with ErrClosed afterwards.
	Close()
}

// Codec makes decoders and encoders for one encoding name. rateHint is the PCM rate the caller
// would like, 0 for none; a codec with one rate ignores it. A format the codec cannot serve
// (wrong clock, channels, parameters) gives an error that wraps ErrUnsupported.
type Codec interface {
	Name() string
	NewDecoder(f Format, rateHint int) (Decoder, error)
	NewEncoder(f Format, rateHint int) (Encoder, error)
}

// RateLister is a Codec that tells its possible PCM rates, best first, so that the pipeline can
// choose one that needs no resampler.
type RateLister interface{ Rates() []int }

// Recoverer is a Decoder that can rebuild the packet before next from in-band redundancy in next
// (Opus FEC, RFC 6716 2.1.7). It returns 0 when there is none, and the caller conceals.
type Recoverer interface {
	Recover(pcm []int16, next []byte, n int) (int, error)
}

// Pauser is a Decoder that knows when the sender has announced silence (AMR SID or NO_DATA, an
// Opus DTX packet): what follows may be nothing for a while, and that is not loss.
type Pauser interface{ Paused() bool }

// Comforter is a Decoder of a format without pauses of its own that takes descriptions of comfort noise beside it (RFC 3389). After one
// Paused is true and Conceal continues the noise, until the next Decode. An error wraps ErrPayload and changes nothing.
type Comforter interface{ Comfort(payload []byte) error }

// Resetter is a Decoder that can forget its stream, for the next one from another sender.
type Resetter interface{ Reset() }

// Skipper is a Decoder that can leave out the first skip samples of a payload, in whole codec
// frames, because they have been decoded already (RFC 4867 3.7.1 redundancy). It returns the
// samples written and the samples left out.
type Skipper interface {
	DecodeSkip(pcm []int16, payload []byte, skip int) (n, skipped int, err error)
}

// ModeAsker is an Encoder that can carry our own wish for the far encoder's mode (AMR CMR);
// a negative mode withdraws it.
type ModeAsker interface{ AskMode(mode int) }

// ModeTeller is an Encoder or Decoder that knows the mode of the last speech frame it made or took, -1 for none yet.
type ModeTeller interface{ Mode() int }

// ModeLimiter is an Encoder whose mode may be held below what the far side asks for; a negative limit withdraws that. Ladder is the modes
// to adapt between in times of loss, rising; the far side's encoder has the same. Empty where the operator wants no adaptation.
type ModeLimiter interface {
	LimitMode(mode int)
	Ladder() []int
}

// LossTuner is an Encoder that adapts its redundancy to the loss the receiver reports, in percent.
type LossTuner interface{ ExpectLoss(percent int) }

// Spurter is an Encoder with DTX that knows whether its last packet begins a talk spurt
// (marker bit, RFC 4867 4.1).
type Spurter interface{ TalkSpurt() bool }
