package sipws

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
	"causeway/signaling/wire"
)

// Messages (RFC 3428): MESSAGE becomes message.send, message.received becomes MESSAGE.

// message takes a text of the user agent. It is answered when the network has taken it, or has not.
func (a *agent) message(tx *transaction.Server) {
	req := tx.Request()
	value := dialog.First(req, "content-type", "c")
	kind, _, _ := strings.Cut(value, ";")
	charset, _ := dialog.Param(value, "charset")
	if !strings.EqualFold(strings.TrimSpace(kind), "text/plain") || !utf8.Valid(req.Body()) ||
		charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		refuse(tx, 415, "Messages are text/plain in UTF-8 here.", dialog.Header{Name: "Accept", Value: "text/plain"})
		return
	}
	p := params{"message": newToken(), "target": a.dialled(req.Recipient), "text": string(req.Body())}
	if from := a.preferred(tx); from != "" {
		p["from"] = from
	}
	if anonymous(tx) {
		p["anonymous"] = true
	}
	a.ask(wire.MethodSend, p, func(r answer) {
		switch {
		case r.Fault == nil:
			refuse(tx, 200, "")
		case r.Fault.Data.RetryAfter > 0:
			refuse(tx, statusOf(r.Fault.Data.Name), r.Fault.Message, retryAfter(time.Duration(r.Fault.Data.RetryAfter)))
		default:
			refuse(tx, statusOf(r.Fault.Data.Name), r.Fault.Message)
		}
	})
}

// received passes a message on.
func (a *agent) received(e wire.MessageReceived) {
	if a.flow == nil {
		return
	}
	uri := a.dialable(e.Remote)
	from := named(e.Remote.Name, "sip:anonymous@anonymous.invalid")
	if uri != "" {
		from = named(e.Remote.Name, uri)
	}
	target, err := transport.ParseURI(a.target())
	if err != nil {
		a.log.Info("SIP user agent has not taken a message", "err", err)
		return
	}
	req := sip.NewRequest(sip.MESSAGE, target)
	add := func(name, value string) { req.AppendHeader(sip.NewHeader(name, value)) }
	add("From", from+";tag="+newToken())
	add("To", "<"+a.reg.as.aor+">")
	add("Call-ID", newToken())
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: sip.MESSAGE})
	for _, h := range a.asserted(e.Remote) {
		add(h.Name, h.Value)
	}
	if !e.At.IsZero() {
		add("Date", e.At.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	}
	add("Content-Type", "text/plain;charset=utf-8")
	req.SetBody([]byte(e.Text))
	if _, err := a.flow.tx.Request(req, transport.Target{Network: transport.WS}, taken{a}); err != nil {
		a.log.Info("SIP user agent has not taken a message", "err", err)
	}
}

// taken hears what became of a MESSAGE. The network has been answered already.
type taken struct{ a *agent }

// Response implements transaction.ClientHandler.
func (t taken) Response(res *sip.Response) {
	if res.StatusCode >= 300 {
		t.a.log.Info("SIP user agent has not taken a message", "status", res.StatusCode)
	}
}

// Failed implements transaction.ClientHandler.
func (t taken) Failed(err error) { t.a.log.Info("SIP user agent has not taken a message", "err", err) }
