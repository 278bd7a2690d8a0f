//go:build interop

// Package access plays calls of real browsers over networks that are bad for media: no UDP, no IPv4, only a relay. Everything is in
// one network namespace, where packet filters stand in for the browser's network.
package access
