//go:build interop

package access

import (
	"fmt"
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/rig"
)

// TestNoUDP: a browser whose network lets no UDP out talks over TCP, and restarts ICE there.
func TestNoUDP(t *testing.T) {
	rig.Needs(t, "iptables")
	each(t, func(t *testing.T, kind browser.Kind) {
		b := rig.Start(t, rig.Options{})
		filter(t, fmt.Sprintf("OUTPUT -p udp --dport %d -j DROP", b.Media.Port()))
		p := b.Open(kind, pageHz)
		talk(t, b, p, func() {
			if _, remote := pair(p); !strings.HasPrefix(remote, "tcp ") {
				t.Errorf("the call uses %q", remote)
			}
			b.Until("an ICE-TCP connection", rig.Patience, func() bool { return b.Metric(`causeway_media_streams{state="trusted"}`) >= 1 })
		})
		b.Until("the end of the connection", rig.Patience, func() bool { return b.Metric(`causeway_media_streams{state="trusted"}`) == 0 })
		b.Clean()
	})
}

// TestDualStack: a gateway with an IPv4 and an IPv6 address; browsers take IPv6 where they have both, and either alone when the other
// is shut.
func TestDualStack(t *testing.T) {
	rig.Needs(t, "iptables", "ip6tables")
	each(t, func(t *testing.T, kind browser.Kind) {
		b := rig.Start(t, rig.Options{Last: func(b *rig.Bed, env *[]string) {
			*env = append(*env, fmt.Sprintf(`CAUSEWAY_MEDIA_ICE_MORE_ADDRESSES=["[%s]:%d"]`, sixIP, b.Media.Port()), "CAUSEWAY_MEDIA_ICE_TCP=false")
		}})
		p := b.Open(kind, pageHz)
		for _, c := range []struct{ rule, want string }{
			{fmt.Sprintf("-6 OUTPUT -p udp --dport %d -j DROP", b.Media.Port()), "udp 198.51.100."},
			{fmt.Sprintf("OUTPUT -p udp --dport %d -j DROP", b.Media.Port()), "udp 2001:db8::"},
		} {
			t.Run(c.want, func(t *testing.T) {
				filter(t, c.rule)
				talk(t, b, p, func() {
					if _, remote := pair(p); !strings.HasPrefix(strings.NewReplacer("[", "", "]", "").Replace(remote), c.want) {
						t.Errorf("the call uses %q, want %s", remote, c.want)
					}
				})
			})
		}
		b.Clean()
	})
}
