package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"
)

// stopTime is how long the program beside may take to end before it is killed.
const stopTime = 20 * time.Second

// mediaVariable sets the gateway's access address. The lab chooses one because browsers, Firefox above all, want another
// address than the loopback for media, and only the machine knows which it has.
const mediaVariable = "CAUSEWAY_MEDIA_ACCESS_ADDRESS"

// beside runs a program next to the lab until ctx ends; then it is interrupted and waited for. It returns when the
// program has ended, with an error if it ended by itself. The note is for the user, printed when everything runs.
func beside(ctx context.Context, command, note string, out, errOut io.Writer) error {
	words := strings.Fields(command)
	if len(words) == 0 {
		return fmt.Errorf("-beside is empty")
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr = out, errOut
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopTime
	cmd.Env = os.Environ()
	if _, set := os.LookupEnv(mediaVariable); !set {
		cmd.Env = append(cmd.Env, mediaVariable+"="+netip.AddrPortFrom(mediaAddress(), 4478).String())
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if note != "" {
		fmt.Fprintf(out, "\n  %s\n\n", note)
	}
	err := cmd.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("%s ended: %w", words[0], err)
}

// mediaAddress is the machine's first IPv4 address that is not the loopback, or the loopback.
func mediaAddress() netip.Addr {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return loopback
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
			return p.Addr()
		}
	}
	return loopback
}
