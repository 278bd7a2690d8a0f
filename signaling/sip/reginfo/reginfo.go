// Package reginfo reads the registration-state documents of RFC 3680 5, as far as a registration's owner needs them. It is pure.
package reginfo

import (
	"bytes"
	"encoding/xml"
	"strings"
	"time"
)

// maxDocument bounds a reginfo document, in bytes.
const maxDocument = 64 << 10

// Document is a reginfo document.
type Document struct {
	XMLName       xml.Name `xml:"reginfo"`
	Version       uint64   `xml:"version,attr"`
	State         string   `xml:"state,attr"` // full or partial
	Registrations []struct {
		AOR      string `xml:"aor,attr"`
		State    string `xml:"state,attr"`
		Contacts []struct {
			State      string `xml:"state,attr"`
			Event      string `xml:"event,attr"`
			RetryAfter uint32 `xml:"retry-after,attr"` // seconds, with event probation
			URI        string `xml:"uri"`
		} `xml:"contact"`
	} `xml:"registration"`
}

// Parse reads a document of at most 64 kB.
func Parse(body []byte) (*Document, error) {
	if len(body) > maxDocument {
		return nil, xml.UnmarshalError("reginfo is too large")
	}
	var doc Document
	if err := xml.NewDecoder(bytes.NewReader(body)).Decode(&doc); err != nil {
		return nil, err
	}
	return &doc, nil
}

// Fate is what a document says about one contact.
type Fate struct {
	Listed     bool // the contact is there
	Gone       bool
	Event      string // "rejected", "deactivated", "unregistered", "expired", "probation"; "" when only the registration ended
	RetryAfter time.Duration
	Shortened  bool
}

// Fate finds a contact by the user part of its URI. A registration that is terminated as a whole, without contacts, ends it too
// (seen from cores after an RTR).
func (d *Document) Fate(token string) Fate {
	terminated, all := 0, len(d.Registrations)
	var out Fate
	for _, r := range d.Registrations {
		if r.State == "terminated" && len(r.Contacts) == 0 {
			terminated++
		}
		for _, c := range r.Contacts {
			if !strings.Contains(c.URI, ":"+token+"@") {
				continue
			}
			out.Listed = true
			if c.State == "terminated" {
				return Fate{Listed: true, Gone: true, Event: c.Event, RetryAfter: min(time.Duration(c.RetryAfter)*time.Second, time.Hour)}
			}
			out.Shortened = out.Shortened || c.Event == "shortened"
		}
	}
	out.Gone = !out.Listed && all > 0 && terminated == all
	return out
}
