package core_test

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/test/lab/core"
	"causeway/test/lab/sip"
)

const home = "ims.example"

// Nothing is repeated and nothing given up while a test runs, however slow the machine is.
const (
	patient  = 10 * time.Second // RFC 3261 T1
	patience = 30 * time.Second
)

// edge is a gateway of few words: what a P-CSCF sends, written out.
type edge struct {
	t     *testing.T
	stack *sip.Stack
	core  *core.Core
	in    chan *sip.ServerTx
	acks  chan *sip.Message
	seq   int
}

func (e *edge) Request(tx *sip.ServerTx)           { e.in <- tx }
func (e *edge) Ack(m *sip.Message, _ sip.Source)   { e.acks <- m }
func (e *edge) Cancel(tx *sip.ServerTx)            { tx.Reply(487, "Request Terminated", "x") }
func (e *edge) Stray(_ *sip.Message, _ sip.Source) {}
func (e *edge) Broken(err error, _ sip.Source)     { e.t.Error(err) }

func setup(t *testing.T, change func(*core.Config)) *edge {
	t.Helper()
	any := netip.MustParseAddrPort("127.0.0.1:0")
	cfg := core.Config{Address: any, HomeDomain: home, T1: patient, VisitedNetworks: []string{"visited.example"},
		Subscribers: []core.Subscriber{{Number: "+15550001", Name: "alice", Aliases: []string{"+15550091"}}, {Number: "+15550002", Name: "bob"}}}
	if change != nil {
		change(&cfg)
	}
	c, err := core.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sip.New(sip.Config{Address: any, T1: patient})
	if err != nil {
		t.Fatal(err)
	}
	e := &edge{t: t, stack: s, core: c, in: make(chan *sip.ServerTx, 32), acks: make(chan *sip.Message, 32)}
	s.Start(e)
	c.TrustGateway(s.Addr())
	t.Cleanup(func() { s.Close(); c.Close() })
	return e
}

// send sends a request to the core and waits for the final answer.
func (e *edge) send(m *sip.Message) *sip.Message {
	e.t.Helper()
	return <-e.start(m)
}

func (e *edge) start(m *sip.Message) chan *sip.Message {
	final := make(chan *sip.Message, 16)
	e.stack.Do(func() {
		e.stack.Send(m, sip.Target{Addr: e.core.Addr()}, func(res *sip.Message) {
			if res == nil || res.Status >= 200 {
				final <- res
			}
		})
	})
	return final
}

func next[T any](e *edge, what string, ch chan T) T {
	e.t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		e.t.Fatal("nothing came: " + what)
		panic("unreachable")
	}
}

// register builds the REGISTER of SPEC: TS 24.229 5.2.2 with TNA.
func (e *edge) register(number, instance string) *sip.Message {
	e.seq++
	here := e.stack.Addr().String()
	impi := strings.TrimPrefix(number, "+") + "@" + home
	m := &sip.Message{Method: "REGISTER", URI: "sip:" + home}
	for _, h := range [][2]string{
		{"From", "<sip:" + number + "@" + home + ">;tag=1"}, {"To", "<sip:" + number + "@" + home + ">"},
		{"Call-ID", "reg-" + number + instance}, {"CSeq", strconv.Itoa(e.seq) + " REGISTER"},
		{"Contact", "<sip:" + instance + "@" + here + `>;+sip.instance="<urn:uuid:` + instance + `>";+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel";audio`},
		{"Path", "<sip:mt-" + instance + "@" + here + ";lr>"}, {"Require", "path"}, {"Supported", "path, gruu"},
		{"Authorization", `Digest username="` + impi + `",realm="` + home + `",nonce="",uri="sip:` + home + `",response="",integrity-protected="auth-done"`},
		{"P-Visited-Network-ID", `"visited.example"`}, {"P-Charging-Vector", "icid-value=abc;icid-generated-at=gw"}, {"Expires", "600000"},
	} {
		m.Add(h[0], h[1])
	}
	return m
}

func (e *edge) clean() {
	e.t.Helper()
	for _, v := range e.core.Violations() {
		e.t.Errorf("violation: %+v", v)
	}
}

