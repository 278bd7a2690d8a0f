package session

import (
	"encoding/json"
	"time"

	"causeway/signaling/wire"
)

const (
	// kept is how many notifications and answers a session keeps for a browser that comes back (docs/protocol.md).
	kept = 64
)

// outbox numbers a session's notifications and keeps the newest for resume, and the newest answers for repeated
// requests. It belongs to the session's queue.
type outbox struct {
	seq     uint64
	events  []event
	answers []answered
}

type event struct {
	seq   uint64
	frame []byte
	call  string // whose description it holds; "" for none
}

type answered struct {
	id    wire.ID
	call  string // what the request was for; "" for no call
	frame []byte // nil while the request is being worked on
}

// small is the size of an answer without a description, octets.
const small = 512

// add numbers a notification and keeps it. Quality figures and the news that somebody is writing are not kept: old ones help nobody.
func (o *outbox) add(method string, params any) []byte {
	o.seq++
	frame, err := wire.Notification(method, o.seq, params)
	if err != nil {
		panic(err) // a parameter type of our own that is no JSON object: a bug, and the call's guard reports it
	}
	if method != wire.EventQuality && method != wire.EventComposing {
		if len(o.events) == kept {
			copy(o.events, o.events[1:])
			o.events = o.events[:kept-1]
		}
		call := ""
		if e, ok := params.(wire.CallIncomingEvent); ok {
			call = e.Call
		}
		o.events = append(o.events, event{o.seq, frame, call})
	}
	return frame
}

// after returns the kept notifications with a higher number.
func (o *outbox) after(seq uint64) [][]byte {
	var out [][]byte
	for _, e := range o.events {
		if e.seq > seq {
			out = append(out, e.frame)
		}
	}
	return out
}

// begin notes a request. known is true for one seen before; frame is its answer, nil while it is still worked on.
func (o *outbox) begin(id wire.ID, params wire.Params) (frame []byte, known bool) {
	for _, a := range o.answers {
		if a.id == id {
			return a.frame, true
		}
	}
	if len(o.answers) == kept {
		o.answers = append(o.answers[:0:0], o.answers[1:]...)
	}
	o.answers = append(o.answers, answered{id: id, call: callOf(params)})
	return nil, false
}

// finish keeps a request's answer.
func (o *outbox) finish(id wire.ID, frame []byte) {
	for i := range o.answers {
		if o.answers[i].id == id {
			o.answers[i].frame = frame
		}
	}
}

// callOf names the call that a request is for.
func callOf(params wire.Params) string {
	switch p := params.(type) {
	case wire.StartParams:
		return p.Call
	case wire.PullParams:
		return p.Call
	case wire.CallParams:
		return p.CallID()
	}
	return ""
}

// forget lets the descriptions of a call that has ended go: they are most of what is kept, and nobody can use them any more. A page that
// comes back still learns that there was a call; a request that is repeated is still known, and nothing is done twice.
func (o *outbox) forget(call string) {
	for i := range o.events {
		if e := &o.events[i]; e.call == call {
			e.frame, e.call = withoutSDP(e.frame), ""
		}
	}
	for i := range o.answers {
		if a := &o.answers[i]; a.call == call && len(a.frame) > small {
			a.frame = wire.ErrorResponse(a.id, wire.NewError(wire.NameCallUnknown))
		}
	}
}

// withoutSDP empties the sdp of a notification.
func withoutSDP(frame []byte) []byte {
	var whole map[string]json.RawMessage
	var params map[string]json.RawMessage
	if json.Unmarshal(frame, &whole) != nil || json.Unmarshal(whole["params"], &params) != nil {
		return frame // a frame of our own: cannot be
	}
	params["sdp"] = json.RawMessage(`""`)
	bare, err := json.Marshal(params)
	if err != nil {
		return frame
	}
	whole["params"] = bare
	if bare, err = json.Marshal(whole); err != nil {
		return frame
	}
	return bare
}

// timestamp leaves the zero time out.
func timestamp(t time.Time) wire.Timestamp { return wire.Timestamp{Time: t} }
