// Package transport owns the SIP sockets of the core side.
package transport
