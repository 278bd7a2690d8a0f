package rx

import "causeway/diameter/dict"

// abort takes an ASR for a session of ours (TS 29.214 4.4.6.1): it is answered 2001 at once, the call is told, and its
// end sends the STR. A second ASR is answered alike and tells nobody.
func (c *Client) abort(s *Session, list dict.AVPs) uint32 {
	c.count.aborts.Add(1)
	if !s.markAborted() {
		return dict.ResultSuccess
	}
	cause, _ := list.U32(dict.CodeAbortCause, dict.Vendor3GPP)
	c.events.put(s, Aborted{AbortCause(cause)}, true)
	return dict.ResultSuccess
}
