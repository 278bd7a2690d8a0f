package ims

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/refer"
)

// Transfer (TS 24.629; RFC 3515, 5589): the far end is asked to call somebody (Refer), asks us to (Referred, Wish), or a new call takes
// the place of a running one (RFC 3891).
//
//	Refer --> REFER, Refer-To: <target> or <far end of the other call?Replaces=...>, Referred-By: the user
//	          202: ReferTaken; NOTIFY 180: ReferProgress, 200: ReferDone, 486 or none: ReferFailed
//
//	REFER --> Referred{Wish} --> Take: 202, NOTIFY 100; the call that fulfils it (InviteParams.Wish) reports each of its responses
//	                             Refuse: 603
//
//	INVITE, Replaces --> a call of the same binding with those tags: IncomingCall{Replaces}; else 481
//
// Whom a REFER names is a number or an address like any that a user dials: it goes through dialplan and to the core, and is nowhere an
// address to send to. A call for help is never made for somebody else.

// transfer is what a call keeps for it; it belongs to the queue.
type transfer struct {
	own     string // the user's identity in this call; "" when it is withheld
	far     string // whom the call is with: asserted, else as dialled; "" when unknown
	taking  bool   // incoming: it takes the place of another call
	follows *Wish  // what this call fulfils; nil for an ordinary call
}

// Place is an established call as somebody who is to take the user's place in it has to name it.
type Place struct {
	uri      string
	replaces refer.Replaces
}

// ReferParams say whom the far end is to call: Target as the user dials, or the far end of another call in that call's Place.
type ReferParams struct {
	Target string
	Place  *Place
}

// Wish is what the far end asks for by REFER: that the user call Target. A nil Wish is none; its methods do nothing.
type Wish struct {
	Target   RemoteParty
	By       *RemoteParty // who asks, nil if it does not say
	Replaces bool         // the target is in a call whose place the new one takes
	// Asker is whose wish it is; a *Call is one.
	Asker Asker

	target   string // a Request-URI of dialplan's making
	replaces *refer.Replaces
	require  bool
	by       string // Referred-By to pass on, "" for none
	token    *refer.Token
	final    atomic.Bool // its end has been reported
}

// Asker is the call whose far end asked for something. Its methods return at once.
type Asker interface {
	TakeRefer()
	RefuseRefer(status int)
	ReportRefer(status int)
}

// ReferTaken: the far end will do what Refer asked.
type ReferTaken struct{}

// ReferProgress is how far it has come: 100 to 199.
type ReferProgress struct{ Status int }

// ReferDone: it has reached whom it was to call.
type ReferDone struct{}

// ReferFailed: it will not, could not, or does not say. The call goes on.
type ReferFailed struct{ Cause call.Cause }

// Referred is a wish of the far end. Take or Refuse it within Config.OfferTimeout.
type Referred struct{ Wish *Wish }

func (ReferTaken) callEvent()    {}
func (ReferProgress) callEvent() {}
func (ReferDone) callEvent()     {}
func (ReferFailed) callEvent()   {}
func (Referred) callEvent()      {}

// Key tells this call from every other of the gateway.
func (k *Call) Key() string { return k.key.callID + ";" + k.key.localTag }

// Place gives, later and on the call's queue, what Refer on another call needs; false if this call is not established.
func (k *Call) Place(give func(Place, bool)) {
	ok := k.q.post(func() {
		if k.machine == nil {
			give(Place{}, false)
			return
		}
		callID, local, remote, target, ok := k.machine.Identity()
		p := Place{uri: k.client.referable(k.far), replaces: refer.Replaces{CallID: callID, ToTag: remote, FromTag: local}}
		if p.uri == "" || gruuKey(target) != "" { // an address of that one phone is better than the user's (RFC 5589 7)
			p.uri = target
		}
		give(p, ok && p.replaces.Valid())
	})
	if !ok {
		give(Place{}, false)
	}
}

