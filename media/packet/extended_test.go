package packet

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// TestExtendedReports plays a far end that sends what RFC 3611 knows and reads the answer with another reader.
func TestExtendedReports(t *testing.T) {
	now := time.Unix(1700000000, 0)
	c := Control{SSRC: 5, CNAME: "name"}
	x := &rtcp.ExtendedReport{SenderSSRC: 9, Reports: []rtcp.ReportBlock{
		&rtcp.StatisticsSummaryReportBlock{SSRC: 5},
		&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: NTP(now)},
		&rtcp.VoIPMetricsReportBlock{SSRC: 77, DiscardRate: 99}, // of another stream
		&rtcp.VoIPMetricsReportBlock{SSRC: 5, LossRate: 10, DiscardRate: 64},
	}}
	b, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 9}, x})
	if err != nil {
		t.Fatal(err)
	}
	if heard := c.Received(b, now); !heard.Report || heard.Mode != -1 {
		t.Fatalf("heard %+v", heard)
	}
	if q := c.Quality(); q.RemoteDiscarded != 0.25 {
		t.Errorf("discarded %v, want 0.25", q.RemoteDiscarded)
	}
	list, err := rtcp.Unmarshal(c.Append(nil, SenderInfo{}, now.Add(2*time.Second)))
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	answer, ok := list[2].(*rtcp.ExtendedReport)
	if !ok || answer.SenderSSRC != 5 || len(answer.Reports) != 1 {
		t.Fatalf("got %v", list[2])
	}
	d, ok := answer.Reports[0].(*rtcp.DLRRReportBlock)
	if !ok || len(d.Reports) != 1 || d.Reports[0] != (rtcp.DLRRReport{SSRC: 9, LastRR: uint32(NTP(now) >> 16), DLRR: 2 * 65536}) {
		t.Fatalf("got %v", answer.Reports[0])
	}
	if list, err = rtcp.Unmarshal(c.Append(nil, SenderInfo{}, now.Add(4*time.Second))); err != nil || len(list) != 2 {
		t.Fatal("answered twice:", list, err)
	}
}

// TestModeRequestByAPP holds the requests of TS 26.114 10.2.1 and whatever else comes as APP.
func TestModeRequestByAPP(t *testing.T) {
	for name, c := range map[string]struct {
		app  string
		data []byte
		want int
	}{
		"mode alone":                    {"3GM7", []byte{0x21, 0, 0, 0}, 1},
		"after redundancy":              {"3GM7", []byte{0x00, 0x05, 0x28, 0}, 8},
		"after redundancy and grouping": {"3GM7", []byte{0x00, 0x01, 0x11, 0x27}, 7},
		"no preference":                 {"3GM7", []byte{0x2f, 0, 0, 0}, -1},
		"no request":                    {"3GM7", nil, -1},
		"redundancy alone":              {"3GM7", []byte{0x00, 0x05, 0, 0}, -1},
		"grouping alone":                {"3GM7", []byte{0x12, 0, 0, 0}, -1},
		"behind an unknown one":         {"3GM7", []byte{0x91, 0x21, 0, 0}, -1},
		"somebody else's":               {"TEST", []byte{0x21, 0, 0, 0}, -1},
	} {
		b, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ApplicationDefined{SSRC: 9, Name: c.app, Data: c.data}})
		if err != nil {
			t.Fatal(name, err)
		}
		control := Control{SSRC: 5}
		if heard := control.Received(b, time.Unix(1, 0)); heard.Mode != c.want || heard.Report {
			t.Errorf("%s: heard %+v, want mode %d", name, heard, c.want)
		}
	}
}
