package ims

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"causeway/signaling/dialplan"
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/service"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// Config is how the gateway stands in the IMS network.
type Config struct {
	// HomeDomain is the home network's domain name (TS 23.003 13.2): realm, REGISTER's Request-URI, phone-context.
	HomeDomain string `yaml:"home_domain"`
	// VisitedNetworkID is what P-Visited-Network-ID says; the HSS knows it. Empty: the home domain.
	VisitedNetworkID string `yaml:"visited_network_id"`
	// CoreAddress is the I-CSCF (or the core's entry): "host:port", or a domain to be found by RFC 3263. Empty: the
	// home domain.
	CoreAddress string `yaml:"core_address"`
	// CoreTransport is "udp", "tcp", or empty to let DNS decide (UDP for an address with a port).
	CoreTransport string `yaml:"core_transport"`
	// SIP are the sockets and the peers.
	SIP transport.Config `yaml:"sip"`
	// DNS is the resolver for names of the core.
	DNS transport.ResolverConfig `yaml:"dns"`
	// Timers are the transaction timers.
	Timers transaction.Timers `yaml:"timers"`
	// RegistrationConfig is how users are registered; its keys stand beside the others.
	RegistrationConfig `yaml:",inline"`
	// AccessNetworkInfo is sent as P-Access-Network-Info with network-provided added; empty: none.
	AccessNetworkInfo string `yaml:"access_network_info"`
	// NumberForm is how a number is dialled: "tel" (tel:+1...), "sip" (sip:+1...@home;user=phone) or "plain" (sip:+1...@home,
	// also for local numbers and service codes). Empty: tel, in trunk mode plain.
	NumberForm string `yaml:"number_form"`
	// EmergencyConfig is about emergency calls; its keys stand beside the others.
	EmergencyConfig `yaml:",inline"`
	// EarlyMedia is "header" (played when P-Early-Media allows it, RFC 5009) or "sdp" (played whenever a provisional
	// response has SDP).
	EarlyMedia string `yaml:"early_media"`
	// Messaging is about messages; its keys stand beside the others.
	Messaging MessageConfig `yaml:",inline"`
	// Trunk puts one SIP peer in the place of the IMS core.
	Trunk TrunkConfig `yaml:"trunk"`
	// Calls bounds and times calls.
	Calls CallConfig `yaml:"calls"`
	// Ping is how often the core is asked whether it is there (OPTIONS); 0: never.
	Ping time.Duration `yaml:"ping"`
}

// RegistrationConfig is how users are registered.
type RegistrationConfig struct {
	// RegisterExpires is the registration time asked for; at least 60 s.
	RegisterExpires time.Duration `yaml:"register_expires"`
	// RegisterRetry is the first wait after the core could not be reached; it doubles up to RegisterRetryMax.
	RegisterRetry    time.Duration `yaml:"register_retry"`
	RegisterRetryMax time.Duration `yaml:"register_retry_max"`
	// DigestRealm is the only realm whose challenge is handed to a page that logs in with a password. Empty: the home
	// domain.
	DigestRealm string `yaml:"digest_realm"`
	// RegEvent subscribes to the registration state (RFC 3680), so that the network can end a registration.
	RegEvent bool `yaml:"reg_event"`
}

// EmergencyConfig is about emergency calls.
type EmergencyConfig struct {
	// EmergencyNumbers are never dialled as ordinary calls, besides urn:service:sos.
	EmergencyNumbers []string `yaml:"emergency_numbers"`
	// EmergencyServices says what some of them call: number to URN of RFC 5031 4.2. The others call urn:service:sos.
	EmergencyServices map[string]string `yaml:"emergency_services"`
	// EmergencyRoute is the E-CSCF, host or host:port. Empty: emergency calls are refused and the user is told to take a telephone.
	EmergencyRoute string `yaml:"emergency_route"`
}

// CallConfig bounds and times calls.
type CallConfig struct {
	// Max is how many calls there may be at once, in all.
	Max int `yaml:"max"`
	// SessionExpires and MinSE are the session timer (RFC 4028); SessionExpires 0 switches it off.
	SessionExpires time.Duration `yaml:"session_expires"`
	MinSE          time.Duration `yaml:"min_se"`
	// AnswerTimeout ends a call that nobody answers (RFC 3261 Timer C).
	AnswerTimeout time.Duration `yaml:"answer_timeout"`
	// OfferTimeout is how long an offer of the far end may stay unanswered.
	OfferTimeout time.Duration `yaml:"offer_timeout"`
	// Preconditions accepts calls from handsets that reserve resources first (RFC 3312); without it such calls with
	// Require: precondition get 420.
	Preconditions bool `yaml:"preconditions"`
	// PreconditionsOriginating writes preconditions, ours met, into the offers of outgoing calls (RFC 3312, 4032).
	PreconditionsOriginating bool `yaml:"preconditions_originating"`
	// UserToUser carries user-to-user information (RFC 7433) between pages and the core.
	UserToUser bool `yaml:"user_to_user"`
	// CustomHeaders are the headers of applications that go from pages to the core and back: X- and P- names without a meaning
	// in the core.
	CustomHeaders []string `yaml:"custom_headers"`
}

