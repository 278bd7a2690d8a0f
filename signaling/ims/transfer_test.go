package ims

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
)

const reporting = "Content-Type: message/sipfrag;version=2.0"

// talk is an answered outgoing call; lines go into its 200.
func (r *rig) talk(b *Binding, tag string, lines ...string) (*Call, string) {
	r.t.Helper()
	k, invite := r.invite(b)
	r.peer.reply(invite, 200, tag, theirSDP, append([]string{"Contact: <sip:handset@" + r.peer.wire.address() + ">"}, lines...)...)
	said[Accepted](r)
	r.peer.next("ACK ")
	return k, invite
}

// back sends a request of the far end inside an outgoing call.
func (r *rig) back(method, invite, tag string, cseq int, body string, lines ...string) string {
	r.t.Helper()
	contact := strings.Trim(strings.SplitN(head(invite, "Contact"), ">", 2)[0], "<")
	r.peer.say(method+" "+contact+" SIP/2.0", body, append([]string{"Via: SIP/2.0/UDP " + r.peer.wire.address() + ";branch=z9hG4bKb" + method + itoa(cseq) + tag,
		"Max-Forwards: 60", "From: " + head(invite, "To") + ";tag=" + tag, "To: " + head(invite, "From"), "Call-ID: " + head(invite, "Call-ID"),
		"CSeq: " + itoa(cseq) + " " + method, "Contact: <sip:handset@" + r.peer.wire.address() + ">"}, lines...)...)
	return r.peer.next("SIP/2.0 ")
}

// status is a response's, as text.
func status(res string) string { return strings.Fields(firstLine(res))[1] }

// report sends a NOTIFY.
func (r *rig) report(invite, tag string, cseq int, state, line string) {
	r.t.Helper()
	if got := status(r.back("NOTIFY", invite, tag, cseq, line+"\r\n", "Event: refer", "Subscription-State: "+state, reporting)); got != "200" {
		r.t.Fatalf("NOTIFY got %s", got)
	}
}

