package dialog

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// update rewrites the golden files from what the machine says now.
var update = flag.Bool("update", false, "rewrite testdata")

// The two session descriptions the tests speak with.
const (
	ourSDP   = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
	theirSDP = "v=0\r\no=- 9 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 50000 RTP/AVP 8\r\n"
	otherSDP = "v=0\r\no=- 9 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 50002 RTP/AVP 8\r\n"
)

// rig drives one session: the far end is raw text written by the test, time is a variable.
type rig struct {
	t     *testing.T
	s     *Session
	start time.Time
	now   time.Time
	trace strings.Builder

	sent      []Send
	acks      []*sip.Request
	cancels   []Cancel
	responses []Respond
	events    []Event
	finished  bool
}

func profile() *Profile {
	n := 0
	return &Profile{
		Contact:        "<sip:k7f3@gw.example:5060>",
		Allow:          []string{"INVITE", "ACK", "CANCEL", "BYE", "PRACK", "UPDATE", "INFO", "OPTIONS"},
		Supported:      []string{"100rel", "timer", "199"},
		Initial:        []Header{{"P-Early-Media", "supported"}},
		Request:        []Header{{"P-Charging-Vector", "icid-value=a1b2"}},
		Response:       []Header{{"P-Asserted-Identity", "<sip:+15550001@ims.example>"}},
		SessionExpires: 1800 * time.Second,
		MinSE:          90 * time.Second,
		AnswerLimit:    180 * time.Second,
		OfferLimit:     15 * time.Second,
		Timers:         Timers{T1: 500 * time.Millisecond, T2: 4 * time.Second},
		Random:         func(n int64) int64 { return n / 2 },
		Token:          func() string { n++; return fmt.Sprintf("tag%d", n) },
	}
}

func newRig(t *testing.T) *rig {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return &rig{t: t, start: start, now: start}
}

