package handset

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"causeway/test/lab/voice"
)

// CallInfo is one call as GET /calls shows it.
type CallInfo struct {
	ID        string            `json:"id"`
	Number    string            `json:"number"`
	Direction string            `json:"direction"` // in, out: seen from the handset
	Party     string            `json:"party"`
	State     string            `json:"state"` // calling, ringing, early, up, ended
	Cause     string            `json:"cause,omitempty"`
	SIPCallID string            `json:"sipCallId"`
	Started   time.Time         `json:"started"`
	Answered  *time.Time        `json:"answered,omitempty"`
	Hold      Hold              `json:"hold"`
	Busy      bool              `json:"busy"`              // a description or an ACK is under way: whoever asks for another one now is told to wait
	Headers   map[string]string `json:"headers,omitempty"` // of the far side, those that tests look at
	Codec     string            `json:"codec"`             // AMR-WB/16000 (BE)
	Events    string            `json:"events"`            // telephone-event/16000
	Audio     voice.Audio       `json:"audio"`
	RTCP      voice.RTCP        `json:"rtcp"`
	Faults    map[string]int    `json:"faults"` // of the far side's media
	Video     *VideoInfo        `json:"video,omitempty"`
}

// Hold says who holds the call.
type Hold struct {
	Local  bool `json:"local"` // and the far side has agreed
	Remote bool `json:"remote"`
	Times  int  `json:"times"` // how often the far side has put the call on hold
}

// Calls lists the running calls and the last finished ones, oldest first.
func (f *Farm) Calls() []CallInfo {
	out, streams := []CallInfo{}, []*voice.Stream{}
	f.stack.Do(func() {
		for _, c := range f.calls {
			out, streams = append(out, c.info()), append(streams, c.stream)
		}
	})
	for i, s := range streams {
		out[i].Audio, out[i].RTCP, out[i].Faults = s.Heard()
	}
	return out
}

func (c *Call) info() CallInfo {
	i := CallInfo{ID: c.id, Number: c.script.Number, Direction: "in", Party: c.party, State: c.state, Cause: c.cause,
		SIPCallID: c.dialog.callID, Started: c.started, Busy: c.media.open || c.ok.timer != nil,
		Hold: Hold{Local: c.media.want != "sendrecv" && !c.media.open, Remote: c.media.remoteHold, Times: c.media.holds}}
	i.Headers = maps.Clone(c.seen)
	i.Video = c.videoInfo()
	if c.outgoing {
		i.Direction = "out"
	}
	if !c.answered.IsZero() {
		t := c.answered
		i.Answered = &t
	}
	if t := c.media.terms; t != nil {
		i.Codec = fmt.Sprintf("%s/%d", t.Codec.Name, t.Codec.Clock)
		if voice.IsAMR(t.Codec.Name) {
			i.Codec += map[bool]string{true: " (OA)", false: " (BE)"}[voice.FormOf(t.Codec).OctetAlign]
		}
		if t.Events.Name != "" {
			i.Events = fmt.Sprintf("telephone-event/%d", t.Events.Clock)
		}
	}
	return i
}

// Do performs a command on every running call of a handset: hangup, hold,
// resume, dtmf (digits), tone (Hz), source (name), mode (AMR mode to ask the
// far side for), codecs (comma list: re-INVITE with these), transfer, attend
// and hand (numbers: see transfer.go).
func (f *Farm) Do(number, what, arg string) error {
	err := ErrNoHandset
	f.stack.Do(func() {
		if _, ok := f.scripts[number]; !ok {
			return
		}
		err = ErrNoCall
		for _, c := range f.calls {
			if c.script.Number == number && c.state != "ended" {
				err = errors.Join(c.do(what, arg), nil)
			}
		}
	})
	return err
}
