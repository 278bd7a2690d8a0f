package access

import (
	"sync"
	"testing"
	"time"
)

// TestAnotherDescriptionDuringTheHandshake: a browser may describe itself anew, with another certificate, while the handshake judges the
// first one. Both look at what was judged; the race detector sees when they do so without order.
func TestAnotherDescriptionDuringTheHandshake(t *testing.T) {
	p := testPort(t)
	l, _ := testLeg(t, p)
	cert := []byte("a certificate")
	theirs := good()
	theirs.Fingerprints[0].Value = colons(digest("sha-256", cert))
	if err := l.SetRemote(theirs, time.Now()); err != nil {
		t.Fatal(err)
	}
	first := l.assoc
	var handshake sync.WaitGroup
	handshake.Go(func() {
		if err := first.verify([][]byte{cert}, nil); err != nil {
			t.Error(err)
		}
	})
	if err := l.SetRemote(good(), time.Now()); err != nil {
		t.Fatal(err)
	}
	handshake.Wait()
	if l.assoc == first {
		t.Error("another certificate is announced, and the old association stays")
	}
}

// TestTheSameCertificateKeepsTheAssociation: other fingerprints that fit the certificate that was judged are no new association.
func TestTheSameCertificateKeepsTheAssociation(t *testing.T) {
	p := testPort(t)
	l, _ := testLeg(t, p)
	cert := []byte("a certificate")
	theirs := good()
	theirs.Fingerprints[0].Value = colons(digest("sha-256", cert))
	if err := l.SetRemote(theirs, time.Now()); err != nil {
		t.Fatal(err)
	}
	first := l.assoc
	var handshake sync.WaitGroup
	handshake.Go(func() {
		if err := first.verify([][]byte{cert}, nil); err != nil {
			t.Error(err)
		}
	})
	handshake.Wait()
	more := theirs
	more.Fingerprints = append([]Fingerprint{{Hash: "sha-384", Value: colons(digest("sha-384", cert))}}, theirs.Fingerprints...)
	if err := l.SetRemote(more, time.Now()); err != nil || l.assoc != first {
		t.Errorf("%v; another association: %t", err, l.assoc != first)
	}
}
