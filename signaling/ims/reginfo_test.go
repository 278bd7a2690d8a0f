package ims

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"causeway/signaling/call"
)

// reginfo writes a reginfo document.
func reginfo(version int, regState, contact string) string {
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
		{"deactivated", "active", contact("terminated", "deactivated"), true, true, true},
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
				if res := notify(r, sub, 1, reginfo(5, "active", contact("active", "registered")(uri))); !strings.Contains(firstLine(res), "200") {
					t.Fatal(res)
				}
				notify(r, sub, 2, reginfo(4, "terminated", contact("terminated", "rejected")(uri))) // an old version
				if len(r.bindings) != 0 {
					t.Fatal("an old document was obeyed")
				}
				if res := notify(r, sub, 3, "<reginfo"); !strings.Contains(firstLine(res), "400") {
					t.Fatal(res)
				}
				notify(r, sub, 4, reginfo(6, c.reg, c.contact(uri)))
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

// FuzzRegInfo: no document makes the reader panic.
func FuzzRegInfo(f *testing.F) {
	f.Add([]byte(reginfo(1, "active", "")), "x")
	f.Add([]byte("<reginfo version='-1'>"), "")
	f.Fuzz(func(t *testing.T, body []byte, token string) {
		doc, err := parseRegInfo(body)
		if err == nil {
			doc.fate(token)
		}
	})
}
