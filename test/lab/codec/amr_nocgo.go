//go:build !cgo

package codec

// Available says whether AMR and AMR-WB are in this build.
func Available() bool { return false }

func newAMREncoder(bool, bool) (Encoder, error) { return nil, ErrNoCodec }

func newAMRDecoder(bool) (Decoder, error) { return nil, ErrNoCodec }
