package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateCheck is how often a handshake looks whether the files have changed.
const certificateCheck = time.Minute

// certificate is that of a listener: the front's, the TURN server's. A renewed one on disk is used without a restart; while the new files
// do not fit each other, the old pair stays.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex // guards the following
	pair    *tls.Certificate
	stamp   [2]time.Time // modification times of the files that pair came from
	checked time.Time
}

// newCertificate loads the pair that a section of the configuration names, once, so that a bad file is an error of the start.
func newCertificate(section, certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, checked: time.Now()}
	stamp, err := c.stamps()
	if err == nil {
		err = c.load(stamp)
	}
	if err != nil {
		return nil, fmt.Errorf("%s.tls_certificate, %s.tls_key: %w", section, section, err)
	}
	return c, nil
}

// get is tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) >= certificateCheck {
		c.checked = now
		c.renew()
	}
	return c.pair, nil
}

// renew takes changed files. The caller holds mu.
func (c *certificate) renew() {
	stamp, err := c.stamps()
	if err == nil && stamp == c.stamp {
		return
	}
	if err == nil {
		err = c.load(stamp)
	}
	if err != nil {
		c.log.Warn("the new TLS certificate cannot be used, the old one stays", "err", err)
		return
	}
	c.log.Info("TLS certificate renewed")
}

func (c *certificate) load(stamp [2]time.Time) error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.pair, c.stamp = &pair, stamp
	return nil
}

func (c *certificate) stamps() (stamp [2]time.Time, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return stamp, err
		}
		stamp[i] = info.ModTime()
	}
	return stamp, nil
}
