//go:build e2e || bench

package load

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// simpleCore is the least that a gateway can register at and call through: it grants every REGISTER and answers every INVITE with 180
// and 200 at once. It checks nothing: the lab does that. So it costs little beside what is measured.
type simpleCore struct {
	conn   *net.UDPConn
	unread *net.UDPConn // where RTP goes that nobody wants
	host   string       // address of all that RTP goes to

	mu      sync.Mutex // guards the following
	ports   map[string]int
	legs    map[string]netip.AddrPort // by dialled number: the gateway's RTP
	codecs  map[string]string         // by dialled number: what it answers with instead of speaks
	speaks  string                    // name and clock of the codec it answers with
	agreed  string                    // rtpmap and fmtp of the newest answer
	spent   time.Duration             // between INVITE and 180, in all
	invites int
}

func newCore(t *testing.T) *simpleCore {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadBuffer(4 << 20)
	unread, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unread.Close() })
	c := &simpleCore{conn: conn, unread: unread, host: "127.0.0.1", ports: map[string]int{}, legs: map[string]netip.AddrPort{}, codecs: map[string]string{}, speaks: "PCMU/8000"}
	done := make(chan struct{})
	go func() { defer close(done); c.serve() }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return c
}

func (c *simpleCore) addr() netip.AddrPort { return c.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (c *simpleCore) serve() {
	b := make([]byte, 65536)
	for {
		n, from, err := c.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		c.message(string(b[:n]), from)
	}
}

// headers that a response repeats (RFC 3261 8.2.6.2), and Path for a REGISTER (RFC 3327).
var repeated = []string{"via", "v", "from", "f", "call-id", "i", "cseq", "record-route"}

func (c *simpleCore) message(text string, from netip.AddrPort) {
	began := time.Now()
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	method, rest, _ := strings.Cut(lines[0], " ")
	if strings.HasPrefix(method, "SIP/") || method == "ACK" {
		return
	}
	var keep []string
	contact := ""
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		for _, r := range repeated {
			if name == r {
				keep = append(keep, l)
			}
		}
		switch {
		case name == "to" || name == "t":
			if !strings.Contains(value, ";tag=") {
				l += ";tag=core"
			}
			keep = append(keep, l)
		case name == "contact" || name == "m":
			contact = strings.TrimSpace(value)
		case name == "path" && method == "REGISTER":
			keep = append(keep, l)
		}
	}
	switch method {
	case "REGISTER":
		c.registered(keep, contact, head, from)
	case "INVITE":
		c.invited(keep, rest, body, from, began)
	default:
		c.reply(from, "200 OK", keep, "")
	}
}

// registered grants what is asked.
func (c *simpleCore) registered(keep []string, contact, head string, from netip.AddrPort) {
	expires := "600000"
	if strings.Contains(head, "\r\nExpires: 0") {
		expires = "0"
	}
	impu := ""
	for _, l := range keep {
		if name, value, _ := strings.Cut(l, ":"); strings.EqualFold(name, "to") {
			impu, _, _ = strings.Cut(value, ";tag=")
		}
	}
	contact, _, _ = strings.Cut(contact, ";expires")
	c.reply(from, "200 OK", append(keep, "Contact: "+contact+";expires="+expires, "P-Associated-URI:"+impu,
		fmt.Sprintf("Service-Route: <sip:orig@%s;lr>", c.addr())), "")
}

// invited rings and answers.
func (c *simpleCore) invited(keep []string, line, body string, from netip.AddrPort, began time.Time) {
	number := strings.TrimLeft(line[:strings.IndexAny(line+" ", " @;")], "telsip:")
	keep = append(keep, fmt.Sprintf("Contact: <sip:%s@%s>", number, c.addr()), "Allow: INVITE, ACK, CANCEL, BYE")
	c.reply(from, "180 Ringing", keep, "")
	c.mu.Lock()
	c.spent += time.Since(began)
	c.invites++
	port, codec := c.ports[number], c.codecs[number]
	if codec == "" {
		codec = c.speaks
	}
	if a, ok := address(body); ok {
		c.legs[number] = a
	}
	pts, lines := answerLines(body, codec)
	_, c.agreed = codecOf(body, codec)
	c.mu.Unlock()
	if port == 0 {
		port = c.unread.LocalAddr().(*net.UDPAddr).Port
	}
	c.reply(from, "200 OK", append(keep, "Content-Type: application/sdp", "P-Asserted-Identity: <tel:"+number+">"),
		fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP %s\r\n%sa=sendrecv\r\n", c.host, port, pts, lines))
}

func (c *simpleCore) reply(to netip.AddrPort, status string, headers []string, body string) {
	text := "SIP/2.0 " + status + "\r\n" + strings.Join(headers, "\r\n") + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	_, _ = c.conn.WriteToUDPAddrPort([]byte(text), to)
}

// leg is where a called number sends its RTP to.
func (c *simpleCore) leg(number string) netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.legs[number]
}

// listen says where a number's RTP goes.
func (c *simpleCore) listen(number string, port int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ports[number] = port
}

// convert makes a number answer with A-law.
func (c *simpleCore) convert(number string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.codecs[number] = "PCMA/8000"
}

// speak says which codec it answers with from now on.
func (c *simpleCore) speak(codec string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.speaks = codec
}

// spoken is the codec of the newest answer.
func (c *simpleCore) spoken() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.agreed
}

// address is the first audio line's address in a session description.
func address(sdp string) (netip.AddrPort, bool) {
	ip, port := "", 0
	for line := range strings.Lines(sdp) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "c=IN IP4 "); ok {
			ip = v
		}
		if v, ok := strings.CutPrefix(line, "m=audio "); ok && port == 0 {
			v, _, _ = strings.Cut(v, " ")
			port, _ = strconv.Atoi(v)
		}
	}
	a, err := netip.ParseAddr(ip)
	return netip.AddrPortFrom(a, uint16(port)), err == nil && port > 0
}

// answerLines are the payload types and the attributes of a phone's answer: one codec, and telephone-event at its clock if it is offered.
func answerLines(sdp, name string) (pts, lines string) {
	pt, lines := codecOf(sdp, name)
	pts = strconv.Itoa(pt)
	_, clock, _ := strings.Cut(name, "/")
	events := "telephone-event/" + clock
	if n, more := codecOf(sdp, events); strings.Contains(more, events) {
		pts, lines = pts+" "+strconv.Itoa(n), lines+more
	}
	return pts, lines
}

// codecOf finds a codec ("AMR-WB/16000") in an offer: its payload type and its rtpmap and fmtp lines; PCMU when it is not there.
func codecOf(sdp, name string) (pt int, lines string) {
	prefix := ""
	for line := range strings.Lines(sdp) {
		line = strings.TrimSpace(line)
		number, rest, ok := strings.Cut(strings.TrimPrefix(line, "a=rtpmap:"), " ")
		if ok && prefix == "" && strings.HasPrefix(line, "a=rtpmap:") && (strings.EqualFold(rest, name) || strings.HasPrefix(strings.ToLower(rest), strings.ToLower(name)+"/")) {
			pt, _ = strconv.Atoi(number)
			prefix, lines = "a=fmtp:"+number+" ", line+"\r\n"
		}
	}
	if prefix == "" {
		return 0, "a=rtpmap:0 PCMU/8000\r\n"
	}
	for line := range strings.Lines(sdp) {
		if strings.HasPrefix(line, prefix) {
			lines += strings.TrimSpace(line) + "\r\n"
		}
	}
	return pt, lines
}
