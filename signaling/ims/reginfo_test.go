package ims

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
)

// document writes a reginfo document.
func document(version int, regState, contact string) string {
	return fmt.Sprintf(`<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="%d" state="full">`+
		`<registration aor="sip:+15550001@ims.example" id="a" state="%s">%s</registration></reginfo>`, version, regState, contact)
}

// notify sends a NOTIFY in the dialog of a SUBSCRIBE and returns the answer.
func notify(r *rig, sub string, cseq int, doc string) string {
	r.peer.say("NOTIFY "+strings.Trim(head(sub, "Contact"), "<>")+" SIP/2.0", doc, "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKn"+itoa(cseq),
		"From: "+head(sub, "To")+";tag=subtag", "To: "+head(sub, "From"), "Call-ID: "+head(sub, "Call-ID"), "CSeq: "+itoa(cseq)+" NOTIFY",
		"Event: reg", "Subscription-State: active;expires=4200", "Content-Type: application/reginfo+xml", "Contact: <sip:scscf@192.0.2.7>")
	synctest.Wait()
	return r.peer.next("SIP/2.0")
}

// TestRegEvent: what the network says about the registration (RFC 3680 4.3, TS 24.229 5.2.3).
func TestRegEvent(t *testing.T) {
	contact := func(state, event string) func(uri string) string {
		return func(uri string) string {
			return `<contact id="1" state="` + state + `" event="` + event + `"><uri>` + uri + `</uri></contact>`
		}
	}
	for _, c := range []struct {
		name, reg string
		contact   func(uri string) string
		gone      bool
		renewing  bool
		register  bool // a REGISTER follows
	}{
		{"active", "active", contact("active", "registered"), false, false, false},
		{"rejected", "active", contact("terminated", "rejected"), true, false, false},
		{"unregistered", "active", contact("terminated", "unregistered"), true, false, false},
		{"expired", "active", contact("terminated", "expired"), true, false, false},
		{"deactivated", "active", contact("terminated", "deactivated"), true, true, true},
		{"on probation", "active", func(uri string) string {
			return `<contact id="1" state="terminated" event="probation" retry-after="1"><uri>` + uri + `</uri></contact>`
		}, true, true, true},
		{"shortened", "active", contact("active", "shortened"), false, false, true},
		{"another device", "active", func(string) string { return contact("terminated", "rejected")("sip:other@192.0.2.1") }, false, false, false},
		{"whole registration", "terminated", func(string) string { return "" }, true, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, link := bubble(t, func(cfg *Config) { cfg.RegEvent = true })
				r.bind()
				synctest.Wait()
				req := r.peer.next("REGISTER")
				r.peer.reply(req, 200, "reg", "", registered(req)...)
				synctest.Wait()
				heard[Registered](r)
				sub := r.peer.next("SUBSCRIBE")
				if firstLine(sub) != "SUBSCRIBE sip:+15550001@ims.example SIP/2.0" || head(sub, "Event") != "reg" || head(sub, "Expires") != "4200" ||
					head(sub, "P-Asserted-Identity") != "<sip:192.0.2.1:5060>" {
					t.Fatalf("SUBSCRIBE:\n%s", sub)
				}
				r.peer.reply(sub, 200, "subtag", "", "Contact: <sip:scscf@192.0.2.7>", "Expires: 4200")
				uri := strings.Trim(strings.SplitN(head(req, "Contact"), ">", 2)[0], "<")
				if res := notify(r, sub, 1, document(5, "active", contact("active", "registered")(uri))); !strings.Contains(firstLine(res), "200") {
					t.Fatal(res)
				}
				notify(r, sub, 2, document(4, "terminated", contact("terminated", "rejected")(uri))) // an old version
				if len(r.bindings) != 0 {
					t.Fatal("an old document was obeyed")
				}
				if res := notify(r, sub, 3, "<reginfo"); !strings.Contains(firstLine(res), "400") {
					t.Fatal(res)
				}
				notify(r, sub, 4, document(6, c.reg, c.contact(uri)))
				if c.gone {
					e := heard[Deregistered](r)
					if e.Renewing != c.renewing || e.Cause.Kind != call.Deregistered {
						t.Fatalf("%+v", e)
					}
				}
				later(r.client.cfg.RegisterRetry * 2)
				if got := link.waiting("REGISTER") > 0; got != c.register {
					t.Fatalf("REGISTER %t", got)
				}
				if len(r.bindings) != 0 {
					t.Fatalf("%#v", <-r.bindings)
				}
			})
		})
	}
}

