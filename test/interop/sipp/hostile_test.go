//go:build interop

package sipp

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway/test/interop/scenario"
)

// hostile makes messages of an attacker. The same seed makes the same messages.
type hostile struct {
	*rand.Rand
	torture [][]byte // RFC 4475
	user    string   // whose calls are attacked
	token   string   // of the user's Contact
	gateway string
	n       int
}

func newHostile(t *testing.T, seed uint64, user, token, gateway string) *hostile {
	t.Helper()
	h := &hostile{Rand: rand.New(rand.NewPCG(seed, 1)), user: user, token: token, gateway: gateway}
	files, err := filepath.Glob("../../../signaling/sip/transport/testdata/rfc4475/*.dat")
	if err != nil || len(files) != 49 {
		t.Fatalf("%d torture messages, %v", len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		h.torture = append(h.torture, text)
	}
	return h
}

func pick[T any](h *hostile, list ...T) T { return list[h.IntN(len(list))] }

// elsewhere is a place the gateway must never speak to: addresses of others, and a name that would have to be looked up.
func (h *hostile) elsewhere() string {
	return pick(h, canaryIP, canaryIP+":22", "169.254.169.254:80", "10.98.0.66:5060", "[fd00::66]:5060", "canary.example", "canary.example:5061;transport=tcp",
		canaryIP+":5060;transport=tcp", "canary@"+canaryIP)
}

// message is the next message over SIP's own transports.
func (h *hostile) message() []byte {
	h.n++
	switch k := h.IntN(100); {
	case k < 20:
		return h.torture[h.IntN(len(h.torture))]
	case k < 45:
		return h.mutated()
	case k < 65:
		return h.astray()
	case k < 80:
		return h.smuggled()
	case k < 83:
		return h.huge()
	case k < 88:
		return h.bomb()
	default:
		return []byte(h.request(pick(h, "OPTIONS", "BYE", "ACK", "CANCEL", "PRACK", "UPDATE", "NOTIFY", "INFO", "MESSAGE", "REFER", "SUBSCRIBE", "PUBLISH", "CANARY"), "", ""))
	}
}

// request is a well-formed request with more headers.
func (h *hostile) request(method, headers, body string) string {
	return fmt.Sprintf("%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.20:5060;branch=z9hG4bKh%d;rport\r\nMax-Forwards: 70\r\nFrom: <sip:canary@far.example>;tag=h%d\r\n"+
		"To: <sip:%s@%s>\r\nCall-ID: hostile%d\r\nCSeq: 1 %s\r\nContact: <sip:far@127.0.0.20:5060>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, h.token, h.gateway, h.n, h.n, h.user, scenario.Home, h.n, method, headers, len(body), body)
}

// astray is well formed and names places the gateway has no business with (SSRF): as route, target, referral or answer's way.
func (h *hostile) astray() []byte {
	to := h.elsewhere()
	body, kind := "", ""
	method := pick(h, "INVITE", "OPTIONS", "REFER", "NOTIFY", "MESSAGE", "BYE", "UPDATE")
	if method == "INVITE" {
		if h.IntN(4) != 0 { // each one occupies a page
			method = "OPTIONS"
		} else {
			body, kind = offer, "Content-Type: application/sdp\r\n"
		}
	}
	headers := pick(h, "Route: <sip:%s;lr>\r\n", "Record-Route: <sip:%s;lr>\r\n", "Refer-To: <sip:%s>\r\n", "Refer-To: <sip:%s?Replaces=a>\r\n", "Alert-Info: <http://%s/ring>\r\n",
		"Call-Info: <http://%s/>;purpose=icon\r\n", "Identity: aaaa.bbbb.cccc;info=<https://%s/cert.pem>;alg=ES256\r\n", "Path: <sip:%s;lr>\r\n", "Reply-To: <sip:%s>\r\n",
		"Geolocation: <https://%s/here>\r\n", "Content-Type: message/external-body;access-type=URL;URL=\"http://%s/\"\r\n", "Error-Info: <sip:%s>\r\n", "Referred-By: <sip:%s>\r\n")
	text := h.request(method, fmt.Sprintf(headers, to)+kind, body)
	switch h.IntN(6) {
	case 0:
		text = strings.Replace(text, "Contact: <sip:far@127.0.0.20:5060>", "Contact: <sip:"+to+">", 1)
	case 1:
		text = strings.Replace(text, "Via: SIP/2.0/UDP 127.0.0.20:5060;", "Via: SIP/2.0/UDP "+canaryIP+":5060;maddr="+canaryIP+";received="+canaryIP+";", 1)
	case 2:
		text = strings.Replace(text, " sip:"+h.token+"@"+h.gateway, " sip:"+h.token+"@"+to, 1)
	case 3: // a response nobody asked for
		text = strings.Replace(text, method+" sip:"+h.token+"@"+h.gateway+" SIP/2.0", "SIP/2.0 "+pick(h, "200 OK", "180 Ringing", "302 Moved", "401 Unauthorized"), 1)
		text = strings.Replace(text, "Contact: <sip:far@127.0.0.20:5060>", "Contact: <sip:"+to+">", 1)
	}
	return []byte(text)
}

// mutated is a good or a torture message with a few faults.
func (h *hostile) mutated() []byte {
	return h.mutate(pick(h, []byte(h.request("INVITE", "Content-Type: application/sdp\r\n", offer)), []byte(h.request("OPTIONS", "", "")), h.torture[h.IntN(len(h.torture))]))
}

// mutate puts a few faults into a copy of a message.
func (h *hostile) mutate(good []byte) []byte {
	m := append([]byte(nil), good...)
	for range 1 + h.IntN(4) {
		at := h.IntN(len(m))
		switch h.IntN(5) {
		case 0:
			m[at] = byte(h.IntN(256))
		case 1:
			m = m[:at+1]
		case 2:
			m = append(m[:at], m[min(len(m), at+1+h.IntN(20)):]...)
		case 3:
			end := min(len(m), at+1+h.IntN(60))
			m = append(m[:end], append(append([]byte(nil), m[at:end]...), m[end:]...)...)
		default:
			in := pick(h, "\r\n\r\n", "\r\n", "\x00", "%00", "\"", "<", ">", ";", "99999999999999999999", "\xff\xfe", "\r\n ", ":", ",", "SIP/2.0", ";tag=", "::", "[", "%0d%0a")
			m = append(m[:at], append([]byte(in), m[at:]...)...)
		}
		if len(m) == 0 {
			return []byte("\r\n")
		}
	}
	return m
}

// smuggled is what two readers would take differently: doubled lengths, hidden headers, two messages in one.
func (h *hostile) smuggled() []byte {
	good := h.request("OPTIONS", "", "")
	evil := "P-Asserted-Identity: <sip:canary@evil.example>\r\n"
	switch h.IntN(10) {
	case 0:
		return []byte(strings.Replace(good, "Content-Length: 0", "Content-Length: 0\r\nContent-Length: 900", 1) + h.request("INVITE", evil, ""))
	case 1:
		return []byte(good + h.request("INVITE", evil, offer))
	case 2:
		return []byte(strings.Replace(good, "Contact:", "P-Asserted-Identity : <sip:canary@evil.example>\r\nContact:", 1))
	case 3:
		return []byte(strings.Replace(good, "Contact:", "X-Fold: a\r\n P-Asserted-Identity: <sip:canary@evil.example>\r\nContact:", 1))
	case 4:
		return []byte(strings.Replace(good, "\r\n", "\n", -1))
	case 5:
		return []byte(strings.Replace(good, "Contact:", "X-A: b\rP-Asserted-Identity: <sip:canary@evil.example>\r\nContact:", 1))
	case 6:
		return []byte(strings.Replace(good, "Content-Length: 0", "Content-Length: "+pick(h, "-1", "0x10", "4294967296", "1e3", " 5 5", "+3", "999999999"), 1))
	case 7:
		return []byte(strings.Replace(good, "Content-Length: 0", "l: 10\r\nContent-Length: 0", 1) + "0123456789")
	case 8:
		return []byte(strings.Replace(good, "To: ", "To: <sip:a@b>\r\nTo: ", 1))
	default:
		return []byte("\r\n\r\n\r\n" + good + "\r\n\r\n\x00\x00\x00\x00")
	}
}

// huge is as large as a datagram may be, or claims to be larger.
func (h *hostile) huge() []byte {
	long := strings.Repeat("a", 60_000)
	switch h.IntN(4) {
	case 0:
		return []byte(h.request("OPTIONS", "X-Long: "+long+"\r\n", ""))
	case 1:
		return []byte(h.request("MESSAGE", "Content-Type: text/plain\r\n", long))
	case 2:
		return []byte(strings.Replace(h.request("OPTIONS", "", ""), "sip:"+h.token, "sip:"+long, 1))
	default:
		return []byte(long)
	}
}

// bomb has far too many of something.
func (h *hostile) bomb() []byte {
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	return []byte(h.request(pick(h, "OPTIONS", "INVITE"), pick(h, many("X-A: b\r\n", 4000), many("Via: SIP/2.0/UDP a.example;branch=z9hG4bKx\r\n", 1000), many("Route: <sip:a@127.0.0.66;lr>\r\n", 1000),
		many("Record-Route: <sip:a@127.0.0.66;lr>\r\n", 1000), "Contact: "+many("<sip:a@b>,", 4000)+"<sip:a@b>\r\n", "X-P: a"+many(";b=c", 8000)+"\r\n",
		"Require: "+many("a,", 8000)+"b\r\n", "Accept: "+many("(", 20000)+"\r\n", "X-Q: "+many(`"\"`, 9000)+"\r\n", "X-F: "+many("a\r\n ", 9000)+"\r\n"), ""))
}

// shopHeader is one that the operator lets pages send.
const shopHeader = "X-Shop"

// injections are what a page may write where it can write anything.
func injections() []string {
	return []string{"canary\r\nX-Canary: 1", "canary\nP-Asserted-Identity: <sip:canary@evil.example>", "canary\u0000", "canary>;lr\r\nRoute: <sip:" + canaryIP + ">", "canary\"", "canary%0d%0aX-Canary:%201",
		"canary\u2028X-Canary: 1", "<canary>", "canary;integrity-protected=auth-done", strings.Repeat("canary", 2000), "${canary}", "canary\\r\\nX-Canary: 1"}
}

// frame is the next frame of a page that is logged in; a well-formed one with bad content for the most part.
func (h *hostile) frame(sdp string) []byte {
	h.n++
	evil := injections()[h.IntN(len(injections()))]
	call := fmt.Sprintf("c%d", h.n)
	target := pick(h, "+15550101", "+15550101", "sip:+15550101@"+scenario.Home+"?Route=%3Csip:"+canaryIP+"%3E&X-Canary=1", "sip:x@"+canaryIP, "sip:x@canary.example;maddr="+canaryIP, "tel:+15550101;phone-context="+evil, "sip:"+evil+"@"+scenario.Home, evil,
		"+15550101\r\nX-Canary: 1", "sips:x@"+canaryIP, "tel:+15550101;x=\r\nX-Canary:1", "112")
	params := map[string]any{"call": call}
	method := pick(h, "call.start", "call.start", "call.start", "call.hangup", "call.dtmf", "call.candidates", "call.update", "call.answer", "call.reject", "session.token", "session.login", "session.ping", "call.hold",
		"call.transfer", "call.refuseRefer")
	switch method {
	case "call.start":
		params["target"], params["sdp"] = target, h.browserSDP(sdp, evil)
		if h.IntN(2) == 0 {
			params["from"] = pick(h, evil, "sip:canary@evil.example", "+15559999")
		}
		if h.IntN(4) == 0 {
			params["call"] = evil
		}
		params["anonymous"] = h.IntN(2) == 0
		if h.IntN(8) == 0 {
			params["refer"] = evil
		}
		switch h.IntN(6) {
		case 0:
			params["headers"] = map[string]string{pick(h, "P-Asserted-Identity", "X-Canary", "X-Shop\r\nX-Canary", "Route", evil): pick(h, "<sip:canary@evil.example>", evil)}
		case 1:
			params["headers"] = map[string]string{shopHeader: evil}
		case 2:
			params["userToUser"] = map[string]string{"data": pick(h, "63616e617279", evil), "encoding": pick(h, "hex", evil), "content": evil, "purpose": evil}
		}
	case "call.transfer":
		params[pick(h, "target", "with")] = target
	case "call.refuseRefer":
		params["refer"] = evil
	case "call.dtmf":
		params["digits"] = pick(h, "12#", evil, "1\r\nX-Canary: 1")
	case "call.candidates":
		params["candidates"] = []map[string]string{{"candidate": pick(h, "candidate:1 1 udp 2122260223 "+canaryIP+" 22 typ host", "candidate:1 1 udp 1 canary.example 9 typ host", evil)}}
	case "call.update", "call.answer":
		params["sdp"] = h.browserSDP(sdp, evil)
	case "call.reject":
		params["reason"] = pick(h, "busy", evil)
	case "session.token", "session.login":
		params["token"], params["instance"], params["client"] = evil, evil, map[string]string{"name": evil, "version": evil}
	}
	text, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": fmt.Sprint(h.n), "method": method, "params": params})
	if h.IntN(20) == 0 { // and now and then a broken one
		text = text[:h.IntN(len(text))]
	}
	return text
}

// agent is the next message of a SIP user agent that is registered: for the most part well formed, with whatever a core would obey in
// places where a user agent can write.
func (h *hostile) agent(sdp, user string) []byte {
	h.n++
	evil := injections()[h.IntN(len(injections()))]
	target := pick(h, "sip:+15550101@"+scenario.Home, "sip:+15550101@"+scenario.Home+";maddr="+canaryIP+";x=canary", "sip:x@"+canaryIP, "sip:x@canary.example", "tel:+15550101;phone-context=canary", "sip:112@"+scenario.Home, "sip:%0d%0aX-Canary:1@"+scenario.Home)
	headers := ""
	for range h.IntN(4) {
		headers += pick(h, "P-Asserted-Identity: <sip:canary@evil.example>", "Route: <sip:"+canaryIP+";lr>", "Record-Route: <sip:"+canaryIP+";lr>", "P-Charging-Vector: icid-value=canary", "P-Access-Network-Info: canary",
			"P-Preferred-Identity: <sip:canary@evil.example>", "Privacy: id", "X-Canary: 1", "X-Shop: canary", "History-Info: <sip:canary@evil.example>;index=1", "Geolocation: <https://canary.example/>", "Resource-Priority: canary.0",
			"Supported: 100rel, timer, canary", "Subject: "+strings.ReplaceAll(evil, "\x00", ""), "User-to-User: 63616e617279;encoding=hex", "Alert-Info: <http://"+canaryIP+"/>", "Replaces: canary;to-tag=1;from-tag=2", "Accept-Contact: *;+canary",
			"Referred-By: <sip:canary@evil.example>", "Session-Expires: 90;canary") + "\r\n"
	}
	method, kind, body := pick(h, "INVITE", "INVITE", "INVITE", "MESSAGE", "OPTIONS", "CANCEL", "BYE", "REFER", "SUBSCRIBE", "REGISTER", "INFO"), "", ""
	switch method {
	case "INVITE":
		kind, body = "application/sdp", h.browserSDP(sdp, evil)
	case "MESSAGE":
		kind, body = pick(h, "text/plain", "message/cpim", "text/plain;charset="+pick(h, "utf-8", "canary")), evil
	case "REGISTER":
		headers += "Authorization: " + pick(h, "Bearer canary", `Digest username="canary", response="0"`, "Digest "+strings.Repeat("a=b,", 1000)) + "\r\n"
	}
	if kind != "" {
		headers += "Content-Type: " + kind + "\r\n"
	}
	text := fmt.Appendf(nil, "%s %s SIP/2.0\r\nVia: SIP/2.0/WS %s;branch=z9hG4bKa%d\r\nMax-Forwards: 70\r\nFrom: \"canary\" <sip:%s@%s>;tag=a%d\r\nTo: <%s>\r\nCall-ID: canary%d\r\nCSeq: 1 %s\r\nContact: <sip:canary@%s;transport=ws>\r\n%s\r\n%s",
		method, target, pick(h, "a.invalid", canaryIP, "canary.example"), h.n, user, scenario.Home, h.n, target, h.n, method, pick(h, "a.invalid", canaryIP, "canary.example"), headers, body)
	if h.IntN(8) == 0 {
		return h.mutate(text)
	}
	return text
}

// browserSDP is a browser's description with canaries in whatever a page can write, and addresses it has no business with.
func (h *hostile) browserSDP(sdp, evil string) string {
	return strings.NewReplacer("s=-", "s="+pick(h, "-", "canary", evil), "o=- ", pick(h, "o=- ", "o=canary "), "IN IP4 0.0.0.0", "IN IP4 "+pick(h, "0.0.0.0", canaryIP, "169.254.169.254"),
		"a=rtcp-mux", "a=rtcp-mux\r\na=canary:1\r\na=candidate:1 1 udp 2122260223 "+canaryIP+" 22 typ host").Replace(sdp)
}
