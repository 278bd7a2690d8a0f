package messaging

import (
	"errors"
	"log/slog"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

// Host is the browser session a Box belongs to. Its methods are called in its queue, Post from anywhere.
type Host interface {
	// Post runs f in the queue, after everything posted before. It does not block.
	Post(f func())
	// Tell notifies the browser; Answer and Refuse give a request its one answer.
	Tell(method string, params any)
	Answer(id wire.ID, result any)
	Refuse(id wire.ID, e *wire.Error)
	// Attached reports whether a browser's socket is there.
	Attached() bool
	// IMPU is the user's public identity.
	IMPU() string
	// Log is the session's logger.
	Log() *slog.Logger
	// Line is the session's registration; nil while there is none.
	Line() Line
}

// Line sends messages; *ims.Binding is one.
type Line interface {
	Envelope(target, from string, anonymous bool) (ims.Envelope, error)
	Reply(to, from string) (ims.Envelope, error)
	Send(e ims.Envelope, content ims.Content, done func(refused *call.Cause)) error
	SMS() (config ims.SMSConfig, enabled bool)
}

// Config bounds what one session may do with messages.
type Config struct {
	// PerMinute and Burst bound what a page sends (a token bucket).
	PerMinute int `yaml:"per_minute"`
	Burst     int `yaml:"burst"`
	// Hold is how long a message waits for a browser that has lost its connection; 0 to 25 s. SIP waits 32 s for an answer.
	Hold time.Duration `yaml:"hold"`
}

// DefaultConfig suits people who write by hand.
func DefaultConfig() Config { return Config{PerMinute: 60, Burst: 20, Hold: 10 * time.Second} }

// Validate reports everything that is wrong, one sentence each.
func (c Config) Validate() error {
	var errs []error
	if c.PerMinute < 1 || c.Burst < 1 {
		errs = append(errs, errors.New("session.messages.per_minute and session.messages.burst must be above 0"))
	}
	if c.Hold < 0 || c.Hold > 25*time.Second {
		errs = append(errs, errors.New("session.messages.hold: keep it between 0s and 25s, since SIP waits no longer for an answer"))
	}
	return errors.Join(errs...)
}
