package dialog

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const (
	trying = "SIP/2.0 100 Trying\r\n"
	frag   = "message/sipfrag;version=2.0"
)

// up is an answered outgoing call in which both ends take REFER.
func up(t *testing.T) *rig {
	t.Helper()
	r := established(t, "Allow: INVITE, ACK, BYE, UPDATE, REFER")
	r.s.profile.Allow = append(r.s.profile.Allow, "REFER", "NOTIFY")
	return r
}

// asked is a call in which our REFER is out.
func asked(t *testing.T) *rig {
	t.Helper()
	r := up(t)
	out, err := r.s.Refer(r.now, "<sip:c@h>", Header{"Referred-By", "<sip:a@h>"})
	if err != nil {
		t.Fatal(err)
	}
	r.do(out)
	return r
}

// notify gives the session a report.
func (r *rig) notify(tx uint64, cseq int, state string, lines ...string) {
	r.ask(tx, "NOTIFY", cseq, "", append([]string{"Event: refer", "Subscription-State: " + state, "Contact: <sip:moved@192.0.2.9>"}, lines...)...)
}

func TestReferAsked(t *testing.T) {
	r := asked(t)
	refer := r.last("REFER")
	for name, want := range map[string]string{"Refer-To": "<sip:c@h>", "Referred-By": "<sip:a@h>", "Contact": "<sip:k7f3@gw.example:5060>", "CSeq": "2 REFER"} {
		if got := First(refer.Request, strings.ToLower(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, err := r.s.Refer(r.now, "<sip:d@h>"); !errors.Is(err, ErrState) {
		t.Errorf("a second one at the same time: %v", err)
	}
	r.reply(refer, 202, "far", "")
	r.expect("ReferTaken")
	r.notify(201, 10, "active;expires=60")
	r.wait(100 * time.Second) // longer than the far end promised: it is waited for as long as for an answer
	r.notify(202, 11, "terminated;reason=noresource")
	r.expect("ReferReport", "ReferReport")
	r.notify(203, 12, "terminated")
	if r.status(201) != 200 || r.status(202) != 200 || r.status(203) != 481 {
		t.Errorf("NOTIFYs got %d, %d, %d", r.status(201), r.status(202), r.status(203))
	}
	r.wait(20 * time.Minute)
	r.expect()
	out, err := r.s.Refer(r.now, "<sip:d@h>") // after the last report there may be another
	if err != nil {
		t.Fatal(err)
	}
	r.do(out)
	if uri := r.last("REFER").Request.Recipient.String(); uri != "sip:moved@192.0.2.9" {
		t.Errorf("NOTIFY's Contact is not the target: %s", uri)
	}
}

func TestReferReportFasterThanItsAnswer(t *testing.T) {
	r := asked(t)
	r.notify(201, 10, "active;expires=60")
	r.expect("ReferTaken", "ReferReport")
	r.reply(r.last("REFER"), 202, "far", "")
	r.notify(202, 11, "terminated")
	r.expect("ReferReport")

	r = asked(t)
	r.notify(201, 10, "terminated")
	r.expect("ReferTaken", "ReferReport")
	r.reply(r.last("REFER"), 202, "far", "")
	r.wait(time.Hour)
	if r.s.state == stateConfirmed {
		r.expect() // nothing is lost, for the last report had come
	}
}

func TestReferRefused(t *testing.T) {
	for _, status := range []int{403, 405, 408, 501, 603, 500} {
		r := asked(t)
		r.reply(r.last("REFER"), status, "far", "")
		r.expect("ReferRefused")
		r.notify(201, 10, "terminated")
		if r.status(201) != 481 {
			t.Errorf("%d: a NOTIFY after it got %d", status, r.status(201))
		}
	}
	r := asked(t) // the dialog is gone (RFC 3261 12.2.1.2)
	r.reply(r.last("REFER"), 481, "far", "")
	r.expect("Ended: dialog lost ")

	r = asked(t)
	r.do(r.s.Failed(r.now, r.last("REFER").Tx, true, errDialog)) // a phone that ignores it is still there
	r.expect("ReferRefused")

	r = established(t, "Allow: INVITE, ACK, BYE")
	if _, err := r.s.Refer(r.now, "<sip:c@h>"); !errors.Is(err, ErrReferUnsupported) {
		t.Errorf("a far end without REFER: %v", err)
	}
	r = dial(t)
	if _, err := r.s.Refer(r.now, "<sip:c@h>"); !errors.Is(err, ErrState) {
		t.Errorf("before the answer: %v", err)
	}
}

func TestReferSilence(t *testing.T) {
	r := asked(t)
	r.reply(r.last("REFER"), 202, "far", "")
	r.wait(31 * time.Second)
	r.expect("ReferTaken")
	r.wait(2 * time.Second) // 64*T1
	r.expect("ReferLost")

	r = asked(t)
	r.reply(r.last("REFER"), 202, "far", "")
	r.notify(201, 10, "active;expires=86400")
	r.wait(11 * time.Minute)
	r.expect("ReferTaken", "ReferReport", "ReferLost")
}

func TestNotifyRefusals(t *testing.T) {
	r := asked(t)
	r.reply(r.last("REFER"), 202, "far", "")
	for i, c := range []struct {
		want  int
		lines []string
	}{
		{489, []string{"Event: presence", "Subscription-State: active"}},
		{489, nil},
		{481, []string{"Event: refer;id=99", "Subscription-State: active"}},
		{400, []string{"Event: refer"}},
		{200, []string{"Event: refer;id=2", "Subscription-State: active"}},
		{200, []string{"o: Refer", "Subscription-State: active"}},
	} {
		tx := uint64(300 + i)
		if r.ask(tx, "NOTIFY", 20+i, "", c.lines...); r.status(tx) != c.want {
			t.Errorf("%v: %d, want %d", c.lines, r.status(tx), c.want)
		}
	}
	r.ask(320, "NOTIFY", 40, strings.Repeat("x", maxReport+1), "Event: refer", "Subscription-State: active")
	if r.status(320) != 413 {
		t.Errorf("a huge report: %d", r.status(320))
	}
}

func TestReferTaken(t *testing.T) {
	r := up(t)
	r.ask(200, "REFER", 10, "", "Refer-To: <sip:c@h>", "Contact: <sip:moved@192.0.2.9>")
	r.expect("Referred")
	r.ask(201, "REFER", 11, "", "Refer-To: <sip:d@h>")
	if r.status(200) != 0 || r.status(201) != 491 {
		t.Fatalf("the first got %d, the second %d", r.status(200), r.status(201))
	}
	out, err := r.s.TakeRefer(r.now, frag, trying)
	if err != nil {
		t.Fatal(err)
	}
	r.do(out)
	if r.status(200) != 202 {
		t.Fatalf("REFER got %d", r.status(200))
	}
	first := r.last("NOTIFY")
	for name, want := range map[string]string{"Event": "refer", "Subscription-State": "active;expires=600", "Content-Type": frag, "Contact": "<sip:k7f3@gw.example:5060>"} {
		if got := First(first.Request, strings.ToLower(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if string(first.Request.Body()) != trying || first.Request.Recipient.String() != "sip:moved@192.0.2.9" {
		t.Errorf("%s", first.Request.String())
	}
	// While the first is under way the others wait, and only the newest of them is sent.
	r.do(r.s.ReportRefer(r.now, frag, "SIP/2.0 180 Ringing\r\n", false))
	r.do(r.s.ReportRefer(r.now, frag, "SIP/2.0 183 Session Progress\r\n", false))
	if r.count("NOTIFY") != 1 {
		t.Fatalf("%d NOTIFYs at once", r.count("NOTIFY"))
	}
	r.reply(first, 200, "", "")
	second := r.last("NOTIFY")
	if !strings.Contains(string(second.Request.Body()), "183") || r.count("NOTIFY") != 2 {
		t.Errorf("%d: %s", r.count("NOTIFY"), second.Request.String())
	}
	r.reply(second, 200, "", "")
	r.do(r.s.ReportRefer(r.now, frag, "SIP/2.0 200 OK\r\n", true))
	r.do(r.s.ReportRefer(r.now, frag, "SIP/2.0 486 Busy Here\r\n", true)) // after the last there is none
	third := r.last("NOTIFY")
	if First(third.Request, "subscription-state") != "terminated;reason=noresource" || r.count("NOTIFY") != 3 {
		t.Errorf("%s", third.Request.String())
	}
	r.reply(third, 200, "", "")
	if r.wait(20 * time.Minute); r.count("NOTIFY") != 3 {
		t.Errorf("%d NOTIFYs", r.count("NOTIFY"))
	}
	r.ask(202, "REFER", 12, "", "Refer-To: <sip:d@h>")
	out, _ = r.s.TakeRefer(r.now, frag, trying)
	r.do(out)
	if got := First(r.last("NOTIFY").Request, "event"); got != "refer;id=12" {
		t.Errorf("the second REFER's reports say %q", got)
	}
}

func TestReferDecided(t *testing.T) {
	r := up(t)
	r.ask(200, "REFER", 10, "", "Refer-To: <sip:c@h>")
	out, err := r.s.RefuseRefer(r.now, 603)
	if r.do(out); err != nil || r.status(200) != 603 || r.count("NOTIFY") != 0 {
		t.Errorf("refused: %d %v", r.status(200), err)
	}
	if _, err := r.s.TakeRefer(r.now, frag, trying); !errors.Is(err, ErrState) {
		t.Errorf("taken after that: %v", err)
	}
	r.ask(201, "REFER", 11, "")
	r.ask(202, "REFER", 12, "", "Refer-To: <sip:c@h>", "r: <sip:d@h>")
	if r.status(201) != 400 || r.status(202) != 400 {
		t.Errorf("none and two Refer-To got %d and %d", r.status(201), r.status(202))
	}
	r.ask(203, "REFER", 13, "", "Refer-To: <sip:c@h>") // nobody decides
	if r.wait(16 * time.Second); r.status(203) != 480 {
		t.Errorf("undecided: %d", r.status(203))
	}
	r.ask(204, "REFER", 14, "", "Refer-To: <sip:c@h>", "Refer-Sub: false") // RFC 4488
	out, _ = r.s.TakeRefer(r.now, frag, trying)
	r.do(out)
	res := r.responses[len(r.responses)-1].Response
	if res.StatusCode != 202 || First(res, "refer-sub") != "false" || r.count("NOTIFY") != 0 {
		t.Errorf("without reports: %s", res.String())
	}
	r.ask(205, "REFER", 15, "", "Refer-To: <sip:c@h>")
	r.ask(206, "BYE", 16, "")
	if r.status(205) != 480 || r.status(206) != 200 {
		t.Errorf("a BYE before the decision: %d, %d", r.status(205), r.status(206))
	}
}

// TestReportsOutliveTheSession: who asked us has left, and still hears what came of it (RFC 5057 5.2).
func TestReportsOutliveTheSession(t *testing.T) {
	for _, who := range []string{"far", "we"} {
		r := up(t)
		r.ask(200, "REFER", 10, "", "Refer-To: <sip:c@h>")
		out, _ := r.s.TakeRefer(r.now, frag, trying)
		r.do(out)
		first := r.last("NOTIFY")
		if who == "far" {
			r.ask(201, "BYE", 11, "")
		} else {
			r.do(r.s.Hangup(r.now, ""))
			r.reply(r.last("BYE"), 200, "", "")
		}
		r.reply(first, 200, "", "")
		if r.finished {
			t.Fatalf("%s hung up: forgotten while a report is owed", who)
		}
		r.do(r.s.ReportRefer(r.now, frag, "SIP/2.0 200 OK\r\n", true))
		if r.reply(r.last("NOTIFY"), 481, "", ""); !r.finished {
			t.Errorf("%s hung up: not forgotten after the last report", who)
		}
	}
	r := up(t) // and not for ever
	r.ask(200, "REFER", 10, "", "Refer-To: <sip:c@h>")
	out, _ := r.s.TakeRefer(r.now, frag, trying)
	r.do(out)
	r.reply(r.last("NOTIFY"), 200, "", "")
	r.ask(201, "BYE", 11, "")
	r.wait(11 * time.Minute)
	last := r.last("NOTIFY")
	if First(last.Request, "subscription-state") != "terminated;reason=timeout" || string(last.Request.Body()) != trying {
		t.Errorf("%s", last.Request.String())
	}
	if r.do(r.s.Failed(r.now, last.Tx, true, errDialog)); !r.finished {
		t.Error("not forgotten")
	}
}

// TestReportRefusedEndsThemOnly: a far end that does not want reports has its call all the same (RFC 5057 5.1).
func TestReportRefusedEndsThemOnly(t *testing.T) {
	r := up(t)
	r.ask(200, "REFER", 10, "", "Refer-To: <sip:c@h>")
	out, _ := r.s.TakeRefer(r.now, frag, trying)
	r.do(out)
	r.reply(r.last("NOTIFY"), 481, "", "")
	r.do(r.s.ReportRefer(r.now, frag, "SIP/2.0 200 OK\r\n", true))
	r.events = nil
	r.ask(201, "OPTIONS", 11, "")
	if r.count("NOTIFY") != 1 || r.status(201) != 200 || r.s.state != stateConfirmed {
		t.Errorf("%d NOTIFYs, OPTIONS %d, state %s", r.count("NOTIFY"), r.status(201), r.s.state)
	}
}

func TestStanding(t *testing.T) {
	r := dial(t)
	r.reply(r.last("INVITE"), 180, "far", "", "Contact: <sip:a@192.0.2.9>")
	if r.s.Standing("far") != EarlyOurs || r.s.Standing("other") != Unknown {
		t.Errorf("ringing: %d, %d", r.s.Standing("far"), r.s.Standing("other"))
	}
	if _, _, _, _, ok := r.s.Identity(); ok {
		t.Error("an early dialog has an identity to replace")
	}
	if in := receive(t, theirSDP); in.s.Standing("far") != EarlyTheirs {
		t.Errorf("incoming: %d", in.s.Standing("far"))
	}
	r = answered(t)
	callID, local, remote, target, ok := r.s.Identity()
	if callID != "call1" || local != "tag1" || remote != "far" || target != "sip:handset@192.0.2.9:5080" || !ok {
		t.Errorf("%s %s %s %s %v", callID, local, remote, target, ok)
	}
	if r.s.Standing("far") != Established || r.s.Standing("other") != Unknown {
		t.Errorf("answered: %d, %d", r.s.Standing("far"), r.s.Standing("other"))
	}
	if r.do(r.s.Hangup(r.now, "")); r.s.Standing("far") != Gone {
		t.Errorf("hung up: %d", r.s.Standing("far"))
	}
}
