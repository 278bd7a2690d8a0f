// Command make records the lab's speech: flite speaks, the AMR-WB encoder
// writes storage files (RFC 4867 5) into the current folder.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"causeway/test/lab/codec"
)

func main() {
	texts := map[string]string{
		"announcement.awb": "Welcome to Causeway. You are speaking from a web browser, and you hear a voice over L T E handset. " +
			"Your words left the browser as Opus, crossed the gateway, and arrived here as wideband A M R. " +
			"Thank you for calling, and please stay on the line as long as you like.",
		"greeting.awb": "Hello, this is the Causeway lab.",
	}
	for name, text := range texts {
		if err := record(name, text); err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			os.Exit(1)
		}
	}
}

func record(name, text string) error {
	wav, err := os.CreateTemp("", "clip*.wav")
	if err != nil {
		return err
	}
	defer os.Remove(wav.Name())
	defer wav.Close()
	if out, err := exec.Command("flite", "-voice", "slt", "-t", text, "-o", wav.Name()).CombinedOutput(); err != nil {
		return fmt.Errorf("flite: %w: %s", err, out)
	}
	data, err := os.ReadFile(wav.Name())
	if err != nil {
		return err
	}
	at := bytes.Index(data, []byte("data"))
	if at < 0 || binary.LittleEndian.Uint32(data[24:]) != 16000 {
		return errors.New("not a 16 kHz wav file")
	}
	pcm := make([]int16, (len(data)-at-8)/2)
	if err := binary.Read(bytes.NewReader(data[at+8:]), binary.LittleEndian, pcm); err != nil {
		return err
	}
	pcm = append(pcm, make([]int16, 16000/2)...) // half a second of rest between two rounds
	enc, err := codec.NewEncoder("AMR-WB", false)
	if err != nil {
		return err
	}
	defer enc.Close()
	out := []byte("#!AMR-WB\n")
	for ; len(pcm) >= 320; pcm = pcm[320:] {
		frame, err := enc.Encode(pcm[:320])
		if err != nil {
			return err
		}
		out = append(out, frame...)
	}
	return os.WriteFile(name, out, 0o644)
}
