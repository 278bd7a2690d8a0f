package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"causeway/test/lab/core"
	"causeway/test/lab/handset"
	"causeway/test/lab/issuer"
	"causeway/test/lab/pcrf"
)

// Config of a lab. The zero value of an address is the loopback with a free
// port; DefaultConfig has the ports of the demonstration.
type Config struct {
	HomeDomain string
	Core       netip.AddrPort // SIP, UDP and TCP
	Handsets   netip.AddrPort // SIP, UDP and TCP; RTP on free ports of the same host
	PCRF       netip.AddrPort // Diameter over TCP
	HTTP       netip.AddrPort // control and issuer
	Gateway    netip.AddrPort // who is trusted with integrity-protected="auth-done"; port 0 = any port of that host

	NoCore, NoHandsets, NoPCRF, NoIssuer bool

	Subscribers []core.Subscriber // nil = alice, bob, carol, dave
	Scripts     []handset.Script  // besides handset.Scripts(); the same number replaces one
	Pace        float64           // multiplies the scripts' delays; 0 = 1
	T1          time.Duration     // RFC 3261 T1; 0 = 500 ms
	MinExpires  time.Duration     // shortest registration; 0 = 60 s
	MaxExpires  time.Duration     // longest registration granted; 0 = 3600 s
	GRUU        bool              // the core gives contacts addresses of their own (RFC 5627) and wants them used
	PCRFSlowBy  time.Duration     // delay of the policy "slow"; 0 = 2 s
	Log         *slog.Logger      // nil = silent
}

// HomeDomain is the lab's home network (TS 23.003 13.2, test network 001-01).
const HomeDomain = "ims.mnc001.mcc001.3gppnetwork.org"

// DefaultConfig has the addresses of the demonstration.
func DefaultConfig() Config {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	return Config{
		HomeDomain: HomeDomain,
		Core:       netip.AddrPortFrom(loopback, 5070),
		Handsets:   netip.AddrPortFrom(loopback, 5080),
		PCRF:       netip.AddrPortFrom(loopback, 3868),
		HTTP:       netip.AddrPortFrom(loopback, 8090),
		Gateway:    netip.AddrPortFrom(loopback, 5060),
	}
}

// Subscribers are the users of the demonstration.
func Subscribers() []core.Subscriber {
	return []core.Subscriber{{Number: "+15550001", Name: "alice"}, {Number: "+15550002", Name: "bob"},
		{Number: "+15550003", Name: "carol"}, {Number: "+15550004", Name: "dave"}}
}

// Lab is a running lab. Parts that were switched off are nil.
type Lab struct {
	Core     *core.Core
	Handsets *handset.Farm
	PCRF     *pcrf.PCRF
	Issuer   *issuer.Issuer

	cfg    Config
	http   *http.Server
	listen net.Listener
	done   chan struct{}
	once   sync.Once
	wg     sync.WaitGroup
}

// Start brings the lab up; it stops by Close or when ctx ends.
func Start(ctx context.Context, cfg Config) (*Lab, error) {
	l := &Lab{cfg: filled(cfg), done: make(chan struct{})}
	if err := l.start(); err != nil {
		l.Close()
		return nil, err
	}
	l.wg.Add(1)
	go func() {
		defer l.wg.Done()
		select {
		case <-ctx.Done():
			l.shut()
		case <-l.done:
		}
	}()
	return l, nil
}

