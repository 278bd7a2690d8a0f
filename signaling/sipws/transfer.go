package sipws

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/refer"
	"causeway/signaling/sip/transport"
	"causeway/signaling/wire"
)

// Transfers (RFC 3515, 5589): REFER becomes call.transfer, call.transferring its reports.

// referred takes the user agent's wish to hand the far party on: to an address, or to the far party of another of its calls, which
// it names by Replaces as it sees that dialog.
func (c *call) referred(req *sip.Request) {
	target, err := refer.ParseTarget(dialog.First(req, "refer-to", "r"))
	if err != nil {
		c.refuseRefer(400)
		return
	}
	p := params{"call": c.name}
	if r := target.Replaces; r != nil {
		other := c.agent.dialogs[r.ToTag]
		if other == nil || other.callID != r.CallID || other == c {
			c.refuseRefer(481)
			return
		}
		p["with"] = other.name
	} else {
		uri, err := transport.ParseURI(target.URI)
		if err != nil {
			c.refuseRefer(400)
			return
		}
		p["target"] = c.agent.dialled(uri)
	}
	c.agent.ask(wire.MethodTransfer, p, func(r answer) {
		if r.Fault != nil {
			c.refuseRefer(statusOf(r.Fault.Data.Name))
			return
		}
		c.step(func(m *dialog.Session, now time.Time) []dialog.Action {
			out, err := m.TakeRefer(now, refer.Sipfrag, refer.Report(100, dialog.Phrase(100)))
			if err != nil {
				c.agent.log.Debug("no REFER to answer", "err", err)
			}
			return out
		})
	})
}

func (c *call) refuseRefer(status int) {
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.RefuseRefer(now, max(status, 400))
		if err != nil {
			c.agent.log.Debug("no REFER to answer", "err", err)
		}
		return out
	})
}

// transferring reports how far a transfer has come.
func (c *call) transferring(e wire.CallTransferring) {
	status, last := e.SIP, false
	switch e.State {
	case wire.TransferRinging:
		status = 180
	case wire.TransferAccepted:
		status, last = 200, true
	case wire.TransferFailed:
		last = true
		if status < 300 {
			status = 503
		}
	default:
		return
	}
	c.step(func(m *dialog.Session, now time.Time) []dialog.Action {
		return m.ReportRefer(now, refer.Sipfrag, refer.Report(status, dialog.Phrase(status)), last)
	})
}
