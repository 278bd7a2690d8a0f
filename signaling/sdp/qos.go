package sdp

import "strings"

// Strength is how much a precondition binds (RFC 3312 5).
type Strength string

// The strengths, weakest first; StrengthNone also stands for "not said".
const (
	StrengthNone      Strength = "none"
	StrengthOptional  Strength = "optional"
	StrengthMandatory Strength = "mandatory"
	StrengthFailure   Strength = "failure" // answers only: cannot be met (SIP 580)
	StrengthUnknown   Strength = "unknown" // answers only: type not known
)

// QoS is a direction tag of a precondition, from the view of the side that wrote it.
type QoS string

// The direction tags (RFC 3312 5). The empty value means the line was absent.
const (
	QoSNone     QoS = "none"
	QoSSend     QoS = "send"
	QoSRecv     QoS = "recv"
	QoSSendRecv QoS = "sendrecv"
)

func (q QoS) send() bool { return q == QoSSend || q == QoSSendRecv }
func (q QoS) recv() bool { return q == QoSRecv || q == QoSSendRecv }

// covers reports whether a current status q is at least the desired one.
func (q QoS) covers(desired QoS) bool {
	return (q.send() || !desired.send()) && (q.recv() || !desired.recv())
}

// reverse is the same tag seen from the other side.
func (q QoS) reverse() QoS {
	switch q {
	case QoSSend:
		return QoSRecv
	case QoSRecv:
		return QoSSend
	default:
		return q
	}
}

// Segment is the state of one part of the path: what is there, what is wanted, and whether the writer
// asks to be told (a=conf).
type Segment struct {
	Current  QoS
	Strength Strength // the stronger one when it differs by direction
	Desired  QoS
	Confirm  QoS
}

// met reports that nothing mandatory is missing.
func (s Segment) met() bool { return s.Strength != StrengthMandatory || s.Current.covers(s.Desired) }

// Preconditions are the QoS preconditions of one m-line (RFC 3312, 4032), as its writer sees them: Local is the
// writer's own access, Remote ours. The zero value means there are none.
type Preconditions struct{ Local, Remote, EndToEnd Segment }

// Present reports whether the m-line carries any precondition.
func (p Preconditions) Present() bool { return p != Preconditions{} }

// LocalMet reports that the writer's own side is ready: its mandatory local and end-to-end conditions hold. A
// terminating call may ring once the caller's description says so; true when there are no preconditions.
func (p Preconditions) LocalMet() bool { return p.Local.met() && p.EndToEnd.met() }

// Met reports that every mandatory condition holds, ours included.
func (p Preconditions) Met() bool { return p.LocalMet() && p.Remote.met() }

// Confirm reports that the writer asks to be told, by an UPDATE, when our side is ready (a=conf).
func (p Preconditions) Confirm() bool {
	return p.Local.Confirm != "" || p.Remote.Confirm != "" || p.EndToEnd.Confirm != ""
}

// Failed reports an answer that says the conditions cannot be met (SIP 580).
func (p Preconditions) Failed() bool {
	return p.Local.Strength == StrengthFailure || p.Remote.Strength == StrengthFailure || p.EndToEnd.Strength == StrengthFailure
}

// MetPreconditions is what an offer of ours says when preconditions are used at all: no access resource has to
// be reserved on the gateway's side, so our part is there from the start (TS 24.229 5.2, RFC 3312 5.1).
func MetPreconditions() Preconditions {
	return Preconditions{
		Local:  Segment{Current: QoSSendRecv, Strength: StrengthMandatory, Desired: QoSSendRecv},
		Remote: Segment{Current: QoSNone, Strength: StrengthOptional, Desired: QoSSendRecv},
	}
}

