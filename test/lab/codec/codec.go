package codec

import (
	"errors"
	"strings"
)

// ErrNoCodec says that this build has no such codec.
var ErrNoCodec = errors.New("codec not in this build")

// Encoder makes one frame of 20 ms. Not safe for concurrent use.
type Encoder interface {
	// Rate is the PCM rate in Hz; Encode wants Rate/50 samples.
	Rate() int
	// Encode returns one frame; AMR frames come in storage form (ToC octet first).
	Encode(pcm []int16) ([]byte, error)
	// SetMode picks an AMR mode; the others ignore it.
	SetMode(mode int)
	Close()
}

// Decoder turns one frame into PCM. Not safe for concurrent use.
type Decoder interface {
	Rate() int
	// Decode returns the samples of a frame; the slice is reused by the next
	// call. An AMR frame is in storage form.
	Decode(frame []byte) ([]int16, error)
	Close()
}

// NewEncoder makes an encoder by the codec's SDP name. dtx lets AMR fall silent.
func NewEncoder(name string, dtx bool) (Encoder, error) {
	switch strings.ToUpper(name) {
	case "PCMU":
		return &g711{law: muLaw{}}, nil
	case "PCMA":
		return &g711{law: aLaw{}}, nil
	case "G722":
		return newG722(), nil
	case "AMR", "AMR-WB", "EVS": // of EVS its AMR-WB IO mode
		return newAMREncoder(!strings.EqualFold(name, "AMR"), dtx)
	}
	return nil, ErrNoCodec
}

// NewDecoder makes a decoder by the codec's SDP name.
func NewDecoder(name string) (Decoder, error) {
	switch strings.ToUpper(name) {
	case "PCMU":
		return &g711{law: muLaw{}}, nil
	case "PCMA":
		return &g711{law: aLaw{}}, nil
	case "G722":
		return newG722(), nil
	case "AMR", "AMR-WB", "EVS":
		return newAMRDecoder(!strings.EqualFold(name, "AMR"))
	}
	return nil, ErrNoCodec
}
