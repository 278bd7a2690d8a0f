//go:build !linux

package video

// yield does nothing where threads have no priority of their own.
func yield() {}
