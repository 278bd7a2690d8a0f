//go:build !cgo

package vp8

// Available reports whether this program was built with libvpx.
func Available() bool { return false }
