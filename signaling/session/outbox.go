package session

import (
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
}

type answered struct {
	id    wire.ID
	frame []byte // nil while the request is being worked on
}

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
		o.events = append(o.events, event{o.seq, frame})
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
func (o *outbox) begin(id wire.ID) (frame []byte, known bool) {
	for _, a := range o.answers {
		if a.id == id {
			return a.frame, true
		}
	}
	if len(o.answers) == kept {
		o.answers = append(o.answers[:0:0], o.answers[1:]...)
	}
	o.answers = append(o.answers, answered{id: id})
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

// timestamp leaves the zero time out.
func timestamp(t time.Time) wire.Timestamp { return wire.Timestamp{Time: t} }