// DefaultConfig returns the settings used where the file says nothing.
func DefaultConfig() Config {
	return Config{
		HomeDomain:  "ims.mnc001.mcc001.3gppnetwork.org",
		CoreAddress: "127.0.0.1:5070",
		SIP:         transport.DefaultConfig(),
		DNS:         transport.DefaultResolverConfig(),
		Timers:      transaction.DefaultTimers(),
		RegistrationConfig: RegistrationConfig{
			RegisterExpires: 600000 * time.Second, // TS 24.229 5.1.1.2
			RegisterRetry:   2 * time.Second, RegisterRetryMax: 5 * time.Minute,
			RegEvent: true,
		},
		Trunk:           TrunkConfig{Expires: time.Hour},
		EmergencyConfig: EmergencyConfig{EmergencyNumbers: []string{"112", "911", "999", "000", "110", "118", "119"}},
		EarlyMedia:      "header",
		Calls: CallConfig{
			Max: 10000, SessionExpires: 1800 * time.Second, MinSE: 90 * time.Second, AnswerTimeout: 180 * time.Second,
			OfferTimeout: 15 * time.Second, Preconditions: true, UserToUser: true, CustomHeaders: []string{},
		},
		Messaging: MessageConfig{Messages: PagerConfig{MaxBytes: 8192}},
		Ping:      30 * time.Second,
	}
}

// Validate reports every setting that cannot work, joined into one error.
func (c Config) Validate() error {
	var errs []error
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(identity.Domain(c.HomeDomain), "home_domain: %q is not a domain name", c.HomeDomain)
	bad(len(c.VisitedNetworkID) <= 255 && identity.Quotable(c.VisitedNetworkID), "visited_network_id: %q must not hold quotes or control characters", c.VisitedNetworkID)
	if _, _, err := identity.SplitHost(c.core()); err != nil {
		errs = append(errs, fmt.Errorf("core_address: %w", err))
	}
	bad(slices.Contains([]string{"", transport.UDP, transport.TCP, transport.TLS}, c.CoreTransport), "core_transport: %q is none of udp, tcp and tls", c.CoreTransport)
	if err := c.SIP.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("sip: %w", err))
	}
	if err := c.DNS.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("dns: %w", err))
	}
	if err := c.Timers.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("timers: %w", err))
	}
	bad(c.RegisterExpires >= time.Minute && c.RegisterExpires <= 7*24*time.Hour, "register_expires: %v is not between 1m and 168h", c.RegisterExpires)
	bad(c.RegisterRetry > 0 && c.RegisterRetryMax >= c.RegisterRetry, "register_retry: must be above zero and at most register_retry_max")
	bad(len(c.DigestRealm) <= 255 && identity.Quotable(c.DigestRealm), "digest_realm: %q must not hold quotes or control characters", c.DigestRealm)
	bad(identity.Plain(c.AccessNetworkInfo) && len(c.AccessNetworkInfo) <= 255, "access_network_info: must be one line of at most 255 bytes")
	bad(slices.Contains([]string{"", "tel", "sip", "plain"}, c.NumberForm), "number_form: %q is none of tel, sip and plain", c.NumberForm)
	bad(c.EarlyMedia == "header" || c.EarlyMedia == "sdp", "early_media: %q is neither header nor sdp", c.EarlyMedia)
	for _, n := range c.EmergencyNumbers {
		bad(n != "" && len(n) <= 15 && strings.Trim(n, "0123456789*#") == "", "emergency_numbers: %q is not a number of at most 15 digits", n)
	}
	for n, urn := range c.EmergencyServices {
		bad(slices.Contains(c.EmergencyNumbers, n), "emergency_services: %q is not one of emergency_numbers", n)
		bad((urn == dialplan.SOS || strings.HasPrefix(urn, dialplan.SOS+".")) && strings.Trim(urn, "abcdefghijklmnopqrstuvwxyz0123456789-.:") == "", "emergency_services: %q is not a URN like urn:service:sos.police", urn)
	}
	if c.EmergencyRoute != "" {
		if _, _, err := identity.SplitHost(c.EmergencyRoute); err != nil {
			errs = append(errs, fmt.Errorf("emergency_route: %w", err))
		}
	}
	bad(!c.Messaging.SMS.Enabled || !c.Trunk.Enabled, "sms.enabled: short messages over IP need an IMS core, not a trunk")
	bad(c.Ping == 0 || c.Ping >= time.Second, "ping: %v is shorter than 1s", c.Ping)
	return errors.Join(slices.Concat(errs, c.Trunk.validate(), c.Messaging.validate(), c.Calls.validate())...)
}

