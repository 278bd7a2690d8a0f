package ims

import (
	"bytes"
	"encoding/xml"
	"strings"
	"time"
)

// maxRegInfo bounds a reginfo document, in bytes.
const maxRegInfo = 64 << 10

// regInfo is the document of RFC 3680 5, as far as it matters here.
type regInfo struct {
	XMLName       xml.Name `xml:"reginfo"`
	Version       uint64   `xml:"version,attr"`
	State         string   `xml:"state,attr"`
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

// parseRegInfo reads a reginfo document.
func parseRegInfo(body []byte) (*regInfo, error) {
	if len(body) > maxRegInfo {
		return nil, xml.UnmarshalError("reginfo is too large")
	}
	var doc regInfo
	if err := xml.NewDecoder(bytes.NewReader(body)).Decode(&doc); err != nil {
		return nil, err
	}
	return &doc, nil
}

// fate is what a reginfo document says about one contact.
type fate struct {
	listed     bool // the contact is there
	gone       bool
	event      string // "rejected", "deactivated", "unregistered", "expired", "probation"; "" when only the registration ended
	retryAfter time.Duration
	shortened  bool
}

// fate finds our contact by its token. A registration that is terminated as a whole, without contacts, ends ours too
// (seen from cores after an RTR).
func (d *regInfo) fate(token string) fate {
	terminated, all := 0, len(d.Registrations)
	var out fate
	for _, r := range d.Registrations {
		if r.State == "terminated" && len(r.Contacts) == 0 {
			terminated++
		}
		for _, c := range r.Contacts {
			if !strings.Contains(c.URI, ":"+token+"@") {
				continue
			}
			out.listed = true
			if c.State == "terminated" {
				return fate{listed: true, gone: true, event: c.Event, retryAfter: min(time.Duration(c.RetryAfter)*time.Second, time.Hour)}
			}
			out.shortened = out.shortened || c.Event == "shortened"
		}
	}
	out.gone = !out.listed && all > 0 && terminated == all
	return out
}

// ended puts an event of RFC 3680 4.7.1 into words.
func ended(event string) string {
	switch event {
	case "rejected":
		return "the network ended the registration and will not take another one now"
	case "expired":
		return "the registration expired in the network"
	case "deactivated", "probation":
		return "the network ended the registration; the phone registers again"
	default:
		return "the network ended the registration"
	}
}
