package pair

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"causeway/media"
	"causeway/media/inband"
)

// TestKeysAsSound: a far end with G.711 and no telephone-event presses keys as sound, which are told once and leave the sound as it is;
// keys sent to it are sound, whether the page asked for them or the browser's own telephone-event did.
func TestKeysAsSound(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	s := narrow()
	s.CoreDTMF = nil
	c := dial(t, p, s)
	c.exchange(t, 0, 2)
	sing(t, c, 7, 10)
	if got, err := Wait[media.DTMF](c); err != nil || got.Digit != '7' || got.Duration < 80*time.Millisecond || got.Duration > 120*time.Millisecond {
		t.Fatalf("heard %+v, %v", got, err)
	}
	if err := c.Session.SendDTMF("4", 80*time.Millisecond, 0); err != nil {
		t.Fatal(err)
	}
	hears(t, c, 4)
	if err := c.Browser.Track.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 126, Marker: true, SequenceNumber: 10, Timestamp: 320, SSRC: 1},
		Payload: []byte{11, 0x8a, 960 >> 8, 960 & 0xff},
	}); err != nil {
		t.Fatal(err)
	}
	hears(t, c, 11)
}

// TestKeysWithoutAWay: keys that the browser presses by telephone-event and that the core leg cannot carry are told, to go another way.
func TestKeysWithoutAWay(t *testing.T) {
	config := Config()
	config.InbandDTMF = false
	p := start(t, config, media.Deps{})
	s := narrow()
	s.CoreDTMF = nil
	c := dial(t, p, s)
	c.exchange(t, 0, 2)
	if err := c.Browser.Track.WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 126, Marker: true, SequenceNumber: 10, Timestamp: 320, SSRC: 1},
		Payload: []byte{10, 0x8a, 960 >> 8, 960 & 0xff},
	}); err != nil {
		t.Fatal(err)
	}
	if got, err := Wait[media.DTMFUnsent](c); err != nil || got.Digit != '*' || got.Duration != 120*time.Millisecond {
		t.Fatalf("told %+v, %v", got, err)
	}
}

// sing plays a key from the far end, 100 ms and a pause.
func sing(t *testing.T, c *Call, code uint8, seq uint16) {
	t.Helper()
	tone := inband.NewTone(inband.Mu, code, 100*time.Millisecond)
	for i := range uint16(10) {
		payload := make([]byte, 160)
		tone.Read(payload)
		if err := c.Far.Send(&rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 0, SequenceNumber: seq + i, Timestamp: uint32(seq+i) * 160, SSRC: 77},
			Payload: payload,
		}, c.Session.CoreLocal().RTP); err != nil {
			t.Fatal(err)
		}
	}
}

// hears waits until the far end has heard a key in what it is sent.
func hears(t *testing.T, c *Call, code uint8) {
	t.Helper()
	heard := make(chan uint8, 8)
	d := inband.NewDetector(func(uint8) {}, func(code uint8, _ time.Duration) { heard <- code })
	limit := time.After(patience)
	for {
		select {
		case got := <-heard:
			if got != code {
				t.Fatalf("heard key %d, want %d", got, code)
			}
			return
		case p := <-c.Far.In:
			d.Packet(inband.Mu, p.Payload, p.Timestamp)
		case <-limit:
			t.Fatalf("key %d was not heard", code)
		}
	}
}
