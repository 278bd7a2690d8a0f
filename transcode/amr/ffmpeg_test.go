package amr

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
)

// TestAgainstFFmpeg: testdata holds speech in the storage format of RFC 4867 5, in every mode, and
// the octet-aligned payloads of three frames that ffmpeg 5.1 made of it, each after its length in
// two octets. Ours are the same, and theirs read back as the frames.
func TestAgainstFFmpeg(t *testing.T) {
	for _, c := range []struct {
		band  Band
		file  string
		magic string
	}{{Narrow, "testdata/speech.amr", "#!AMR\n"}, {Wide, "testdata/speech.awb", "#!AMR-WB\n"}} {
		stored, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		payloads, err := os.ReadFile(c.file + ".payloads")
		if err != nil {
			t.Fatal(err)
		}
		stored, ok := bytes.CutPrefix(stored, []byte(c.magic))
		if !ok {
			t.Fatalf("%s is no %s file", c.file, c.band.Name())
		}
		form, dst := Form{c.band, true}, make([]byte, 1500)
		packets := 0
		for ; len(payloads) > 2; packets++ {
			size := int(binary.BigEndian.Uint16(payloads))
			theirs := payloads[2 : 2+size]
			payloads = payloads[2+size:]
			var frames []Frame
			for range 3 {
				kind := int(stored[0] >> 3 & 15)
				n := octets(c.band.Bits(kind))
				frames = append(frames, Frame{kind, stored[0]&4 != 0, stored[1 : 1+n]})
				stored = stored[1+n:]
			}
			n, err := form.Pack(dst, -1, frames)
			if err != nil || !bytes.Equal(dst[:n], theirs) {
				t.Fatalf("%s packet %d:\n got %x\nwant %x, %v", c.band.Name(), packets, dst[:n], theirs, err)
			}
			got, err := NewUnpacker(form).Unpack(theirs)
			if err != nil || !same(got.Frames, frames) {
				t.Fatalf("%s packet %d: read %+v, %v", c.band.Name(), packets, got, err)
			}
		}
		if packets != 7 {
			t.Fatalf("%s: %d packets", c.band.Name(), packets)
		}
	}
}