func TestRegister(t *testing.T) {
	e := setup(t, nil)
	res := e.send(e.register("+15550001", "1"))
	if res.Status != 200 || len(res.List("Service-Route")) != 1 || !strings.Contains(res.Get("Contact"), ";expires=3600") ||
		res.Get("Path") != "<sip:mt-1@"+e.stack.Addr().String()+";lr>" {
		t.Fatalf("%s", res.Bytes())
	}
	want := []string{"<sip:+15550001@" + home + ">", "<tel:+15550001>", `"alice 2" <sip:+15550091@` + home + ">", "<tel:+15550091>"}
	if got := res.List("P-Associated-URI"); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%q", got)
	}
	if res := e.send(e.register("+15550001", "2")); len(res.List("Contact")) != 2 {
		t.Errorf("%s", res.Bytes())
	}
	gone := e.register("+15550001", "1")
	gone.Set("Expires", "0")
	if res := e.send(gone); res.Status != 200 || len(res.List("Contact")) != 1 || len(e.core.Bindings()) != 1 {
		t.Errorf("%s %+v", res.Bytes(), e.core.Bindings())
	}
	e.clean()
}

func TestRegisterRefused(t *testing.T) {
	for _, test := range []struct {
		name, header, value string
		status              int
		violation           string
	}{
		{"no path support", "Supported", "gruu", 420, "path"},
		{"no path required", "Require", "gruu", 420, "path"},
		{"no Path", "Path", "", 420, "path"},
		{"not trusted-node", "Authorization", `Digest username="15550001@` + home + `"`, 401, ""},
		{"nobody's identity", "To", "<sip:+15559999@" + home + ">", 403, ""},
		{"another's private identity", "Authorization", `Digest username="15550002@` + home + `",realm="` + home + `",nonce="",uri="sip:` + home + `",response="",integrity-protected="auth-done"`, 403, ""},
		{"visited network", "P-Visited-Network-ID", "elsewhere", 403, ""},
		{"no visited network", "P-Visited-Network-ID", "", 400, "register_header"},
		{"no icid", "P-Charging-Vector", "x=y", 400, "register_header"},
		{"no instance", "Contact", "<sip:1@127.0.0.1>", 400, "register_header"},
		{"short", "Expires", "5", 423, ""},
		{"leaked token", "Authorization", "Bearer abc", 401, "token_leak"},
		{"client's identity header", "P-Preferred-Identity", "<sip:x@y>", 200, "trust_header"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := setup(t, nil)
			m := e.register("+15550001", "1")
			if test.value == "" {
				m.Del(test.header)
			} else {
				m.Set(test.header, test.value)
			}
			if res := e.send(m); res.Status != test.status {
				t.Errorf("answered %d %s", res.Status, res.Reason)
			}
			list := e.core.Violations()
			if test.violation == "" && len(list) > 0 || test.violation != "" && (len(list) != 1 || list[0].Kind != test.violation) {
				t.Errorf("violations %+v", list)
			}
		})
	}
}

