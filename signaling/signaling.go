package signaling

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"causeway/diameter/rx"
	"causeway/media"
	"causeway/signaling/auth"
	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/session"
	"causeway/signaling/sipws"
	"causeway/signaling/wire"
	"causeway/signaling/ws"
)

// Config gathers the settings of the sub-packages; its keys stand at the top of the file.
type Config struct {
	WebSocket    ws.Config      `yaml:"websocket"`
	SIPWebSocket sipws.Config   `yaml:"sip_websocket"`
	Auth         auth.Config    `yaml:"auth"`
	Session      session.Config `yaml:"session"`
	IMS          ims.Config     `yaml:"ims"`
}

// DefaultConfig returns the settings used where the file says nothing.
func DefaultConfig() Config {
	return Config{WebSocket: ws.DefaultConfig(), SIPWebSocket: sipws.DefaultConfig(), Auth: auth.DefaultConfig(), Session: session.DefaultConfig(), IMS: ims.DefaultConfig()}
}

// Validate reports everything that is wrong in any part.
func (c Config) Validate() error {
	err := c.IMS.Validate()
	if err != nil {
		err = fmt.Errorf("ims: %w", err)
	}
	if c.IMS.Trunk.Enabled && slices.Contains(c.Auth.Schemes, auth.SchemeDigest) {
		err = errors.Join(err, errors.New("auth.schemes: digest needs an IMS core that knows the users' passwords: leave it out in trunk mode (ims.trunk.enabled)"))
	}
	return errors.Join(c.WebSocket.Validate(), c.SIPWebSocket.Validate(), c.Auth.Validate(), c.Session.Validate(), err)
}

// Deps are the neighbouring rooms. Policy is nil when no PCRF is configured. Codecs are the audio codecs of this build.
type Deps struct {
	Media  *media.Gateway
	Policy *rx.Client
	Codecs []string
	Log    *slog.Logger
}

// Signaling is the whole front: WebSocket, sessions, SIP. New builds it, Run serves, Drain and Close end it.
type Signaling struct {
	sessions *session.Manager
	sockets  *ws.Server
	ims      *ims.Client
}

// New builds the parts. It opens nothing.
func New(config Config, deps Deps) (*Signaling, error) {
	verifier, err := auth.New(config.Auth)
	if err != nil {
		return nil, err
	}
	client, err := ims.New(config.IMS, ims.Deps{Log: deps.Log})
	if err != nil {
		return nil, err
	}
	sd := session.Deps{Verifier: verifier, Lender: verifier, Door: auth.NewDoor(config.Auth), Line: line{client}, Media: mediaRoom{deps.Media}, Codecs: deps.Codecs, Log: deps.Log}
	sd.ICE = func(session string) wire.ICE { return iceServers(deps.Media.TURNServers(session, time.Now())) }
	if deps.Policy != nil {
		sd.Policy = policy{deps.Policy}
	}
	sessions, err := session.NewManager(config.Session, sd)
	if err != nil {
		return nil, err
	}
	s := &Signaling{sessions: sessions, ims: client}
	protocols := []ws.Protocol{{Name: ws.Subprotocol, Accept: func(c *ws.Conn) ws.Handler { return sessions.Attach(c) }}}
	if config.SIPWebSocket.Enabled {
		protocols = append(protocols, sipFront(config, sessions, deps.Log))
	}
	s.sockets = ws.New(config.WebSocket, deps.Log, protocols...)
	return s, nil
}

// sipFront lets SIP user agents in on the same endpoint: to the sessions they are pages.
func sipFront(config Config, sessions *session.Manager, log *slog.Logger) ws.Protocol {
	c := config.SIPWebSocket
	if c.AuthzServer == "" && strings.HasPrefix(config.Auth.Issuer, "https://") {
		c.AuthzServer = config.Auth.Issuer
	}
	front := sipws.New(c, sipws.Deps{
		Attach: func(s sipws.Socket) sipws.Link { return sessions.Attach(s) },
		Tokens: slices.Contains(config.Auth.Schemes, auth.SchemeToken), Digest: slices.Contains(config.Auth.Schemes, auth.SchemeDigest),
		Headers: config.IMS.Calls.CustomHeaders, Log: log,
	})
	return ws.Protocol{Name: ws.SubprotocolSIP, Binary: true, Accept: func(c *ws.Conn) ws.Handler { return front.Accept(c) }}
}

// Sockets is the handler of the WebSocket endpoint.
func (s *Signaling) Sockets() http.Handler { return s.sockets }

// Run serves SIP until ctx ends.
func (s *Signaling) Run(ctx context.Context) error { return s.ims.Run(ctx) }

// Ready says why no call can be made now, nil when one can.
func (s *Signaling) Ready() error { return s.ims.Ready() }

// Drain refuses new logins and calls and waits for the running calls until ctx is done.
func (s *Signaling) Drain(ctx context.Context) { s.sessions.Drain(ctx) }

// Close ends all sessions and sockets: calls are released and registrations removed, bounded by ctx. SIP has to run
// until it returns.
func (s *Signaling) Close(ctx context.Context) {
	s.sessions.Close(ctx)
	s.sockets.Close()
}

// Stats are the counters of the parts.
type Stats struct {
	Sessions session.Stats
	Sockets  ws.Stats
	IMS      ims.Stats
}

// Stats returns the counters.
func (s *Signaling) Stats() Stats {
	return Stats{Sessions: s.sessions.Stats(), Sockets: s.sockets.Stats(), IMS: s.ims.Stats()}
}

// iceServers writes TURN servers in the browser's words.
func iceServers(t media.TURNServers) wire.ICE {
	if len(t.URLs) == 0 {
		return wire.ICE{}
	}
	expires := wire.Timestamp{Time: t.Expires}
	return wire.ICE{Servers: []wire.ICEServer{{URLs: t.URLs, Username: t.Username, Credential: t.Credential}}, Expires: &expires}
}

// The adaptors below give the neighbours the shape that session declares; Go does not convert results to interfaces.

type line struct{ *ims.Client }

func (l line) Bind(p ims.BindParams) (session.Binding, error) {
	b, err := l.Client.Bind(p)
	if err != nil {
		return nil, err
	}
	return binding{b}, nil
}

type binding struct{ *ims.Binding }

func (b binding) Invite(p ims.InviteParams) (b2bua.Dialog, error) {
	c, err := b.Binding.Invite(p)
	if err != nil {
		return nil, err
	}
	return dialog{c}, nil
}

// dialog ends a call in the one way that fits its state.
type dialog struct{ *ims.Call }

func (d dialog) Hangup(cause call.Cause) { d.Call.Hangup(cause) }

type mediaRoom struct{ *media.Gateway }

func (m mediaRoom) NewSession(c media.SessionConfig) (b2bua.Stream, error) {
	s, err := m.Gateway.NewSession(c)
	if err != nil {
		return nil, err
	}
	return s, nil
}

type policy struct{ *rx.Client }

func (p policy) Open(params rx.SessionParams) b2bua.Authorization { return p.Client.Open(params) }
