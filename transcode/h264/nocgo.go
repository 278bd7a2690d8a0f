//go:build !cgo

package h264

// Available reports whether this program was built with openh264.
func Available() bool { return false }