// subscribed registers with reg-event and answers the SUBSCRIBE; it returns it and our contact's URI.
func subscribed(r *rig, lines ...string) (sub, uri string) {
	r.t.Helper()
	r.bind()
	synctest.Wait()
	req := r.peer.next("REGISTER")
	r.peer.reply(req, 200, "reg", "", registered(req)...)
	synctest.Wait()
	heard[Registered](r)
	sub = r.peer.next("SUBSCRIBE")
	r.peer.reply(sub, 200, "subtag", "", append([]string{"Contact: <sip:scscf@192.0.2.7>"}, lines...)...)
	synctest.Wait()
	return sub, strings.Trim(strings.SplitN(head(req, "Contact"), ">", 2)[0], "<")
}

func partial(doc string) string { return strings.Replace(doc, `state="full"`, `state="partial"`, 1) }

// TestRegInfoVersions: an older document is nothing, a missing one is asked for, and a contact that the full state does not
// know any more is registered anew (RFC 3680 5.2).
func TestRegInfoVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, link := bubble(t, func(cfg *Config) { cfg.RegEvent = true })
		sub, uri := subscribed(r, "Expires: 4200")
		ours := `<contact id="1" state="active" event="registered"><uri>` + uri + `</uri></contact>`
		other := `<contact id="2" state="active" event="registered"><uri>sip:other@192.0.2.9</uri></contact>`
		notify(r, sub, 1, document(0, "active", ours))
		notify(r, sub, 2, partial(document(1, "active", other)))
		notify(r, sub, 3, partial(document(1, "terminated", "")))
		if link.waiting("SUBSCRIBE") != 0 || len(r.bindings) != 0 {
			t.Fatal("documents in order, and one again, made a difference")
		}
		notify(r, sub, 4, partial(document(4, "active", other)))
		again := r.peer.next("SUBSCRIBE")
		if head(again, "CSeq") != "2 SUBSCRIBE" || !strings.Contains(head(again, "To"), ";tag=subtag") || firstLine(again) != "SUBSCRIBE sip:scscf@192.0.2.7 SIP/2.0" {
			t.Fatalf("refresh:\n%s", again)
		}
		r.peer.reply(again, 200, "subtag", "", "Contact: <sip:scscf@192.0.2.7>", "Expires: 4200")
		synctest.Wait()
		if link.waiting("REGISTER") != 0 {
			t.Fatal("registered without a reason")
		}
		notify(r, sub, 5, document(5, "active", other)) // the full state, without us
		if link.waiting("REGISTER") != 1 {
			t.Fatal("a contact that the registrar does not know was not registered anew")
		}
		req := r.peer.next("REGISTER")
		r.peer.reply(req, 200, "reg", "", registered(req)...)
		synctest.Wait()
		again = r.peer.next("SUBSCRIBE")
		r.peer.reply(again, 200, "subtag", "", "Contact: <sip:scscf@192.0.2.7>", "Expires: 4200")
		notify(r, sub, 6, partial(document(9, "active", other))) // a core that counts wrongly
		if link.waiting("SUBSCRIBE") != 0 {
			t.Fatal("asked twice within the rest")
		}
		notify(r, sub, 7, partial(document(99, "active", `<contact id="1" state="terminated" event="rejected"><uri>`+uri+`</uri></contact>`)))
		if e := heard[Deregistered](r); e.Renewing {
			t.Fatalf("%+v", e)
		}
		later(time.Hour)
		if link.waiting("SUBSCRIBE") != 0 || link.waiting("REGISTER") != 0 {
			t.Fatal("something goes on after the end")
		}
	})
}

// TestNotifyFromStrangers: only the notifier of our own subscription is listened to (RFC 6665 4.1.3).
func TestNotifyFromStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := bubble(t, func(cfg *Config) { cfg.RegEvent = true })
		sub, uri := subscribed(r)
		gone := document(7, "terminated", `<contact id="1" state="terminated" event="rejected"><uri>`+uri+`</uri></contact>`)
		for name, change := range map[string]func(*[4]string){
			"another notifier's tag": func(h *[4]string) { h[0] = head(sub, "To") + ";tag=evil" },
			"another dialog of ours": func(h *[4]string) { h[1] = "<sip:x>;tag=evil" },
			"no tag of ours":         func(h *[4]string) { h[1] = "<sip:x>" },
			"another Call-ID":        func(h *[4]string) { h[2] = "evil" },
		} {
			h := [4]string{head(sub, "To") + ";tag=subtag", head(sub, "From"), head(sub, "Call-ID")}
			change(&h)
			r.peer.say("NOTIFY "+strings.Trim(head(sub, "Contact"), "<>")+" SIP/2.0", gone, "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK"+strings.ReplaceAll(name, " ", ""),
				"From: "+h[0], "To: "+h[1], "Call-ID: "+h[2], "CSeq: 1 NOTIFY", "Event: reg", "Subscription-State: active", "Content-Type: application/reginfo+xml", "Contact: <sip:x@192.0.2.7>")
			synctest.Wait()
			if res := r.peer.next("SIP/2.0"); !strings.Contains(firstLine(res), "481") {
				t.Errorf("%s: %s", name, firstLine(res))
			}
		}
		if len(r.bindings) != 0 {
			t.Fatalf("a stranger ended the registration: %#v", <-r.bindings)
		}
	})
}

