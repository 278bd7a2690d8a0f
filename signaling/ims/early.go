package ims

import (
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sdp"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/identity"
)

// Early dialogs of an outgoing call, as its user is told of them (RFC 3261 12.1, RFC 5009, RFC 6228).
//
//	1xx of a fork: status, description, P-Early-Media --> told at once; the fork is the current one from now on, unless the
//	    current one may be heard and this one may not: then it is told without its description
//	offer of a fork, answered --> its description from now on
//	199 of a fork --> forgotten; if it was current, another one is: the last that may be heard, else the last

// early keeps what each early dialog has said: a fork that ends is forgotten, and another one is heard again (RFC 6228).
type early struct {
	policy  string
	forks   []earlyDialog // in the order they were heard first; the machine bounds their number
	current string        // the dialog whose description the user was given last
	offered earlyDialog   // dialog and description of the offer that waits for its answer
}

// earlyDialog is one fork.
type earlyDialog struct {
	dialog     string
	status     int // of its last provisional
	reason     string
	sdp        string
	authorised bool // the network authorises its media (RFC 5009)
}

// fork finds a dialog, or makes it.
func (e *early) fork(dialogID string) *earlyDialog {
	for i := range e.forks {
		if e.forks[i].dialog == dialogID {
			return &e.forks[i]
		}
	}
	e.forks = append(e.forks, earlyDialog{dialog: dialogID})
	return &e.forks[len(e.forks)-1]
}

// heard takes one provisional response. Directions are as seen by the far end, which sends early media on sendrecv and
// sendonly; a response without P-Early-Media changes nothing (RFC 5009 6).
func (e *early) heard(dialogID, sdp string, res *sip.Response) Provisional {
	f := e.fork(dialogID)
	f.status, f.reason = res.StatusCode, identity.Text(res.Reason)
	if sdp != "" {
		f.sdp = sdp
	}
	if values := dialog.Values(res, "p-early-media"); len(values) > 0 {
		f.authorised = slices.ContainsFunc(values, func(v string) bool {
			word := strings.ToLower(firstWord(v))
			return word == "sendrecv" || word == "sendonly"
		})
	} else if e.policy == "sdp" && sdp != "" {
		f.authorised = true
	}
	return e.choose(f)
}

// described takes an answer of a fork to an offer of ours.
func (e *early) described(dialogID, sdp string) Provisional {
	f := e.fork(dialogID)
	f.status, f.reason, f.sdp = 183, dialog.Phrase(183), sdp
	return e.choose(f)
}

// choose makes a fork the current one, or tells it beside one that is heard and goes on. What is told of the current one holds
// its description, also one that came before: it may be heard only now.
func (e *early) choose(f *earlyDialog) Provisional {
	out := f.say()
	if !f.authorised && e.playing() && e.current != f.dialog {
		out.SDP, out.EarlyMedia = "", true
		return out
	}
	e.current = f.dialog
	return out
}

// playing tells whether the current fork may be heard.
func (e *early) playing() bool {
	return slices.ContainsFunc(e.forks, func(f earlyDialog) bool { return f.dialog == e.current && f.authorised })
}

// settle takes the outcome of an offer: an answered one is its dialog's description from now on.
func (e *early) settle(answered bool) {
	if answered && e.offered.dialog != "" {
		for i := range e.forks {
			if e.forks[i].dialog == e.offered.dialog {
				e.forks[i].sdp = e.offered.sdp
			}
		}
	}
	e.offered = earlyDialog{}
}

// say is what the user is told of a fork.
func (f *earlyDialog) say() Provisional {
	return Provisional{Status: f.status, Reason: f.reason, SDP: f.sdp, EarlyMedia: f.authorised, Dialog: f.dialog}
}

// over forgets a dialog that a 199 has ended (RFC 6228 4). Where it was the current one, another one is told in its place: the
// last among the others whose media is authorised, else the last; without any, that the call is still being tried.
func (e *early) over(dialogID string, res *sip.Response) (Provisional, bool) {
	e.forks = slices.DeleteFunc(e.forks, func(f earlyDialog) bool { return f.dialog == dialogID })
	if e.current != dialogID {
		return Provisional{}, false
	}
	if len(e.forks) == 0 {
		return Provisional{Status: res.StatusCode, Reason: identity.Text(res.Reason), Dialog: dialogID}, true
	}
	next := &e.forks[len(e.forks)-1]
	for i := range e.forks {
		if e.forks[i].authorised {
			next = &e.forks[i]
		}
	}
	e.current = next.dialog
	return next.say(), true
}

// Preconditions (RFC 3312, 4032), both directions. Nothing has to be reserved on our side, so ours are met from the start.
//
//	incoming: caller's resources missing --> 183 with their state; 180 and 200 wait for the UPDATE that shows them met
//	outgoing: our offer says met, if the operator wants it; a far end that asks (a=conf) is told by UPDATE
//	either: a far end whose conditions failed, or are of a kind we do not know --> 580

// opened does what waited for the caller's preconditions, once an UPDATE has shown them met.
func (k *Call) opened(m *dialog.Session, now time.Time) []dialog.Action {
	g := &k.gate
	if g.shut || !g.opening {
		return nil
	}
	g.opening = false
	k.tell(ResourcesReady{})
	var out []dialog.Action
	if g.ring {
		out = m.Progress(now, 180, "")
	}
	if g.accept != "" {
		answer, err := m.Accept(now, g.accept)
		if err != nil {
			k.log.Debug("call not accepted", "error", err)
		}
		out = append(out, answer...)
	}
	return out
}

