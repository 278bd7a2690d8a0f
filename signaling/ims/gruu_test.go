package ims

import (
	"strings"
	"testing"
)

const (
	pubGRUU  = "sip:+15550001@ims.example;gr=urn:uuid:00000000-0000-4000-8000-000000000001"
	tempGRUU = "sip:tgruu.7hs==jd7vnzga5w7f@ims.example;gr"
)

// addressed registers with GRUUs.
func addressed(r *rig, contact string) (*Binding, string) {
	r.t.Helper()
	b := r.bind()
	req := r.peer.next("REGISTER")
	lines := registered(req)
	lines[0] = "Contact: <sip:other@192.0.2.77>;pub-gruu=\"sip:evil@ims.example;gr=x\", " + head(req, "Contact") + ";expires=3600" + contact
	r.peer.reply(req, 200, "reg", "", lines...)
	heard[Registered](r)
	return b, req
}

// TestGRUU: calls carry the registrar's address of this browser, anonymous ones the temporary one, and a request to either
// reaches this browser (RFC 5627 4.4, 5.1).
func TestGRUU(t *testing.T) {
	r := onUDP(t)
	b, req := addressed(r, `;pub-gruu="`+pubGRUU+`";temp-gruu="`+tempGRUU+`"`)
	if !strings.Contains(head(req, "Supported"), "gruu") || !strings.Contains(head(req, "Contact"), "+sip.instance") {
		t.Fatalf("REGISTER:\n%s", req)
	}
	if _, inv := r.invite(b); head(inv, "Contact") != "<"+pubGRUU+">;"+mmtel+";audio" {
		t.Errorf("Contact %s", head(inv, "Contact"))
	}
	if _, inv := r.invite(b, func(p *InviteParams) { p.Anonymous = true }); head(inv, "Contact") != "<"+tempGRUU+">;"+mmtel+";audio" {
		t.Errorf("anonymous: Contact %s", head(inv, "Contact"))
	}
	other, _ := addressed(r, "") // the last one to register: nothing given
	if _, inv := r.invite(other); !strings.Contains(head(inv, "Contact"), other.token+"@") {
		t.Errorf("without a GRUU: Contact %s", head(inv, "Contact"))
	}
	for i, uri := range []string{pubGRUU, strings.ToUpper(tempGRUU[:4]) + tempGRUU[4:], strings.Replace(pubGRUU, "ims.example", "IMS.example", 1)} {
		r.peer.say("INVITE "+uri+" SIP/2.0", theirSDP, "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKgr"+itoa(i), "Max-Forwards: 60",
			"From: <sip:+15550101@ims.example>;tag=far", "To: <"+uri+">", "Call-ID: gr"+itoa(i), "CSeq: 1 INVITE", "Contact: <sip:handset@"+r.peer.wire.address()+">")
		e := heard[IncomingCall](r)
		if e.Call.binding != b {
			t.Errorf("%s reached another browser", uri)
		}
		e.Call.SetNotify(r.hear)
		e.Call.Ring("", false)
		if ringing := r.peer.next("SIP/2.0 180"); !strings.HasPrefix(head(ringing, "Contact"), "<"+pubGRUU+">") {
			t.Errorf("Contact of the answer: %s", head(ringing, "Contact"))
		}
	}
	r.peer.say("INVITE sip:+15550001@ims.example;gr=urn:uuid:00000000-0000-4000-8000-00000000dead SIP/2.0", theirSDP, "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKnobody", "Max-Forwards: 60",
		"From: <sip:+15550101@ims.example>;tag=far", "To: <sip:x@y>", "Call-ID: nobody", "CSeq: 1 INVITE", "Contact: <sip:handset@"+r.peer.wire.address()+">")
	r.peer.next("SIP/2.0 404")
	r.client.forget(b)
	r.client.mu.Lock()
	defer r.client.mu.Unlock()
	if len(r.client.gruus) != 0 {
		t.Errorf("left: %v", r.client.gruus)
	}
}

// TestBadGRUU: what could change a message is not used.
func TestBadGRUU(t *testing.T) {
	for _, bad := range []string{"", "sip:a@b", "tel:+1;gr", "sips:a@b;gr=1", "sip:b;gr=1", "sip:a@b;gr=1>\r\nX: y", "sip:a@b;gr=\"", "sip:a@b;gr=1?Route=x",
		"sip:a@b;gr=1,<sip:c@d>", "sip:ä@b;gr=1", "sip:a@b;gr=" + strings.Repeat("x", maxGRUU)} {
		if got := cleanGRUU(bad); got != "" {
			t.Errorf("%q is used", bad)
		}
	}
	for _, good := range []string{pubGRUU, tempGRUU} {
		if cleanGRUU(good) != good {
			t.Errorf("%q is not used", good)
		}
	}
}
