package session

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/messaging"
)

// VideoMode says whether calls may have video.
type VideoMode string

// The modes.
const (
	VideoAsk VideoMode = "ask"
	VideoOff VideoMode = "off"
)

// Config limits sessions and calls.
type Config struct {
	// LoginTimeout is how long a socket may stay without a login.
	LoginTimeout time.Duration `yaml:"login_timeout"`
	// ResumeWindow is how long a session and its calls outlive their socket.
	ResumeWindow time.Duration `yaml:"resume_window"`
	// MaxSessionsPerUser bounds the browsers one identity may have logged in; 0 means no bound.
	MaxSessionsPerUser int `yaml:"max_sessions_per_user"`
	// MaxCalls bounds the calls of one session at a time.
	MaxCalls int `yaml:"max_calls"`
	// CallWaiting offers a second call to a user in a call; without it the caller hears busy.
	CallWaiting bool `yaml:"call_waiting"`
	// Transfer says what becomes of a far phone's wish that the user call somebody else (REFER): ask, accept or refuse.
	Transfer call.ReferPolicy `yaml:"transfer"`
	// RequestsPerSecond and RequestBurst bound the requests of one session (a token bucket).
	RequestsPerSecond float64 `yaml:"requests_per_second"`
	RequestBurst      int     `yaml:"request_burst"`
	// RingTimeout ends an unanswered call of either direction.
	RingTimeout time.Duration `yaml:"ring_timeout"`
	// AlertTimeout is how long a page may take to say that it alerts its user.
	AlertTimeout time.Duration `yaml:"alert_timeout"`
	// QualityInterval is the time between two call.quality events of a call, which come while packets do; 0 turns them off.
	QualityInterval time.Duration `yaml:"quality_interval"`
	// AccessCodecs and CoreCodecs are the codecs in order of preference. What a build lacks is left out.
	AccessCodecs []string `yaml:"access_codecs"`
	CoreCodecs   []string `yaml:"core_codecs"`
	// Video says whether calls may have video: ask, where the user says so in each call, or off, where only sound is spoken of.
	Video VideoMode `yaml:"video"`
	// Messages bounds what pages send.
	Messages messaging.Config `yaml:"messages"`
	// Policy says what the PCRF's word means: off, best-effort or required.
	Policy call.PolicyMode `yaml:"policy"`
}

// DefaultConfig is a gateway beside a VoLTE core without a PCRF.
func DefaultConfig() Config {
	return Config{
		LoginTimeout:       10 * time.Second,
		ResumeWindow:       60 * time.Second,
		MaxSessionsPerUser: 10,
		MaxCalls:           4,
		CallWaiting:        true,
		Transfer:           call.ReferAsk,
		RequestsPerSecond:  20,
		RequestBurst:       60,
		RingTimeout:        120 * time.Second,
		AlertTimeout:       10 * time.Second,
		QualityInterval:    5 * time.Second,
		AccessCodecs:       []string{"opus", "G722", "PCMA", "PCMU", "CN"},
		CoreCodecs:         []string{"AMR-WB", "EVS", "G722", "PCMA", "PCMU", "AMR", "CN"},
		Video:              VideoAsk,
		Messages:           messaging.DefaultConfig(),
		Policy:             call.PolicyOff,
	}
}

var (
	accessNames = []string{"opus", "G722", "PCMA", "PCMU", "CN"}
	coreNames   = []string{"AMR-WB", "EVS", "G722", "PCMA", "PCMU", "AMR", "CN"}
)

// Validate reports everything that is wrong, one sentence each.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	within := func(name string, d, low, high time.Duration) {
		if d < low || d > high {
			bad("session.%s is %v: keep it between %v and %v", name, d, low, high)
		}
	}
	within("login_timeout", c.LoginTimeout, time.Second, time.Minute)
	within("resume_window", c.ResumeWindow, 0, 10*time.Minute)
	within("ring_timeout", c.RingTimeout, 10*time.Second, 10*time.Minute)
	within("alert_timeout", c.AlertTimeout, time.Second, time.Minute)
	if c.QualityInterval != 0 {
		within("quality_interval", c.QualityInterval, 500*time.Millisecond, time.Minute)
	}
	if c.MaxSessionsPerUser < 0 {
		bad("session.max_sessions_per_user cannot be negative: 0 means no bound")
	}
	if c.MaxCalls < 1 || c.MaxCalls > 100 {
		bad("session.max_calls is %d: keep it between 1 and 100", c.MaxCalls)
	}
	if c.RequestsPerSecond <= 0 || c.RequestBurst < 1 {
		bad("session.requests_per_second and session.request_burst must be above 0")
	}
	if len(c.CoreCodecs) > 0 && !slices.ContainsFunc(c.CoreCodecs, func(name string) bool { return name != "EVS" && name != "CN" }) {
		bad("session.core_codecs names EVS alone, which is answered and never offered, or CN, which goes beside G722, PCMA and PCMU: name AMR-WB or another codec too")
	}
	for name, list := range map[string][]string{"access_codecs": c.AccessCodecs, "core_codecs": c.CoreCodecs} {
		known := accessNames
		if name == "core_codecs" {
			known = coreNames
		}
		if len(list) == 0 {
			bad("session.%s is empty: name some of %v", name, known)
		}
		for _, codec := range list {
			if !slices.Contains(known, codec) {
				bad("session.%s: %q is not a codec of this leg: use some of %v", name, codec, known)
			}
		}
	}
	if !slices.Contains([]call.PolicyMode{call.PolicyOff, call.PolicyBestEffort, call.PolicyRequired}, c.Policy) {
		bad("session.policy is %q: use off, best-effort or required", c.Policy)
	}
	if !slices.Contains([]call.ReferPolicy{call.ReferAsk, call.ReferAccept, call.ReferRefuse}, c.Transfer) {
		bad("session.transfer is %q: use ask, accept or refuse", c.Transfer)
	}
	if c.Video != VideoAsk && c.Video != VideoOff {
		bad("session.video is %q: use ask or off", c.Video)
	}
	return errors.Join(append(errs, c.Messages.Validate())...)
}