// gate holds an incoming call back until the caller's resources are there, and writes the lines of RFC 3312 into our
// descriptions where the session did not. For outgoing calls it confirms resources to a far end that asks (a=conf).
type gate struct {
	remote     sdp.Preconditions // what the far end said last
	shut       bool              // incoming: not met yet
	opening    bool              // met by an offer that is not answered yet
	told       bool              // a 183 with our description has been given
	ring       bool              // Ring waits
	accept     string            // Accept waits with this description
	base       string            // outgoing: our offer without the lines of RFC 3312
	local      string            // outgoing: the description we sent last
	confirming bool              // outgoing: an UPDATE that confirms is under way
	confirmed  []string          // outgoing: the dialogs that are or will be told
	waiting    []string          // outgoing: those of them whose turn has not come
}

// offered takes the offer of an outgoing call and returns it as it goes out.
func (g *gate) offered(text string, use bool) string {
	g.base, g.local = text, text
	if use {
		g.local = withPreconditions(text, sdp.MetPreconditions())
	}
	return g.local
}

// open looks at the caller's offer.
func (g *gate) open(offer string, use bool) {
	g.remote = preconditions(offer)
	g.shut = use && g.remote.Present() && !g.remote.LocalMet()
}

// heard looks at a later offer; true says that its writer's resources cannot be had (RFC 3312 5.1.1).
func (g *gate) heard(offer string) (failed bool) {
	p := preconditions(offer)
	if !p.Present() {
		return false
	}
	g.remote = p
	if g.shut && p.LocalMet() {
		g.shut, g.opening = false, true
	}
	return p.Failed()
}

// unmet ends a call whose preconditions cannot be met.
func (k *Call) unmet() {
	cause := call.Cause{Side: call.Core, Kind: call.PreconditionFailed}
	k.ended(cause, !k.incoming)
	k.Hangup(cause)
}

// preconditions reads the first audio stream's preconditions; none if the text cannot be read.
func preconditions(text string) sdp.Preconditions {
	if !strings.Contains(text, "a=des:qos") && !strings.Contains(text, "a=curr:qos") && !strings.Contains(text, "a=conf:qos") {
		return sdp.Preconditions{}
	}
	core, err := sdp.ParseCore(text)
	if err != nil {
		return sdp.Preconditions{}
	}
	return core.Preconditions
}

// answer adds our side of the preconditions to a description that lacks it.
func (g *gate) answer(text string) string {
	if text == "" || !g.remote.Present() || strings.Contains(text, "a=curr:qos") {
		return text
	}
	return withPreconditions(text, g.remote.Answer(true))
}

// confirm tells a far end that asks for it (a=conf) by UPDATE that our resources are there, once on each dialog and one after the
// other.
func (k *Call) confirm(dialogID, answer string) {
	g := &k.gate
	if g.local == "" || slices.Contains(g.confirmed, dialogID) || !preconditions(answer).Confirm() {
		return
	}
	g.confirmed, g.waiting = append(g.confirmed, dialogID), append(g.waiting, dialogID)
	if !g.confirming {
		k.confirmNext()
	}
}

// confirmNext sends the next UPDATE that confirms, if one waits.
func (k *Call) confirmNext() {
	g := &k.gate
	if g.confirming = len(g.waiting) > 0; !g.confirming {
		return
	}
	dialogID := g.waiting[0]
	g.waiting = g.waiting[1:]
	offer := g.confirmation()
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.OfferEarly(now, dialogID, offer)
		if err != nil { // it has ended meanwhile
			k.confirmNext()
		}
		return out
	})
}

// confirmation is the offer that says that our resources are there.
func (g *gate) confirmation() string {
	p := sdp.MetPreconditions()
	p.Remote.Current = sdp.QoSSendRecv
	if text, err := sdp.Revise(g.local, withPreconditions(g.base, p)); err == nil {
		g.local = text
	}
	return g.local
}

// next keeps the origin's version rising when a description of our own making went out between two of the session's
// (RFC 3264 8).
func (g *gate) next(text string) string {
	if len(g.confirmed) == 0 {
		return text
	}
	g.base = text
	if revised, err := sdp.Revise(g.local, text); err == nil {
		g.local = revised
		return revised
	}
	return text
}

// withPreconditions writes the lines into the first m-line's section.
func withPreconditions(text string, p sdp.Preconditions) string {
	var b strings.Builder
	for _, part := range []struct {
		name string
		s    sdp.Segment
	}{{"local", p.Local}, {"remote", p.Remote}, {"e2e", p.EndToEnd}} {
		if part.s.Current != "" {
			b.WriteString("a=curr:qos " + part.name + " " + string(part.s.Current) + "\r\n")
		}
		if part.s.Desired != "" {
			b.WriteString("a=des:qos " + string(part.s.Strength) + " " + part.name + " " + string(part.s.Desired) + "\r\n")
		}
		if part.s.Confirm != "" {
			b.WriteString("a=conf:qos " + part.name + " " + string(part.s.Confirm) + "\r\n")
		}
	}
	first := strings.Index(text, "\r\nm=")
	if first < 0 {
		return text
	}
	end := len(text)
	if second := strings.Index(text[first+4:], "\r\nm="); second >= 0 {
		end = first + 4 + second + 2
	}
	head := text[:end]
	if !strings.HasSuffix(head, "\r\n") {
		head += "\r\n"
	}
	return head + b.String() + text[end:]
}
