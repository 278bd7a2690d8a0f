package b2bua

import (
	"testing"

	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// TestSnapshotVideo: a page that comes back to a call of sound alone is not told to open its camera.
func TestSnapshotVideo(t *testing.T) {
	for wish, want := range map[sdp.Direction]string{
		"": "", sdp.SendRecv: wire.VideoBoth, sdp.SendOnly: wire.VideoBoth, sdp.RecvOnly: wire.VideoReceive,
	} {
		if got := snapshotVideo(wish); got != want {
			t.Errorf("%q: %q, want %q", wish, got, want)
		}
	}
}
