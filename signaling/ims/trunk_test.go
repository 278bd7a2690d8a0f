package ims

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/sip/digest"
)

const challenge = `Digest realm="pbx.example",nonce="n1",algorithm=MD5,qop="auth"`

// onTrunk is a client with a scripted PBX.
func onTrunk(t *testing.T, change ...func(*Config)) (*rig, *fakeLink) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return bubble(t, append([]func(*Config){func(c *Config) {
		c.HomeDomain = "pbx.example"
		c.Trunk = TrunkConfig{Enabled: true, Username: "causeway", PasswordFile: file, Expires: time.Hour}
	}}, change...)...)
}

// user binds a user of a trunk.
func (r *rig) user(impu string) *Binding {
	r.t.Helper()
	b, err := r.client.Bind(BindParams{Identity: Identity{IMPI: "200@pbx.example", IMPU: impu}, Instance: instance, Notify: func(e BindingEvent) { r.bindings <- e }})
	if err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return b
}

// callsOut starts a call of a user.
func (r *rig) callsOut(b *Binding, change ...func(*InviteParams)) (*Call, string) {
	r.t.Helper()
	p := InviteParams{Target: "201", SDP: ourSDP, Notify: r.hear}
	for _, c := range change {
		c(&p)
	}
	k, err := b.Invite(p)
	if err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return k, r.peer.next("INVITE ")
}

// proves checks the digest of a request against the account, by the standard's formula.
func proves(t *testing.T, req, name string) {
	t.Helper()
	value := head(req, name)
	param := func(key string) string {
		_, rest, _ := strings.Cut(value, key+"=")
		rest, _, _ = strings.Cut(rest, ",")
		return strings.Trim(rest, `"`)
	}
	c, err := digest.Parse(challenge)
	if err != nil {
		t.Fatal(err)
	}
	method, rest, _ := strings.Cut(req, " ")
	uri, _, _ := strings.Cut(rest, " ")
	if want := c.Prove("causeway", "secret", method, uri, param("cnonce")).Response; param("response") != want || param("uri") != uri || param("username") != "causeway" {
		t.Fatalf("%s does not prove the password for %s %s:\n%s", name, method, uri, value)
	}
}

// TestTrunkCall: a call to a PBX that knows the gateway by its address holds nothing of IMS, and any of its requests may be challenged.
func TestTrunkCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := onTrunk(t)
		b := r.user("sip:200@pbx.example")
		if e := heard[Registered](r); len(e.Identities) != 1 || e.Identities[0].URI != "sip:200@pbx.example" || e.Expires != 0 {
			t.Fatalf("%+v", e)
		}
		k, invite := r.callsOut(b, func(p *InviteParams) { p.Target = "+1 555 0101" })
		synctest.Wait()
		for _, name := range []string{"P-Asserted-Identity", "P-Charging-Vector", "P-Preferred-Service", "P-Early-Media", "P-Access-Network-Info", "Accept-Contact", "Route", "Privacy", "Authorization"} {
			if head(invite, name) != "" {
				t.Errorf("%s: %s", name, head(invite, name))
			}
		}
		if !strings.HasPrefix(invite, "INVITE sip:+15550101@pbx.example SIP/2.0\r\n") || !strings.HasPrefix(head(invite, "From"), "<sip:200@pbx.example>;tag=") ||
			strings.Contains(invite, "3gpp") || strings.Contains(head(invite, "Supported"), "gruu") {
			t.Fatalf("\n%s", invite)
		}
		r.peer.reply(invite, 407, "x", "", "Proxy-Authenticate: "+challenge)
		synctest.Wait()
		again := r.peer.next("INVITE ")
		proves(t, again, "Proxy-Authorization")
		if head(again, "CSeq") != "2 INVITE" || head(again, "From") != head(invite, "From") || head(again, "Call-ID") != head(invite, "Call-ID") {
			t.Fatalf("\n%s", again)
		}
		r.peer.reply(again, 183, "far", theirSDP, "Contact: <sip:far@192.0.2.7>")
		synctest.Wait()
		said[Trying](r)
		if e := said[Provisional](r); !e.EarlyMedia || e.SDP != theirSDP {
			t.Fatalf("%+v", e) // no P-Early-Media: what a PBX plays is heard
		}
		r.peer.reply(again, 200, "far", theirSDP, "Contact: <sip:far@192.0.2.7>")
		synctest.Wait()
		said[Accepted](r)
		if ack := r.peer.next("ACK "); head(ack, "CSeq") != "1 ACK" { // of the 407
			t.Fatal(ack)
		}
		if ack := r.peer.next("ACK "); head(ack, "CSeq") != "2 ACK" {
			t.Fatal(ack)
		}
		k.Hangup(call.Cause{Kind: call.Normal})
		synctest.Wait()
		bye := r.peer.next("BYE ")
		r.peer.reply(bye, 401, "", "", "WWW-Authenticate: "+challenge)
		synctest.Wait()
		proved := r.peer.next("BYE ")
		proves(t, proved, "Authorization")
		r.peer.reply(proved, 200, "", "")
		synctest.Wait()
		said[Ended](r)
	})
}

