//go:build !cgo

package opus

import "causeway/transcode"

// Available reports whether this program was built with libopus.
func Available() bool { return false }

// Codecs returns nothing: the program was built without cgo.
func Codecs() []transcode.Codec { return nil }

// CodecsWith returns nothing: the program was built without cgo. The configuration is still checked.
func CodecsWith(c Config) ([]transcode.Codec, error) { return nil, c.Validate() }

// Version returns "": no library.
func Version() string { return "" }
