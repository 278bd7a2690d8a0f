package ims

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
)

// Early dialogs of an outgoing call, as its user is told of them (RFC 3261 12.1, RFC 5009, RFC 6228).
//
//	1xx of a fork: status, description, P-Early-Media --> told at once; the fork becomes the one told last
//	199 of a fork --> forgotten; if it was told last, the one among the others that came last is told again

// early keeps what each early dialog has said: a fork that ends is forgotten, and another one is heard again (RFC 6228).
type early struct {
	policy string
	forks  []fork // in the order they were heard first; the machine bounds their number
	told   string // the dialog the user was told of last
}

// fork is one early dialog.
type fork struct {
	dialog     string
	status     int // of its last provisional
	reason     string
	sdp        string
	authorised bool // the network authorises its media (RFC 5009)
}

// fork finds a dialog, or makes it.
func (e *early) fork(dialogID string) *fork {
	for i := range e.forks {
		if e.forks[i].dialog == dialogID {
			return &e.forks[i]
		}
	}
	e.forks = append(e.forks, fork{dialog: dialogID})
	return &e.forks[len(e.forks)-1]
}

// heard takes one provisional response. Directions are as seen by the far end, which sends early media on sendrecv and
// sendonly; a response without P-Early-Media changes nothing (RFC 5009 6).
func (e *early) heard(dialogID, sdp string, res *sip.Response) Provisional {
	f := e.fork(dialogID)
	f.status, f.reason = res.StatusCode, cleanText(res.Reason)
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
	e.told = dialogID
	return f.say(sdp)
}

// say is what the user is told of a fork.
func (f *fork) say(sdp string) Provisional {
	return Provisional{Status: f.status, Reason: f.reason, SDP: sdp, EarlyMedia: f.authorised, Dialog: f.dialog}
}

// over forgets a dialog that a 199 has ended (RFC 6228 4). Where the user was told of it last, the fork heard last among the
// others is told again, with its description; without any, that the call is still being tried.
func (e *early) over(dialogID string, res *sip.Response) (Provisional, bool) {
	e.forks = slices.DeleteFunc(e.forks, func(f fork) bool { return f.dialog == dialogID })
	if e.told != dialogID {
		return Provisional{}, false
	}
	if n := len(e.forks); n > 0 {
		f := &e.forks[n-1]
		e.told = f.dialog
		return f.say(f.sdp), true
	}
	return Provisional{Status: res.StatusCode, Reason: cleanText(res.Reason), Dialog: dialogID}, true
}
