package sms

import (
	"time"
)

// Part says where in a long message a short one belongs (TS 23.040 9.2.3.24.1 and .8). The zero Part is a message of its own.
type Part struct {
	Reference uint16
	Wide      bool // the reference has 16 bits
	Total     int  // 1 to 255; 0 for a message of its own
	Number    int  // 1 to Total
}

// TPDU is a message of the transfer layer from the network: Deliver or StatusReport.
type TPDU interface{ tpdu() }

// Deliver is an SMS-DELIVER (TS 23.040 9.2.2.1).
type Deliver struct {
	From Address
	At   time.Time // when the centre took it
	Part Part
	// Silent is a message that must not be shown: of type 0 (TS 23.040 9.2.3.9), or one that only switches a waiting-message lamp.
	Silent bool

	body body
}

// Text is what this message says by itself.
func (d Deliver) Text() string { return d.body.text() }

// StatusReport is an SMS-STATUS-REPORT (TS 23.040 9.2.2.3).
type StatusReport struct {
	Reference byte    // TP-Message-Reference of the SMS-SUBMIT
	To        Address // whom that was for
	Submitted time.Time
	At        time.Time // when it was delivered, or tried
	Status    byte      // TP-Status
}

// Fate is what a status means for its message.
type Fate uint8

// The fates (TS 23.040 9.2.3.15).
const (
	Delivered Fate = iota
	Pending        // the centre goes on trying
	Failed
)

// Fate tells what the status means.
func (s StatusReport) Fate() Fate {
	switch {
	case s.Status <= 0x02:
		return Delivered
	case s.Status >= 0x20 && s.Status <= 0x3f:
		return Pending
	}
	return Failed // permanent errors, temporary ones that are no longer tried, reserved values
}

func (Deliver) tpdu()      {}
func (StatusReport) tpdu() {}

// reader takes octets off a TPDU and remembers when there were not enough.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.short, r.rest = true, nil
		return make([]byte, n)
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

// address takes an address field (TS 23.040 9.1.2.5).
func (r *reader) address() Address {
	n := int(r.take(1)[0])
	if n > maxDigits+2 { // 11 septets of a name are 20 semi-octets; some centres count 22
		r.short = true
		return Address{}
	}
	return address(r.take(1+(n+1)/2), n)
}

// time takes a time stamp of the centre (TS 23.040 9.2.3.11); one that is no time is the zero Time.
func (r *reader) time() time.Time {
	b := r.take(7)
	var v [6]int
	for i := range v {
		low, high := int(b[i]&0xf), int(b[i]>>4)
		if low > 9 || high > 9 {
			return time.Time{}
		}
		v[i] = low*10 + high
	}
	if v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 || v[5] > 59 {
		return time.Time{}
	}
	quarters := int(b[6]&7)*10 + int(b[6]>>4)
	if b[6]&8 != 0 {
		quarters = -quarters
	}
	if quarters < -56 || quarters > 56 { // 14 hours
		quarters = 0
	}
	zone := time.FixedZone("", quarters*15*60)
	return time.Date(2000+v[0], time.Month(v[1]), v[2], v[3], v[4], v[5], 0, zone).UTC()
}

// ParseTPDU reads the user data of an RP-DATA from the network. The error is an *Error.
func ParseTPDU(b []byte) (TPDU, error) {
	r := &reader{rest: b}
	first := r.take(1)[0]
	switch {
	case r.short:
		return nil, incorrect("an empty short message")
	case first&3 == 0:
		return r.deliver(first)
	case first&3 == 2:
		return r.report()
	}
	return nil, &Error{Cause: CauseNonExistent, Failure: failureUnspecified, Text: "a short message that is neither a delivery nor a status report"}
}

func (r *reader) deliver(first byte) (TPDU, error) {
	d := Deliver{From: r.address()}
	pid, dcs := r.take(1)[0], r.take(1)[0]
	d.At = r.time()
	length := int(r.take(1)[0])
	if r.short {
		return nil, incorrect("an SMS-DELIVER that is cut short")
	}
	alphabet, compressed := coding(dcs)
	d.Silent = pid == 0x40 // short message type 0
	if compressed || alphabet == Octets {
		if d.Silent {
			return d, nil
		}
		return nil, &Error{Cause: CauseUnspecified, Failure: failureCoding, Text: "a short message of data, not of text"}
	}
	octets := length
	if alphabet == GSM7 {
		octets = (length*7 + 7) / 8
	}
	if octets > 140 || octets > len(r.rest) {
		return nil, incorrect("an SMS-DELIVER that is shorter than it says")
	}
	data, header := r.rest[:octets], 0
	if first&0x40 != 0 {
		var ok bool
		if d.Part, header, ok = userDataHeader(data); !ok {
			return nil, incorrect("a user data header that is longer than its message")
		}
	}
	d.body = body{alphabet: alphabet}
	if alphabet == GSM7 {
		d.body.units = unpack(data, header, length)
	} else {
		for i := header; i+1 < len(data); i += 2 {
			d.body.units = append(d.body.units, uint16(data[i])<<8|uint16(data[i+1]))
		}
	}
	d.Silent = d.Silent || dcs>>4 >= 0xc && dcs>>4 <= 0xe && len(d.body.units) == 0
	return d, nil
}

// userDataHeader reads the elements it knows (TS 23.040 9.2.3.24); the others are ignored, as is a part that cannot be.
func userDataHeader(data []byte) (p Part, length int, ok bool) {
	if len(data) == 0 || int(data[0])+1 > len(data) {
		return Part{}, 0, false
	}
	length = int(data[0]) + 1
	for rest := data[1:length]; len(rest) >= 2; {
		kind, n := rest[0], int(rest[1])
		if n+2 > len(rest) {
			break
		}
		v := rest[2 : 2+n]
		switch {
		case kind == 0 && n == 3:
			p = Part{Reference: uint16(v[0]), Total: int(v[1]), Number: int(v[2])}
		case kind == 8 && n == 4:
			p = Part{Reference: uint16(v[0])<<8 | uint16(v[1]), Wide: true, Total: int(v[2]), Number: int(v[3])}
		}
		rest = rest[2+n:]
	}
	if p.Number < 1 || p.Number > p.Total || p.Total == 1 {
		p = Part{}
	}
	return p, length, true
}

func (r *reader) report() (TPDU, error) {
	s := StatusReport{Reference: r.take(1)[0], To: r.address(), Submitted: r.time(), At: r.time(), Status: r.take(1)[0]}
	if r.short {
		return nil, incorrect("an SMS-STATUS-REPORT that is cut short")
	}
	return s, nil
}

// Failure is the TP-Failure-Cause of an SMS-SUBMIT-REPORT in an RP-ERROR (TS 23.040 9.2.2.2a), 0 if there is none.
func (r RP) Failure() byte {
	if r.Type == ErrorFrom && len(r.UserData) >= 2 && r.UserData[0]&3 == 1 {
		return r.UserData[1]
	}
	return 0
}
