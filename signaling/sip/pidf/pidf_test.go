package pidf

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

func TestDocument(t *testing.T) {
	at := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		p    Position
		want string
	}{
		{Position{48.137404, 11.57551, 30.2}, "<gs:Circle srsName=\"urn:ogc:def:crs:EPSG::4326\"><gml:pos>48.13740 11.57551</gml:pos><gs:radius uom=\"urn:ogc:def:uom:EPSG::9001\">31</gs:radius>"},
		{Position{-33.86, -151.2, 0}, "<gml:Point srsName=\"urn:ogc:def:crs:EPSG::4326\"><gml:pos>-33.86000 -151.20000</gml:pos></gml:Point>"},
	} {
		text, err := Document(tt.p, at)
		if err != nil || !strings.Contains(text, tt.want) || !strings.Contains(text, "<dm:timestamp>2026-11-21T05:00:00Z</dm:timestamp>") {
			t.Errorf("%v\n%s", err, text)
		}
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, p := range []Position{{91, 0, 0}, {0, 181, 0}, {0, 0, -1}, {0, 0, 1e6}, {math.NaN(), 0, 0}, {0, math.Inf(1), 0}} {
		if _, err := Document(p, at); err != ErrPosition {
			t.Errorf("%v: %v", p, err)
		}
	}
}
