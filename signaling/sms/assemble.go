package sms

import (
	"slices"
	"strings"
	"time"
)

// Message is a text as its sender wrote it.
type Message struct {
	From       Address
	Text       string
	At         time.Time // when the centre took its first part, as far as is known; zero if it did not say
	Incomplete bool      // parts are missing; each gap is marked with an ellipsis in brackets
}

const (
	// maxOpen is how many messages may wait for parts; of more the oldest is given up.
	maxOpen = 16
	// maxHeld bounds the parts of one message; of a longer one, what comes stands by itself.
	maxHeld = 40
	// partWait is how long a message waits for its next part. A centre retries for hours, but sends the parts one behind the other.
	partWait = 10 * time.Minute
	gap      = "[…]"
)

// Assembler puts the parts of long messages together. The zero Assembler is ready; it is not safe for concurrent use.
type Assembler struct{ open []*open }

type open struct {
	from  Address
	part  Part
	parts []*Deliver
	until time.Time
}

// Add takes a delivered message and returns what is whole by it: nothing while parts are missing, and besides it what had to be given up.
func (a *Assembler) Add(now time.Time, d Deliver) []Message {
	if d.Part.Total == 0 || d.Part.Total > maxHeld {
		return []Message{{From: d.From, Text: d.Text(), At: d.At}}
	}
	at := slices.IndexFunc(a.open, func(o *open) bool {
		return o.from == d.From && o.part.Reference == d.Part.Reference && o.part.Wide == d.Part.Wide && o.part.Total == d.Part.Total
	})
	var out []Message
	if at < 0 {
		if len(a.open) == maxOpen {
			out = append(out, a.open[0].message())
			a.open = slices.Delete(a.open, 0, 1)
		}
		a.open = append(a.open, &open{from: d.From, part: d.Part, parts: make([]*Deliver, d.Part.Total)})
		at = len(a.open) - 1
	}
	o := a.open[at]
	o.parts[d.Part.Number-1], o.until = &d, now.Add(partWait)
	if slices.Contains(o.parts, nil) {
		return out
	}
	a.open = slices.Delete(a.open, at, at+1)
	return append(out, o.message())
}

// Expire gives up what has waited too long.
func (a *Assembler) Expire(now time.Time) []Message {
	var out []Message
	a.open = slices.DeleteFunc(a.open, func(o *open) bool {
		if now.Before(o.until) {
			return false
		}
		out = append(out, o.message())
		return true
	})
	return out
}

// Deadline is when Expire has something to do; false if nothing waits.
func (a *Assembler) Deadline() (time.Time, bool) {
	var first time.Time
	for _, o := range a.open {
		if first.IsZero() || o.until.Before(first) {
			first = o.until
		}
	}
	return first, len(a.open) > 0
}

// message joins the parts that are there. Neighbours of one alphabet are joined before they are read: a part may end within a character.
func (o *open) message() Message {
	m := Message{From: o.from}
	var text strings.Builder
	var run body
	flush := func() {
		text.WriteString(run.text())
		run = body{}
	}
	for i, p := range o.parts {
		if p == nil {
			flush()
			if i == 0 || o.parts[i-1] != nil {
				text.WriteString(gap)
			}
			m.Incomplete = true
			continue
		}
		if m.At.IsZero() {
			m.At = p.At
		}
		if run.alphabet != p.body.alphabet {
			flush()
			run.alphabet = p.body.alphabet
		}
		run.units = append(run.units, p.body.units...)
	}
	flush()
	m.Text = text.String()
	return m
}