// TestStranger: the same good REGISTER from an address that is not the gateway.
func TestStranger(t *testing.T) {
	e := setup(t, nil)
	e.core.TrustGateway(netip.MustParseAddrPort("127.0.0.1:9"))
	for _, network := range []string{"udp", "tcp"} {
		final := make(chan *sip.Message, 1)
		m := e.register("+15550001", "1")
		e.stack.Do(func() {
			e.stack.Send(m, sip.Target{Network: network, Addr: e.core.Addr()}, func(res *sip.Message) { final <- res })
		})
		if res := next(e, "answer", final); res.Status != 403 {
			t.Errorf("%s: %d", network, res.Status)
		}
	}
	if v := e.core.Violations(); len(v) != 2 || v[0].Kind != "untrusted_source" || len(e.core.Bindings()) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestRegisterCSeq(t *testing.T) {
	e := setup(t, nil)
	e.send(e.register("+15550001", "1"))
	e.seq--
	if res := e.send(e.register("+15550001", "1")); res.Status != 500 {
		t.Errorf("%d", res.Status)
	}
}

func TestRegEvent(t *testing.T) {
	e := setup(t, nil)
	e.send(e.register("+15550001", "1"))
	m := &sip.Message{Method: "SUBSCRIBE", URI: "sip:+15550001@" + home}
	for _, h := range [][2]string{{"From", "<sip:gw@" + home + ">;tag=g"}, {"To", "<sip:+15550001@" + home + ">"}, {"Call-ID", "sub"}, {"CSeq", "1 SUBSCRIBE"},
		{"Contact", "<sip:gw@" + e.stack.Addr().String() + ">"}, {"Event", "reg"}, {"Accept", "application/reginfo+xml"}, {"Expires", "7200"},
		{"P-Asserted-Identity", "<sip:gw@" + home + ">"}, {"P-Charging-Vector", "icid-value=x"}} {
		m.Add(h[0], h[1])
	}
	if res := e.send(m); res.Status != 200 || res.Get("Expires") != "7200" || res.Tag("To") == "" {
		t.Fatalf("%s", res.Bytes())
	}
	take := func() string {
		t.Helper()
		tx := next(e, "NOTIFY", e.in)
		e.stack.Do(func() { tx.Reply(200, "OK", "") })
		return tx.Request.Get("Subscription-State") + string(tx.Request.Body)
	}
	check := func(text string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("no %q in %s", w, text)
			}
		}
	}
	check(take(), "active;expires=7200", `version="0"`, `aor="tel:+15550091"`, `state="active"`, `event="created"`)
	e.send(e.register("+15550001", "2"))
	check(take(), `version="1"`, `event="registered"`)
	if !e.core.Deregister("+15550001", "deactivated") || e.core.Deregister("+15550002", "deactivated") {
		t.Error("Deregister")
	}
	one, two := take(), take()
	if strings.HasPrefix(one, "terminated") { // the longer one goes by TCP and may come second
		one, two = two, one
	}
	check(one, `state="terminated"`, `event="deactivated"`, `state="active"`)
	check(two, "terminated;reason=noresource", `event="deactivated"`)
	if len(e.core.Bindings()) != 0 {
		t.Error("still bound")
	}
	e.clean()
}

// TestExpiry: a binding ends by itself.
func TestExpiry(t *testing.T) {
	e := setup(t, func(c *core.Config) { c.MinExpires, c.MaxExpires = time.Millisecond, 50*time.Millisecond })
	if res := e.send(e.register("+15550001", "1")); res.Status != 200 {
		t.Fatal(res.Status)
	}
	deadline := time.After(patience)
	for len(e.core.Bindings()) > 0 {
		select {
		case <-deadline:
			t.Fatal("still bound")
		case <-time.Tick(5 * time.Millisecond):
		}
	}
}

func (e *edge) invite(to, asserted, route string) *sip.Message {
	e.seq++
	m := &sip.Message{Method: "INVITE", URI: "tel:" + to}
	for _, h := range [][2]string{{"From", "<sip:+15550001@" + home + ">;tag=c" + strconv.Itoa(e.seq)}, {"To", "<tel:" + to + ">"}, {"Call-ID", "call" + strconv.Itoa(e.seq)},
		{"CSeq", "1 INVITE"}, {"Contact", "<sip:1@" + e.stack.Addr().String() + ">"}, {"Route", route}, {"P-Asserted-Identity", asserted},
		{"P-Charging-Vector", "icid-value=x"}, {"Supported", "100rel"}, {"Allow", "INVITE"}, {"Accept-Contact", "*"},
		{"P-Preferred-Service", "urn:urn-7:3gpp-service.ims.icsi.mmtel"}} {
		if h[1] != "" {
			m.Add(h[0], h[1])
		}
	}
	return m
}