// TestSubscriptionLost: a lost subscription is asked for again at growing intervals, one that is not offered is not.
func TestSubscriptionLost(t *testing.T) {
	for _, c := range []struct {
		name  string
		lose  func(r *rig, sub string)
		again bool
		after time.Duration // at least
	}{
		{"481 to a refresh", func(r *rig, sub string) {
			notify(r, sub, 1, partial(document(3, "active", ""))) // makes us ask
			r.peer.reply(r.peer.next("SUBSCRIBE"), 481, "", "")
		}, true, time.Second},
		{"terminated, timeout", func(r *rig, sub string) { state(r, sub, "terminated;reason=timeout") }, true, time.Second / 2},
		{"terminated, retry-after", func(r *rig, sub string) { state(r, sub, "terminated;reason=giveup;retry-after=90") }, true, 90 * time.Second},
		{"terminated, rejected", func(r *rig, sub string) { state(r, sub, "terminated;reason=rejected") }, false, 0},
		{"expires soon", func(*rig, string) {}, true, 60 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, link := bubble(t, func(cfg *Config) { cfg.RegEvent = true })
				var lines []string
				if c.name == "expires soon" {
					lines = []string{"Expires: 120"}
				}
				sub, _ := subscribed(r, lines...)
				c.lose(r, sub)
				synctest.Wait()
				if later(c.after - time.Millisecond); link.waiting("SUBSCRIBE") != 0 {
					t.Fatal("asked again too early")
				}
				later(3 * time.Second)
				if again := link.waiting("SUBSCRIBE") > 0; again != c.again {
					t.Fatalf("asked again: %t", again)
				}
				if len(r.bindings) != 0 {
					t.Fatalf("the registration suffered: %#v", <-r.bindings)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // 5xx to the first: longer and longer; 489: not before the next refresh
		r, link := bubble(t, func(cfg *Config) { cfg.RegEvent = true })
		r.bind()
		synctest.Wait()
		req := r.peer.next("REGISTER")
		r.peer.reply(req, 200, "reg", "", registered(req)...)
		synctest.Wait()
		var gaps []time.Duration
		for range 5 {
			r.peer.reply(r.peer.next("SUBSCRIBE"), 500, "x", "")
			synctest.Wait()
			at := time.Now()
			for link.waiting("SUBSCRIBE") == 0 {
				later(100 * time.Millisecond)
			}
			gaps = append(gaps, time.Since(at))
		}
		if gaps[4] < 4*gaps[0] || gaps[0] > 4*time.Second {
			t.Fatalf("waits %v", gaps)
		}
		r.peer.reply(r.peer.next("SUBSCRIBE"), 489, "x", "")
		synctest.Wait()
		if later(40 * time.Minute); link.waiting("SUBSCRIBE") != 0 {
			t.Fatal("asked a core that does not know the event")
		}
		for link.waiting("REGISTER") == 0 {
			later(100 * time.Millisecond)
		}
		req = r.peer.next("REGISTER")
		r.peer.reply(req, 200, "reg", "", registered(req)...)
		synctest.Wait()
		if link.waiting("SUBSCRIBE") != 1 {
			t.Fatal("not asked again with the refresh")
		}
	})
}

// state sends a NOTIFY without a document.
func state(r *rig, sub, value string) {
	r.peer.say("NOTIFY "+strings.Trim(head(sub, "Contact"), "<>")+" SIP/2.0", "", "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKst",
		"From: "+head(sub, "To")+";tag=subtag", "To: "+head(sub, "From"), "Call-ID: "+head(sub, "Call-ID"), "CSeq: 9 NOTIFY",
		"Event: reg", "Subscription-State: "+value, "Contact: <sip:scscf@192.0.2.7>")
	synctest.Wait()
}
