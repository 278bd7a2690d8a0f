// Package pidf writes where a device is as a PIDF-LO document (RFC 4119, RFC 5491, RFC 6442), for emergency calls.
//
//	Position{48.1374, 11.5755, 30 m} --Document--> <presence> <geopriv> <gs:Circle> 48.13740 11.57550, radius 30
//
// One position walked: the browser measures it, the page gives it with an emergency call, this package writes it as a circle of the
// measured uncertainty (RFC 5491 5.2.3) in WGS 84, and the INVITE carries it as a body part that its Geolocation header points to.
package pidf

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Type is the media type of a Document.
const Type = "application/pidf+xml"

// Position is a place on the earth's surface, WGS 84.
type Position struct {
	Latitude  float64 // degrees, -90 to 90, north is positive
	Longitude float64 // degrees, -180 to 180, east is positive
	Accuracy  float64 // radius of the uncertainty in metres, 0 (unknown, written as a point) to 100 km
}

// ErrPosition is a place that is none.
var ErrPosition = errors.New("not a position: latitude -90 to 90, longitude -180 to 180, accuracy 0 to 100000 m")

// Valid reports whether the numbers can be a place.
func (p Position) Valid() bool {
	in := func(v, limit float64) bool { return !math.IsNaN(v) && v >= -limit && v <= limit }
	return in(p.Latitude, 90) && in(p.Longitude, 180) && in(p.Accuracy, 100_000) && p.Accuracy >= 0
}

// Document returns the XML text, measured at a time. It names no person: who calls stands in the signalling. ErrPosition for a place that
// is none.
func Document(p Position, measured time.Time) (string, error) {
	if !p.Valid() {
		return "", ErrPosition
	}
	place := fmt.Sprintf(`<gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>%.5f %.5f</gml:pos></gml:Point>`, p.Latitude, p.Longitude)
	if p.Accuracy > 0 {
		place = fmt.Sprintf(`<gs:Circle srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>%.5f %.5f</gml:pos>`+
			`<gs:radius uom="urn:ogc:def:uom:EPSG::9001">%.0f</gs:radius></gs:Circle>`, p.Latitude, p.Longitude, math.Ceil(p.Accuracy))
	}
	at := measured.UTC().Format(time.RFC3339)
	return `<?xml version="1.0" encoding="UTF-8"?>` + "\r\n" +
		`<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"` +
		` xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" xmlns:gml="http://www.opengis.net/gml" xmlns:gs="http://www.opengis.net/pidflo/1.0"` +
		` entity="pres:caller@anonymous.invalid"><dm:device id="caller"><gp:geopriv><gp:location-info>` + place +
		`</gp:location-info><gp:usage-rules/><gp:method>Device-Based</gp:method></gp:geopriv><dm:timestamp>` + at + `</dm:timestamp></dm:device></presence>` + "\r\n", nil
}