// TestReferBlind: REFER with whom the user dialled, the user's own identity, and what the reports become.
func TestReferBlind(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	k, invite := r.talk(b, "far", "Allow: INVITE, ACK, BYE, REFER")
	for last, want := range map[string]func(){
		"SIP/2.0 200 OK":        func() { said[ReferDone](r) },
		"SIP/2.0 486 Busy Here": func() { expectKind(t, said[ReferFailed](r), call.Busy, 486) },
		"SIP/2.0 487 Gone":      func() { expectKind(t, said[ReferFailed](r), call.TransferFailed, 487) },
		"SIP/2.0 180 Ringing":   func() { expectKind(t, said[ReferFailed](r), call.TransferFailed, 0) },
	} {
		if err := k.Refer(ReferParams{Target: "+1 555 0102"}); err != nil {
			t.Fatal(err)
		}
		refer := r.peer.next("REFER ")
		for name, want := range map[string]string{"Refer-To": "<tel:+15550102>", "Referred-By": "<sip:+15550001@ims.example>", "Contact": head(invite, "Contact")} {
			if got := head(refer, name); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
		r.peer.reply(refer, 202, "far", "")
		said[ReferTaken](r)
		n := len(r.peer.trace.String()) // a number that rises
		r.report(invite, "far", n, "active;expires=60", "SIP/2.0 180 Ringing")
		if p := said[ReferProgress](r); p.Status != 180 {
			t.Errorf("%+v", p)
		}
		r.report(invite, "far", n+1, "terminated;reason=noresource", last)
		want()
	}
	for target, want := range map[string]call.Kind{"112": call.Emergency, "x y": call.NumberInvalid} {
		if err := k.Refer(ReferParams{Target: target}); err == nil || call.CauseOf(err).Kind != want {
			t.Errorf("%s: %v", target, err)
		}
	}
	k.Hangup(call.Cause{Side: call.Browser, Kind: call.Transferred})
	if reason := head(r.peer.next("BYE "), "Reason"); reason != `Q.850;cause=16;text="transferred"` {
		t.Errorf("Reason: %s", reason)
	}
}

// TestReferToIsOurs: whatever a page writes as whom to call, the REFER holds one address of the gateway's making and no field of theirs.
func TestReferToIsOurs(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	k, _ := r.talk(b, "far")
	asked := 0
	for _, target := range []string{"sip:+15550102@ims.example?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc", "sip:a@ims.example;method=BYE", "sip:a@127.0.0.66;maddr=127.0.0.66;lr",
		"+15550102\r\nX-Canary: 1", "sip:a%0d%0aX-Canary:1@h", "sip:a@h>,<sip:b@h", "tel:+15550102;x=\r\nX-Canary:1", "\"a\" <sip:b@h>", "sip:x@ims.example;gr=urn:uuid:1?Route=b", "sips:x@h", "*21#"} {
		if err := k.Refer(ReferParams{Target: target}); err != nil {
			continue
		}
		asked++
		refer := r.peer.next("REFER ")
		to := head(refer, "Refer-To")
		if !strings.HasPrefix(to, "<") || !strings.HasSuffix(to, ">") || strings.ContainsAny(to, "?,\"") || strings.Count(to, "<") != 1 ||
			strings.Contains(to, "method") || strings.Contains(to, "maddr") || strings.Contains(refer, "X-Canary") {
			t.Errorf("%q makes\n%s", target, refer)
		}
		r.peer.reply(refer, 603, "far", "")
		said[ReferFailed](r)
	}
	if asked < 4 {
		t.Errorf("only %d of them were written at all", asked)
	}
}

func expectKind(t *testing.T, f ReferFailed, kind call.Kind, status int) {
	t.Helper()
	if f.Cause.Kind != kind || f.Cause.SIP != status {
		t.Errorf("%+v, want %s %d", f, kind, status)
	}
}

func TestReferRefused(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	k, _ := r.talk(b, "far")
	for status, want := range map[int]call.Kind{603: call.TransferRefused, 403: call.TransferRefused, 405: call.TransferUnsupported, 501: call.TransferUnsupported, 500: call.TransferFailed} {
		if err := k.Refer(ReferParams{Target: "+15550102"}); err != nil {
			t.Fatal(err)
		}
		r.peer.reply(r.peer.next("REFER "), status, "far", "")
		expectKind(t, said[ReferFailed](r), want, status)
	}
	k.Hangup(call.Cause{Side: call.Browser})
	r.peer.reply(r.peer.next("BYE "), 200, "", "")
	said[Ended](r)
	k, _ = r.talk(b, "far", "Allow: INVITE, ACK, BYE")
	if err := k.Refer(ReferParams{Target: "+15550102"}); err != nil {
		t.Fatal(err)
	}
	expectKind(t, said[ReferFailed](r), call.TransferUnsupported, 0)
}

// TestReferAttended: the REFER names the other call's dialog as its far end sees it, and that end by the best address there is.
func TestReferAttended(t *testing.T) {
	for _, c := range []struct{ name, contact, asserted, want string }{
		{"asserted", "", "P-Asserted-Identity: <sip:+15550102@ims.example>", "sip:+15550102@ims.example"},
		{"as dialled", "", "X: y", "sip:+15550101@ims.example;user=phone"},
		{"asserted number", "", "P-Asserted-Identity: <tel:+15550102>", "sip:+15550102@ims.example;user=phone"},
		{"an address of one phone", "Contact: <sip:+15550102@ims.example;gr=urn:uuid:1>", "P-Asserted-Identity: <sip:+15550102@ims.example>", "sip:+15550102@ims.example;gr=urn:uuid:1"},
	} {
		r := onUDP(t)
		b, _ := r.register()
		one, _ := r.talk(b, "one")
		second, invite := r.invite(b)
		contact := c.contact
		if contact == "" {
			contact = "Contact: <sip:handset@" + r.peer.wire.address() + ">"
		}
		places, oks := make(chan Place, 1), make(chan bool, 1)
		place := func() (Place, bool) {
			second.Place(func(p Place, ok bool) { places <- p; oks <- ok })
			return <-places, <-oks
		}
		if _, ok := place(); ok {
			t.Error("a call that is not answered has a place to take")
		}
		r.peer.reply(invite, 200, "two", theirSDP, contact, c.asserted)
		said[Accepted](r)
		p, ok := place()
		if !ok {
			t.Fatal("no place")
		}
		if err := one.Refer(ReferParams{Place: &p}); err != nil {
			t.Fatal(err)
		}
		own, _, _ := strings.Cut(strings.SplitN(head(invite, "From"), ";tag=", 2)[1], ";")
		want := "<" + c.want + "?Replaces=" + head(invite, "Call-ID") + "%3Bto-tag%3Dtwo%3Bfrom-tag%3D" + own + "&Require=replaces>"
		if got := head(r.peer.next("REFER "), "Refer-To"); got != want {
			t.Errorf("%s: %s\nwant %s", c.name, got, want)
		}
	}
}

// TestWish: what the far end asks for is called with what it gave for it, and it hears of each step.
func TestWish(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	_, invite := r.talk(b, "far")
	body := "--b1\r\nContent-Type: application/pkcs7-mime\r\nContent-ID: <proof@bob>\r\n\r\nsigned\r\n--b1--\r\n"
	r.back2("REFER", invite, 10, body, "Content-Type: multipart/mixed;boundary=b1",
		"Refer-To: <sip:+15550103@ims.example;user=phone?Replaces=77%40x%3Bto-tag%3Da%3Bfrom-tag%3Db&Require=replaces&P-Asserted-Identity=%3Csip:evil%3E&Route=%3Csip:evil%3E>",
		`Referred-By: "Bob" <sip:+15550101@ims.example>;cid="proof@bob"`)
	w := said[Referred](r).Wish
	if w.Target.Number != "+15550103" || !w.Replaces || w.By == nil || w.By.Name != "Bob" {
		t.Errorf("%+v %+v", w, w.By)
	}
	w.Take()
	if got := status(r.peer.next("SIP/2.0 202")); got != "202" {
		t.Errorf("REFER got %s", got)
	}
	r.reported("100", "active")
	follow, err := b.Invite(InviteParams{Target: "ignored", SDP: ourSDP, Notify: func(CallEvent) {}, Wish: w})
	if err != nil {
		t.Fatal(err)
	}
	second := r.peer.next("INVITE ")
	for name, want := range map[string]string{"Replaces": "77@x;to-tag=a;from-tag=b", "Require": "replaces", "Referred-By": `"Bob" <sip:+15550101@ims.example>;cid="proof@bob"`,
		"Route": "<sip:orig@scscf.example;lr>", "P-Asserted-Identity": "<sip:+15550001@ims.example>, <tel:+15550001>", "To": "<sip:+15550103@ims.example;user=phone>"} {
		if got := head(second, name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if !strings.Contains(second, "Content-ID: <proof@bob>") || !strings.Contains(second, "signed") || strings.Contains(second, "evil") {
		t.Errorf("%s", second)
	}
	r.peer.reply(second, 180, "third", "", "Contact: <sip:handset@"+r.peer.wire.address()+">")
	r.reported("180", "active")
	r.peer.reply(second, 200, "third", theirSDP, "Contact: <sip:handset@"+r.peer.wire.address()+">")
	r.reported("200", "terminated;reason=noresource")
	r.back2("REFER", invite, 11, "", "Refer-To: <tel:+15550104>")
	w = said[Referred](r).Wish
	w.Take()
	r.peer.next("SIP/2.0 202")
	r.reported("100", "active")
	follow.Hangup(call.Cause{Side: call.Browser}) // the first wish has been fulfilled: its call's end is nothing of the second's
	r.peer.next("BYE ")
	if _, err := b.Invite(InviteParams{From: "sip:somebody@else", SDP: ourSDP, Notify: func(CallEvent) {}, Wish: w}); err == nil {
		t.Error("called as somebody else")
	}
	r.reported("403", "terminated;reason=noresource") // what never became a call is told too
}

// back2 is back for requests that are not answered at once.
func (r *rig) back2(method, invite string, cseq int, body string, lines ...string) {
	r.t.Helper()
	contact := strings.Trim(strings.SplitN(head(invite, "Contact"), ">", 2)[0], "<")
	r.peer.say(method+" "+contact+" SIP/2.0", body, append([]string{"Via: SIP/2.0/UDP " + r.peer.wire.address() + ";branch=z9hG4bKc" + method + itoa(cseq),
		"Max-Forwards: 60", "From: " + head(invite, "To") + ";tag=far", "To: " + head(invite, "From"), "Call-ID: " + head(invite, "Call-ID"),
		"CSeq: " + itoa(cseq) + " " + method}, lines...)...)
}

// reported takes the next NOTIFY of ours.
func (r *rig) reported(status, state string) {
	r.t.Helper()
	n := r.peer.next("NOTIFY ")
	if !strings.HasPrefix(body(n), "SIP/2.0 "+status+" ") || !strings.HasPrefix(head(n, "Subscription-State"), state) || !strings.HasPrefix(head(n, "Event"), "refer") {
		r.t.Errorf("want %s, %s:\n%s", status, state, n)
	}
	r.peer.reply(n, 200, "", "")
}

// TestWishRefused: what nobody is asked about.
func TestWishRefused(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	_, invite := r.talk(b, "far")
	for i, c := range []struct {
		want  string
		lines []string
	}{
		{"403", []string{"Refer-To: <tel:112>"}},
		{"403", []string{"Refer-To: <sip:911@ims.example>"}},
		{"400", []string{"Refer-To: <urn:service:sos>"}},
		{"400", []string{"Refer-To: <http://127.0.0.1/>"}},
		{"403", []string{"Refer-To: <sip:+15550103@ims.example;method=BYE>"}},
		{"403", []string{"Refer-To: <sip:+15550103@ims.example?Require=x>"}},
		{"484", []string{"Refer-To: <tel:abc>"}},
		{"400", nil},
		{"400", []string{"Refer-To: <tel:+1555>", "Refer-To: <tel:+1556>"}},
		{"400", []string{"Refer-To: <tel:+15550103>", "Referred-By: <x>"}},
		{"400", []string{"Refer-To: <tel:+15550103>", "Referred-By: <sip:a@b>, <sip:c@d>"}},
		{"420", []string{"Refer-To: <tel:+15550103>", "Require: nosub"}},
	} {
		r.back2("REFER", invite, 20+i, "", c.lines...)
		if got := status(r.peer.next("SIP/2.0 ")); got != c.want {
			t.Errorf("%v: %s, want %s", c.lines, got, c.want)
		}
	}
	r.peer.say("REFER sip:x@"+r.client.address()+" SIP/2.0", "", "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKout", "Max-Forwards: 9",
		"From: <sip:a@b>;tag=1", "To: <sip:x@y>", "Call-ID: out", "CSeq: 1 REFER", "Refer-To: <tel:+15550103>", "Target-Dialog: "+head(invite, "Call-ID")+";local-tag=far;remote-tag=x")
	if got := status(r.peer.next("SIP/2.0 ")); got != "403" {
		t.Errorf("outside a dialog: %s", got)
	}
}

// TestReplaces: a call of the same registration with those tags, and no other (RFC 3891 3).
func TestReplaces(t *testing.T) {
	r := onUDP(t)
	b, reg := r.register()
	k, invite := r.talk(b, "far")
	own := strings.SplitN(head(invite, "From"), ";tag=", 2)[1]
	dialog := head(invite, "Call-ID") + ";to-tag=" + own + ";from-tag=far"
	early, ringing := r.invite(b)
	r.peer.reply(ringing, 180, "ring", "", "Contact: <sip:handset@"+r.peer.wire.address()+">")
	said[Trying](r)
	said[Provisional](r)
	rung := head(ringing, "Call-ID") + ";to-tag=" + strings.SplitN(head(ringing, "From"), ";tag=", 2)[1] + ";from-tag=ring"
	n := 0
	offer := func(lines ...string) {
		n++
		contact := strings.Trim(strings.SplitN(head(reg, "Contact"), ">", 2)[0], "<")
		r.peer.say("INVITE "+contact+" SIP/2.0", theirSDP, append([]string{"Via: SIP/2.0/UDP " + r.peer.wire.address() + ";branch=z9hG4bKr" + itoa(n),
			"Route: <" + strings.Trim(head(reg, "Path"), "<>") + ">", "Max-Forwards: 60", "From: <sip:+15550103@ims.example>;tag=new" + itoa(n), "To: <sip:+15550001@ims.example>",
			"Call-ID: new" + itoa(n), "CSeq: 1 INVITE", "Contact: <sip:new@" + r.peer.wire.address() + ">"}, lines...)...)
	}
	for _, c := range []struct {
		want  string
		lines []string
	}{
		{"481", []string{"Replaces: 1;to-tag=a;from-tag=b"}},
		{"481", []string{"Replaces: " + head(invite, "Call-ID") + ";to-tag=" + own + ";from-tag=other"}},
		{"481", []string{"Replaces: " + head(invite, "Call-ID") + ";to-tag=far;from-tag=" + own}},
		{"486", []string{"Replaces: " + dialog + ";early-only"}},
		{"400", []string{"Replaces: " + dialog, "Replaces: " + dialog}},
		{"400", []string{"Replaces: " + dialog, "Join: " + dialog}},
		{"400", []string{"Replaces: nonsense"}},
	} {
		offer(c.lines...)
		res := r.peer.next("SIP/2.0 ")
		for status(res) == "100" {
			res = r.peer.next("SIP/2.0 ")
		}
		if status(res) != c.want {
			t.Errorf("%v: %s, want %s", c.lines, status(res), c.want)
		}
		r.peer.say("ACK sip:x SIP/2.0", "", "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKr"+itoa(n), "From: "+head(res, "From"), "To: "+head(res, "To"),
			"Call-ID: "+head(res, "Call-ID"), "CSeq: 1 ACK", "Max-Forwards: 9")
	}
	for text, want := range map[string]string{dialog: k.Key(), rung: early.Key(), rung + ";early-only": early.Key()} {
		offer("Require: replaces", "Replaces: "+text)
		e := heard[IncomingCall](r)
		if e.Replaces != want {
			t.Errorf("%s: replaces %q, want %q", text, e.Replaces, want)
		}
		e.Call.Reject(call.Cause{Kind: call.Declined})
		r.peer.next("SIP/2.0 603")
	}
	// Somebody else's call is never meant, and what has ended is told to be over.
	other, err := r.client.Bind(BindParams{Identity: Identity{IMPI: "15550002@ims.example", IMPU: "sip:+15550002@ims.example"}, Instance: instance, Notify: func(BindingEvent) {}})
	if err != nil {
		t.Fatal(err)
	}
	asks := sip.NewRequest(sip.INVITE, sip.Uri{Scheme: "sip", Host: "h"})
	asks.AppendHeader(sip.NewHeader("Replaces", dialog))
	if got, status := r.client.replaced(asks, other); got != nil || status != 481 {
		t.Errorf("another user's call: %v %d", got, status)
	}
	k.Hangup(call.Cause{Side: call.Browser})
	r.peer.reply(r.peer.next("BYE "), 200, "", "")
	said[Ended](r)
	for end := time.Now().Add(patience); r.client.callOf(k.key) != nil && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if got, status := r.client.replaced(asks, b); got != nil || status != 603 {
		t.Errorf("a call that has ended: %v %d", got, status)
	}
}
