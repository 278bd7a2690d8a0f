package main

import (
	"errors"
	"log/slog"

	"causeway/configs"
	"causeway/signaling/auth"
	"causeway/signaling/call"
)

// sound tries what a configuration's text alone does not show, and serve would stumble over: the files it names, and
// whether its parts fit each other. It opens no socket and asks nobody.
func sound(c configs.Config) error {
	var errs []error
	if c.HTTP.TLSCertificate != "" {
		_, err := newCertificate("http", c.HTTP.TLSCertificate, c.HTTP.TLSKey, slog.New(slog.DiscardHandler))
		errs = append(errs, err)
	}
	_, err := turnCertificate(c.Media, slog.New(slog.DiscardHandler))
	errs = append(errs, err, c.Media.CheckFiles())
	_, err = auth.New(c.Auth)
	errs = append(errs, err)
	if c.Session.Policy != call.PolicyOff && !c.Rx.Enabled() {
		errs = append(errs, errors.New("session.policy asks for a PCRF, but none is configured: set rx.peers or session.policy: off"))
	}
	return errors.Join(errs...)
}