// TestTrunkWrongPassword: one try for one nonce, then the call fails with the peer's word.
func TestTrunkWrongPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := onTrunk(t)
		b := r.user("sip:200@pbx.example")
		heard[Registered](r)
		_, invite := r.callsOut(b)
		r.peer.reply(invite, 401, "x", "", "WWW-Authenticate: "+challenge)
		synctest.Wait()
		stale := r.peer.next("INVITE ")
		r.peer.reply(stale, 401, "x", "", "WWW-Authenticate: "+challenge+",stale=true")
		synctest.Wait()
		last := r.peer.next("INVITE ")
		if head(last, "CSeq") != "3 INVITE" {
			t.Fatal(last)
		}
		r.peer.reply(last, 401, "x", "", "WWW-Authenticate: "+challenge)
		synctest.Wait()
		if e := said[Failed](r); e.Cause.SIP != 401 || e.Cause.Kind != call.Forbidden {
			t.Fatalf("%+v", e)
		}
	})
}

// TestTrunkIdentity: who calls, for a peer that believes P-Asserted-Identity.
func TestTrunkIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := onTrunk(t, func(c *Config) { c.Trunk.Asserted = true })
		b := r.user("sip:+15550001@pbx.example")
		heard[Registered](r)
		_, invite := r.callsOut(b, func(p *InviteParams) { p.Anonymous = true })
		if head(invite, "P-Asserted-Identity") != "<sip:+15550001@pbx.example>" || head(invite, "Privacy") != "id" || !strings.Contains(head(invite, "From"), "anonymous.invalid") {
			t.Fatalf("\n%s", invite)
		}
	})
}

// TestTrunkRegisters: the account is registered, kept and taken back; users hear where it stands.
func TestTrunkRegisters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := onTrunk(t, func(c *Config) { c.Trunk.Register = true; c.RegisterRetry = 2 * time.Second })
		synctest.Wait()
		if r.client.Ready() == nil {
			t.Fatal("ready before the peer has said so")
		}
		b := r.user("sip:200@pbx.example")
		if e := heard[RegistrationFailed](r); e.Final {
			t.Fatalf("%+v", e)
		}
		if _, err := b.Invite(InviteParams{Target: "201", SDP: ourSDP, Notify: r.hear}); err == nil {
			t.Fatal("a call without a trunk")
		}
		first := r.peer.next("REGISTER ")
		if !strings.HasPrefix(first, "REGISTER sip:pbx.example SIP/2.0\r\n") || head(first, "To") != "<sip:causeway@pbx.example>" || head(first, "Expires") != "3600" ||
			!strings.HasPrefix(head(first, "Contact"), "<sip:causeway@") || head(first, "Path") != "" || head(first, "Authorization") != "" {
			t.Fatalf("\n%s", first)
		}
		r.peer.reply(first, 401, "reg", "", "WWW-Authenticate: "+challenge)
		synctest.Wait()
		second := r.peer.next("REGISTER ")
		proves(t, second, "Authorization")
		r.peer.reply(second, 423, "reg", "", "Min-Expires: 7200")
		synctest.Wait()
		third := r.peer.next("REGISTER ")
		if head(third, "Expires") != "7200" || head(third, "CSeq") != "3 REGISTER" {
			t.Fatalf("\n%s", third)
		}
		r.peer.reply(third, 200, "reg", "", "Contact: "+head(third, "Contact")+";expires=300")
		synctest.Wait()
		heard[Registered](r)
		if err := r.client.Ready(); err != nil {
			t.Fatal(err)
		}
		later(150 * time.Second)
		refresh := r.peer.next("REGISTER ")
		r.peer.reply(refresh, 403, "reg", "")
		synctest.Wait()
		if e := heard[RegistrationFailed](r); e.Cause.SIP != 403 || !strings.Contains(e.Cause.Text, "trunk.username") {
			t.Fatalf("%+v", e)
		}
		later(2 * time.Second)
		r.peer.reply(r.peer.next("REGISTER "), 200, "reg", "", "Expires: 3600")
		synctest.Wait()
		heard[Registered](r)
		if err := b.Unbind(t.Context()); err != nil {
			t.Fatal(err)
		}
		go r.client.trunk.close(2 * time.Second)
		synctest.Wait()
		gone := r.peer.next("REGISTER ")
		if head(gone, "Expires") != "0" {
			t.Fatalf("\n%s", gone)
		}
		r.peer.reply(gone, 200, "reg", "")
	})
}

// calling sends an INVITE of the peer.
func (r *rig) calling(uri, to string) {
	r.t.Helper()
	r.peer.say("INVITE "+uri+" SIP/2.0", theirSDP, "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKtr"+itoa(r.peer.trace.Len()), "Max-Forwards: 60",
		`From: "Bob" <sip:201@pbx.example>;tag=far`, "To: <"+to+">", "Call-ID: in"+itoa(r.peer.trace.Len())+"@pbx", "CSeq: 1 INVITE",
		"Contact: <sip:201@"+r.peer.wire.address()+">", "Allow: INVITE, ACK, BYE, CANCEL")
	synctest.Wait()
}

