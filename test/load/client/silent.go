package client

import (
	"context"
	"fmt"
)

// Silent is a Media that is a description and nothing else: no check is ever sent, so the gateway keeps its side waiting.
type Silent struct{}

// silence is a minimal offer or answer of a browser: one audio line with all of RFC 8829's obligations.
func silence(setup string) string {
	return fmt.Sprintf("v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"+
		"m=audio 9 UDP/TLS/RTP/SAVPF 111 9 8 0 110 101\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"+
		"a=ice-ufrag:silent00\r\na=ice-pwd:silentsilentsilentsilent\r\na=ice-options:trickle\r\na=fingerprint:sha-256 %s\r\n"+
		"a=setup:%s\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"+
		"a=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:110 telephone-event/48000\r\n"+
		"a=rtpmap:101 telephone-event/8000\r\n", noFingerprint, setup)
}

// noFingerprint belongs to no certificate.
const noFingerprint = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

// Offer implements Media.
func (Silent) Offer() (string, error) { return silence("actpass"), nil }

// Accept implements Media.
func (Silent) Accept(context.Context, string) error { return nil }

// Answer implements Media.
func (Silent) Answer(context.Context, string) (string, error) { return silence("active"), nil }

// Close implements Media.
func (Silent) Close() {}

// SilentOffer is what Silent offers.
func SilentOffer() string { return silence("actpass") }
