package cpim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Status is what a notification says of a message (RFC 5438 7).
type Status string

// The statuses.
const (
	Delivered Status = "delivered" // it reached the far phone
	Displayed Status = "displayed" // its reader has seen it
	Stored    Status = "stored"    // somebody keeps it until it can be delivered
	Processed Status = "processed" // somebody on the way has handled it
	Failed    Status = "failed"    // it will not be delivered
	Forbidden Status = "forbidden" // the far side does not say
	Erred     Status = "error"     // something went wrong with the notification or the message
)

// About is which of the three kinds of notification it is (RFC 5438 7.2).
type About string

// The kinds.
const (
	Delivery   About = "delivery-notification"
	Display    About = "display-notification"
	Processing About = "processing-notification"
)

// Notification is a message/imdn+xml document.
type Notification struct {
	ID     string    // of the message it is about
	At     time.Time // of that message, as its DateTime said
	About  About
	Status Status
	// Recipient and Original are who the message was for, URIs; "" where they are not said.
	Recipient, Original string
}

const (
	maxDocument = 8 << 10 // bytes
	maxTokens   = 128     // elements, texts and the like of one document
	maxText     = 512     // bytes of one element's text
)

// ErrDocument is XML that is not the document it should be.
var ErrDocument = errors.New("not the document it says it is")

// leaves reads a document into its elements' texts by their path ("imdn/message-id"), the first of each. It knows no entities, processing
// instructions or DTDs, and stops at bounds.
func leaves(doc []byte, space string) (map[string]string, error) {
	if len(doc) > maxDocument {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrDocument, maxDocument)
	}
	d := xml.NewDecoder(bytes.NewReader(doc))
	d.Entity = map[string]string{}
	out, path, text := map[string]string{}, []string{}, ""
	for n := 0; ; n++ {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(out) == 0 {
				return nil, ErrDocument
			}
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDocument, err)
		}
		if n == maxTokens {
			return nil, fmt.Errorf("%w: too much in it", ErrDocument)
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("%w: a DTD", ErrDocument)
		case xml.StartElement:
			if len(path) == 0 && t.Name.Space != space || len(path) == 8 {
				return nil, ErrDocument
			}
			path, text = append(path, t.Name.Local), ""
			if key := strings.Join(path, "/"); t.Name.Space == space {
				if _, have := out[key]; !have {
					out[key] = ""
				}
			}
		case xml.CharData:
			if text += string(t); len(text) > maxText {
				return nil, fmt.Errorf("%w: a long text", ErrDocument)
			}
		case xml.EndElement:
			if key := strings.Join(path, "/"); t.Name.Space == space && out[key] == "" {
				out[key] = strings.TrimSpace(text)
			}
			path, text = path[:len(path)-1], ""
		}
	}
}

// ParseNotification reads a message/imdn+xml document (RFC 5438 11.1).
func ParseNotification(doc []byte) (Notification, error) {
	v, err := leaves(doc, namespaceXML)
	if err != nil {
		return Notification{}, err
	}
	n := Notification{ID: v["imdn/message-id"], Recipient: v["imdn/recipient-uri"], Original: v["imdn/original-recipient-uri"]}
	if n.ID == "" || len(n.ID) > maxID {
		return Notification{}, fmt.Errorf("%w: no message-id", ErrDocument)
	}
	if at, err := time.Parse(time.RFC3339, v["imdn/datetime"]); err == nil {
		n.At = at.UTC()
	}
	for _, about := range []About{Delivery, Display, Processing} {
		for _, status := range []Status{Delivered, Displayed, Stored, Processed, Failed, Forbidden, Erred} {
			if _, have := v["imdn/"+string(about)+"/status/"+string(status)]; have {
				n.About, n.Status = about, status
				return n, nil
			}
		}
	}
	return Notification{}, fmt.Errorf("%w: no status", ErrDocument)
}

// namespaceXML is that of the documents (RFC 5438 11.1).
const namespaceXML = "urn:ietf:params:xml:ns:imdn"

// Write returns the document.
func (n Notification) Write() []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + `<imdn xmlns="` + namespaceXML + `">`)
	leaf := func(name, text string) {
		if text != "" {
			b.WriteString("<" + name + ">")
			_ = xml.EscapeText(&b, []byte(text)) // a bytes.Buffer takes everything
			b.WriteString("</" + name + ">")
		}
	}
	leaf("message-id", n.ID)
	if !n.At.IsZero() {
		leaf("datetime", n.At.UTC().Format(time.RFC3339))
	}
	leaf("recipient-uri", n.Recipient)
	leaf("original-recipient-uri", n.Original)
	fmt.Fprintf(&b, "<%s><status><%s/></status></%s></imdn>\r\n", n.About, n.Status, n.About)
	return b.Bytes()
}
