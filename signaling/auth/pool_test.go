package auth

import (
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func TestPoolIdentities(t *testing.T) {
	for _, c := range []struct {
		name       string
		impu, impi []string
		want       string // IMPU=IMPI ...
		fault      string
	}{
		{"range", []string{"sip:+1555{0098-0101}@ims.example"}, nil,
			"sip:+15550098@ims.example=15550098@ims.example sip:+15550099@ims.example=15550099@ims.example sip:+15550100@ims.example=15550100@ims.example sip:+15550101@ims.example=15550101@ims.example", ""},
		{"list", []string{"sip:a@ims.example", "sip:b@ims.example"}, []string{"x@ims.example", "y@ims.example"}, "sip:a@ims.example=x@ims.example sip:b@ims.example=y@ims.example", ""},
		{"ranges side by side", []string{"sip:g{1-2}@ims.example"}, []string{"guest{7-8}@ims.example"}, "sip:g1@ims.example=guest7@ims.example sip:g2@ims.example=guest8@ims.example", ""},
		{"falling", []string{"sip:{9-1}@ims.example"}, nil, "", "has to rise"},
		{"unequal ends", []string{"sip:{1-10}@ims.example"}, nil, "", "equally long"},
		{"huge", []string{"sip:{0000000-9999999}@ims.example"}, nil, "", "at most 65536"},
		{"empty", nil, nil, "", "1 to 65536"},
		{"no identity", []string{"tel:+15550001"}, nil, "", "no sip:user@domain"},
		{"lengths", []string{"sip:g{1-2}@ims.example"}, []string{"guest{7-9}@ims.example"}, "", "different numbers"},
		{"lines", []string{"sip:a@ims.example", "sip:b@ims.example"}, []string{"x@ims.example"}, "", "as many lines"},
	} {
		t.Run(c.name, func(t *testing.T) {
			impus, impis, err := PoolConfig{IMPU: c.impu, IMPI: c.impi}.identities()
			if c.fault != "" {
				if err == nil || !strings.Contains(err.Error(), c.fault) {
					t.Fatalf("%v", err)
				}
				return
			}
			var got []string
			for i := range impus {
				got = append(got, impus[i]+"="+impis[i])
			}
			if err != nil || strings.Join(got, " ") != c.want {
				t.Fatalf("%q %v", got, err)
			}
		})
	}
}

// TestPoolLends: everybody gets another identity, the same browser the one it has, and what was given back is free.
func TestPoolLends(t *testing.T) {
	p, err := newPool(PoolConfig{IMPU: []string{"sip:g{1-3}@ims.example"}})
	if err != nil {
		t.Fatal(err)
	}
	lent := Identity{Issuer: "https://guests.example", Lent: true}
	take := func(subject, instance string) (Identity, func()) {
		t.Helper()
		id := lent
		id.Subject = subject
		got, back, err := p.take(id, instance)
		if err != nil {
			t.Fatal(err)
		}
		return got, back
	}
	ann, annBack := take("ann", "b1")
	again, againBack := take("ann", "b1")
	other, otherBack := take("ann", "b2")
	if ann.IMPU != again.IMPU || ann.IMPU == other.IMPU || ann.IMPI != "g1@ims.example" || !ann.Same(other) {
		t.Fatalf("%+v %+v %+v", ann, again, other)
	}
	named, namedBack, err := p.take(Identity{Issuer: lent.Issuer, Subject: "bob", IMPU: "sip:g3@ims.example"}, "b3")
	if err != nil || named.IMPI != "g3@ims.example" {
		t.Fatalf("%+v %v", named, err)
	}
	if _, _, err := p.take(Identity{Subject: "eve", IMPU: "sip:g3@ims.example"}, "b4"); kindOf(err) != Refused {
		t.Fatalf("somebody else's identity: %v", err)
	}
	id := lent
	id.Subject = "eve"
	if _, _, err := p.take(id, "b4"); kindOf(err) != Exhausted {
		t.Fatalf("a fourth of three: %v", err)
	}
	annBack()
	annBack() // twice counts once
	if _, _, err := p.take(id, "b4"); kindOf(err) != Exhausted {
		t.Fatal("an identity was lent while a session of it lives")
	}
	againBack()
	if eve, _ := take("eve", "b4"); eve.IMPU != ann.IMPU {
		t.Fatalf("%+v", eve)
	}
	otherBack()
	namedBack()
	if len(p.taken) != 1 {
		t.Fatalf("%d taken", len(p.taken))
	}
}

// TestPools: a token's identity has to be of its own issuer's pool; with none the user is lent one.
func TestPools(t *testing.T) {
	main, guests := newIssuer(t), newIssuer(t)
	config := config(main)
	config.Pools = []PoolConfig{{Issuer: "https://guests.example", Audience: "causeway", JWKSURL: guests.server.URL, IMPU: []string{"sip:+1555{0100-0199}@ims.example"}}}
	v, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		from       *issuer
		impi, impu string
		want       Kind
		lent       bool
	}{
		{"named", guests, "", "sip:+15550142@ims.example", "", false},
		{"named with its private identity", guests, "15550142@ims.example", "sip:+15550142@ims.example", "", false},
		{"lent", guests, "", "", "", true},
		{"of nobody's pool", guests, "15550001@ims.example", "sip:+15550001@ims.example", Refused, false},
		{"with a foreign private identity", guests, "15550001@ims.example", "sip:+15550142@ims.example", Refused, false},
		{"a private identity alone", guests, "15550142@ims.example", "", Refused, false},
		{"the main issuer has no pool", main, "", "", Refused, false},
		{"the main issuer names whom it likes", main, "15550001@ims.example", "sip:+15550001@ims.example", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			claims := c.from.claims(nil)
			if c.from == guests {
				claims["iss"] = "https://guests.example"
			}
			delete(claims, "impi")
			delete(claims, "impu")
			if c.impi != "" {
				claims["impi"] = c.impi
			}
			if c.impu != "" {
				claims["impu"] = c.impu
			}
			id, err := v.Verify(t.Context(), c.from.sign(t, jwt.SigningMethodES256, "ec", c.from.ec, claims))
			if kindOf(err) != c.want || err == nil && (id.Lent != c.lent || id.IMPU != c.impu) {
				t.Fatalf("%+v, %v", id, err)
			}
			if err != nil {
				return
			}
			got, back, err := v.Lend(id, "browser")
			if err != nil || got.IMPI == "" || got.IMPU == "" || c.lent && !strings.HasPrefix(got.IMPU, "sip:+155501") {
				t.Fatalf("%+v, %v", got, err)
			}
			back()
		})
	}
}

