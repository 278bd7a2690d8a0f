package lab_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"causeway/test/lab/handset"
)

// scenario registers alice by trusted-node authentication and calls the tone
// handset, as SIPp, which nobody here wrote, reads SIP.
const scenario = `<?xml version="1.0" encoding="UTF-8"?>
<scenario name="gateway">
<send retrans="500"><![CDATA[
REGISTER sip:ims.mnc001.mcc001.3gppnetwork.org SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
From: <sip:+15550001@ims.mnc001.mcc001.3gppnetwork.org>;tag=[call_number]r
To: <sip:+15550001@ims.mnc001.mcc001.3gppnetwork.org>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:a@[local_ip]:[local_port]>;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>";+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"
Path: <sip:mt@[local_ip]:[local_port];lr>
Require: path
Supported: path
Authorization: Digest username="15550001@ims.mnc001.mcc001.3gppnetwork.org",realm="ims.mnc001.mcc001.3gppnetwork.org",nonce="",uri="sip:ims.mnc001.mcc001.3gppnetwork.org",response="",integrity-protected="auth-done"
P-Visited-Network-ID: "lab"
P-Charging-Vector: icid-value=r1
Expires: 600
Content-Length: 0

]]></send>
<recv response="200"><action>
<ereg regexp="&lt;sip:orig@.*&gt;" search_in="hdr" header="Service-Route:" check_it="true" assign_to="route"/>
</action></recv>
<send retrans="500"><![CDATA[
INVITE tel:+15550118 SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
Route: [$route]
From: <sip:+15550001@ims.mnc001.mcc001.3gppnetwork.org>;tag=[call_number]i
To: <tel:+15550118>
Call-ID: [call_id]
CSeq: 2 INVITE
Contact: <sip:a@[local_ip]:[local_port]>
P-Asserted-Identity: <sip:+15550001@ims.mnc001.mcc001.3gppnetwork.org>
P-Charging-Vector: icid-value=c1
P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mmtel
Accept-Contact: *;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"
Allow: INVITE, ACK, BYE, CANCEL
Supported: timer
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 97 102
a=rtpmap:97 AMR-WB/16000
a=rtpmap:102 telephone-event/16000

]]></send>
<recv response="100" optional="true"/>
<recv response="180"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
[routes]
From: <sip:+15550001@ims.mnc001.mcc001.3gppnetwork.org>;tag=[call_number]i
To: <tel:+15550118>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 ACK
Content-Length: 0

]]></send>
<pause milliseconds="300"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport
Max-Forwards: 70
[routes]
From: <sip:+15550001@ims.mnc001.mcc001.3gppnetwork.org>;tag=[call_number]i
To: <tel:+15550118>[peer_tag_param]
Call-ID: [call_id]
CSeq: 3 BYE
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
`

// TestForeignCaller: SIPp registers and calls; the lab has nothing to complain
// of, and SIPp neither.
func TestForeignCaller(t *testing.T) {
	sipp, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("SKIPPED: SIPp is not installed, no foreign user agent tries the lab's core and handsets")
	}
	l := start(t, nil)
	file := filepath.Join(t.TempDir(), "gateway.xml")
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), sipp, "-sf", file, "-m", "1", "-i", "127.0.0.1", "-timeout", "15", "-timeout_error", "-nostdin", l.CoreAddr().String())
	cmd.Dir = filepath.Dir(file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("SIPp: %v\n%.3000s", err, out)
	}
	c := wait(t, l, "end", func(c handset.CallInfo) bool { return c.Number == "+15550118" && c.State == "ended" })
	if c.Party != "+15550001" || c.Answered == nil || len(l.Core.Bindings()) != 1 {
		t.Errorf("%+v", c)
	}
	clean(t, l)
}
