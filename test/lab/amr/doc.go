// Package amr is the lab's own RFC 4867: both RTP payload forms of AMR and
// AMR-WB and the storage format of .amr and .awb files, without any codec.
//
//	Frame{Type, Good, Bits} ⇄ bandwidth-efficient or octet-aligned payload
//	                        ⇄ storage octets (ToC octet + frame), what codecs use
//
// A frame keeps its speech bits in octets, most significant bit first, which
// is the order of both the storage format and the codec libraries.
package amr
