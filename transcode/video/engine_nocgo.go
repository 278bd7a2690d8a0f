//go:build !cgo

package video

func available(string, string) bool { return false }

func newDecoder(Format) (decoder, error) { return nil, ErrUnsupported }

func newEncoder(Format, settings) (encoder, error) { return nil, ErrUnsupported }