// dial starts an outgoing call.
func dial(t *testing.T, change ...func(*Profile)) *rig {
	t.Helper()
	r, p := newRig(t), profile()
	for _, c := range change {
		c(p)
	}
	s, err := NewCaller(p, Call{
		Target: "tel:+15550101", From: "<sip:+15550001@ims.example>", To: "<tel:+15550101>",
		Routes: []string{"<sip:orig@scscf.example;lr>"}, CallID: "call1", SDP: ourSDP,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.s = s
	r.do(s.Start(r.now))
	return r
}

// receive takes an incoming call. lines are further header lines, body its SDP or "".
func receive(t *testing.T, body string, lines ...string) *rig {
	t.Helper()
	r := newRig(t)
	req := r.request("INVITE sip:k7f3@gw.example:5060 SIP/2.0", 1, body, append([]string{"Contact: <sip:handset@192.0.2.9:5080>",
		"Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>", "Allow: INVITE, ACK, BYE, UPDATE, PRACK"}, lines...)...)
	req.To().Params.Remove("tag")
	s, status, _, err := NewCallee(profile(), 100, req, r.now)
	if err != nil {
		t.Fatalf("INVITE refused with %d: %v", status, err)
	}
	r.s = s
	return r
}

// parse turns text into a message the way the transport does.
func (r *rig) parse(text string) sip.Message {
	r.t.Helper()
	msg, err := sip.NewParser().ParseSIP([]byte(text))
	if err != nil {
		r.t.Fatalf("the test's own message does not parse: %v\n%s", err, text)
	}
	return msg
}

// request writes a request of the far end inside the dialog.
func (r *rig) request(line string, cseq int, body string, lines ...string) *sip.Request {
	r.t.Helper()
	method, _, _ := strings.Cut(line, " ")
	from, to := "<sip:+15550101@ims.example>;tag=far", "<sip:+15550001@ims.example>;tag=tag1"
	callID := "call1"
	return r.parse(message(line, append([]string{
		"Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1", "Max-Forwards: 70", "From: " + from, "To: " + to, "Call-ID: " + callID,
		fmt.Sprintf("CSeq: %d %s", cseq, method)}, lines...), body)).(*sip.Request)
}

// message joins a start line, header lines and a body.
func message(start string, lines []string, body string) string {
	out := start + "\r\n" + strings.Join(lines, "\r\n") + "\r\n"
	if body != "" {
		out += "Content-Type: application/sdp\r\n"
	}
	return out + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

// reply gives the session a response to one of its requests.
func (r *rig) reply(s Send, status int, tag, body string, lines ...string) {
	r.t.Helper()
	req := s.Request
	to := First(req, "to")
	if tag != "" && !strings.Contains(to, ";tag=") {
		to += ";tag=" + tag
	}
	head := []string{"Via: SIP/2.0/UDP gw.example:5060;branch=z9hG4bKa", "From: " + First(req, "from"), "To: " + to,
		"Call-ID: " + First(req, "call-id"), fmt.Sprintf("CSeq: %d %s", req.CSeq().SeqNo, req.Method)}
	text := message(fmt.Sprintf("SIP/2.0 %d Whatever", status), append(head, lines...), body)
	r.trace.WriteString("\n<== " + r.at() + " " + text)
	r.do(r.s.Response(r.now, s.Tx, r.parse(text).(*sip.Response)))
}

// ask gives the session a request of the far end; tx is its server transaction.
func (r *rig) ask(tx uint64, method string, cseq int, body string, lines ...string) {
	r.t.Helper()
	req := r.request(method+" sip:k7f3@gw.example:5060 SIP/2.0", cseq, body, lines...)
	r.trace.WriteString("\n<== " + r.at() + " " + req.String())
	r.do(r.s.Request(r.now, tx, req))
}

// at is the time since the start.
func (r *rig) at() string { return "[" + r.now.Sub(r.start).String() + "]" }

// do carries out actions.
func (r *rig) do(actions []Action) {
	r.t.Helper()
	if r.finished && len(actions) > 0 {
		r.t.Fatalf("actions after Finish: %#v", actions)
	}
	for _, a := range actions {
		switch a := a.(type) {
		case Send:
			r.sent = append(r.sent, a)
			r.trace.WriteString("\n==> " + r.at() + " " + a.Request.String())
		case Ack:
			r.acks = append(r.acks, a.Request)
			r.trace.WriteString("\n==> " + r.at() + " " + a.Request.String())
		case Cancel:
			r.cancels = append(r.cancels, a)
			fmt.Fprintf(&r.trace, "\n==> %s CANCEL of the INVITE, Reason: %s\n", r.at(), a.Reason)
		case Respond:
			r.responses = append(r.responses, a)
			r.trace.WriteString("\n==> " + r.at() + " " + a.Response.String())
		case Emit:
			r.events = append(r.events, a.Event)
			fmt.Fprintf(&r.trace, "\n*** %s %s\n", r.at(), describe(a.Event))
		case Finish:
			r.finished = true
			fmt.Fprintf(&r.trace, "\n*** %s finished\n", r.at())
		}
	}
}

// describe prints an event without pointers.
func describe(e Event) string {
	switch e := e.(type) {
	case Provisional:
		return fmt.Sprintf("Provisional %d dialog %s sdp %t", e.Response.StatusCode, e.Dialog, e.SDP != "")
	case Accepted:
		return fmt.Sprintf("Accepted dialog %s sdp %t", e.Dialog, e.SDP != "")
	case Refused:
		return fmt.Sprintf("Refused %d", e.Status)
	case Offered:
		return fmt.Sprintf("Offered dialog %s", e.Dialog)
	case Answered:
		return fmt.Sprintf("Answered dialog %s", e.Dialog)
	case OfferRefused:
		return fmt.Sprintf("OfferRefused %d", e.Status)
	case Ended:
		return fmt.Sprintf("Ended: %s %s", e.Why, e.Reason)
	default:
		return strings.TrimPrefix(fmt.Sprintf("%T", e), "dialog.")
	}
}

// wait lets time pass, running the timers on their deadlines.
func (r *rig) wait(d time.Duration) {
	r.t.Helper()
	end := r.now.Add(d)
	for range 10000 {
		at, ok := r.s.Deadline()
		if !ok || at.After(end) {
			r.now = end
			return
		}
		r.now = at
		r.do(r.s.Tick(at))
	}
	r.t.Fatal("timers never come to rest")
}

// last returns the last request sent, which has to be of the method.
func (r *rig) last(method string) Send {
	r.t.Helper()
	if len(r.sent) == 0 || string(r.sent[len(r.sent)-1].Request.Method) != method {
		r.t.Fatalf("last request is not %s:\n%s", method, r.trace.String())
	}
	return r.sent[len(r.sent)-1]
}

// count returns how many requests of a method were sent.
func (r *rig) count(method string) (n int) {
	for _, s := range r.sent {
		if string(s.Request.Method) == method {
			n++
		}
	}
	return n
}

// status returns the status of the last response given to a server transaction, 0 for none.
func (r *rig) status(tx uint64) int {
	for i := len(r.responses) - 1; i >= 0; i-- {
		if r.responses[i].Tx == tx {
			return r.responses[i].Response.StatusCode
		}
	}
	return 0
}

// expect compares the events so far, as describe writes them, and forgets them.
func (r *rig) expect(want ...string) {
	r.t.Helper()
	var got []string
	for _, e := range r.events {
		got = append(got, describe(e))
	}
	r.events = nil
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		r.t.Fatalf("events:\n%s\nwant:\n%s\n\ntrace:%s", strings.Join(got, "\n"), strings.Join(want, "\n"), r.trace.String())
	}
}

// golden compares the trace with a file.
func (r *rig) golden(name string) {
	r.t.Helper()
	path := filepath.Join("testdata", name+".golden")
	got := strings.ReplaceAll(r.trace.String(), "\r\n", "\n")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	if got != string(want) {
		r.t.Errorf("the trace differs from %s (run with -update to accept):\n%s", path, got)
	}
}

// established is an answered outgoing call whose far end allows the given methods.
func established(t *testing.T, lines ...string) *rig {
	t.Helper()
	r := dial(t)
	r.reply(r.last("INVITE"), 200, "far", theirSDP, append([]string{"Contact: <sip:handset@192.0.2.9:5080>"}, lines...)...)
	r.expect("Accepted dialog far sdp true")
	return r
}

// answered is an answered incoming call.
func answered(t *testing.T, lines ...string) *rig {
	t.Helper()
	r := receive(t, theirSDP, lines...)
	out, err := r.s.Accept(r.now, ourSDP)
	if err != nil {
		t.Fatal(err)
	}
	r.do(out)
	r.ask(0, "ACK", 1, "")
	r.expect("Confirmed")
	return r
}