// TestTrunkCallee: a call of the peer finds its user by the Request-URI, by To, or goes to the default callee.
func TestTrunkCallee(t *testing.T) {
	for _, c := range []struct{ uri, to, fallback, want string }{
		{"sip:200@192.0.2.1", "sip:200@pbx.example", "", "sip:200@pbx.example"},
		{"sip:+15550001@192.0.2.1;user=phone", "sip:x@y", "", "sip:+15550001@pbx.example"},
		{"sip:15550001@192.0.2.1", "sip:x@y", "", "sip:+15550001@pbx.example"},
		{"sip:causeway@192.0.2.1", "sip:+15550001@pbx.example", "", "sip:+15550001@pbx.example"},
		{"sip:causeway@192.0.2.1", "sip:+15559999@pbx.example", "sip:200@pbx.example", "sip:200@pbx.example"},
		{"sip:causeway@192.0.2.1", "sip:+15559999@pbx.example", "", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := onTrunk(t, func(cfg *Config) { cfg.Trunk.DefaultCallee = c.fallback })
			r.user("sip:200@pbx.example")
			heard[Registered](r)
			r.user("sip:+15550001@pbx.example")
			heard[Registered](r)
			r.calling(c.uri, c.to)
			if c.want == "" {
				r.peer.next("SIP/2.0 404")
				return
			}
			e := heard[IncomingCall](r)
			if e.Called != c.want || e.Remote.URI != "sip:201@pbx.example" || e.Remote.Name != "Bob" {
				t.Fatalf("%+v", e)
			}
			e.Call.Hangup(call.Cause{Kind: call.Busy})
			synctest.Wait()
			if res := r.peer.next("SIP/2.0 486"); head(res, "P-Asserted-Identity") != "" {
				t.Fatal(res)
			}
		})
	}
}

// TestTrunkRingsAll: every browser of the called user rings; one answers, the others hear that it was answered elsewhere, and one that
// answered too late has no call.
func TestTrunkRingsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := onTrunk(t)
		r.user("sip:200@pbx.example")
		heard[Registered](r)
		r.user("sip:200@pbx.example")
		heard[Registered](r)
		r.user("sip:200@pbx.example")
		heard[Registered](r)
		r.calling("sip:200@192.0.2.1", "sip:200@pbx.example")
		var calls [3]*Call
		var events [3]chan CallEvent
		for i := range calls {
			calls[i] = heard[IncomingCall](r).Call
			events[i] = make(chan CallEvent, 16)
			calls[i].SetNotify(func(e CallEvent) { events[i] <- e })
			calls[i].Ring("", false)
			synctest.Wait()
			r.peer.next("SIP/2.0 180")
		}
		for i := range 2 { // at the same time
			if err := calls[i].Accept(ourSDP, Extras{}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		ok := r.peer.next("SIP/2.0 200")
		r.inside("ACK", ok, 1, "")
		synctest.Wait()
		for i := range calls {
			winner := strings.Contains(head(ok, "To"), calls[i].key.localTag)
			select {
			case e := <-events[i]:
				ended, is := e.(Ended)
				if winner || !is || ended.Cause.Kind != call.AnsweredElsewhere {
					t.Errorf("call %d, winner %v: %#v", i, winner, e)
				}
			default:
				if !winner {
					t.Errorf("call %d heard nothing", i)
				}
			}
		}
		later(40 * time.Second) // nothing is repeated by whoever lost
		for _, m := range r.peer.unget {
			if strings.HasPrefix(m, "SIP/2.0 200") && head(m, "To") != head(ok, "To") {
				t.Fatalf("a second answer\n%s", m)
			}
		}
	})
}

// TestTrunkSettings: what cannot work is said before the start.
func TestTrunkSettings(t *testing.T) {
	good := TrunkConfig{Enabled: true, Username: "causeway", PasswordFile: "x", Expires: time.Hour}
	if errs := good.validate(); errs != nil {
		t.Fatal(errs)
	}
	for want, change := range map[string]func(*TrunkConfig){
		"trunk.username:":       func(c *TrunkConfig) { c.Username = "a b" },
		"needs both":            func(c *TrunkConfig) { c.Username = "" },
		"trunk.password_file":   func(c *TrunkConfig) { c.PasswordFile = "" },
		"trunk.register":        func(c *TrunkConfig) { c.Username, c.PasswordFile, c.Register = "", "", true },
		"trunk.realm":           func(c *TrunkConfig) { c.Realm = `"` },
		"trunk.expires":         func(c *TrunkConfig) { c.Expires = time.Second },
		"trunk.default_callee:": func(c *TrunkConfig) { c.DefaultCallee = "200" },
	} {
		c := good
		change(&c)
		if err := errors.Join(c.validate()...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	cfg := config()
	cfg.Trunk = TrunkConfig{Enabled: true, Username: "causeway", PasswordFile: filepath.Join(t.TempDir(), "none"), Expires: time.Hour}
	if _, err := newTrunk(&Client{cfg: cfg, log: slog.New(slog.DiscardHandler)}, cfg.Trunk); err == nil || !strings.Contains(err.Error(), "trunk.password_file") {
		t.Error(err)
	}
}
