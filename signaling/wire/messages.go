package wire

import "strings"

// The methods and notifications of messages.
const (
	MethodSend      = "message.send"
	MethodDisplayed = "message.displayed"

	EventMessage   = "message.received"
	EventReport    = "message.report"
	EventComposing = "message.composing"
)

// The ways a message goes.
const (
	ViaSIP = "sip" // a SIP MESSAGE (RFC 3428)
	ViaSMS = "sms" // a short message (TS 24.341)
)

// maxText bounds the text of a message, bytes; the network's bound is mostly lower.
const maxText = 16 << 10

// MessageParams is the Params of a method about messages.
type MessageParams interface {
	Params
	messageParams()
}

// SendParams are those of message.send.
type SendParams struct {
	Message   string // id chosen by the client
	Target    string // number as dialled, tel: or sip: URI; 1 to 256 bytes, no control characters
	Text      string // 1 to 16384 bytes; line ends are the only control characters, with tabs
	From      string // one of the session's identities; empty for the default one
	Anonymous bool   // ask the network to withhold the number
	Delivery  bool   // tell when it has reached the other phone, or will not
	Display   bool   // tell when it has been read
	Via       string // ViaSIP, or ViaSMS
}

// DisplayedParams are those of message.displayed: the user has seen a message.
type DisplayedParams struct {
	Message string // as given by message.received
}

func (SendParams) params()             {}
func (DisplayedParams) params()        {}
func (SendParams) messageParams()      {}
func (DisplayedParams) messageParams() {}

// SendResult answers message.send: the network has taken the message.
type SendResult struct {
	Message string `json:"message"`
	Via     string `json:"via"`
	Parts   int    `json:"parts"` // short messages it became; 1 by ViaSIP
}

// Messages tells a page what it may send.
type Messages struct {
	Bytes int  `json:"bytes"` // of a text at most; by ViaSIP the network's bound may be lower
	SMS   bool `json:"sms"`   // by ViaSMS too
}

// MessageReceived is the event message.received.
type MessageReceived struct {
	Message     string    `json:"message"` // the gateway's id of it
	Remote      Remote    `json:"remote"`
	Called      string    `json:"called"` // the identity it is for
	Text        string    `json:"text"`
	ContentType string    `json:"contentType"` // always text/plain now
	At          Timestamp `json:"at"`          // when it was sent, as far as is known, else when it came
	Via         string    `json:"via"`         // ViaSIP or ViaSMS
	Subject     string    `json:"subject,omitempty"`
	// Display: its sender wants to know when it has been read: send message.displayed.
	Display bool `json:"display"`
	// Incomplete: parts of a long short message never came; the gaps are marked.
	Incomplete bool `json:"incomplete,omitempty"`
}

// What becomes of a message that was sent.
const (
	MessageAccepted  = "accepted"  // the short message centre has it
	MessageStored    = "stored"    // it waits until the other phone can be reached
	MessageDelivered = "delivered" // the other phone has it
	MessageDisplayed = "displayed" // it has been read
	MessageFailed    = "failed"    // it will not be delivered
)

// MessageReport is the event message.report.
type MessageReport struct {
	Message string      `json:"message"` // the client's id
	Status  string      `json:"status"`
	At      Timestamp   `json:"at"`
	Error   *EventError `json:"error,omitempty"` // why it failed
}

// MessageComposing is the event message.composing: somebody writes to the user, or has stopped (RFC 3994).
type MessageComposing struct {
	Remote Remote `json:"remote"`
	Called string `json:"called"`
	Active bool   `json:"active"`
	Within Millis `json:"within"` // how long it holds unless it is told again
}

// message reads a message's id. It has the form of a call's.
func (d *decoder) message() string {
	s, _, ok := d.text("message")
	if !ok || !ValidCall(s) {
		d.must("message", "1 to 64 of the characters A-Z a-z 0-9 _ -")
		return ""
	}
	return s
}

func (d *decoder) send() SendParams {
	p := SendParams{Message: d.message(), Target: d.line("target", 1, maxTarget), From: d.optionalLine("from", maxTarget), Anonymous: d.boolean("anonymous"), Via: ViaSIP}
	s, present, ok := d.text("text")
	if !present || !ok || strings.TrimSpace(s) == "" || hasControl(s, "\r\n\t") {
		d.must("text", "a text that is not empty and has no control characters but line ends and tabs")
	} else if len(s) > maxText {
		d.fail(NewError(NameMessageTooLong).WithMessage("The message has %d bytes; %d are allowed.", len(s), maxText))
	}
	p.Text = s
	if d.get("via") != nil {
		p.Via = d.choice("via", ViaSIP, ViaSMS)
	}
	if raw := d.get("report"); raw != nil {
		list := elementsOf(raw)
		for _, item := range list {
			switch word, _ := text(item); word {
			case "delivery":
				p.Delivery = true
			case "display":
				p.Display = true
			default:
				list = nil
			}
		}
		if len(list) == 0 || len(list) > 2 {
			d.must("report", "an array of delivery, display or both")
		}
	}
	return p
}