func filled(cfg Config) Config {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	for _, a := range []*netip.AddrPort{&cfg.Core, &cfg.Handsets, &cfg.PCRF, &cfg.HTTP, &cfg.Gateway} {
		if !a.IsValid() {
			*a = netip.AddrPortFrom(loopback, 0)
		}
	}
	if cfg.HomeDomain == "" {
		cfg.HomeDomain = HomeDomain
	}
	if cfg.Subscribers == nil {
		cfg.Subscribers = Subscribers()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg
}

func (l *Lab) start() error {
	c := l.cfg
	var err error
	if !c.NoCore {
		if l.Core, err = core.New(core.Config{Address: c.Core, HomeDomain: c.HomeDomain, Subscribers: c.Subscribers, Gateway: c.Gateway,
			MinExpires: c.MinExpires, MaxExpires: c.MaxExpires, T1: c.T1, GRUU: c.GRUU, Log: c.Log.With("part", "core")}); err != nil {
			return err
		}
		l.cfg.Core = l.Core.Addr()
	}
	if !c.NoHandsets {
		scripts := append(handset.Scripts(), c.Scripts...)
		if l.Handsets, err = handset.New(handset.Config{Address: c.Handsets, Core: l.cfg.Core, HomeDomain: c.HomeDomain, Scripts: scripts,
			Pace: c.Pace, T1: c.T1, Log: c.Log.With("part", "handsets")}); err != nil {
			return err
		}
		if l.Core != nil {
			l.Core.AddHandsets(l.Handsets.Addr(), l.Handsets.Numbers()...)
		}
	}
	if !c.NoPCRF {
		if l.PCRF, err = pcrf.New(pcrf.Config{Address: c.PCRF, Realm: c.HomeDomain, SlowBy: c.PCRFSlowBy, Log: c.Log.With("part", "pcrf")}); err != nil {
			return err
		}
	}
	return l.serve()
}

// serve opens HTTP; the issuer's name is the address it got.
func (l *Lab) serve() error {
	var err error
	if l.listen, err = net.Listen("tcp", l.cfg.HTTP.String()); err != nil {
		return fmt.Errorf("lab control: %w", err)
	}
	if !l.cfg.NoIssuer {
		var users []issuer.User
		for _, s := range l.cfg.Subscribers {
			users = append(users, issuer.User{Name: s.Name, Number: s.Number})
		}
		if l.Issuer, err = issuer.New(issuer.Config{Issuer: l.URL(), HomeDomain: l.cfg.HomeDomain, Users: users}); err != nil {
			return fmt.Errorf("issuer keys: %w", err)
		}
	}
	l.http = &http.Server{Handler: l.handler(), ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(l.cfg.Log.Handler(), slog.LevelDebug)}
	l.wg.Add(1)
	go func() {
		defer l.wg.Done()
		if err := l.http.Serve(l.listen); !errors.Is(err, http.ErrServerClosed) {
			l.cfg.Log.Error("lab control stopped", "err", err)
		}
	}()
	return nil
}

// Close stops everything and waits until no goroutine of the lab is left.
func (l *Lab) Close() {
	l.shut()
	l.wg.Wait()
}

func (l *Lab) shut() {
	l.once.Do(func() {
		close(l.done)
		if l.http != nil {
			_ = l.http.Close()
		} else if l.listen != nil {
			_ = l.listen.Close()
		}
		if l.Handsets != nil {
			l.Handsets.Close()
		}
		if l.Core != nil {
			l.Core.Close()
		}
		if l.PCRF != nil {
			l.PCRF.Close()
		}
	})
}

// URL is the base of the lab's HTTP, and the issuer's name.
func (l *Lab) URL() string { return "http://" + l.listen.Addr().String() }

// CoreAddr is where the core listens; invalid when it was switched off.
func (l *Lab) CoreAddr() netip.AddrPort {
	if l.Core == nil {
		return netip.AddrPort{}
	}
	return l.Core.Addr()
}

// HandsetAddr is the handset farm's SIP address; invalid when switched off.
func (l *Lab) HandsetAddr() netip.AddrPort {
	if l.Handsets == nil {
		return netip.AddrPort{}
	}
	return l.Handsets.Addr()
}

// PCRFAddr is where the policy server listens; invalid when switched off.
func (l *Lab) PCRFAddr() netip.AddrPort {
	if l.PCRF == nil {
		return netip.AddrPort{}
	}
	return l.PCRF.Addr()
}

// TrustGateway names the gateway, once its address is known.
func (l *Lab) TrustGateway(addr netip.AddrPort) {
	if l.Core != nil {
		l.Core.TrustGateway(addr)
	}
}

// Token returns a good token of a user.
func (l *Lab) Token(user string) (string, error) {
	if l.Issuer == nil {
		return "", errors.New("the issuer is switched off")
	}
	t, err := l.Issuer.Issue(issuer.Wish{User: user})
	return t.Token, err
}

// Calls lists the handsets' calls.
func (l *Lab) Calls() []handset.CallInfo {
	if l.Handsets == nil {
		return []handset.CallInfo{}
	}
	return l.Handsets.Calls()
}

// WaitCall waits until a call satisfies want and returns it; the error of ctx
// otherwise.
func (l *Lab) WaitCall(ctx context.Context, want func(handset.CallInfo) bool) (handset.CallInfo, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, c := range l.Calls() {
			if want(c) {
				return c, nil
			}
		}
		select {
		case <-ctx.Done():
			return handset.CallInfo{}, ctx.Err()
		case <-tick.C:
		}
	}
}

// Complaints is everything that any part of the lab holds against the gateway,
// one sentence each: breaches of SIP seen by the core, of SIP and SDP seen by
// handsets, of RTP and RTCP seen by their streams, of Rx seen by the PCRF.
func (l *Lab) Complaints() []string {
	out := []string{}
	if l.Core != nil {
		for _, v := range l.Core.Violations() {
			out = append(out, fmt.Sprintf("core: %s: %s (%s)", v.Kind, v.Text, v.Method))
		}
	}
	if l.Handsets != nil {
		for _, f := range l.Handsets.Faults() {
			out = append(out, fmt.Sprintf("handset %s: %s: %s", f.Number, f.Kind, f.Text))
		}
		for _, c := range l.Handsets.Calls() {
			for kind, n := range c.Faults {
				out = append(out, fmt.Sprintf("handset %s: media: %s, %d times", c.Number, kind, n))
			}
		}
	}
	if l.PCRF != nil {
		for _, v := range l.PCRF.State().Violations {
			out = append(out, fmt.Sprintf("pcrf: %s: %s", v.Message, v.Text))
		}
	}
	return out
}
