package transaction

import (
	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// Client is one client transaction (RFC 3261 17.1).
type Client struct{}

// Request returns the request as sent. It must not be changed.
func (c *Client) Request() *sip.Request { return nil }

// Target returns where the request went; its network is the one really used once known.
func (c *Client) Target() transport.Target { return transport.Target{} }

// Cancel asks the far side to give up this INVITE (RFC 3261 9.1): the CANCEL leaves as soon as a provisional response
// has come, or never if a final one comes first. extra header fields (Reason, RFC 3326) are added to it. The INVITE
// still ends by its own final response, or by Failed(ErrTimeout) 64*T1 after the CANCEL. Cancelling twice is harmless.
func (c *Client) Cancel(extra ...sip.Header) error { return nil }
