package cpim

import (
	"strconv"
	"time"
)

// TypeComposing is the media type of a Composing.
const TypeComposing = "application/im-iscomposing+xml"

// Composing says whether somebody is writing a message (RFC 3994).
type Composing struct {
	Active bool
	// For is how long an active state holds unless it is told again: 1 s to 10 min, 120 s when nothing is said (RFC 3994 3.2).
	For time.Duration
}

const (
	composingRefresh = 120 * time.Second
	maxRefresh       = 10 * time.Minute
)

// ParseComposing reads an application/im-iscomposing+xml document.
func ParseComposing(doc []byte) (Composing, error) {
	v, err := leaves(doc, "urn:ietf:params:xml:ns:im-iscomposing")
	if err != nil {
		return Composing{}, err
	}
	state, have := v["isComposing/state"]
	if !have {
		return Composing{}, ErrDocument
	}
	c := Composing{Active: state == "active", For: composingRefresh} // an unknown state is idle (RFC 3994 3.3)
	if n, err := strconv.ParseUint(v["isComposing/refresh"], 10, 31); err == nil && n > 0 {
		c.For = min(time.Duration(n)*time.Second, maxRefresh)
	}
	return c, nil
}
