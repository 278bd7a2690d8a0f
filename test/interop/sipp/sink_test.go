//go:build interop

package sipp

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// sink is a core that says busy to every call and reads what it got with suspicion.
type sink struct {
	mu   sync.Mutex // guards the following
	bad  []string
	seen int
	said int
	name map[string]bool
}

// built are the headers that the gateway writes on its own account.
func built() []string {
	return []string{"via", "max-forwards", "route", "from", "to", "call-id", "cseq", "contact", "p-asserted-identity", "p-preferred-service", "accept-contact", "p-charging-vector",
		"p-early-media", "privacy", "accept", "allow", "supported", "session-expires", "min-se", "content-type", "content-length", "reason"}
}

// sink listens where a user's Service-Route leads, by UDP and TCP.
func (b *bed) sink(t *testing.T, port int) *sink {
	t.Helper()
	s := &sink{name: map[string]bool{}}
	addr := fmt.Sprintf("%s:%d", gatewayIP, port)
	u, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := s.take(string(buf[:n])); answer != "" {
				_, _ = u.WriteTo([]byte(answer), from)
			}
		}
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer func() { _ = c.Close() }()
				in := bufio.NewReader(c)
				for text := ""; stream(in, &text) == nil; {
					if answer := s.take(text); answer != "" {
						_, _ = c.Write([]byte(answer))
					}
				}
			})
		}
	})
	t.Cleanup(func() { b.Gateway.Stop(os.Interrupt); _ = u.Close(); _ = l.Close(); wg.Wait() }) // its connections end with the gateway
	return s
}

var canaryText = regexp.MustCompile(`(?i)canary`)

// take reads a message, and returns an answer to an INVITE or another request.
func (s *sink) take(text string) string {
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	var out []string
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ":")
		name = strings.ToLower(name)
		s.name[name] = true
		// What a page may say is a value and no more: whom it wants, and the contents of two headers it may send.
		said := slices.Contains([]string{"to", "user-to-user", strings.ToLower(shopHeader)}, name)
		if said && name != "to" {
			s.said++
		}
		if !said && (!slices.Contains(built(), name) || canaryText.MatchString(value) || strings.Contains(value, canaryIP)) {
			s.bad = append(s.bad, l)
		}
		switch name {
		case "via", "from", "call-id", "cseq":
			out = append(out, l)
		case "to":
			out = append(out, l+";tag=sink")
		}
	}
	method, _, _ := strings.Cut(lines[0], " ")
	if method == "ACK" || strings.HasPrefix(method, "SIP/") {
		return ""
	}
	status := "200 OK"
	if method == "INVITE" {
		status = "486 Busy Here"
	}
	return "SIP/2.0 " + status + "\r\n" + strings.Join(out, "\r\n") + "\r\nContent-Length: 0\r\n\r\n"
}

// judge fails for every header that came from elsewhere than the gateway.
func (s *sink) judge(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen < 20 || !s.name["p-asserted-identity"] {
		t.Errorf("the page's calls never reached the core: %d messages", s.seen)
	}
	for _, l := range s.bad[:min(len(s.bad), 20)] {
		t.Errorf("in a header of the core: %q", l)
	}
}
