// Package browser drives the two real browsers of the test suite, headless, behind one interface.
//
//	         Launch(ctx, kind, Options)
//	                   │
//	   ┌───────────────┴───────────────┐
//	Chromium                        Firefox ──── PULSE_SERVER ── pulseaudio (own socket, null sink)
//	--remote-debugging-port=0       --remote-debugging-port=0
//	DevTools protocol (chromedp)    WebDriver BiDi over WebSocket (bidi.go)
//	   └───────────────┬───────────────┘
//	               Browser: Open, Eval, Screenshot, Console, Close
//
// Both are started as processes of a group of their own with a profile in a temporary directory, print the
// address of their control socket, and are killed as a group by Close. Firefox needs a sound server, or its
// AudioContext never runs; Chromium needs none. Each step has a time limit of its own (Options.Step), so
// that a hung page fails one test with a sentence and not the whole run with a stack dump.
//
// A test walks it like this: For(t, kind, opt) starts the browser or skips loudly when it is not
// installed (and fails when CI is set), Open loads the page from the test's own server on 127.0.0.1, Eval
// runs an expression, awaits it and decodes its JSON, and on a failure Console and Screenshot say what the page saw.
package browser
