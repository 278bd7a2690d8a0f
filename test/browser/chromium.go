package browser

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

// chromium drives Chromium by the DevTools protocol.
type chromium struct {
	opt    Options
	dir    string
	proc   *process
	tab    context.Context // chromedp's handle of the tab; ends with the browser
	cancel func()

	console consoleLog
	once    sync.Once
}

// consoleLog collects console lines from the reader goroutine of the control socket.
type consoleLog struct {
	mu    sync.Mutex
	lines []string
}

// maxConsole bounds the lines kept: a page in a loop must not eat the test's memory.
const maxConsole = 2000

func (c *consoleLog) add(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.lines) < maxConsole {
		c.lines = append(c.lines, line)
	}
}

func (c *consoleLog) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.lines...)
}

func chromiumFlags(opt Options, dir string) ([]string, error) {
	flags := []string{
		"--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--user-data-dir=" + dir + "/profile",
		"--window-size=" + strconv.Itoa(opt.Width) + "," + strconv.Itoa(opt.Height), "--hide-scrollbars",
		"--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage", "--disable-gpu",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--no-default-browser-check", "--no-pings",
		"--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
	}
	wav, err := microphone(opt, dir)
	if err != nil {
		return nil, err
	}
	if opt.FakeMic || wav != "" || opt.DenyMicrophone {
		flags = append(flags, "--use-fake-device-for-media-stream")
	}
	if wav != "" {
		flags = append(flags, "--use-file-for-fake-audio-capture="+wav)
	}
	if opt.DenyMicrophone {
		flags = append(flags, "--deny-permission-prompts")
	} else {
		flags = append(flags, "--use-fake-ui-for-media-stream")
	}
	if opt.AllowLoopback {
		flags = append(flags, "--allow-loopback-in-peer-connection")
	}
	if opt.AnyCertificate {
		flags = append(flags, "--ignore-certificate-errors")
	}
	return append(append(flags, opt.Flags...), "about:blank"), nil
}

func launchChromium(ctx context.Context, path, dir string, opt Options) (Browser, error) {
	flags, err := chromiumFlags(opt, dir)
	if err != nil {
		return nil, err
	}
	proc, url, err := startProcess(ctx, []string{"HOME=" + dir}, urlAfter("DevTools listening on "), path, flags...)
	if err != nil {
		return nil, err
	}
	c := &chromium{opt: opt, dir: dir, proc: proc}
	socket, cancelSocket := remote.NewAllocator(ctx, url, remote.NoModifyURL)
	tab, cancelTab := chromedp.NewContext(socket)
	stop := context.AfterFunc(ctx, proc.kill)
	c.tab = tab
	c.cancel = func() { stop(); cancelTab(); cancelSocket() }
	// Listen opens the tab; its context has no time limit, for a limit would end the whole browser later.
	if err := chromedp.Listen(tab, c.event); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// event collects console lines; called by chromedp's reader, it must not block.
func (c *chromium) event(ev any) {
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		var parts []string
		for _, a := range e.Args {
			if s := strings.Trim(string(a.Value), `"`); s != "" {
				parts = append(parts, s)
			} else {
				parts = append(parts, a.Description)
			}
		}
		c.console.add(string(e.Type) + ": " + strings.Join(parts, " "))
	case *runtime.EventExceptionThrown:
		c.console.add("error: " + (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	}
}

// step runs an action within the time limit of one step and, if given, the caller's context.
func step[T any](ctx context.Context, c *chromium, what string, action chromedp.Action[T]) (T, error) {
	limited, cancel := context.WithTimeout(c.tab, c.opt.Step)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	v, err := chromedp.Run(limited, action)
	if err != nil {
		return v, fmt.Errorf("chromium: %s: %w", what, err)
	}
	return v, nil
}

func (c *chromium) Kind() Kind { return Chromium }

func (c *chromium) Open(url string) error {
	_, err := step(context.Background(), c, "open "+url, chromedp.Navigate(url))
	return err
}

func (c *chromium) Eval(ctx context.Context, js string, out any) error {
	gesture := func(p *runtime.EvaluateParams) { p.UserGesture = new(true) }
	text, err := step(ctx, c, "evaluate", chromedp.Evaluate[string](wrapped(js), chromedp.EvalAwaitPromise, gesture))
	if err != nil && strings.Contains(err.Error(), "Inspected target navigated or closed") {
		return fmt.Errorf("%w: %w", ErrNavigated, err)
	}
	if err != nil {
		return err
	}
	return decode(text, out)
}

func (c *chromium) Screenshot() ([]byte, error) {
	return step(context.Background(), c, "screenshot", chromedp.CaptureScreenshot())
}

func (c *chromium) Console() []string { return c.console.all() }

func (c *chromium) Close() {
	c.once.Do(func() {
		c.proc.kill()
		c.cancel()
		_ = os.RemoveAll(c.dir) // a temporary directory; nothing to tell anyone
	})
}
