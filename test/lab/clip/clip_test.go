package clip_test

import (
	"testing"

	"causeway/test/lab/amr"
	"causeway/test/lab/clip"
)

// TestRecordings: wideband, all in the best mode, of the length they claim.
func TestRecordings(t *testing.T) {
	for name, get := range map[string]func() ([]amr.Frame, error){"announcement": clip.Announcement, "greeting": clip.Greeting} {
		frames, err := get()
		if err != nil || len(frames) < 100 {
			t.Fatalf("%s: %d frames, %v", name, len(frames), err)
		}
		for i, f := range frames {
			if f.Type != 8 || !f.Good {
				t.Fatalf("%s: frame %d is %+v", name, i, f.Type)
			}
		}
	}
}
