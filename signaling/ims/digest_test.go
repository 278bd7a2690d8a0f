package ims

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/sip/digest"
)

var md5Answer = digest.Answer{Response: strings.Repeat("0f", 16), CNonce: "c1d2e3f4"}

const md5Challenge = `WWW-Authenticate: Digest realm="ims.example",nonce="n1",algorithm=MD5,qop="auth,auth-int",opaque="o1",ck="00",ik="11"`

// prover binds a user with a password.
func (r *rig) prover(secure bool) *Binding {
	r.t.Helper()
	b, err := r.client.Bind(BindParams{
		Identity: Identity{IMPI: "15550001@ims.example", IMPU: "sip:+15550001@ims.example"},
		Instance: instance, Notify: func(e BindingEvent) { r.bindings <- e }, Digest: &Digest{Secure: secure, Within: 8 * time.Second},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
	return b
}

// proved goes through a challenge to the registration.
func (r *rig) proved(b *Binding, challenge string) string {
	r.t.Helper()
	r.peer.reply(r.peer.next("REGISTER"), 401, "reg", "", challenge)
	synctest.Wait()
	if !b.Prove(heard[Challenged](r), md5Answer) {
		r.t.Fatal("the answer does not fit")
	}
	synctest.Wait()
	req := r.peer.next("REGISTER")
	r.peer.reply(req, 200, "reg", "", registered(req)...)
	synctest.Wait()
	return req
}

// TestDigest: the challenge goes up, the answer down, and the marks are those of TS 24.229 5.2.2.3 and 5.2.2.4.
func TestDigest(t *testing.T) {
	for _, c := range []struct {
		secure       bool
		pending, yes string
	}{{true, "tls-pending", "tls-yes"}, {false, "ip-assoc-pending", "ip-assoc-yes"}} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := bubble(t)
			b := r.prover(c.secure)
			const blank = `Digest username="15550001@ims.example",realm="ims.example",nonce="",uri="sip:ims.example",response="",integrity-protected="`
			first := r.peer.next("REGISTER")
			if got := head(first, "Authorization"); got != blank+c.pending+`"` {
				t.Fatal(got)
			}
			r.peer.reply(first, 401, "reg", "", md5Challenge)
			synctest.Wait()
			asked := heard[Challenged](r)
			want := digest.Challenge{Realm: "ims.example", Nonce: "n1", Opaque: "o1", Algorithm: "MD5", Named: true, QOP: true}
			if asked.Challenge != want || asked.Username != "15550001@ims.example" || asked.Method != "REGISTER" || asked.URI != "sip:ims.example" || asked.AnswerWithin != 8*time.Second {
				t.Fatalf("%+v", asked)
			}
			if b.Prove(asked, digest.Answer{Response: "x", CNonce: `"`}) {
				t.Fatal("took an answer that is none")
			}
			if !b.Prove(asked, md5Answer) {
				t.Fatal("refused a good answer")
			}
			b.Prove(asked, md5Answer) // twice: the challenge is over
			synctest.Wait()
			second := r.peer.next("REGISTER")
			if got := head(second, "Authorization"); got != `Digest username="15550001@ims.example",realm="ims.example",nonce="n1",uri="sip:ims.example",response="`+
				md5Answer.Response+`",algorithm=MD5,opaque="o1",qop=auth,nc=00000001,cnonce="c1d2e3f4",integrity-protected="`+c.pending+`"` {
				t.Fatal(got)
			}
			if head(second, "CSeq") != "2 REGISTER" || head(second, "Call-ID") != head(first, "Call-ID") {
				t.Fatalf("second:\n%s", second)
			}
			r.peer.reply(second, 200, "reg", "", registered(second)...)
			synctest.Wait()
			heard[Registered](r)

			later(3000 * time.Second)
			refresh := r.peer.next("REGISTER")
			if got := head(refresh, "Authorization"); got != blank+c.yes+`"` {
				t.Fatalf("refresh: %s", got)
			}
			r.peer.reply(refresh, 200, "reg", "", registered(refresh)...)
			synctest.Wait()

			b.Rebind(c.secure) // another connection
			synctest.Wait()
			if again := r.peer.next("REGISTER"); head(again, "Authorization") != blank+c.pending+`"` {
				t.Fatalf("rebind:\n%s", again)
			} else {
				r.peer.unget = append(r.peer.unget, again)
			}
			r.proved(b, md5Challenge)
			go func() { _ = b.Unbind(t.Context()) }()
			synctest.Wait()
			bye := r.peer.next("REGISTER")
			if head(bye, "Expires") != "0" || head(bye, "Authorization") != blank+c.yes+`"` {
				t.Fatalf("de-registration:\n%s", bye)
			}
			r.peer.reply(bye, 200, "reg", "")
			synctest.Wait()
			if len(r.bindings) != 0 {
				t.Fatalf("%#v", <-r.bindings)
			}
		})
	}
}

