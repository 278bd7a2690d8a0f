package lab_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"causeway/test/lab"
	"causeway/test/lab/handset"
)

func netDial(t *testing.T, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", to.String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

// ask makes a control request and reads its JSON.
func ask(t *testing.T, l *lab.Lab, method, path, body string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, l.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if into != nil {
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return res.StatusCode
}

// TestControl plays a call by HTTP alone.
func TestControl(t *testing.T) {
	needCodecs(t)
	l := start(t, nil)
	var list []handset.Handset
	if ask(t, l, "GET", "/handsets", "", &list); len(list) != 22 {
		t.Errorf("%d handsets", len(list))
	}
	var made struct{ Call string }
	if code := ask(t, l, "POST", "/handsets/+15550118/call", `{"to":"+15550101"}`, &made); code != 200 || made.Call == "" {
		t.Fatal(code)
	}
	heard := func(want func(handset.CallInfo) bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for ctx.Err() == nil {
			var calls []handset.CallInfo
			ask(t, l, "GET", "/calls", "", &calls)
			for _, c := range calls {
				if want(c) {
					return
				}
			}
		}
		t.Fatal("no such call")
	}
	heard(func(c handset.CallInfo) bool { return c.ID == made.Call && hears(c, 700) })
	for path, body := range map[string]string{"tone": `{"hz":1500}`, "dtmf": `{"digits":"42"}`} {
		if code := ask(t, l, "POST", "/handsets/15550118/"+path, body, nil); code != 200 {
			t.Errorf("%s: %d", path, code)
		}
	}
	heard(func(c handset.CallInfo) bool {
		return c.Number == "+15550101" && c.Audio.Digits == "42" && hears(c, 1500)
	})
	for _, what := range []string{"hold", "resume", "hangup"} {
		if code := ask(t, l, "POST", "/handsets/+15550118/"+what, "", nil); code != 200 {
			t.Errorf("%s: %d", what, code)
		}
		heard(func(c handset.CallInfo) bool {
			return c.Number == "+15550101" && c.Hold.Remote == (what == "hold") && (c.State == "ended") == (what == "hangup")
		})
		heard(func(c handset.CallInfo) bool { // the holder hears of it later; before that it cannot resume
			return c.ID == made.Call && c.Hold.Local == (what == "hold") && (c.State == "ended") == (what == "hangup")
		})
	}
	var complaints []string
	if ask(t, l, "GET", "/complaints", "", &complaints); len(complaints) != 0 {
		t.Errorf("%q", complaints)
	}
}

// TestControlAnswers: the status of every control request, good and bad.
func TestControlAnswers(t *testing.T) {
	l := start(t, nil)
	for _, x := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/handsets/+15550118/hold", "", 404}, {"POST", "/handsets/+1/hold", "", 404}, {"POST", "/handsets/+15550118/call", "{", 400},
		{"POST", "/handsets/+15550118/call", `{"to":"x y"}`, 400}, {"POST", "/core/deregister", `{"user":"+15550001"}`, 404},
		{"POST", "/rx/abort", `{"user":"+1"}`, 404}, {"POST", "/rx/policy", `{"user":"+1","policy":"slow"}`, 200}, {"POST", "/rx/policy", `{"policy":"?"}`, 400},
		{"GET", "/core/bindings", "", 200}, {"GET", "/core/violations", "", 200}, {"GET", "/rx", "", 200}, {"GET", "/token?user=alice", "", 200},
		{"POST", "/forget", "", 200}, {"GET", "/nothing", "", 404}, {"POST", "/forget", strings.Repeat("x", 10), 200},
	} {
		if code := ask(t, l, x.method, x.path, x.body, nil); code != x.want {
			t.Errorf("%s %s: %d, want %d", x.method, x.path, code, x.want)
		}
	}
}

// TestParts: every part can be left out; the end of the context is the end of
// the lab, and Close may come twice.
func TestParts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l, err := lab.Start(ctx, lab.Config{NoCore: true, NoHandsets: true, NoPCRF: true, NoIssuer: true})
	if err != nil {
		t.Fatal(err)
	}
	if l.CoreAddr().IsValid() || l.HandsetAddr().IsValid() || l.PCRFAddr().IsValid() || len(l.Calls()) != 0 || ask(t, l, "GET", "/calls", "", nil) != 404 {
		t.Error("something is left on")
	}
	if _, err := l.Token("alice"); err == nil {
		t.Error("a token without an issuer")
	}
	cancel()
	l.Close()
	l.Close()
	if _, err := lab.Start(t.Context(), lab.Config{Core: netip.MustParseAddrPort("192.0.2.1:5070")}); err == nil {
		t.Error("bound a foreign address")
	}
}
