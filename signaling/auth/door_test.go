package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func door(change func(*DigestConfig)) *Door {
	c := DefaultConfig()
	c.Schemes = []string{SchemeDigest}
	change(&c.Digest)
	return NewDoor(c)
}

func kindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

func TestDoor(t *testing.T) {
	now, from := time.Unix(1000, 0), netip.MustParseAddr("192.0.2.1")
	const impi, impu = "15550001@ims.example", "sip:+15550001@ims.example"
	var none *Door
	if _, err := none.Enter(now, from, true, impi, impu); kindOf(err) != SchemeRefused {
		t.Errorf("no passwords: %v", err)
	}
	if NewDoor(DefaultConfig()) != nil {
		t.Error("passwords are allowed by default")
	}
	d := door(func(*DigestConfig) {})
	if _, err := d.Enter(now, from, false, impi, impu); kindOf(err) != Insecure {
		t.Errorf("insecure: %v", err)
	}
	if _, err := door(func(c *DigestConfig) { c.AllowInsecure = true }).Enter(now, from, false, impi, impu); err != nil {
		t.Errorf("insecure, allowed: %v", err)
	}
	for _, bad := range [][2]string{{"x", impu}, {impi, "tel:+15550001"}, {"a\"b@ims.example", impu}, {impi, "sip:a@b;maddr=c"}, {impi, "sip:a@b>\r\nRoute: <sip:c>"}} {
		if _, err := d.Claim(true, bad[0], bad[1]); kindOf(err) != Refused {
			t.Errorf("%q: %v", bad, err)
		}
	}
	id, err := d.Enter(now, from, true, impi, impu)
	if err != nil || id.IMPI != impi || id.IMPU != impu || id.Subject != "+15550001" || !id.Expires.IsZero() {
		t.Errorf("%+v, %v", id, err)
	}
}

// TestAttempts: the identity's failures and the address's attempts have each their bound; a minute fills it again.
func TestAttempts(t *testing.T) {
	now := time.Unix(1000, 0)
	d := door(func(c *DigestConfig) { c.AttemptsPerAddress, c.AttemptsPerIdentity = 5, 3 })
	try := func(addr, impi string) (Kind, time.Duration) {
		_, err := d.Enter(now, netip.MustParseAddr(addr), true, impi, "sip:a@ims.example")
		var e *Error
		if errors.As(err, &e) {
			return e.Kind, e.RetryAfter
		}
		return "", 0
	}
	for i := range 3 {
		if k, _ := try(fmt.Sprintf("192.0.2.%d", i), "victim@ims.example"); k != "" {
			t.Fatalf("attempt %d: %s", i, k)
		}
	}
	if k, wait := try("192.0.2.9", "VICTIM@ims.example"); k != TooMany || wait != 20*time.Second {
		t.Fatalf("fourth: %s %v", k, wait)
	}
	now = now.Add(20 * time.Second)
	if k, _ := try("192.0.2.9", "victim@ims.example"); k != "" {
		t.Fatalf("after the wait: %s", k)
	}
	if k, _ := try("192.0.2.9", "victim@ims.example"); k != TooMany {
		t.Fatalf("the bucket filled too fast: %q", k)
	}
	d.Proved("Victim@ims.example")
	if k, _ := try("192.0.2.9", "victim@ims.example"); k != "" {
		t.Fatalf("after a success: %s", k)
	}
	for i := range 5 {
		if k, _ := try("2001:db8::"+fmt.Sprint(i+1), fmt.Sprintf("u%d@ims.example", i)); k != "" {
			t.Fatalf("IPv6 attempt %d: %s", i, k)
		}
	}
	if k, _ := try("2001:db8::ffff", "other@ims.example"); k != TooMany {
		t.Fatalf("another address of the same /64: %q", k)
	}
}

// TestAttemptsAreBounded: strangers cannot fill the memory.
func TestAttemptsAreBounded(t *testing.T) {
	d := door(func(c *DigestConfig) {})
	for i := range maxCounted + 10 {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		_, _ = d.Enter(time.Unix(int64(i/1000), 0), addr, true, fmt.Sprintf("u%d@ims.example", i), "sip:a@ims.example")
	}
	if n := len(d.attempts); n > maxCounted {
		t.Fatalf("%d kept", n)
	}
}
