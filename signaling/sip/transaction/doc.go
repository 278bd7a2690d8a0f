// Package transaction runs the SIP transactions of RFC 3261 17 and RFC 6026.
package transaction
