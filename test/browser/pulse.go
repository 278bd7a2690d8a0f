package browser

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// pulse is a sound server of the browser's own: a null sink to play into, and, for a microphone that plays a
// file, a second null sink whose monitor is the default source. Its socket lies in the browser's directory,
// so no other sound server is disturbed and no D-Bus is needed.
type pulse struct {
	server string // value for PULSE_SERVER
	proc   *process

	cancel  context.CancelFunc
	playing sync.WaitGroup
}

func startPulse(ctx context.Context, dir, wav string) (*pulse, error) {
	path, err := find("pulseaudio")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "native")
	args := []string{"-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disallow-exit", "--log-target=stderr", "--log-level=info",
		"-L", "module-null-sink sink_name=speaker"}
	if wav != "" {
		args = append(args, "-L", "module-null-sink sink_name=voice rate=48000 channels=1",
			"-L", "module-remap-source source_name=microphone master=voice.monitor channels=1 master_channel_map=mono channel_map=mono source_properties=device.description=microphone")
	}
	args = append(args, "-L", "module-native-protocol-unix auth-anonymous=1 socket="+socket)
	// The protocol module is loaded last: once it says so, everything is there.
	ready := func(line string) (string, bool) {
		return "", strings.Contains(line, `Loaded "module-native-protocol-unix"`)
	}
	env := []string{"HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "DBUS_SESSION_BUS_ADDRESS="}
	proc, _, err := startProcess(ctx, env, ready, path, args...)
	if err != nil {
		return nil, err
	}
	play, cancel := context.WithCancel(ctx)
	p := &pulse{server: "unix:" + socket, proc: proc, cancel: cancel}
	if wav == "" {
		return p, nil
	}
	player, err := find("paplay")
	if err != nil {
		p.close()
		return nil, err
	}
	p.playing.Go(func() { p.loop(play, player, wav) })
	return p, nil
}

// loop plays the file over and over until the sound server or the browser ends.
func (p *pulse) loop(ctx context.Context, player, wav string) {
	for ctx.Err() == nil {
		child, _, err := startProcess(ctx, []string{"PULSE_SERVER=" + p.server}, nil, player, "--device=voice", wav)
		if err != nil {
			return
		}
		select {
		case <-child.done:
			if !child.cmd.ProcessState.Success() {
				return // a file it cannot play, or the server has ended: trying again would spin
			}
		case <-ctx.Done():
			child.kill()
		}
	}
}

func (p *pulse) close() {
	p.cancel()
	p.playing.Wait()
	p.proc.kill()
}
