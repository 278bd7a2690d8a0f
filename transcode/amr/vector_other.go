//go:build cgo && !amd64

package amr

// newVectorEncoder returns nil: there is one for x86-64 only.
func newVectorEncoder(bool) encodeEngine { return nil }
