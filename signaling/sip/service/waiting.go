package service

import (
	"strings"

	"causeway/signaling/sip/dialog"
)

// CallWaiting is the Alert-Info value that tells a caller that its call waits (TS 24.615 4.5.5.2, RFC 7462 4.2.1).
const CallWaiting = "<urn:alert:service:call-waiting>"

// Waits reports whether a message says that the call waits beside another one.
func Waits(msg dialog.Message) bool {
	for _, v := range dialog.Values(msg, "alert-info") {
		if strings.EqualFold(dialog.AddrSpec(v), strings.Trim(CallWaiting, "<>")) {
			return true
		}
	}
	return false
}
