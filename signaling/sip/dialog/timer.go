package dialog

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Session timers (RFC 4028): a session nobody refreshes is dead and is hung up.
//
//	refresher:      |----- interval/2 -----> UPDATE without SDP (re-INVITE if UPDATE is not allowed), start again
//	other side:     |----- interval - min(32 s, interval/3) -----> BYE
//	422 to us:      the same request again with its Min-SE
//	SE below ours:  422 with our Min-SE
//
// The refresher keeps the second timer too, in case its refreshes fail without ending the dialog.
type refresh struct {
	interval time.Duration // asked for or agreed; 0: no session timer
	minSE    time.Duration
	mine     bool // we refresh
	raised   int  // how many 422 we obeyed
}

// maxInterval bounds a Session-Expires or Min-SE we obey.
const maxInterval = 24 * time.Hour

// maxRaises bounds the 422 answers obeyed for one call.
const maxRaises = 4

// retryRefresh is the wait after a refresh that failed without ending the dialog; our choice.
const retryRefresh = 32 * time.Second

// refreshHeaders are Session-Expires and Min-SE of a request of ours.
func (s *Session) refreshHeaders(refresher string) []Header {
	if s.refresh.interval == 0 {
		return nil
	}
	return []Header{
		{"Session-Expires", seconds(s.refresh.interval) + ";refresher=" + refresher},
		{"Min-SE", seconds(s.refresh.minSE)},
	}
}

// refresher is the refresher parameter of a request of ours inside the session: "uac" is the sender of that request.
func (s *Session) refresher() string {
	if s.refresh.mine {
		return "uac"
	}
	return "uas"
}

// seconds writes a duration in whole seconds.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// parseSeconds reads delta-seconds in front of parameters, 0 if there are none or they are out of range.
func parseSeconds(value string) time.Duration {
	value, _, _ = strings.Cut(value, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
	if err != nil || time.Duration(n) > maxInterval/time.Second {
		return 0
	}
	return time.Duration(n) * time.Second
}

// raise obeys a 422: the next request asks for at least its Min-SE (RFC 4028 7.3). False if it cannot be obeyed.
func (s *Session) raise(res *sip.Response) bool {
	least := parseSeconds(First(res, "min-se"))
	if least <= s.refresh.interval && least <= s.refresh.minSE || least == 0 || s.refresh.raised >= maxRaises {
		return false
	}
	s.refresh.raised++
	s.refresh.minSE = max(s.refresh.minSE, least)
	s.refresh.interval = max(s.refresh.interval, least)
	return true
}

// tooShort reports a Session-Expires below our Min-SE and the header of the 422; only a client that knows session
// timers can be refused so (RFC 4028 9).
func (s *Session) tooShort(req *sip.Request) (Header, bool) {
	se := First(req, "session-expires", "x")
	if s.profile.SessionExpires == 0 || se == "" || !HasToken(req, "timer", "supported", "k") {
		return Header{}, false
	}
	if d := parseSeconds(se); d != 0 && d < s.profile.MinSE {
		return Header{"Min-SE", seconds(s.profile.MinSE)}, true
	}
	return Header{}, false
}

// agreeRefresh decides the session timer in a 2xx of ours (RFC 4028 9) and starts it.
func (s *Session) agreeRefresh(req *sip.Request, l *leg) []Header {
	if s.profile.SessionExpires == 0 || (s.state != stateAccepted && s.state != stateConfirmed) {
		return nil // before the answer nothing is agreed
	}
	se := First(req, "session-expires", "x")
	knows := l.timer || HasToken(req, "timer", "supported", "k")
	if d := parseSeconds(se); d > 0 {
		s.refresh.interval = max(d, s.profile.MinSE)
	} else if s.refresh.interval == 0 {
		s.refresh.interval = s.profile.SessionExpires
	}
	refresher, given := Param(se, "refresher")
	if !given || (refresher != "uac" && refresher != "uas") {
		refresher = "uac"
	}
	if !knows {
		refresher = "uas"
	}
	s.refresh.mine = refresher == "uas"
	s.arm()
	out := []Header{{"Session-Expires", seconds(s.refresh.interval) + ";refresher=" + refresher}}
	if refresher == "uac" {
		out = append(out, Header{"Require", "timer"})
	}
	return out
}

// startRefresh starts the session timer from a 2xx to a request of ours (RFC 4028 7.2). Without a Session-Expires the
// far end does not know session timers, and refreshing is left to us.
func (s *Session) startRefresh(res *sip.Response) {
	if s.profile.SessionExpires == 0 {
		return
	}
	se := First(res, "session-expires", "x")
	s.refresh.mine = true
	if d := parseSeconds(se); d > 0 {
		s.refresh.interval = max(d, s.profile.MinSE)
		if who, _ := Param(se, "refresher"); strings.EqualFold(who, "uas") {
			s.refresh.mine = false
		}
	}
	s.arm()
}

// arm starts the two timers.
func (s *Session) arm() {
	s.stop(timerRefresh)
	interval := s.refresh.interval
	if s.refresh.mine {
		s.after(timerRefresh, interval/2)
	}
	s.after(timerExpire, interval-min(32*time.Second, interval/3))
}

// sendRefresh refreshes the session (RFC 4028 7.4, 10). A change that is under way refreshes it as well.
func (s *Session) sendRefresh() {
	if s.state != stateConfirmed {
		return
	}
	m, l := &s.modify, s.leg
	if m.tx != 0 || m.remote.req != nil || s.callee.final.response != nil {
		s.after(timerRefresh, time.Second)
		return
	}
	if l.allows(sip.UPDATE) {
		s.sendOffer(l, sip.UPDATE, request{purpose: forUpdate, leg: l, refresh: true})
		return
	}
	s.sendOffer(l, sip.INVITE, request{purpose: forReinvite, leg: l, sdp: l.localSDP, refresh: true})
}

// refreshLost tries again later; timerExpire hangs up if nothing helps.
func (s *Session) refreshLost() {
	s.modify.tries = 0
	s.after(timerRefresh, retryRefresh)
}
