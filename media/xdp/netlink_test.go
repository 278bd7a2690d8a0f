package xdp

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAnswersOfEarlierQuestions: what is left of a question that was given up half way is not taken for the answer to the next one.
func TestAnswersOfEarlierQuestions(t *testing.T) {
	n, err := openNetlink()
	if err != nil {
		t.Skip("no netlink here:", err)
	}
	defer n.close()
	home := netip.MustParseAddr("127.0.0.1")
	before, err := n.route(home, home)
	if err != nil || before.ifindex == 0 {
		t.Fatalf("route to %s: %+v, %v", home, before, err)
	}
	n.sequence++ // asked, and never read
	stale := request(unix.RTM_GETNEIGH, unix.NLM_F_DUMP, n.sequence, make([]byte, unix.SizeofNdMsg))
	if err := unix.Sendto(n.ask, stale, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if p, err := n.route(home, home); err != nil || p != before {
			t.Fatalf("route to %s: %+v, %v, before it was %+v", home, p, err, before)
		}
	}
}
