package ims

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/sip/transport"
)

// TestRegister is a registration and its end on a real socket.
func TestRegister(t *testing.T) {
	for name, start := range map[string]func(*testing.T, ...func(*Config)) *rig{"udp": onUDP, "tcp": onTCP} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			b := r.bind()
			req := r.peer.next("REGISTER")
			r.peer.reply(req, 200, "reg", "", registered(req)...)
			e := heard[Registered](r)
			if len(e.Identities) != 2 || e.Identities[0] != (AssociatedIdentity{"sip:+15550001@ims.example", "Alice", true}) || e.Expires != time.Hour {
				t.Fatalf("%+v", e)
			}
			done := make(chan error, 1)
			go func() { done <- b.Unbind(context.Background()) }()
			bye := r.peer.next("REGISTER")
			if head(bye, "Expires") != "0" || head(bye, "Call-ID") != head(req, "Call-ID") || head(bye, "CSeq") != "2 REGISTER" {
				t.Fatalf("de-registration:\n%s", bye)
			}
			r.peer.reply(bye, 200, "reg", "")
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if s := r.client.Stats(); s.Bindings != 0 || s.Registrations != 1 || s.Deregistrations != 1 {
				t.Fatalf("%+v", s)
			}
			if name == "udp" {
				golden(t, "register", req, bye)
			}
		})
	}
}

// TestRegisterHeaders: exactly the header set of TS 24.229 5.2.2.1 for a TNA registration, nothing more.
func TestRegisterHeaders(t *testing.T) {
	r := onUDP(t)
	r.bind()
	req := r.peer.next("REGISTER")
	want := "Via Max-Forwards From To Call-ID CSeq Contact Expires Authorization Path Require Supported P-Visited-Network-ID P-Charging-Vector Content-Length"
	top, _, _ := strings.Cut(req, "\r\n\r\n")
	var got []string
	for _, line := range strings.Split(top, "\r\n")[1:] {
		name, _, _ := strings.Cut(line, ":")
		got = append(got, name)
	}
	if strings.Join(got, " ") != want {
		t.Fatalf("headers %v", got)
	}
	for name, value := range map[string]string{
		"Authorization": `Digest username="15550001@ims.example",realm="ims.example",nonce="",uri="sip:ims.example",response="",integrity-protected="auth-done"`,
		"Require":       "path", "Supported": "path, gruu", "Expires": "600000", "P-Visited-Network-ID": `"ims.example"`,
		"To": "<sip:+15550001@ims.example>",
	} {
		if got := head(req, name); got != value {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// bubble starts a client on a fake link inside a synctest bubble.
func bubble(t *testing.T, change ...func(*Config)) (*rig, *fakeLink) {
	t.Helper()
	link := &fakeLink{}
	cfg := config()
	cfg.CoreAddress = link.address()
	for _, c := range change {
		c(&cfg)
	}
	client, err := build(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), link, func(context.Context, transport.Query) ([]transport.Target, error) {
		return nil, errors.New("no names here")
	})
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, client, link)
	return r, link
}

// later lets virtual time pass.
func later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestRefresh: 600 s before the expiry, or at half of a short one (TS 24.229 5.1.1.4.1).
func TestRefresh(t *testing.T) {
	for _, c := range []struct{ granted, refresh time.Duration }{
		{3600 * time.Second, 3000 * time.Second}, {1201 * time.Second, 601 * time.Second}, {1200 * time.Second, 600 * time.Second}, {60 * time.Second, 30 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, link := bubble(t)
			r.bind()
			synctest.Wait()
			req := r.peer.next("REGISTER")
			contact := "Contact: " + head(req, "Contact") + ";expires=" + itoa(int(c.granted/time.Second))
			r.peer.reply(req, 200, "reg", "", append(registered(req)[1:], contact, "Expires: 77")...)
			later(c.refresh - time.Millisecond)
			if link.waiting("REGISTER") != 0 {
				t.Fatalf("granted %v: refreshed too early", c.granted)
			}
			later(time.Millisecond)
			again := r.peer.next("REGISTER")
			if head(again, "CSeq") != "2 REGISTER" || head(again, "Call-ID") != head(req, "Call-ID") || head(again, "Contact") != head(req, "Contact") {
				t.Fatalf("refresh:\n%s", again)
			}
			r.peer.reply(again, 200, "reg", "", registered(again)...)
			synctest.Wait()
			heard[Registered](r)
			if len(r.bindings) != 0 {
				t.Fatal("a refresh that changed nothing was told")
			}
		})
	}
}

// TestRegistrationFailures: what each answer means for the user.
func TestRegistrationFailures(t *testing.T) {
	for _, c := range []struct {
		status int
		lines  []string
		kind   call.Kind
		final  bool
		text   string
	}{
		{401, nil, call.Forbidden, true, "does not trust"},
		{403, nil, call.Forbidden, true, "visited network"},
		{404, nil, call.Forbidden, true, "does not know"},
		{420, []string{"Unsupported: path"}, call.Internal, true, "not that of an I-CSCF"},
		{305, nil, call.Unavailable, false, ""},
		{480, nil, call.Unavailable, false, ""},
		{500, nil, call.Unavailable, false, ""},
		{503, []string{"Retry-After: 33"}, call.Congestion, false, "overloaded"},
		{504, nil, call.Unavailable, false, ""},
		{600, nil, call.Forbidden, true, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, link := bubble(t)
			b := r.bind()
			synctest.Wait()
			r.peer.reply(r.peer.next("REGISTER"), c.status, "reg", "", c.lines...)
			synctest.Wait()
			e := heard[RegistrationFailed](r)
			if e.Cause.Kind != c.kind || e.Final != c.final || e.Cause.SIP != c.status || !strings.Contains(e.Cause.Text, c.text) {
				t.Fatalf("%d: %+v", c.status, e)
			}
			if c.status == 503 && e.RetryAfter != 33*time.Second {
				t.Fatalf("Retry-After %v", e.RetryAfter)
			}
			later(e.RetryAfter + time.Minute)
			if again := link.waiting("REGISTER") > 0; again == c.final {
				t.Fatalf("%d: tried again %t", c.status, again)
			}
			if _, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Notify: r.hear}); err == nil {
				t.Fatal("a call without a registration")
			}
			if failures := r.client.Stats().RegistrationFailures[c.kind.String()]; failures == 0 {
				t.Fatal("not counted")
			}
		})
	}
}

