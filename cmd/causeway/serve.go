package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"causeway/configs"
	"causeway/diameter/rx"
	"causeway/media"
	"causeway/signaling"
	"causeway/transcode"
	"causeway/transcode/amr"
	"causeway/transcode/g711"
	"causeway/transcode/g722"
	"causeway/transcode/jitter"
	"causeway/transcode/opus"
	"causeway/transcode/resample"
	"causeway/web"
)

// gateway is the running program: its rooms and its two HTTP listeners.
type gateway struct {
	config    configs.Config
	log       *slog.Logger
	media     *media.Gateway
	pictures  videoMaker
	policy    *rx.Client // nil without a PCRF
	signaling *signaling.Signaling
	front     *http.Server
	admin     *http.Server // nil for none
	draining  atomic.Bool
}

// serve runs the gateway until ctx ends (at once) or a signal asks it to drain first.
func serve(ctx context.Context, config configs.Config, terminate <-chan os.Signal, stderr io.Writer) error {
	began := time.Now()
	paceCollector()
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: config.Log.Level}))
	g, err := build(config, log)
	if err != nil {
		return err
	}
	return g.run(ctx, terminate, began)
}

// room returns what gives Go's scheduler a place more for each thread that rests without giving up its own (media.coalesce);
// nothing does where the operator has said how many there are.
func room(c media.Config) func(threads int) {
	if os.Getenv("GOMAXPROCS") != "" || c.Coalesce == 0 {
		return nil
	}
	processors := runtime.GOMAXPROCS(0)
	return func(threads int) { runtime.GOMAXPROCS(processors + threads) }
}

// build makes the rooms in order. Nothing is open yet but the media socket, which media.New binds.
func build(config configs.Config, log *slog.Logger) (*gateway, error) {
	g := &gateway{config: config, log: log}
	var secure *tls.Config
	if config.HTTP.TLSCertificate != "" {
		c, err := newCertificate("http", config.HTTP.TLSCertificate, config.HTTP.TLSKey, log)
		if err != nil {
			return nil, err
		}
		secure = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
	}
	registry, err := codecs(config.Audio)
	if err != nil {
		return nil, err
	}
	g.pictures = newVideoMaker(config.Media)
	deps := media.Deps{Log: log, Registry: registry, Video: g.pictures, Threads: room(config.Media)}
	if deps.Certificate, err = turnCertificate(config.Media, log); err != nil {
		return nil, err
	}
	if g.media, err = media.New(config.Media, deps); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	if config.Rx.Enabled() {
		if g.policy, err = rx.New(config.Rx, rx.Deps{Log: log}); err != nil {
			g.media.Close()
			return nil, fmt.Errorf("rx: %w", err)
		}
	}
	g.signaling, err = signaling.New(config.Config, signaling.Deps{Media: g.media, Policy: g.policy, Codecs: append(registry.Names(), g.pictures.names()...), Log: log})
	if err != nil {
		g.media.Close()
		return nil, fmt.Errorf("signaling: %w", err)
	}
	pages, err := web.Handler(config.Web)
	if err != nil {
		g.media.Close()
		return nil, err
	}
	g.front = g.httpServer(config.HTTP.Listen, g.frontHandler(pages))
	g.front.TLSConfig = secure
	if config.HTTP.AdminListen != "" {
		g.admin = g.httpServer(config.HTTP.AdminListen, g.adminHandler())
	}
	return g, nil
}

// turnCertificate is that of the built-in TURN server, nil without one for TLS.
func turnCertificate(c media.Config, log *slog.Logger) (func(*tls.ClientHelloInfo) (*tls.Certificate, error), error) {
	if len(c.TURN.TLS) == 0 {
		return nil, nil
	}
	pair, err := newCertificate("media.turn", c.TURN.Certificate, c.TURN.Key, log)
	if err != nil {
		return nil, err
	}
	return pair.get, nil
}

// codecs fills the registry with what this build has: the cgo codecs are absent without cgo.
func codecs(config configs.Audio) (*transcode.Registry, error) {
	wide, err := opus.CodecsWith(config.Opus)
	if err != nil {
		return nil, err
	}
	speech, err := amr.CodecsWith(config.AMR)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(wide, speech, g722.Codecs(), g711.Codecs())
	return transcode.NewRegistry(all...).Plug(transcode.Parts{
		NewWindow:    func(hold time.Duration) transcode.Window { return jitter.New(hold) },
		NewResampler: resample.New,
	}), nil
}

func (g *gateway) httpServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr: addr, Handler: h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(g.log.Handler(), slog.LevelDebug), // strangers' TLS and header faults
	}
}

func (g *gateway) frontHandler(pages http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/ws", g.signaling.Sockets())
	mux.Handle("/", pages)
	return mux
}

func (g *gateway) adminHandler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(newCollector(g))
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := g.ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	})
	if g.config.HTTP.Profiles {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// ready says why no new call can be made here, nil when one can. A gateway that drains is not ready: what spreads browsers
// over gateways has to send them elsewhere.
func (g *gateway) ready() error {
	if g.draining.Load() {
		return errors.New("the gateway is draining")
	}
	return g.signaling.Ready()
}

// run starts everything, waits for the end and stops in reverse order.
func (g *gateway) run(ctx context.Context, terminate <-chan os.Signal, began time.Time) error {
	listeners, err := g.listen()
	if err != nil {
		g.media.Close()
		return err
	}
	rooms, stopRooms := context.WithCancel(context.Background())
	defer stopRooms()
	group, failed := errgroup.WithContext(rooms)
	group.Go(func() error { return g.media.Run(rooms) })
	if g.policy != nil {
		group.Go(func() error { return g.policy.Run(rooms) })
	}
	group.Go(func() error { return g.signaling.Run(rooms) })
	for server, l := range listeners {
		group.Go(func() error { return ignoreClosed(g.serveHTTP(server, l)) })
	}
	g.log.Info("serving", "version", version, "http", g.config.HTTP.Listen, "admin", g.config.HTTP.AdminListen,
		"media", g.config.Media.AccessAddress.String(), "started_in", time.Since(began).Round(time.Millisecond).String())

	select {
	case <-ctx.Done():
		g.log.Info("stopping")
	case <-failed.Done():
	case <-terminate:
		g.draining.Store(true)
		drain, cancel := context.WithTimeout(ctx, g.config.Shutdown.Drain)
		g.signaling.Drain(drain)
		cancel()
	}
	release, cancel := context.WithTimeout(context.Background(), g.config.Shutdown.Release)
	defer cancel()
	g.signaling.Close(release)
	for server := range listeners {
		if err := server.Shutdown(release); err != nil {
			_ = server.Close()
		}
	}
	stopRooms()
	err = group.Wait()
	g.log.Info("stopped")
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// listen opens both listeners before anything runs, so that a taken port is an error of the start.
func (g *gateway) listen() (map[*http.Server]net.Listener, error) {
	open := map[*http.Server]net.Listener{}
	for _, server := range []*http.Server{g.front, g.admin} {
		if server == nil {
			continue
		}
		l, err := net.Listen("tcp", server.Addr)
		if err != nil {
			for _, other := range open {
				_ = other.Close()
			}
			return nil, fmt.Errorf("http: %w", err)
		}
		open[server] = l
	}
	return open, nil
}

func (g *gateway) serveHTTP(server *http.Server, l net.Listener) error {
	if server.TLSConfig != nil {
		return server.ServeTLS(l, "", "")
	}
	return server.Serve(l)
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
