package service

import "testing"

func TestPictureFastUpdate(t *testing.T) {
	for body, want := range map[string]bool{
		PictureFastUpdateBody: true,
		`<media_control><vc_primitive><to_encoder><picture_fast_update></picture_fast_update></to_encoder></vc_primitive></media_control>`: true,
		`<media_control><general_error>no</general_error></media_control>`:                                                                 false,
		`<other><picture_fast_update/></other>`:                                                                                            false,
		`<media_control><picture_fast_update/>`:                                                                                            false,
		``:                                                                                                                                 false, `picture_fast_update`: false,
	} {
		if PictureFastUpdate([]byte(body)) != want {
			t.Errorf("%q is not %v", body, want)
		}
	}
}

func FuzzPictureFastUpdate(f *testing.F) {
	f.Add([]byte(PictureFastUpdateBody))
	f.Add([]byte(`<?xml version="1.0" encoding="latin-9"?><!DOCTYPE a [<!ENTITY b "c">]><media_control>&b;</media_control>`))
	f.Fuzz(func(_ *testing.T, b []byte) { PictureFastUpdate(b) })
}
