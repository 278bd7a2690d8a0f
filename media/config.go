package media

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"causeway/media/relay"
)

// PortRange is a range of UDP ports, both ends included.
type PortRange struct {
	First uint16 `yaml:"first"`
	Last  uint16 `yaml:"last"`
}

// ICEConfig is how browsers find a way to the gateway.
type ICEConfig struct {
	// MoreAddresses are further UDP addresses of this machine for browsers' media: of another IP version or another network.
	MoreAddresses []netip.AddrPort `yaml:"more_addresses"`
	// Mode is "lite" where browsers can reach the access addresses (or their public ones), "full" where the gateway itself is
	// behind a NAT that they cannot enter unasked: it then checks the browsers' candidates.
	Mode string `yaml:"mode"`
	// STUNServers tell a full agent the addresses it has behind the NAT.
	STUNServers []netip.AddrPort `yaml:"stun_servers"`
	// Deny and Allow bound where a full agent sends checks: nowhere in Deny, and where Allow holds anything, only there. The
	// loopback, multicast, and link-local networks that are not ours are always denied, and ports below 1024.
	Deny  []netip.Prefix `yaml:"deny"`
	Allow []netip.Prefix `yaml:"allow"`
	// TCP serves ICE-TCP (RFC 6544) on every access address as well, for networks that let no UDP out.
	TCP bool `yaml:"tcp"`
	// TCPPort is its port; 0 takes the number of the address's UDP port.
	TCPPort uint16 `yaml:"tcp_port"`
}

// Timeouts say when a silent side is given up.
type Timeouts struct {
	// MediaTimeout is how long a core leg may be silent (RTP and RTCP).
	MediaTimeout time.Duration `yaml:"media_timeout"`
	// HoldTimeout is the same while the call is held; 0 turns the watch off then.
	HoldTimeout time.Duration `yaml:"hold_timeout"`
	// ICETimeout is how long a browser may take to nominate a pair.
	ICETimeout time.Duration `yaml:"ice_timeout"`
	// HandshakeTimeout bounds the DTLS handshake.
	HandshakeTimeout time.Duration `yaml:"handshake_timeout"`
	// ConsentTimeout is how long a browser's checks may stay out (RFC 7675).
	ConsentTimeout time.Duration `yaml:"consent_timeout"`
}

// PacketConfig is how packets are moved: by what, by how many threads, and how eagerly.
type PacketConfig struct {
	// Engine is how packets are moved.
	Engine Engine `yaml:"engine"`
	// PacketThreads is how many threads may read packets, 1 to 64; 0 means half as many as there are processors, but two where there are two. One is there from the
	// start, others come while those there are are busy, and go again.
	PacketThreads int `yaml:"packet_threads"`
	// PacketNice is those threads' priority, -20 (before all others) to 0 (ordinary), where the system allows it: a packet that
	// waits for another program's time slice is late.
	PacketNice int `yaml:"packet_nice"`
	// Coalesce is how long a reader thread with much to do rests between two looks at its sockets, 0 to 10 ms. It adds half of
	// itself to the mean delay of a packet and saves most of the wake-ups. What transcodes rests four times as long. 0 serves each
	// packet at once.
	Coalesce time.Duration `yaml:"coalesce"`
	// ReceiveBuffer of the access socket, octets; the system may cap it.
	ReceiveBuffer int `yaml:"receive_buffer"`
}

// Config of the media plane.
type Config struct {
	// AccessAddress is the UDP address all browsers' media comes to; ICE.MoreAddresses are others.
	AccessAddress netip.AddrPort `yaml:"access_address"`
	// PublicAddresses are told to browsers instead of the access addresses, for a 1:1 NAT;
	// the port stays the same.
	PublicAddresses []PublicAddress `yaml:"public_addresses"`
	// ICE is how browsers find a way to the access addresses.
	ICE ICEConfig `yaml:"ice"`
	// TURN is for browsers whose network lets out little else than the web's ports.
	TURN relay.Config `yaml:"turn"`
	// CoreAddress is the address of all core legs.
	CoreAddress netip.Addr `yaml:"core_address"`
	// CorePorts gives the core legs their ports, two for each call.
	CorePorts PortRange `yaml:"core_ports"`
	// CorePeers are the networks core media may be sent to; empty allows any
	// unicast address.
	CorePeers []netip.Prefix `yaml:"core_peers"`
	// Quarantine is how long a core port pair rests after a call.
	Quarantine time.Duration `yaml:"quarantine"`
	// Timeouts say when a silent side is given up; their keys stand beside the others.
	Timeouts `yaml:",inline"`
	// DSCP marks media packets, 0..63; 46 is EF (RFC 8837).
	DSCP int `yaml:"dscp"`
	// VideoDSCP marks packets of video sent to the core, 0..63; 34 is AF41 (RFC 8837). Browsers get all media by one port, with DSCP.
	VideoDSCP int `yaml:"video_dscp"`
	// VideoConversions bounds the conversions between video codecs at one time, two for each such call; 0 leaves it to the number of
	// processors. Calls beyond it have sound alone.
	VideoConversions int `yaml:"video_conversions"`
	// PacketConfig is how packets are moved; its keys stand beside the others.
	PacketConfig `yaml:",inline"`
	// InbandDTMF hears and sends keys as sound where the core speaks G.711 and took no telephone-event.
	InbandDTMF bool `yaml:"inband_dtmf"`
	// MaxSessions bounds the calls at one time; 0 leaves it to the ports.
	MaxSessions int `yaml:"max_sessions"`
}

