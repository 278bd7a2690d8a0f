package identity

import "testing"

// TestSameUser: a number is the same however it is written; names are compared as names.
func TestSameUser(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"sip:+15550001@a", "tel:+1-555-0001", true},
		{"sip:15550001@a;user=phone", "sip:+15550001@b", true},
		{"sip:Alice@a", "sip:alice@b;transport=tcp", true},
		{"sip:alice@a", "sip:bob@a", false},
		{"sip:200@a", "sip:2000@a", false},
		{"sip:a", "sip:a", false},
		{"", "", false},
	} {
		if got := SameUser(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

// TestSplitHost: what an operator may write as an address.
func TestSplitHost(t *testing.T) {
	for in, want := range map[string]struct {
		host string
		port int
		ok   bool
	}{
		"pbx.example": {"pbx.example", 0, true}, "pbx.example:5070": {"pbx.example", 5070, true}, "192.0.2.1:5060": {"192.0.2.1", 5060, true},
		"[2001:db8::1]:5060": {"2001:db8::1", 5060, true}, "2001:db8::1": {"2001:db8::1", 0, true},
		"pbx.example:0": {}, "pbx.example:99999": {}, "a b": {}, "": {}, "-a": {},
	} {
		host, port, err := SplitHost(in)
		if host != want.host || port != want.port || (err == nil) != want.ok {
			t.Errorf("%q: %q %d %v", in, host, port, err)
		}
	}
}

// FuzzNames: whatever stands in a URI, what passes can be written between angle brackets.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"sip:+15550001@ims.example;user=phone", "tel:+1-555-0001", "sip:a%40b@[::1]:5060", "sip:>@h", "tel:;x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if Assertable(s) && !Quotable(s) && !ASCII(s) {
			t.Fatalf("%q", s)
		}
		if n := Number(s); len(n) > 20 || !ASCII(n) {
			t.Fatalf("%q: %q", s, n)
		}
		if text := Text(s); len(text) > 128 || !Plain(text) {
			t.Fatalf("%q: %q", s, text)
		}
	})
}