// TestForkedCall: alice calls bob's two registered devices; the second one
// answers, the first is cancelled; the dialog runs by Record-Route.
func TestForkedCall(t *testing.T) {
	e := setup(t, nil)
	route := e.send(e.register("+15550001", "1")).Get("Service-Route")
	e.send(e.register("+15550002", "2"))
	e.send(e.register("+15550002", "3"))
	call := e.start(e.invite("+15550002", "<sip:+15550001@"+home+">", route))
	legs := map[string]*sip.ServerTx{}
	for range 2 {
		tx := next(e, "INVITE", e.in)
		target, _ := sip.ParseURI(tx.Request.URI)
		legs[target.User] = tx
		if tx.Request.Get("P-Called-Party-ID") != "<sip:+15550002@"+home+">" || tx.Request.Get("Route") != "<sip:mt-"+target.User+"@"+e.stack.Addr().String()+";lr>" ||
			tx.Request.Get("P-Asserted-Service") == "" || len(tx.Request.List("Record-Route")) != 1 || tx.Request.Get("Max-Forwards") != "69" {
			t.Errorf("%s", tx.Request.Bytes())
		}
	}
	winner := legs["3"].Request.Response(200, "OK", "b3")
	winner.Add("Contact", "<sip:3@"+e.stack.Addr().String()+">")
	winner.Add("P-Asserted-Identity", "<sip:+15550002@"+home+">")
	e.stack.Do(func() { legs["2"].Reply(100, "Trying", ""); legs["3"].Respond(winner) })
	res := next(e, "answer", call)
	if res.Status != 200 || res.Tag("To") != "b3" {
		t.Fatalf("%s", res.Bytes())
	}
	inside := func(method string, cseq int) *sip.Message {
		m := &sip.Message{Method: method, URI: "sip:3@" + e.stack.Addr().String()}
		for _, h := range [][2]string{{"Route", res.Get("Record-Route")}, {"From", res.Get("From")}, {"To", res.Get("To")}, {"Call-ID", res.CallID()}, {"CSeq", strconv.Itoa(cseq) + " " + method}} {
			m.Add(h[0], h[1])
		}
		return m
	}
	e.stack.Do(func() { e.stack.Forward(inside("ACK", 1), sip.Target{Addr: e.core.Addr()}) })
	if ack := next(e, "ACK", e.acks); ack.Has("Route") || ack.URI != "sip:3@"+e.stack.Addr().String() {
		t.Errorf("%s", ack.Bytes())
	}
	bye := e.start(inside("BYE", 2))
	tx := next(e, "BYE", e.in)
	e.stack.Do(func() { tx.Reply(200, "OK", "") })
	if res := next(e, "200 to BYE", bye); res.Status != 200 {
		t.Errorf("%s", res.Bytes())
	}
	e.clean()
}

// TestViolations: what a wrong INVITE or in-dialog request is called.
func TestViolations(t *testing.T) {
	e := setup(t, nil)
	route := e.send(e.register("+15550001", "1")).Get("Service-Route")
	good := "<sip:+15550001@" + home + ">"
	leaky := e.invite("+15550002", good, route)
	leaky.Add("Content-Type", "application/sdp")
	leaky.Body = []byte("v=0\r\na=fingerprint:sha-256 00\r\n")
	bye := e.invite("+15550002", good, route)
	bye.Method = "BYE"
	bye.Set("CSeq", "1 BYE")
	bye.Set("To", "<tel:+1>;tag=zzz")
	for _, test := range []struct {
		m      *sip.Message
		status int
		kind   string
	}{
		{e.invite("+15550002", good, ""), 403, "missing_route"},
		{e.invite("+15550002", "", route), 403, "asserted_identity"},
		{e.invite("+15550002", "<sip:+15550002@"+home+">", route), 403, "asserted_identity"},
		{e.invite("+15550002", good, route+", <sip:x@127.0.0.9;lr>"), 480, "extra_route"},
		{leaky, 480, "webrtc_sdp"},
		{bye, 481, "unknown_dialog"},
		{e.invite("+15550002", good, route), 480, ""},
		{e.invite("+15559999", good, route), 404, ""},
	} {
		e.core.Forget()
		if res := next(e, test.kind, e.start(test.m)); res.Status != test.status {
			t.Errorf("%s: answered %d", test.kind, res.Status)
		}
		kinds := ""
		for _, v := range e.core.Violations() {
			kinds += v.Kind + " "
		}
		if !strings.Contains(kinds, test.kind) || test.kind == "" && kinds != "" {
			t.Errorf("%q: violations %s", test.kind, kinds)
		}
	}
}
