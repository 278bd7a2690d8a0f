package pair

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"causeway/media"
)

// patience bounds every wait.
const patience = 30 * time.Second

// Config is a gateway on loopback that lets the system choose the access port.
func Config() media.Config {
	c := media.DefaultConfig()
	c.AccessAddress = netip.MustParseAddrPort("127.0.0.1:0")
	c.ICE.TCP = false // the tests of it choose the port
	c.CorePorts = media.PortRange{First: 42000, Last: 43999}
	c.Quarantine = 0
	return c
}

// Pair is a running gateway.
type Pair struct {
	Gateway *media.Gateway

	stop context.CancelFunc
	done chan error
}

// New starts a gateway.
func New(cfg media.Config, deps media.Deps) (*Pair, error) {
	g, err := media.New(cfg, deps)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	p := &Pair{Gateway: g, stop: stop, done: make(chan error, 1)}
	go func() { p.done <- g.Run(ctx) }()
	return p, nil
}

// Close stops the gateway.
func (p *Pair) Close() error {
	p.stop()
	return <-p.done
}

// Call is one session with both ends.
type Call struct {
	Session *media.Session
	Browser *Browser
	Far     *Far
	Events  chan media.Event
}

// Setup is what a call is made of.
type Setup struct {
	Browser  BrowserOptions
	Core     []media.Codec
	CoreDTMF []media.Codec
	Change   func(*media.AccessRemote) // edits what signalling would say; may be nil
	Local    func(*media.AccessLocal)  // edits what the browser is told; may be nil
}

// Start makes a call without waiting for the media.
func (p *Pair) Start(s Setup) (*Call, error) {
	c := &Call{Events: make(chan media.Event, 64)}
	var err error
	if c.Far, err = NewFar(); err != nil {
		return nil, err
	}
	if c.Browser, err = NewBrowser(s.Browser); err != nil {
		c.Far.Close()
		return nil, err
	}
	c.Session, err = p.Gateway.NewSession(media.SessionConfig{ID: "pair", Notify: func(e media.Event) { c.Events <- e }})
	if err == nil {
		err = c.negotiate(s)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Call) negotiate(s Setup) error {
	offer, err := c.Browser.Offer(false)
	if err != nil {
		return err
	}
	remote := c.Browser.Remote(offer)
	if s.Change != nil {
		s.Change(&remote)
	}
	if err := c.Session.SetAccess(remote); err != nil {
		return err
	}
	if err := c.Session.SetCore(c.Far.Remote(s.Core, s.CoreDTMF)); err != nil {
		return err
	}
	local := c.Session.AccessLocal()
	if s.Local != nil {
		s.Local(&local)
	}
	return c.Browser.Accept(local)
}

// Call makes a call and waits until it is connected.
func (p *Pair) Call(s Setup) (*Call, error) {
	c, err := p.Start(s)
	if err != nil {
		return nil, err
	}
	if _, err = Wait[media.AccessConnected](c); err == nil {
		err = c.Browser.Connected()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Reload replaces the browser by a new one, as a reloaded page does: another
// certificate, other ICE credentials, the same session.
func (c *Call) Reload(opt BrowserOptions) error {
	_ = c.Browser.Close()
	fresh, err := NewBrowser(opt)
	if err != nil {
		return err
	}
	c.Browser = fresh
	offer, err := fresh.Offer(false)
	if err != nil {
		return err
	}
	if err := c.Session.SetAccess(fresh.Remote(offer)); err != nil {
		return err
	}
	if err := fresh.Accept(c.Session.AccessLocal()); err != nil {
		return err
	}
	return fresh.Connected()
}

// Close ends the call from both ends.
func (c *Call) Close() {
	if c.Session != nil {
		c.Session.Close()
	}
	if c.Browser != nil {
		_ = c.Browser.Close()
	}
	c.Far.Close()
}

// Wait reads events until one of type E comes.
func Wait[E media.Event](c *Call) (e E, err error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case got := <-c.Events:
			if want, ok := got.(E); ok {
				return want, nil
			}
			if failed, ok := got.(media.AccessFailed); ok {
				return e, errors.New(string(failed.Reason))
			}
		case <-timer.C:
			return e, fmt.Errorf("no %T", e)
		}
	}
}