// referable is an address that header fields can hang on: a tel URI takes none (RFC 3966 3), so it becomes the sip URI of that number
// (RFC 3261 19.1.6).
func (c *Client) referable(uri string) string {
	if number, ok := strings.CutPrefix(uri, "tel:"); ok {
		return "sip:" + number + "@" + c.plan.Home + ";user=phone"
	}
	return uri
}

// Refer asks the far end of an answered call to call somebody. An error is a *call.Cause (NumberInvalid, Emergency); else the outcome
// comes as ReferTaken and what follows it, or as ReferFailed.
func (k *Call) Refer(p ReferParams) error {
	t := refer.Target{}
	if p.Place != nil {
		t = refer.Target{URI: p.Place.uri, Replaces: &p.Place.replaces, Require: true}
	} else {
		uri, err := k.client.plan.Normalise(p.Target)
		if err != nil {
			return err
		}
		t.URI = uri
	}
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		var extra []dialog.Header
		if k.own != "" {
			extra = append(extra, dialog.Header{Name: "Referred-By", Value: "<" + k.own + ">"})
		}
		out, err := m.Refer(now, t.Header(), extra...)
		switch {
		case errors.Is(err, dialog.ErrReferUnsupported):
			k.tell(ReferFailed{Cause: call.Cause{Side: call.Core, Kind: call.TransferUnsupported}})
		case err != nil:
			k.tell(ReferFailed{Cause: call.Cause{Side: call.Gateway, Kind: call.TransferFailed, Text: "the call is not in a state in which it can be transferred", Err: err}})
		}
		return out
	})
	return nil
}

// referEvent hands what the dialog machine says of transfers to the user.
func (k *Call) referEvent(e dialog.Event) {
	switch e := e.(type) {
	case dialog.ReferTaken:
		k.tell(ReferTaken{})
	case dialog.ReferRefused:
		k.tell(ReferFailed{Cause: refusedRefer(e)})
	case dialog.ReferLost:
		k.tell(unknownFate())
	case dialog.ReferReport:
		switch status, ok := refer.Status(e.ContentType, e.Body); {
		case ok && status >= 300:
			k.tell(ReferFailed{Cause: failedRefer(status)})
		case ok && status >= 200:
			k.tell(ReferDone{})
		case e.Last:
			k.tell(unknownFate())
		case ok:
			k.tell(ReferProgress{Status: status})
		}
	case dialog.Referred:
		wish, status := k.client.wish(e.Request)
		if status != 0 {
			k.log.Info("transfer refused", "status", status)
			k.RefuseRefer(status)
			return
		}
		wish.Asker = k
		k.tell(Referred{Wish: wish})
	}
}

// unknownFate is a transfer whose end is not told.
func unknownFate() ReferFailed {
	return ReferFailed{Cause: call.Cause{Side: call.Core, Kind: call.TransferFailed, Text: "the other party's phone does not say what became of the transfer"}}
}

// refusedRefer classifies the refusal of a REFER.
func refusedRefer(e dialog.ReferRefused) call.Cause {
	q850, text := reason(e.Response)
	c := call.FromSIP(e.Status, q850, text)
	switch e.Status {
	case 405, 420, 489, 501:
		c.Kind = call.TransferUnsupported
	case 408, 491, 500, 503, 504:
		c.Kind = call.TransferFailed
	default:
		c.Kind = call.TransferRefused
	}
	return c
}

// failedRefer classifies a report that the call asked for came to nothing.
func failedRefer(status int) call.Cause {
	c := call.FromSIP(status, 0, "")
	switch c.Kind {
	case call.Cancelled, call.Emergency, call.Unavailable, call.Congestion:
		c.Kind = call.TransferFailed
	}
	return c
}