// validate reports the bad settings of calls.
func (c CallConfig) validate() (errs []error) {
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(c.Max > 0, "calls.max: must be above zero")
	bad(c.MinSE >= 90*time.Second, "calls.min_se: %v is shorter than the 90s of RFC 4028", c.MinSE)
	bad(c.SessionExpires == 0 || c.SessionExpires >= c.MinSE && c.SessionExpires <= 24*time.Hour, "calls.session_expires: %v is not between min_se and 24h", c.SessionExpires)
	bad(c.AnswerTimeout >= 10*time.Second, "calls.answer_timeout: %v is shorter than 10s", c.AnswerTimeout)
	bad(c.OfferTimeout >= time.Second && c.OfferTimeout <= 30*time.Second, "calls.offer_timeout: %v is not between 1s and 30s", c.OfferTimeout)
	bad(len(c.CustomHeaders) <= service.MaxCustom, "calls.custom_headers: at most %d headers", service.MaxCustom)
	for i, name := range c.CustomHeaders {
		if err := service.CheckName(name); err != nil {
			errs = append(errs, fmt.Errorf("calls.custom_headers: %w", err))
		}
		for _, other := range c.CustomHeaders[:i] {
			bad(!strings.EqualFold(name, other), "calls.custom_headers: %q stands there twice", name)
		}
	}
	return errs
}

// core is the configured entry of the core.
func (c Config) core() string {
	if c.CoreAddress != "" {
		return c.CoreAddress
	}
	return c.HomeDomain
}

// hops are the settings of the way to the core. The address has been validated.
func (c Config) hops() hop.Config {
	host, port, _ := identity.SplitHost(c.core()) //nolint:errcheck // Validate has seen it
	return hop.Config{Entry: transport.Query{Host: host, Port: port, Transport: c.CoreTransport}, Probed: c.Ping > 0}
}

// visited is the visited network identifier.
func (c Config) visited() string {
	if c.VisitedNetworkID != "" {
		return c.VisitedNetworkID
	}
	return c.HomeDomain
}

// realm is the realm that may ask for a user's password.
func (c Config) realm() string {
	if c.DigestRealm != "" {
		return c.DigestRealm
	}
	return c.HomeDomain
}

// numberForm is how numbers are dialled.
func (c Config) numberForm() dialplan.Form {
	switch {
	case c.NumberForm == "plain" || c.NumberForm == "" && c.Trunk.Enabled:
		return dialplan.Plain
	case c.NumberForm == "sip":
		return dialplan.SIP
	default:
		return dialplan.Tel
	}
}

// MessageConfig is about messages.
type MessageConfig struct {
	Messages PagerConfig `yaml:"messages"`
	SMS      SMSConfig   `yaml:"sms"`
}

// PagerConfig bounds messages.
type PagerConfig struct {
	// MaxBytes bounds the body of a message, in either direction; 200 to 32768. Beside a core that is reached by UDP a whole MESSAGE
	// that is sent has at most 1300 bytes (RFC 3428 8).
	MaxBytes int `yaml:"max_bytes"`
}

// SMSConfig is about short messages over IP (TS 24.341).
type SMSConfig struct {
	// Enabled takes short messages and says so in every registration (+g.3gpp.smsip).
	Enabled bool `yaml:"enabled"`
	// PSI is the address of the short message centre, a sip or tel URI. Empty: none are sent.
	PSI string `yaml:"psi"`
	// Center is the centre's number, "+" and digits. Empty: the number in PSI.
	Center string `yaml:"center"`
}

// validate reports the bad settings of messages.
func (c MessageConfig) validate() (errs []error) {
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(c.Messages.MaxBytes >= 200 && c.Messages.MaxBytes <= 32768, "messages.max_bytes: %d is not between 200 and 32768", c.Messages.MaxBytes)
	bad(c.SMS.PSI == "" || c.SMS.Enabled, "sms.psi: needs sms.enabled, or no answer of the centre could be taken")
	bad(c.SMS.PSI == "" || reachable(c.SMS.PSI), "sms.psi: %q is not a sip or tel address", c.SMS.PSI)
	bad(c.SMS.Center == "" || identity.Global(c.SMS.Center), "sms.center: %q is not a number like +15550199", c.SMS.Center)
	bad(c.SMS.PSI == "" || c.SMS.center() != "", "sms.center: the centre's number is needed, since sms.psi has none")
	return errs
}

func (c SMSConfig) center() string {
	if c.Center != "" {
		return c.Center
	}
	if n := identity.Number(c.PSI); identity.Global(n) {
		return n
	}
	return ""
}
