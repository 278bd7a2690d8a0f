package service

import (
	"strings"

	"causeway/signaling/sip/dialog"
)

// Why a call was diverted, in one word for each cause of RFC 4458 2 and reason of RFC 5806 5.
const (
	ReasonUnconditional = "unconditional" // 302
	ReasonBusy          = "busy"          // 486
	ReasonNoAnswer      = "noAnswer"      // 408
	ReasonUnreachable   = "unreachable"   // 503
	ReasonDeflected     = "deflected"     // 480, 487
	ReasonUnknown       = "unknown"
)

// Diversion is one step of a diverted call. The URIs are as written, not checked; "" where there is none or its owner wants it
// private (RFC 7044 10.1, RFC 5806 8).
type Diversion struct {
	By, ByName string // whose phone diverted the call
	To, ToName string // where it went
	Reason     string // one of the words above
	Private    bool   // who diverted it is withheld
	ToPrivate  bool   // where it went is withheld
}

// entry is one element of a History-Info header.
type entry struct {
	uri, name, index string
	cause            string // RFC 4458
	from             string // index of the entry this one was mapped from (mp, RFC 7044 5)
	private          bool
}

// LastDiversion reads the newest diversion of a request or a response: History-Info (RFC 7044), else Diversion (RFC 5806).
func LastDiversion(msg dialog.Message) (Diversion, bool) {
	if d, ok := history(dialog.Values(msg, "history-info")); ok {
		return d, true
	}
	values := dialog.Values(msg, "diversion") // the newest stands first (RFC 5806 5)
	if len(values) == 0 {
		return Diversion{}, false
	}
	reason, _ := dialog.Param(values[0], "reason")
	privacy, _ := dialog.Param(values[0], "privacy")
	d := Diversion{By: bare(dialog.AddrSpec(values[0])), ByName: dialog.DisplayName(values[0]), Reason: diversionReason(reason)}
	if privacy = strings.ToLower(privacy); privacy != "" && privacy != "off" {
		d.By, d.ByName, d.Private = "", "", true
	}
	return d, d.By != "" || d.Private
}

// history finds the last entry that a diversion made, and the one it was made from (TS 24.604 4.5.2.6.2.2).
func history(values []string) (Diversion, bool) {
	entries := make([]entry, 0, len(values))
	for _, v := range values {
		if e, ok := readEntry(v); ok {
			entries = append(entries, e)
		}
	}
	for i := len(entries) - 1; i > 0; i-- {
		to := entries[i]
		if to.cause == "" && to.from == "" {
			continue // reached by routing, not by diversion
		}
		by := entries[i-1]
		for _, e := range entries[:i] {
			if to.from != "" && e.index == to.from {
				by = e
			}
		}
		d := Diversion{By: by.uri, ByName: by.name, To: to.uri, ToName: to.name, Reason: causeReason(to.cause)}
		if by.private {
			d.By, d.ByName, d.Private = "", "", true
		}
		if to.private {
			d.To, d.ToName, d.ToPrivate = "", "", true
		}
		return d, true
	}
	return Diversion{}, false
}

// readEntry reads "<sip:user@host;cause=302?Privacy=history&Reason=...>;index=1.1;mp=1".
func readEntry(value string) (entry, bool) {
	full := dialog.AddrSpec(value)
	if full == "" || len(full) > 512 {
		return entry{}, false
	}
	e := entry{uri: bare(full), name: dialog.DisplayName(value)}
	e.index, _ = dialog.Param(value, "index")
	if e.from, _ = dialog.Param(value, "mp"); e.from == "" {
		e.cause, _ = dialog.Param(value, "cause")
	}
	uri, headers, _ := strings.Cut(full, "?")
	for _, p := range strings.Split(uri, ";")[1:] {
		if key, v, found := strings.Cut(p, "="); found && strings.EqualFold(key, "cause") {
			e.cause = v
		}
	}
	for h := range strings.SplitSeq(strings.ToLower(headers), "&") {
		if v, found := strings.CutPrefix(h, "privacy="); found {
			for word := range strings.SplitSeq(strings.ReplaceAll(v, "%3b", ";"), ";") {
				e.private = e.private || word == "history" || word == "session" || word == "header" || word == "id" || word == "user"
			}
		}
	}
	return e, true
}

// bare is a URI without header fields and without the parameters that belong to the diversion.
func bare(uri string) string {
	uri, _, _ = strings.Cut(WithoutVerification(uri), "?")
	user, host, found := strings.Cut(uri, "@")
	if !found {
		user, host = "", uri
	} else {
		user += "@"
	}
	parts := strings.Split(host, ";")
	out := user + parts[0]
	for _, p := range parts[1:] {
		key, _, _ := strings.Cut(strings.ToLower(p), "=")
		if key != "cause" && key != "target" {
			out += ";" + p
		}
	}
	return out
}

func causeReason(cause string) string {
	switch cause {
	case "302":
		return ReasonUnconditional
	case "486":
		return ReasonBusy
	case "408":
		return ReasonNoAnswer
	case "503":
		return ReasonUnreachable
	case "480", "487":
		return ReasonDeflected
	default:
		return ReasonUnknown
	}
}

func diversionReason(word string) string {
	switch strings.ToLower(word) {
	case "unconditional", "follow-me", "time-of-day":
		return ReasonUnconditional
	case "user-busy", "do-not-disturb":
		return ReasonBusy
	case "no-answer", "away":
		return ReasonNoAnswer
	case "unavailable", "out-of-service":
		return ReasonUnreachable
	case "deflection":
		return ReasonDeflected
	default:
		return ReasonUnknown
	}
}