// TestIntervalTooBrief obeys a 423 (RFC 3261 10.2.8), but not for ever.
func TestIntervalTooBrief(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := bubble(t)
		r.bind()
		synctest.Wait()
		r.peer.reply(r.peer.next("REGISTER"), 423, "reg", "", "Min-Expires: 700000")
		synctest.Wait()
		second := r.peer.next("REGISTER")
		if head(second, "Expires") != "700000" || head(second, "CSeq") != "2 REGISTER" {
			t.Fatalf("second:\n%s", second)
		}
		r.peer.reply(second, 423, "reg", "", "Min-Expires: 800000")
		synctest.Wait()
		r.peer.reply(r.peer.next("REGISTER"), 423, "reg", "", "Min-Expires: 900000")
		synctest.Wait()
		if e := heard[RegistrationFailed](r); !e.Final {
			t.Fatalf("%+v", e)
		}
	})
}

// TestBackOff: a silent core is asked again after growing waits; a registration that still holds is not given up.
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, link := bubble(t)
		r.bind()
		var last time.Duration
		for range 6 {
			synctest.Wait()
			later(32 * time.Second) // timer F
			e := heard[RegistrationFailed](r)
			if e.Final || e.Cause.Kind != call.CoreUnreachable || e.RetryAfter < last/4 {
				t.Fatalf("%+v after %v", e, last)
			}
			last = e.RetryAfter
			link.drop()
			later(e.RetryAfter)
			if link.waiting("REGISTER") != 1 {
				t.Fatal("not tried again")
			}
		}
		if r.client.Ready() == nil {
			t.Fatal("ready though the core never answers")
		}
		req := r.peer.next("REGISTER")
		r.peer.reply(req, 200, "reg", "", registered(req)...)
		synctest.Wait()
		heard[Registered](r)
		if err := r.client.Ready(); err != nil {
			t.Fatal(err)
		}
		link.drop()
		later(3000 * time.Second) // refresh, and nobody answers until the expiry
		later(500 * time.Second)
		if len(r.bindings) != 0 {
			t.Fatalf("told while the registration holds: %#v", <-r.bindings)
		}
		later(300 * time.Second)
		if e := heard[RegistrationFailed](r); e.Final {
			t.Fatalf("%+v", e)
		}
	})
}

// TestNoIdentity: without P-Associated-URI nothing may be asserted, so there is no registration.
func TestNoIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := bubble(t)
		r.bind()
		synctest.Wait()
		req := r.peer.next("REGISTER")
		r.peer.reply(req, 200, "reg", "", "Contact: "+head(req, "Contact"))
		synctest.Wait()
		if e := heard[RegistrationFailed](r); !e.Final {
			t.Fatalf("%+v", e)
		}
	})
}

// TestUnbindUnanswered: a core that does not answer does not keep a logout waiting beyond its context.
func TestUnbindUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := bubble(t)
		b := r.bind()
		synctest.Wait()
		req := r.peer.next("REGISTER")
		r.peer.reply(req, 200, "reg", "", registered(req)...)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Unbind(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := r.client.Stats(); s.Bindings != 0 {
			t.Fatalf("%+v", s)
		}
		if err := b.Unbind(t.Context()); !errors.Is(err, ErrNotRunning) {
			t.Fatalf("second Unbind: %v", err)
		}
	})
}

// TestBindRefusesInjection: an identity that could change a message is refused before anything is written.
func TestBindRefusesInjection(t *testing.T) {
	r := onUDP(t)
	good := BindParams{Identity: Identity{"15550001@ims.example", "sip:+15550001@ims.example"}, Instance: instance, Notify: func(BindingEvent) {}}
	for _, bad := range []func(*BindParams){
		func(p *BindParams) { p.Identity.IMPI = "x\"y@ims.example" },
		func(p *BindParams) { p.Identity.IMPI = "x@ims.example\r\nRoute: <sip:evil>" },
		func(p *BindParams) { p.Identity.IMPI = "x" },
		func(p *BindParams) { p.Identity.IMPU = "sip:x@ims.example>;tag=1" },
		func(p *BindParams) { p.Identity.IMPU = "sip:x@ims.example;maddr=10.0.0.1" },
		func(p *BindParams) { p.Identity.IMPU = "tel:+15550001" },
		func(p *BindParams) { p.Instance = "urn:uuid:x\"" },
		func(p *BindParams) { p.Instance = "" },
		func(p *BindParams) { p.Notify = nil },
	} {
		p := good
		bad(&p)
		if _, err := r.client.Bind(p); err == nil {
			t.Errorf("accepted %+v", p.Identity)
		}
	}
}
