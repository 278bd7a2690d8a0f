package service

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
)

// MediaControl is the media type of RFC 5168.
const MediaControl = "application/media_control+xml"

// PictureFastUpdateBody asks for a key frame (RFC 5168 4.1).
const PictureFastUpdateBody = `<?xml version="1.0" encoding="utf-8"?>` + "\r\n" +
	"<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n"

// maxElements bounds the elements of a document that are looked at.
const maxElements = 32

// PictureFastUpdate reports a document that asks for a key frame (RFC 5168 4.1).
func PictureFastUpdate(body []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // the element's name is ASCII in any charset
	asks, root := false, false
	for range 4 * maxElements {
		token, err := d.Token()
		if err != nil {
			return errors.Is(err, io.EOF) && asks
		}
		if e, ok := token.(xml.StartElement); ok {
			if !root && e.Name.Local != "media_control" {
				return false
			}
			root = true
			asks = asks || e.Name.Local == "picture_fast_update"
		}
	}
	return false
}
