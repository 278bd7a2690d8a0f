package rx

import "causeway/diameter/dict"

// maxActions bounds what is kept of one RAR.
const maxActions = 32

// reauth takes a RAR for a session of ours (TS 29.214 4.4.6.2 to 4.4.6.7). One RAR may report several actions; they
// make one event. A RAR without any is one without its mandatory part.
func (c *Client) reauth(s *Session, list dict.AVPs) uint32 {
	c.count.reauths.Add(1)
	ev := Changed{Access: parseAccess(list)}
	for _, v := range list.U32s(dict.CodeSpecificAction, dict.Vendor3GPP) {
		if len(ev.Actions) < maxActions {
			ev.Actions = append(ev.Actions, SpecificAction(v))
		}
	}
	if len(ev.Actions) == 0 {
		return dict.ResultMissingAVP
	}
	for g := range list.Groups(dict.CodeFlows, dict.Vendor3GPP) {
		if len(ev.Flows) < maxActions {
			n, _ := g.U32(dict.CodeMediaComponentNumber, dict.Vendor3GPP)
			ev.Flows = append(ev.Flows, AffectedFlows{n, g.U32s(dict.CodeFlowNumber, dict.Vendor3GPP)})
		}
	}
	cause, ok := list.U32(dict.CodeAbortCause, dict.Vendor3GPP)
	ev.AbortCause, ev.HasAbortCause = AbortCause(cause), ok
	if s.ending() {
		return dict.ResultSuccess // nobody is left to act on it
	}
	if !c.events.put(s, ev, false) {
		c.count.overload.Add(1)
		return dict.ResultTooBusy
	}
	return dict.ResultSuccess
}
