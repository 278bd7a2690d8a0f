package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a child in a process group of its own, so that its helpers end with it.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the child has been reaped and its output read

	mu   sync.Mutex // guards tail
	tail []string   // last lines of its stderr
}

// tailLines is how much of a child's stderr is kept for an error message.
const tailLines = 30

// startProcess starts a program and waits until ready finds what it looks for in a line of its stderr; ready nil means
// not to wait. What ready returned comes back.
func startProcess(ctx context.Context, env []string, ready func(line string) (string, bool), path string, args ...string) (*process, string, error) {
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), env...)
	// The group makes Close thorough; the parent-death signal covers a test binary that is itself killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	cmd.Stderr = w
	err = cmd.Start()
	_ = w.Close() // ours; the child has its own
	if err != nil {
		return nil, "", errors.Join(err, r.Close())
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	found := make(chan string, 1)
	go p.read(r, ready, found)
	if ready == nil {
		return p, "", nil
	}
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case s := <-found:
		return p, s, nil
	case <-p.done:
		err = fmt.Errorf("%s ended at once: %s", path, p.lastLines())
	case <-limit.C:
		err = fmt.Errorf("%s not ready after %v: %s", path, startLimit, p.lastLines())
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.kill()
	return nil, "", err
}

// read drains the child's stderr to its end, then reaps the child. It owns r and found.
func (p *process) read(r *os.File, ready func(string) (string, bool), found chan<- string) {
	defer close(p.done)
	defer r.Close()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		p.mu.Lock()
		if p.tail = append(p.tail, line); len(p.tail) > tailLines {
			p.tail = p.tail[1:]
		}
		p.mu.Unlock()
		if ready == nil {
			continue
		}
		if s, ok := ready(line); ok {
			found <- s
			ready = nil
		}
	}
	_ = p.cmd.Wait() // the exit status of a killed child says nothing
}

func (p *process) lastLines() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.tail, " | ")
}

// kill ends the whole group and waits. Safe to call twice.
func (p *process) kill() {
	select {
	case <-p.done:
		return
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // already gone is as good
	<-p.done
}

// urlAfter makes a ready function that finds the ws:// URL after a mark.
func urlAfter(mark string) func(string) (string, bool) {
	return func(line string) (string, bool) {
		_, after, ok := strings.Cut(line, mark)
		url := strings.TrimSpace(after)
		return url, ok && strings.HasPrefix(url, "ws://")
	}
}
