package capture

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Message is one SIP message of a capture.
type Message struct {
	Frame      int
	Source     netip.AddrPort
	Line       string   // request or status line
	Headers    []string // "Name: value", unfolded
	Attributes []string // of its SDP, session and media: "rtpmap:96 AMR-WB/16000"
	Protocols  []string // of its SDP's media lines: "RTP/AVP"
	Ports      []string // of its SDP's media lines: "40000"
}

// Messages returns the SIP messages of a capture, in order of their frames. Those that share a frame share one entry.
func Messages(ctx context.Context, file string, rules Rules) ([]Message, error) {
	rows, err := fields(ctx, file, rules, "sip", "ip.src", "ipv6.src", "udp.srcport", "tcp.srcport", "sip.Request-Line", "sip.Status-Line", "sip.msg_hdr", "sdp.session_attr", "sdp.media_attr", "sdp.media.proto", "sdp.media.port")
	if err != nil {
		return nil, err
	}
	out := make([]Message, 0, len(rows))
	for _, r := range rows {
		m := Message{Frame: r.frame, Line: strings.TrimSpace(r.values[4] + r.values[5])}
		host, err1 := netip.ParseAddr(r.values[0] + r.values[1])
		port, err2 := strconv.ParseUint(r.values[2]+r.values[3], 10, 16)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("frame %d: %w", r.frame, err)
		}
		m.Source = netip.AddrPortFrom(host, uint16(port))
		m.Headers = headers(r.values[6])
		for _, v := range r.values[7:9] {
			m.Attributes = append(m.Attributes, list(v)...)
		}
		m.Protocols, m.Ports = list(r.values[9]), list(r.values[10])
		out = append(out, m)
	}
	return out, nil
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, field)
}

// headers splits header sections; tshark prints line ends as escapes, and a body of plain text behind its header.
func headers(s string) []string {
	var all []string
	for part := range strings.SplitSeq(strings.NewReplacer(`\r\n`, "\n", "\r\n", "\n").Replace(s), field) {
		head, _, _ := strings.Cut(part, "\n\n")
		all = append(all, head)
	}
	var out []string
	for line := range strings.SplitSeq(strings.Join(all, "\n"), "\n") {
		if (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")) && len(out) > 0 {
			out[len(out)-1] += " " + strings.TrimSpace(line)
		} else if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// Header returns the values of a header.
func (m Message) Header(name string) []string {
	var out []string
	for _, h := range m.Headers {
		n, v, ok := strings.Cut(h, ":")
		if ok && strings.EqualFold(strings.TrimSpace(n), name) {
			out = append(out, strings.TrimSpace(v))
		}
	}
	return out
}

// webRTCNames are the attributes that end at the access edge (TS 23.334 6.2.10 to 6.2.14, TS 23.228 U.1.1).
func webRTCNames() []string {
	return []string{"ice-ufrag", "ice-pwd", "ice-options", "ice-lite", "ice-mismatch", "candidate", "remote-candidates", "end-of-candidates",
		"fingerprint", "setup", "tls-id", "connection", "crypto", "rtcp-mux", "rtcp-mux-only", "rtcp-rsize", "mid", "bundle-only", "msid", "msid-semantic",
		"ssrc", "ssrc-group", "extmap", "extmap-allow-mixed", "rid", "simulcast", "sctp-port", "sctpmap", "max-message-size"}
}

// webRTC finds the browser's world in the message's SDP.
func (m Message) webRTC() []Problem {
	var out []Problem
	found := func(text string) {
		out = append(out, Problem{Frame: m.Frame, Kind: "webrtc", Text: m.Line + ": " + text})
	}
	for _, a := range m.Attributes {
		name, value, _ := strings.Cut(a, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case slices.Contains(webRTCNames(), name):
			found("a=" + a)
		case name == "group" && strings.Contains(value, "BUNDLE"):
			found("a=" + a)
		case name == "rtpmap" && strings.Contains(strings.ToLower(value), "opus/"):
			found("a=" + a)
		}
	}
	for _, p := range m.Protocols {
		if strings.Contains(p, "SAVP") || strings.Contains(p, "DTLS") {
			found("media over " + p)
		}
	}
	return out
}

// trust finds what only the gateway itself may say to the core, and only of its own users (RFC 3325 5, TS 24.229 5.2.6.3,
// TS 33.203 U.2).
func (m Message) trust(identities []string) []Problem {
	var out []Problem
	found := func(text string) {
		out = append(out, Problem{Frame: m.Frame, Kind: "trust", Text: m.Line + ": " + text})
	}
	for _, v := range m.Header("P-Asserted-Identity") {
		for _, uri := range uris(v) {
			if !slices.Contains(identities, uri) {
				found("P-Asserted-Identity: " + uri)
			}
		}
	}
	for _, name := range []string{"P-Preferred-Identity", "P-Served-User", "P-Associated-URI", "P-Charging-Function-Addresses", "P-User-Database", "P-Profile-Key", "Service-Route"} {
		for _, v := range m.Header(name) {
			found(name + ": " + v)
		}
	}
	for _, v := range m.Header("Authorization") {
		_, mark, ok := strings.Cut(v, "integrity-protected=")
		mark = strings.Trim(mark, `"`)
		// What a gateway may say of a user: vouched for, or on the way to a proof by digest (TS 24.229 7.2A.2).
		if ok && !slices.Contains([]string{"auth-done", "tls-pending", "tls-yes", "ip-assoc-pending", "ip-assoc-yes"}, mark) {
			found("Authorization: integrity-protected=" + mark)
		}
	}
	return out
}

// uris takes the addresses out of a header like <sip:a@b>, "Name" <tel:+1>.
func uris(v string) []string {
	var out []string
	for part := range strings.SplitSeq(v, ",") {
		if _, rest, ok := strings.Cut(part, "<"); ok {
			part, _, _ = strings.Cut(rest, ">")
		}
		out = append(out, strings.TrimSpace(part))
	}
	return out
}