// TestDigestAsksAgain: a core may ask at a refresh; a late nonce is answered anew, a page that is silent is asked again
// while the registration holds.
func TestDigestAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, link := bubble(t)
		b := r.prover(true)
		r.proved(b, md5Challenge)
		heard[Registered](r)
		later(3000 * time.Second)
		r.peer.reply(r.peer.next("REGISTER"), 401, "reg", "", md5Challenge)
		synctest.Wait()
		old := heard[Challenged](r)
		later(8 * time.Second)
		if len(r.bindings) != 0 || b.Identities() == nil {
			t.Fatal("an unanswered challenge took the registration while it holds")
		}
		for n := 0; link.waiting("REGISTER") == 0; n++ {
			if later(100 * time.Millisecond); n == 40 {
				t.Fatal("not tried again")
			}
		}
		if !b.Prove(old, md5Answer) {
			t.Fatal("the form of an answer does not depend on time")
		}
		synctest.Wait()
		if link.waiting("REGISTER") != 1 {
			t.Fatal("an answer to an old challenge was sent")
		}
		r.peer.reply(r.peer.next("REGISTER"), 401, "reg", "", md5Challenge)
		synctest.Wait()
		b.Prove(heard[Challenged](r), md5Answer)
		synctest.Wait()
		r.peer.reply(r.peer.next("REGISTER"), 401, "reg", "", `WWW-Authenticate: Digest realm="ims.example",nonce="n2",qop="auth",stale=true`)
		synctest.Wait()
		stale := heard[Challenged](r)
		if !stale.Challenge.Stale || stale.Challenge.Nonce != "n2" {
			t.Fatalf("%+v", stale)
		}
		b.Prove(stale, md5Answer)
		synctest.Wait()
		last := r.peer.next("REGISTER")
		if !strings.Contains(head(last, "Authorization"), `nonce="n2"`) {
			t.Fatal(last)
		}
		r.peer.reply(last, 200, "reg", "", registered(last)...)
		synctest.Wait()
		if len(r.bindings) != 0 {
			t.Fatalf("%#v", <-r.bindings)
		}
	})
}

// TestDigestRefused: what ends a registration by password, and in which words.
func TestDigestRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		first  string // challenge; "" leaves it at that
		answer bool
		status int
		second string
		want   AuthFailure
		text   string
	}{
		{"wrong password, asked again", md5Challenge, true, 401, strings.Replace(md5Challenge, "n1", "n2", 1), AuthRefused, "password"},
		{"wrong password, forbidden", md5Challenge, true, 403, "Subject: x", AuthRefused, "password"},
		{"no answer", md5Challenge, false, 0, "", AuthUnanswered, "in time"},
		{"auth-int only", `WWW-Authenticate: Digest realm="ims.example",nonce="n",qop="auth-int"`, false, 0, "", AuthUnsupported, "qop auth"},
		{"AKA", `WWW-Authenticate: Digest realm="ims.example",nonce="n",algorithm=AKAv1-MD5,qop="auth"`, false, 0, "", AuthUnsupported, "qop auth"},
		{"another realm", `WWW-Authenticate: Digest realm="evil.example",nonce="n",qop="auth"`, false, 0, "", AuthUnsupported, "ims.digest_realm"},
		{"no challenge", "Subject: x", false, 0, "", AuthUnsupported, "challenge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, link := bubble(t)
				b := r.prover(true)
				r.peer.reply(r.peer.next("REGISTER"), 401, "reg", "", c.first)
				synctest.Wait()
				if c.answer {
					b.Prove(heard[Challenged](r), md5Answer)
					synctest.Wait()
					r.peer.reply(r.peer.next("REGISTER"), c.status, "reg", "", c.second)
					synctest.Wait()
				} else if c.want == AuthUnanswered {
					heard[Challenged](r)
					later(8 * time.Second)
				}
				e := heard[RegistrationFailed](r)
				if e.Auth != c.want || !e.Final || !strings.Contains(e.Cause.Text, c.text) {
					t.Fatalf("%+v", e)
				}
				later(time.Hour)
				if link.waiting("REGISTER") != 0 || r.client.Stats().Bindings != 0 {
					t.Fatal("something is left of a refused registration")
				}
			})
		})
	}
}
