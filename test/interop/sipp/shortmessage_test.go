//go:build interop

package sipp

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/test/interop/scenario"
)

// relay is an IP-SM-GW on the port where a user's Service-Route leads. It writes its messages by hand, for SIPp cannot: their bodies are
// binary. tshark's dissectors judge what comes back.
type relay struct {
	t    *testing.T
	conn *net.UDPConn
	gate *net.UDPAddr
	user string
	to   string // the user's Contact
	path string
	next int
}

func (r *relay) read() (head, body string) {
	r.t.Helper()
	b := make([]byte, 4096)
	if err := r.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	n, err := r.conn.Read(b)
	if err != nil {
		r.t.Fatal(err)
	}
	head, body, _ = strings.Cut(string(b[:n]), "\r\n\r\n")
	return head, body
}

// value is a header's value.
func value(head, name string) string {
	for line := range strings.SplitSeq(head, "\r\n") {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(k, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func (r *relay) write(text string) {
	r.t.Helper()
	if _, err := r.conn.WriteToUDP([]byte(text), r.gate); err != nil {
		r.t.Fatal(err)
	}
}

// takes waits for a MESSAGE and answers it.
func (r *relay) takes(to string) (head, body string) {
	r.t.Helper()
	head, body = r.read()
	if !strings.HasPrefix(head, "MESSAGE "+to+" SIP/2.0") || value(head, "Content-Type") != "application/vnd.3gpp.sms" || value(head, "Contact") != "" {
		r.t.Fatalf("not a short message to %s:\n%s", to, head)
	}
	answer := "SIP/2.0 202 Accepted\r\n"
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		answer += name + ": " + value(head, name)
		if name == "To" {
			answer += ";tag=smgw"
		}
		answer += "\r\n"
	}
	r.write(answer + "Content-Length: 0\r\n\r\n")
	return head, body
}

// sends sends an RP message in hexadecimal and waits for the 200.
func (r *relay) sends(rp, inReplyTo string) {
	r.t.Helper()
	body, err := hex.DecodeString(strings.ReplaceAll(rp, " ", ""))
	if err != nil {
		r.t.Fatal(err)
	}
	r.next++
	extra := ""
	if inReplyTo != "" {
		extra = "In-Reply-To: " + inReplyTo + "\r\n"
	}
	r.write(fmt.Sprintf("MESSAGE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKsms%d\r\nRoute: %s\r\nMax-Forwards: 70\r\nFrom: <sip:ipsmgw.%s>;tag=g%d\r\nTo: <sip:%s@%s>\r\n"+
		"Call-ID: sms%d@ipsmgw\r\nCSeq: 1 MESSAGE\r\nP-Asserted-Identity: <sip:ipsmgw.%s>\r\nP-Called-Party-ID: <sip:%s@%s>\r\nAccept-Contact: *;+g.3gpp.smsip;require;explicit\r\n"+
		"Request-Disposition: no-fork\r\n%sContent-Type: application/vnd.3gpp.sms\r\nContent-Length: %d\r\n\r\n%s",
		r.to, r.conn.LocalAddr(), r.next, r.path, scenario.Home, r.next, r.user, scenario.Home, r.next, scenario.Home, r.user, scenario.Home, extra, len(body), body))
	if head, _ := r.read(); !strings.HasPrefix(head, "SIP/2.0 200 ") || value(head, "Call-ID") != fmt.Sprintf("sms%d@ipsmgw", r.next) {
		r.t.Fatalf("not a 200:\n%s", head)
	}
}

// acknowledged waits for the RP-ACK or RP-ERROR of the message that was sent last.
func (r *relay) acknowledged(want string) {
	r.t.Helper()
	head, body := r.takes("sip:ipsmgw." + scenario.Home)
	if got := hex.EncodeToString([]byte(body)); got != want || value(head, "In-Reply-To") != fmt.Sprintf("sms%d@ipsmgw", r.next) {
		r.t.Errorf("%s in reply to %s", got, value(head, "In-Reply-To"))
	}
}

// data is an RP-DATA from the network, of the centre +15550199, in hexadecimal.
func data(reference, tpdu string) string {
	tpdu = strings.ReplaceAll(tpdu, " ", "")
	return fmt.Sprintf("01 %s 05 91 51551099 00 %02x %s", reference, len(tpdu)/2, tpdu)
}

// TestShortMessages: SMS over IP (TS 24.341) with an IP-SM-GW: the published "hellohello" and one in parts come in, text goes out to the
// centre with its report, and data is refused. tshark reads the same texts in the capture.
func TestShortMessages(t *testing.T) {
	inTurn(t)
	b := newBed(t, "udp", 17200, "CAUSEWAY_IMS_SMS_ENABLED=true", "CAUSEWAY_IMS_SMS_PSI=tel:+15550199").listens(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a := &actor{t: t, ctx: ctx, bed: b, port: b.first + int(b.taken.Add(1)) - 1}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(gatewayIP), Port: a.port})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	a.login()
	token := b.token(t, a.port)
	r := &relay{t: t, conn: conn, gate: net.UDPAddrFromAddrPort(b.SIP), user: number(a.port), to: fmt.Sprintf("sip:%s@%s", token, b.SIP), path: fmt.Sprintf("<sip:mt-%s@%s;lr>", token, b.SIP)}

	r.sends(data("2A", "04 0B C8 7238880900F1 00 00 99309251619580 0A E8329BFD4697D9EC37"), "")
	r.acknowledged("022a41020000")
	if m := a.notified(); m.Kind != "received" || m.Text != "hellohello" || m.Via != "sms" || m.Number != "27838890001" {
		t.Errorf("%+v", m)
	}
	r.sends(data("2B", "44 04 81 2143 00 08 62110181000000 0A 05 00 03 07 02 02 DE00 0021"), "")
	r.acknowledged("022b41020000")
	r.sends(data("2C", "44 04 81 2143 00 08 62110181000000 0A 05 00 03 07 02 01 0041 D83D"), "")
	r.acknowledged("022c41020000")
	if m := a.notified(); m.Text != "A😀!" || m.Number != "1234" || m.Incomplete {
		t.Errorf("%+v", m)
	}
	r.sends(data("2D", "04 04 81 2143 00 04 62110181000000 01 41"), "")
	r.acknowledged("042d016f4103009000")

	type outcome struct {
		parts int
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		parts, err := a.browser.Send(ctx, "m1", "+15550101", "Grüße: 5 €", "via", "sms", "report", []string{"delivery"})
		done <- outcome{parts, err}
	}()
	head, body := r.takes("tel:+15550199")
	if o := <-done; o.err != nil || o.parts != 1 {
		t.Fatal(o)
	}
	rp := []byte(body)
	if rp[0] != 0 || rp[2] != 0 || value(head, "P-Asserted-Identity") == "" {
		t.Errorf("%x\n%s", rp, head)
	}
	r.sends(fmt.Sprintf("03 %02x", rp[1]), value(head, "Call-ID"))
	reported := func(want string) {
		t.Helper()
		if m := a.notified(); m.Kind != "report" || m.ID != "m1" || m.Status != want {
			t.Errorf("%+v", m)
		}
	}
	reported("accepted")
	at := 4 + int(rp[3]) + 1 // the TPDU
	r.sends(data("2E", fmt.Sprintf("06 %02x 08 91 51551010 62110181000000 62110181005000 00", rp[at+1])), "")
	reported("delivered")
	r.acknowledged("022e41020000")
	b.judge(t)
	shortTexts(t, b)
}

// shortTexts has tshark read the short messages of the capture.
func shortTexts(t *testing.T, b *bed) {
	t.Helper()
	args := []string{"-r", b.record.Stop(t), "-Y", "gsm_sms", "-T", "fields", "-e", "gsm_sms.sms_text"}
	for _, d := range b.rules().DecodeAs {
		args = append(args, "-d", d)
	}
	out, err := exec.CommandContext(t.Context(), "tshark", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	read := strings.Split(string(bytes.TrimSpace(out)), "\n")
	for _, want := range []string{"hellohello", "Grüße: 5 €"} {
		if !slices.Contains(read, want) {
			t.Errorf("tshark reads %q, not %q", read, want)
		}
	}
}