// wish reads a REFER; status is what to refuse it with, 0 if it can be fulfilled.
func (c *Client) wish(req *sip.Request) (w *Wish, status int) {
	t, err := refer.ParseTarget(strings.Join(dialog.Values(req, "refer-to", "r"), ", "))
	switch {
	case errors.Is(err, refer.ErrMethod), errors.Is(err, refer.ErrRequire):
		return nil, 403
	case err != nil:
		return nil, 400
	}
	uri, err := c.plan.Normalise(t.URI)
	if err != nil {
		if call.CauseOf(err).Kind == call.Emergency {
			return nil, 403
		}
		return nil, 484
	}
	w = &Wish{Target: shown(t.URI, ""), Replaces: t.Replaces != nil, target: uri, replaces: t.Replaces, require: t.Require}
	switch values := dialog.Values(req, "referred-by", "b"); {
	case len(values) > 1:
		return nil, 400
	case len(values) == 1:
		by, err := refer.ParseBy(values[0])
		if err != nil {
			return nil, 400
		}
		who := shown(by.URI, by.Name)
		w.By, w.by = &who, by.Value
		if token, ok := refer.FindToken(dialog.First(req, "content-type", "c"), req.Body(), by.CID); ok {
			w.token = &token
		}
	}
	return w, 0
}

// shown is an address as a page may see it.
func shown(uri, name string) RemoteParty {
	p := RemoteParty{Number: identity.Number(uri), Name: identity.Text(name)}
	if identity.Assertable(uri) {
		p.URI = uri
	}
	return p
}

// or is whom to call: what the wish says, else target.
func (w *Wish) or(target string) string {
	if w == nil {
		return target
	}
	return w.target
}

// write is what the wish adds to the INVITE that fulfils it (RFC 3891 4, RFC 3892 2.2).
func (w *Wish) write() (headers []dialog.Header, parts []dialog.Part) {
	if w == nil {
		return nil, nil
	}
	if w.replaces != nil {
		headers = append(headers, dialog.Header{Name: "Replaces", Value: w.replaces.Header()})
		if w.require {
			headers = append(headers, dialog.Header{Name: "Require", Value: "replaces"})
		}
	}
	if w.by != "" {
		headers = append(headers, dialog.Header{Name: "Referred-By", Value: w.by})
	}
	if w.token != nil {
		parts = append(parts, dialog.Part{Type: w.token.Type, ID: w.token.ID, Body: w.token.Body})
	}
	return headers, parts
}

// Take accepts the wish: whoever asked hears of it and of what follows.
func (w *Wish) Take() {
	if w != nil {
		w.Asker.TakeRefer()
	}
}

// Refuse refuses it with a status of 400 to 699.
func (w *Wish) Refuse(status int) {
	if w != nil {
		w.Asker.RefuseRefer(status)
	}
}

// Report tells how far the call has come that fulfils it. After a final status nothing more is told.
func (w *Wish) Report(status int) {
	if w == nil || w.final.Load() || status >= 200 && w.final.Swap(true) {
		return
	}
	w.Asker.ReportRefer(status)
}

// TakeRefer accepts what the far end asked for.
func (k *Call) TakeRefer() {
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.TakeRefer(now, refer.Sipfrag, refer.Report(100, dialog.Phrase(100)))
		if err != nil {
			k.log.Debug("no REFER to accept", "error", err)
		}
		return out
	})
}

// RefuseRefer refuses it.
func (k *Call) RefuseRefer(status int) {
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.RefuseRefer(now, status)
		if err != nil {
			k.log.Debug("no REFER to refuse", "error", err)
		}
		return out
	})
}

// ReportRefer tells the far end what has become of it.
func (k *Call) ReportRefer(status int) {
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		return m.ReportRefer(now, refer.Sipfrag, refer.Report(status, dialog.Phrase(status)), status >= 200)
	})
}

// answeredBy notes who answered, and reports it.
func (k *Call) answeredBy(far RemoteParty) {
	if far.URI != "" {
		k.far = far.URI
	}
	k.follows.Report(200)
}
