package lab_test

import (
	"bufio"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"causeway/test/lab"
	"causeway/test/lab/diameter"
	"causeway/test/lab/handset"
)

// own is a loopback address nobody else uses, so that the capture holds the
// lab's packets only.
const own = "127.0.44.7"

// TestCapture has a foreign dissector read what the lab sends: calls with
// 100rel, preconditions, forks, hold, DTMF, AMR-WB in both forms, RTCP, Rx.
func TestCapture(t *testing.T) {
	needCodecs(t)
	tshark, err := exec.LookPath("tshark")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("SKIPPED: no tshark, or not root: no foreign dissector judges the lab's packets")
	}
	at := netip.AddrPortFrom(netip.MustParseAddr(own), 0)
	l := start(t, func(c *lab.Config) { c.Core, c.Handsets, c.PCRF, c.HTTP = at, at, at, at })
	file := filepath.Join(t.TempDir(), "lab.pcap")
	stop := capture(t, tshark, file)
	talkRx(t, l) // first, as what comes last may still be on its way into the file when the capture is stopped
	for to, o := range map[string]handset.Outgoing{"+15550108": {Preconditions: true}, "+15550109": {}, "+15550112": {}, "+15550114": {}, "+15550116": {}, "+15550110": {}, "+15550117": {Codecs: []string{"G722"}}} {
		o.To = to
		id := call(t, l, "+15550102", o)
		wait(t, l, "answer", func(c handset.CallInfo) bool { return c.ID == id && c.State == "up" && c.Audio.Received > 60 })
	}
	wait(t, l, "digits", func(c handset.CallInfo) bool { return c.Audio.Digits == "123#" })
	wait(t, l, "RTCP", func(c handset.CallInfo) bool { return c.RTCP.Reports > 0 })
	if err := l.Handsets.Do("+15550102", "hangup", ""); err != nil {
		t.Fatal(err)
	}
	stop()
	read := func(filter, field string, form ...string) []string {
		return dissect(t, tshark, file, l, filter, field, form...)
	}
	seen := map[string]int{}
	for _, line := range read("frame", "sip.Method") {
		fields := strings.Split(line, "\t")
		for _, p := range strings.Split(fields[1], ":") {
			seen[p]++
		}
		if len(fields) > 3 {
			seen[fields[3]]++
		}
		seen["payload type "+fields[2]]++
	}
	for what, least := range map[string]int{"sip": 60, "PRACK": 4, "UPDATE": 2, "sdp": 10, "rtp": 200, "rtcp": 5, "rtpevent": 20, "diameter": 4, "amr": 100,
		"payload type 97": 20, "payload type 98": 20, "payload type 99": 20, "payload type 9": 20} {
		if seen[what] < least {
			t.Errorf("%d packets of %s, wanted %d", seen[what], what, least)
		}
	}
	const wrong = `(_ws.malformed || _ws.expert.severity == "Error") && `
	lines := read(wrong+"!amr", "_ws.expert.message")
	// the dissector takes one AMR mode and form at a time; the payload types of a handset's offer tell them apart
	const wide, narrow, efficient, aligned = "amr.mode:Wideband AMR", "amr.mode:Narrowband AMR", "amr.encoding.version:RFC 3267 BW-efficient", "amr.encoding.version:RFC 3267 octet aligned"
	for pt, form := range map[string][]string{"97": {wide, efficient}, "98": {wide, aligned}, "99": {narrow, efficient}} {
		lines = append(lines, read(wrong+"amr && rtp.p_type == "+pt, "_ws.expert.message", form...)...)
	}
	for i, line := range lines {
		if i < 20 {
			t.Errorf("the dissector says: %s", line)
		}
	}
	clean(t, l)
}

// capture starts tshark and returns what stops it.
func capture(t *testing.T, tshark, file string) func() {
	t.Helper()
	cmd := exec.Command(tshark, "-q", "-l", "-i", "lo", "-f", "host "+own, "-w", file)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	for lines.Scan() && !strings.Contains(lines.Text(), "Capturing on") {
	}
	for deadline := time.Now().Add(patience); ; { // the file appears when packets are being taken
		if info, err := os.Stat(file); err == nil && info.Size() > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the capture does not begin")
		}
		<-time.After(20 * time.Millisecond)
	}
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		<-time.After(300 * time.Millisecond) // what the kernel still holds
		_ = cmd.Process.Signal(syscall.SIGINT)
		for lines.Scan() {
		}
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	return stop
}

func dissect(t *testing.T, tshark, file string, l *lab.Lab, filter, field string, options ...string) []string {
	t.Helper()
	port := func(a netip.AddrPort) string { return strings.Split(a.String(), ":")[1] }
	args := []string{"-r", file, "-Y", filter, "-T", "fields", "-e", "frame.number", "-e", "frame.protocols", "-e", "rtp.p_type", "-e", field}
	for _, o := range options {
		args = append(args, "-o", o)
	}
	out, err := exec.Command(tshark, append(args, "-d", "udp.port=="+port(l.CoreAddr())+",sip", "-d", "tcp.port=="+port(l.CoreAddr())+",sip",
		"-d", "udp.port=="+port(l.HandsetAddr())+",sip", "-d", "tcp.port=="+port(l.HandsetAddr())+",sip",
		"-d", "tcp.port=="+port(l.PCRFAddr())+",diameter")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}

// talkRx sends a capabilities exchange, so that answers of the policy server
// are in the capture.
func talkRx(t *testing.T, l *lab.Lab) {
	t.Helper()
	d := netDial(t, l.PCRFAddr())
	for _, m := range []*diameter.Message{
		{Flags: diameter.FlagRequest, Command: diameter.CapabilitiesExchange, HopByHop: 1, EndToEnd: 1, AVPs: []diameter.AVP{diameter.Text(264, "gw.example"),
			diameter.Text(296, "example"), diameter.Address(257, netip.MustParseAddr(own)), diameter.Number(266, 10415), {Code: 269, Data: []byte("af")},
			diameter.Group(260, diameter.Number(266, 10415), diameter.Number(258, 16777236))}},
		{Flags: diameter.FlagRequest | diameter.FlagProxiable, Command: diameter.AA, App: 16777236, HopByHop: 2, EndToEnd: 2, AVPs: []diameter.AVP{diameter.Text(263, "gw;1;1"),
			diameter.Number(258, 16777236), diameter.Text(264, "gw.example"), diameter.Text(296, "example"), diameter.Text(283, lab.HomeDomain),
			{Code: 8, Mandatory: true, Data: []byte{192, 0, 2, 1}}}},
	} {
		if _, err := d.Write(m.Bytes()); err != nil {
			t.Fatal(err)
		}
		if _, err := diameter.Read(d); err != nil {
			t.Fatal(err)
		}
	}
}
