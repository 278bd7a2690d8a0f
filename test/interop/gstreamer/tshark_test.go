//go:build interop && cgo

package gstreamer

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/test/lab/amr"
	"causeway/transcode"
	ours "causeway/transcode/amr"
)

// pcap writes the packets as a capture of UDP from and to port 5004 (raw IPv4, link type 101).
func pcap(t testing.TB, path string, list []sent) {
	t.Helper()
	b := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0}
	for i, s := range list {
		rtp := s.rtp()
		size := uint32(28 + len(rtp))
		for _, v := range []uint32{uint32(i / 50), uint32(i % 50 * 20000), size, size} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		b = append(b, 0x45, 0, byte(size>>8), byte(size), 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 2)
		b = append(b, 5004>>8, 5004&0xff, 5004>>8, 5004&0xff, byte((size-20)>>8), byte(size-20), 0, 0)
		b = append(b, rtp...)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// dissect lets tshark read the packets as codec and returns the fields of each, tab by tab.
func dissect(t testing.TB, list []sent, codec string, options, fields []string) [][]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "capture.pcap")
	pcap(t, file, list)
	args := []string{"-r", file, "-d", "udp.port==5004,rtp", "-d", "rtp.pt==97," + codec, "-T", "fields"}
	for _, o := range options {
		args = append(args, "-o", o)
	}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.CommandContext(t.Context(), program(t, "tshark"), args...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, problems.String())
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(list) {
		t.Fatalf("tshark shows %d packets of %d:\n%s", len(lines), len(list), problems.String())
	}
	var rows [][]string
	for _, l := range lines {
		rows = append(rows, strings.Split(l, "\t"))
	}
	return rows
}

// TestTsharkReadsBothForms: Wireshark's dissector reads our packets of both forms, which GStreamer cannot, and finds in their heads the
// mode requests, frame types and quality bits that the lab's reader finds, and nothing amiss in length or padding.
func TestTsharkReadsBothForms(t *testing.T) {
	for _, band := range []ours.Band{ours.Wide, ours.Narrow} {
		for _, aligned := range []bool{false, true} {
			for _, frames := range []int{1, 3} {
				form := amr.Form{Wideband: band == ours.Wide, OctetAlign: aligned}
				t.Run(fmt.Sprintf("%s/aligned=%v/%d", band.Name(), aligned, frames), func(t *testing.T) {
					f := transcode.Format{Name: band.Name(), ClockRate: band.Rate(), PTime: time.Duration(frames) * 20 * time.Millisecond}
					prefix, layout, mode := "amr.nb.", "RFC 3267 BW-efficient", "Narrowband AMR"
					if aligned {
						f.FMTP, layout = "octet-align=1", "RFC 3267 octet aligned"
					}
					if form.Wideband {
						prefix, mode = "amr.wb.", "Wideband AMR"
					}
					list := convert(t, f, true)
					rows := dissect(t, list, "amr", []string{"amr.encoding.version:" + layout, "amr.mode:" + mode},
						[]string{prefix + "cmr", prefix + "toc.ft", "amr.toc.q", "amr.not_enough_data_for_frames", "amr.superfluous_data", "amr.padding_bits_not0",
							"amr.reserved.not_zero", "_ws.malformed"})
					sids := 0
					for i, row := range rows {
						cmr, want, err := form.Unpack(list[i].payload)
						if err != nil {
							t.Fatal(err)
						}
						kinds, good := strings.Split(row[1], ","), strings.Split(row[2], ",")
						if row[0] != strconv.Itoa(int(cmr)) || len(kinds) != len(want) || strings.Join(row[3:], "") != "" {
							t.Fatalf("packet %d, %x: tshark reads %q, the lab a mode request of %d and %d frames", i, list[i].payload, row, cmr, len(want))
						}
						for k, fr := range want {
							if fr.Type == form.SID() {
								sids++
							}
							if kinds[k] != strconv.Itoa(int(fr.Type)) || (good[k] == "1" || good[k] == "True") != fr.Good {
								t.Fatalf("packet %d frame %d: tshark reads %q, the lab %+v", i, k, row, fr)
							}
						}
					}
					if sids == 0 {
						t.Error("no pause happened")
					}
				})
			}
		}
	}
}

// TestTsharkReadsEVS: Wireshark's dissector finds our EVS payloads to be AMR-WB IO, Compact or Header-Full, with the requests and frame
// types that were put into them.
func TestTsharkReadsEVS(t *testing.T) {
	for _, full := range []bool{false, true} {
		t.Run(fmt.Sprintf("hf-only=%v", full), func(t *testing.T) {
			f := transcode.Format{Name: "EVS", ClockRate: 16000, FMTP: "evs-mode-switch=1"}
			form := ours.EVSForm{HeaderFull: full}
			if full {
				f.FMTP += ";hf-only=1"
			}
			list := convert(t, f, true)
			rows := dissect(t, list, "evs", []string{fmt.Sprintf("evs.hf_only:%v", full)},
				[]string{"_ws.col.Info", "evs.cmr_amr_io", "evs.cmr_t", "evs.cmr_t1_d", "evs.mode_bit", "evs.amr_wb_q_bit", "evs.bit_rate_mode_1", "_ws.malformed"})
			kinds := map[string]int{}
			for i, row := range rows {
				packet, err := ours.NewEVSUnpacker(form).Unpack(list[i].payload)
				if err != nil {
					t.Fatal(err)
				}
				frame := packet.Frames[0]
				switch {
				case row[7] != "":
					t.Fatalf("packet %d, %x: malformed", i, list[i].payload)
				case !full && frame.Type < 9: // Compact
					codes := map[int]string{0: "0", 1: "1", 2: "2", 3: "2", 4: "3", 5: "4", 6: "4", 7: "5", 8: "6", -1: "7"}
					if !strings.Contains(row[0], "AMR-WB IO") || strings.Split(row[1], ",")[0] != codes[packet.CMR] {
						t.Fatalf("packet %d, %x: tshark reads %q, ours %+v", i, list[i].payload, row, packet)
					}
					kinds["compact"]++
				default:
					if row[4] != "1" || row[6] != strconv.Itoa(frame.Type) || row[5] != "1" && row[5] != "True" {
						t.Fatalf("packet %d, %x: tshark reads %q, ours %+v", i, list[i].payload, row, packet)
					}
					if packet.CMR >= 0 && (row[2] != "1" || row[3] != strconv.Itoa(packet.CMR)) {
						t.Fatalf("packet %d, %x: tshark reads a request of %q, ours %d", i, list[i].payload, row[2:4], packet.CMR)
					}
					kinds[strconv.Itoa(frame.Type)]++
				}
			}
			if kinds["9"] == 0 || !full && kinds["compact"] == 0 || full && kinds["8"] == 0 {
				t.Errorf("packets seen: %v", kinds)
			}
		})
	}
}
