// Command causeway-lab runs everything around the gateway that a laptop lacks:
// an IMS core, scripted VoLTE handsets, a policy server and a token issuer.
// It stops on an interrupt.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"

	"causeway/test/lab"
)

// Exit codes.
const (
	exitFailed = 1 // could not start
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	cfg, level, next, err := parse(args, errOut)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errOut, "causeway-lab:", err)
		return exitUsage
	}
	cfg.Log = slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: level}))
	l, err := lab.Start(context.WithoutCancel(ctx), cfg) // stopped by Close, after the table is out
	if err != nil {
		fmt.Fprintln(errOut, "causeway-lab:", err)
		return exitFailed
	}
	defer l.Close()
	table(out, l, cfg)
	if next.command == "" {
		<-ctx.Done()
		return 0
	}
	if err := beside(ctx, next.command, next.note, out, errOut); err != nil {
		fmt.Fprintln(errOut, "causeway-lab:", err)
		return exitFailed
	}
	return 0
}

// companion is a program to run beside the lab.
type companion struct{ command, note string }

func parse(args []string, errOut io.Writer) (lab.Config, slog.Level, companion, error) {
	cfg := lab.DefaultConfig()
	level := slog.LevelInfo
	fs := flag.NewFlagSet("causeway-lab", flag.ContinueOnError)
	fs.SetOutput(errOut)
	on := map[string]*bool{}
	for name, text := range map[string]string{"core": "the IMS core", "handsets": "the VoLTE handsets", "pcrf": "the policy server", "issuer": "the token issuer"} {
		on[name] = fs.Bool(name, true, "run "+text)
	}
	for name, to := range map[string]*netip.AddrPort{"core-addr": &cfg.Core, "handsets-addr": &cfg.Handsets, "pcrf-addr": &cfg.PCRF,
		"http-addr": &cfg.HTTP, "gateway": &cfg.Gateway} {
		fs.TextVar(to, name, *to, map[string]string{"core-addr": "SIP address of the core, UDP and TCP", "handsets-addr": "SIP address of the handsets",
			"pcrf-addr": "Diameter address of the policy server", "http-addr": "address of token issuer and control",
			"gateway": "SIP address of the gateway, the only one trusted to register users (port 0: any port)"}[name])
	}
	fs.StringVar(&cfg.HomeDomain, "domain", cfg.HomeDomain, "home network domain name")
	fs.Float64Var(&cfg.Pace, "pace", 1, "factor on every delay of the handsets' scripts")
	var next companion
	fs.StringVar(&next.command, "beside", "", "a `command` to run next to the lab and to stop with it, such as the gateway")
	fs.StringVar(&next.note, "note", "", "a `line` to print when that runs")
	fs.TextVar(&level, "log", level, "log level: debug, info, warn, error")
	if err := fs.Parse(args); err != nil {
		return cfg, level, next, err
	}
	if fs.NArg() > 0 {
		return cfg, level, next, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if cfg.Pace <= 0 {
		return cfg, level, next, errors.New("-pace must be above 0")
	}
	cfg.NoCore, cfg.NoHandsets, cfg.NoPCRF, cfg.NoIssuer = !*on["core"], !*on["handsets"], !*on["pcrf"], !*on["issuer"]
	return cfg, level, next, nil
}

// table prints what runs where.
func table(out io.Writer, l *lab.Lab, cfg lab.Config) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) }
	row("PART", "ADDRESS", "WHAT")
	if l.Core != nil {
		row("core", l.CoreAddr().String(), "SIP over UDP and TCP, home domain "+cfg.HomeDomain+", trusts "+cfg.Gateway.String())
	}
	if l.PCRF != nil {
		row("pcrf", l.PCRFAddr().String(), "Diameter Rx over TCP")
	}
	if l.Issuer != nil {
		row("issuer", l.URL(), "GET /token?user=alice, /.well-known/openid-configuration")
	}
	row("control", l.URL(), "GET /calls /handsets /core/bindings /rx /complaints")
	if l.Handsets != nil {
		row("handsets", l.HandsetAddr().String(), "SIP over UDP and TCP, RTP on free ports")
		row()
		row("NUMBER", "HANDSET", "WHAT")
		for _, h := range l.Handsets.List() {
			row(h.Number, h.Name, h.Description)
		}
	}
	_ = w.Flush() // a closed standard output is the user's wish
}
