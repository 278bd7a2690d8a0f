package digest

import (
	"errors"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	const md5 = `Digest realm="ims.example", nonce="abc==", algorithm=MD5, qop="auth,auth-int"`
	for _, c := range []struct {
		name   string
		values []string
		want   Challenge
		err    error
	}{
		{"RFC 3261 without qop", []string{`Digest realm="ims.example",nonce="abc"`}, Challenge{Realm: "ims.example", Nonce: "abc", Algorithm: "MD5"}, nil},
		{"qop list", []string{md5}, Challenge{Realm: "ims.example", Nonce: "abc==", Algorithm: "MD5", Named: true, QOP: true}, nil},
		{"first one wins (RFC 8760)", []string{`Digest realm="r",nonce="n",algorithm=SHA-256,qop="auth",opaque="o"`, md5},
			Challenge{Realm: "r", Nonce: "n", Algorithm: "SHA-256", Named: true, QOP: true, Opaque: "o"}, nil},
		{"unknown algorithm before a known one", []string{`Digest realm="r",nonce="n",algorithm=SHA-512-256`, md5},
			Challenge{Realm: "ims.example", Nonce: "abc==", Algorithm: "MD5", Named: true, QOP: true}, nil},
		{"stale", []string{`digest  realm="r" , nonce="n",stale=TRUE`}, Challenge{Realm: "r", Nonce: "n", Algorithm: "MD5", Stale: true}, nil},
		{"keys for the P-CSCF are not kept", []string{`Digest realm="r",nonce="n",qop="auth",ck="0011",ik="2233"`}, Challenge{Realm: "r", Nonce: "n", Algorithm: "MD5", QOP: true}, nil},
		{"auth-int only", []string{`Digest realm="r",nonce="n",qop="auth-int"`}, Challenge{}, ErrUnsupported},
		{"AKA", []string{`Digest realm="r",nonce="n",algorithm=AKAv1-MD5,qop="auth"`}, Challenge{}, ErrUnsupported},
		{"session key", []string{`Digest realm="r",nonce="n",algorithm=MD5-sess,qop="auth"`}, Challenge{}, ErrUnsupported},
		{"no nonce", []string{`Digest realm="r"`}, Challenge{}, ErrMalformed},
		{"twice", []string{`Digest realm="r",realm="s",nonce="n"`}, Challenge{}, ErrMalformed},
		{"open quote", []string{`Digest realm="r,nonce="n"`}, Challenge{}, ErrMalformed},
		{"quote inside", []string{`Digest realm="r",nonce="n\"x"`}, Challenge{}, ErrMalformed},
		{"line break", []string{"Digest realm=\"r\",nonce=\"n\r\nRoute: x\""}, Challenge{}, ErrMalformed},
		{"too long", []string{`Digest realm="r",nonce="` + strings.Repeat("n", 3000) + `"`}, Challenge{}, ErrMalformed},
		{"another scheme", []string{`Bearer realm="r"`}, Challenge{}, ErrMissing},
		{"none", nil, Challenge{}, ErrMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Choose(c.values)
			if got != c.want || !errors.Is(err, c.err) {
				t.Fatalf("%+v, %v", got, err)
			}
		})
	}
}

func TestAuthorization(t *testing.T) {
	c := Challenge{Realm: "ims.example", Nonce: "abc", Opaque: "o", Algorithm: "MD5", Named: true, QOP: true}
	a := Answer{Response: strings.Repeat("0f", 16), CNonce: "c1d2e3f4"}
	want := `Digest username="u@ims.example",realm="ims.example",nonce="abc",uri="sip:ims.example",response="` + a.Response +
		`",algorithm=MD5,opaque="o",qop=auth,nc=00000001,cnonce="c1d2e3f4",integrity-protected="tls-pending"`
	if got := c.Authorization("u@ims.example", "sip:ims.example", a, `,integrity-protected="tls-pending"`); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	c.QOP, c.Named, c.Opaque = false, false, ""
	if got := c.Authorization("u", "sip:h", Answer{Response: a.Response}, ""); got != `Digest username="u",realm="ims.example",nonce="abc",uri="sip:h",response="`+a.Response+`"` {
		t.Error(got)
	}
}

// TestFits: only hexadecimal and a plain cnonce get into a header.
func TestFits(t *testing.T) {
	md5, sha := strings.Repeat("0f", 16), strings.Repeat("0f", 32)
	for _, c := range []struct {
		algorithm string
		qop       bool
		answer    Answer
		want      bool
	}{
		{"MD5", true, Answer{Response: md5, CNonce: "c1d2e3f4"}, true},
		{"SHA-256", true, Answer{Response: sha, CNonce: "c1d2e3f4"}, true},
		{"MD5", false, Answer{Response: md5, CNonce: ""}, true},
		{"MD5", true, Answer{Response: sha, CNonce: "c1d2e3f4"}, false},
		{"SHA-256", true, Answer{Response: md5, CNonce: "c1d2e3f4"}, false},
		{"MD5", true, Answer{Response: md5, CNonce: ""}, false},
		{"MD5", true, Answer{Response: md5, CNonce: "short"}, false},
		{"MD5", true, Answer{Response: strings.ToUpper(md5), CNonce: "c1d2e3f4"}, false},
		{"MD5", true, Answer{Response: md5[:30] + `",`, CNonce: "c1d2e3f4"}, false},
		{"MD5", true, Answer{Response: md5, CNonce: `c1d2e3f4",integrity-protected="auth-done`}, false},
		{"MD5", true, Answer{Response: md5, CNonce: strings.Repeat("c", 65)}, false},
	} {
		if got := (Challenge{Algorithm: c.algorithm, QOP: c.qop}).Fits(c.answer); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

// FuzzParse: whatever a registrar sends, what is taken can be written into a quoted string.
func FuzzParse(f *testing.F) {
	f.Add(`Digest realm="ims.example", nonce="abc==", algorithm=MD5, qop="auth,auth-int", opaque="x", stale=true`)
	f.Add(`Digest realm="\"", nonce=`)
	f.Fuzz(func(t *testing.T, value string) {
		c, err := Parse(value)
		if err != nil {
			return
		}
		if c.Realm == "" || c.Nonce == "" || strings.ContainsAny(c.Realm+c.Nonce+c.Opaque, "\"\\\r\n\x00") || len(c.Realm+c.Nonce+c.Opaque) > 3*maxText {
			t.Fatalf("%+v", c)
		}
	})
}

// TestProve: the worked examples of RFC 7616 3.9.1 (both algorithms) and RFC 2069 2.4 as corrected by its errata.
func TestProve(t *testing.T) {
	c := Challenge{Realm: "http-auth@example.org", Nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", Algorithm: "MD5", QOP: true}
	const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	if got := c.Prove("Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce).Response; got != "8ca523f5e9506fed4657c9700eebdbec" {
		t.Error(got)
	}
	c.Algorithm = "SHA-256"
	if got := c.Prove("Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce).Response; got != "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" {
		t.Error(got)
	}
	old := Challenge{Realm: "testrealm@host.com", Nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", Algorithm: "MD5"}
	if got := old.Prove("Mufasa", "CircleOfLife", "GET", "/dir/index.html", ""); got != (Answer{Response: "1949323746fe6a43ef61f9606e7febea"}) {
		t.Error(got)
	}
}