func TestPoolConfig(t *testing.T) {
	good := PoolConfig{Issuer: "https://guests.example", Audience: "causeway", JWKSURL: "https://guests.example/keys", IMPU: []string{"sip:a@ims.example"}}
	for fault, change := range map[string]func(*Config){
		"issuer and audience must both": func(c *Config) { c.Pools[0].Audience = "" },
		"stands here twice":             func(c *Config) { c.Pools = append(c.Pools, c.Pools[0]) },
		"is in auth.pools[0] as well": func(c *Config) {
			other := c.Pools[0]
			other.Issuer = "https://other.example"
			c.Pools = append(c.Pools, other)
		},
		"auth.pools[0] has no keys":   func(c *Config) { c.Pools[0].JWKSURL = "" },
		"neither token nor digest":    func(c *Config) { c.Schemes = []string{"basic"} },
		"auth.schemes is empty":       func(c *Config) { c.Schemes = nil },
		"auth.digest.answer_timeout":  func(c *Config) { c.Digest.AnswerTimeout = 0 },
		"cannot be negative":          func(c *Config) { c.Digest.AttemptsPerAddress = -1 },
		"no pattern with one range":   func(c *Config) { c.Pools[0].IMPU = []string{"sip:{1}@ims.example"} },
		"1 to 65536 identities, this": func(c *Config) { c.Pools[0].IMPU = nil },
	} {
		c := DefaultConfig()
		c.Pools = slices.Clone([]PoolConfig{good})
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v", fault, err)
		}
	}
	c := DefaultConfig()
	c.Pools = []PoolConfig{good}
	if err := c.Validate(); err != nil {
		t.Errorf("a pool alone: %v", err)
	}
	c = DefaultConfig()
	c.Schemes = []string{SchemeDigest}
	if err := c.Validate(); err != nil {
		t.Errorf("passwords alone: %v", err)
	}
	v, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), "a.b.c"); kindOf(err) != SchemeRefused {
		t.Errorf("a token where none is taken: %v", err)
	}
}