// DefaultConfig is a gateway for one machine.
func DefaultConfig() Config {
	return Config{
		AccessAddress: netip.MustParseAddrPort("127.0.0.1:4478"),
		ICE:           ICEConfig{Mode: "lite", TCP: true},
		TURN:          relay.DefaultConfig(),
		CoreAddress:   netip.MustParseAddr("127.0.0.1"),
		CorePorts:     PortRange{First: 20000, Last: 29999},
		Quarantine:    30 * time.Second,
		Timeouts: Timeouts{
			MediaTimeout:     30 * time.Second,
			HoldTimeout:      15 * time.Minute,
			ICETimeout:       20 * time.Second,
			HandshakeTimeout: 10 * time.Second,
			ConsentTimeout:   30 * time.Second,
		},
		DSCP:      46,
		VideoDSCP: 34,
		PacketConfig: PacketConfig{
			Engine:        EngineSockets,
			PacketNice:    -10,
			Coalesce:      time.Millisecond,
			ReceiveBuffer: 4 << 20,
		},
		InbandDTMF: true,
	}
}

// Validate says in one sentence each what is wrong.
func (c Config) Validate() error {
	return errors.Join(append(append(c.checkAddresses(), c.checkNumbers()...), c.TURN.Validate())...)
}

func (c Config) checkAddresses() (errs []error) {
	errs = c.checkAccess()
	if !c.CoreAddress.IsValid() || c.CoreAddress.IsUnspecified() || c.CoreAddress.IsMulticast() {
		errs = append(errs, errors.New("core_address must be one of this machine's addresses: it goes into the SDP sent to the core"))
	}
	for _, p := range c.CorePeers {
		if !p.IsValid() {
			errs = append(errs, errors.New("core_peers must hold networks such as 198.51.100.0/24"))
		}
	}
	first := int(c.CorePorts.First) + int(c.CorePorts.First)%2
	if c.CorePorts.First < 1024 || first+1 > int(c.CorePorts.Last) {
		errs = append(errs, fmt.Errorf("core_ports %d to %d must lie above 1023 and hold at least one even port and the next", c.CorePorts.First, c.CorePorts.Last))
	}
	return errs
}

// bound is one number's range.
type bound struct {
	name           string
	value, min, to time.Duration
}

func (c Config) checkNumbers() (errs []error) {
	for _, b := range []bound{
		{"quarantine", c.Quarantine, 0, time.Hour},
		{"media_timeout", c.MediaTimeout, time.Second, time.Hour},
		{"hold_timeout", c.HoldTimeout, 0, 24 * time.Hour},
		{"ice_timeout", c.ICETimeout, time.Second, 2 * time.Minute},
		{"handshake_timeout", c.HandshakeTimeout, time.Second, 2 * time.Minute},
		{"consent_timeout", c.ConsentTimeout, 5 * time.Second, 5 * time.Minute},
	} {
		if b.value < b.min || b.value > b.to {
			errs = append(errs, fmt.Errorf("%s is %s; it must be between %s and %s", b.name, b.value, b.min, b.to))
		}
	}
	if err := c.Engine.check(); err != nil {
		errs = append(errs, err)
	}
	if c.DSCP < 0 || c.DSCP > 63 {
		errs = append(errs, fmt.Errorf("dscp is %d; it must be between 0 and 63", c.DSCP))
	}
	if c.VideoDSCP < 0 || c.VideoDSCP > 63 {
		errs = append(errs, fmt.Errorf("video_dscp is %d; it must be between 0 and 63", c.VideoDSCP))
	}
	if c.PacketNice < -20 || c.PacketNice > 0 {
		errs = append(errs, fmt.Errorf("packet_nice is %d; it must be between -20 and 0", c.PacketNice))
	}
	if c.Coalesce < 0 || c.Coalesce > 10*time.Millisecond {
		errs = append(errs, fmt.Errorf("coalesce is %v; it must be between 0 and 10ms", c.Coalesce))
	}
	if c.PacketThreads < 0 || c.PacketThreads > 64 {
		errs = append(errs, fmt.Errorf("packet_threads is %d; it must be between 0 and 64", c.PacketThreads))
	}
	if c.ReceiveBuffer < 0 || c.ReceiveBuffer > 1<<30 {
		errs = append(errs, fmt.Errorf("receive_buffer is %d octets; it must be between 0 and 1073741824", c.ReceiveBuffer))
	}
	if c.VideoConversions < 0 {
		errs = append(errs, fmt.Errorf("video_conversions is %d; it must not be negative", c.VideoConversions))
	}
	if c.MaxSessions < 0 {
		errs = append(errs, fmt.Errorf("max_sessions is %d; it must not be negative", c.MaxSessions))
	}
	return errs
}