// Answer is our answer to the peer's preconditions (RFC 3312 5.1): its local is our remote. ready says
// whether our own side is there. When the peer's side is mandatory and not there yet, the answer asks to be
// told (a=conf:qos remote), and the peer's UPDATE will show it.
func (p Preconditions) Answer(ready bool) Preconditions {
	if !p.Present() {
		return Preconditions{}
	}
	a := Preconditions{
		Local:  Segment{Current: QoSNone, Strength: StrengthMandatory, Desired: QoSSendRecv},
		Remote: Segment{Current: orNone(p.Local.Current.reverse()), Strength: p.Local.Strength, Desired: p.Local.Desired.reverse()},
	}
	if ready {
		a.Local.Current = QoSSendRecv
	}
	if a.Remote.Desired == "" {
		a.Remote.Strength, a.Remote.Desired = StrengthOptional, QoSSendRecv
	}
	if !p.Local.met() {
		a.Remote.Confirm = a.Remote.Desired
	}
	if p.EndToEnd != (Segment{}) {
		a = Preconditions{EndToEnd: Segment{Current: QoSNone, Strength: p.EndToEnd.Strength, Desired: p.EndToEnd.Desired.reverse()}}
		if ready {
			a.EndToEnd.Current = orNone(p.EndToEnd.Current.reverse())
		}
		if !p.EndToEnd.met() {
			a.EndToEnd.Confirm = a.EndToEnd.Desired
		}
	}
	return a
}

func orNone(q QoS) QoS {
	if q == "" {
		return QoSNone
	}
	return q
}

// parsePreconditions reads the a=curr, a=des and a=conf lines of type qos; other types and malformed lines
// are left out, as an unknown precondition type is a matter for SIP's Require header.
func parsePreconditions(b block) (p Preconditions) {
	for _, l := range b {
		if l.kind != 'a' {
			continue
		}
		key, value, _ := strings.Cut(l.value, ":")
		key = strings.TrimRight(key, " ")
		f := strings.Fields(strings.ToLower(value))
		if len(f) < 3 || f[0] != "qos" {
			continue
		}
		s := p.segment(f[len(f)-2])
		tag := QoS(f[len(f)-1])
		if s == nil || tag != QoSNone && tag != QoSSend && tag != QoSRecv && tag != QoSSendRecv {
			continue
		}
		switch {
		case key == "curr" && len(f) == 3:
			s.Current = union(s.Current, tag)
		case key == "conf" && len(f) == 3:
			s.Confirm = union(s.Confirm, tag)
		case key == "des" && len(f) == 4:
			s.desire(Strength(f[1]), tag)
		}
	}
	return p
}

func (p *Preconditions) segment(status string) *Segment {
	switch status {
	case "local":
		return &p.Local
	case "remote":
		return &p.Remote
	case "e2e":
		return &p.EndToEnd
	default:
		return nil
	}
}

// desire merges one a=des line: separate lines for send and recv are usual. A mandatory one pushes weaker
// ones aside, so that met answers for what binds.
func (s *Segment) desire(strength Strength, tag QoS) {
	rank := func(x Strength) int {
		switch x {
		case StrengthMandatory:
			return 3
		case StrengthOptional:
			return 2
		case StrengthFailure, StrengthUnknown:
			return 4
		case StrengthNone:
			return 1
		default:
			return 0
		}
	}
	switch now, new := rank(s.Strength), rank(strength); {
	case new == 0 || new < now:
	case new == now:
		s.Desired = union(s.Desired, tag)
	default:
		s.Strength, s.Desired = strength, tag
	}
}

// union joins two tags: "send" and "recv" lines make "sendrecv".
func union(a, b QoS) QoS {
	send, recv := a.send() || b.send(), a.recv() || b.recv()
	switch {
	case send && recv:
		return QoSSendRecv
	case send:
		return QoSSend
	case recv:
		return QoSRecv
	default:
		return QoSNone
	}
}

// preconditions writes the lines of p.
func (w *writer) preconditions(p Preconditions) {
	each := func(f func(status string, s Segment)) {
		f("local", p.Local)
		f("remote", p.Remote)
		f("e2e", p.EndToEnd)
	}
	each(func(status string, s Segment) {
		if s.Current != "" {
			w.line("a=curr:qos ", status, " ", string(s.Current))
		}
	})
	each(func(status string, s Segment) {
		if s.Desired != "" {
			w.line("a=des:qos ", string(s.Strength), " ", status, " ", string(s.Desired))
		}
	})
	each(func(status string, s Segment) {
		if s.Confirm != "" {
			w.line("a=conf:qos ", status, " ", string(s.Confirm))
		}
	})
}
