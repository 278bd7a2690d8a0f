package dict

import (
	_ "embed" // rx.xml
	"fmt"
	"strings"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/fiorix/go-diameter/v4/diam/datatype"
	"github.com/fiorix/go-diameter/v4/diam/dict"
)

// source is the dictionary in the library's XML form; written by the compiler, by nobody else.
//
//go:embed rx.xml
var source string

// Dictionary knows the AVPs of the base protocol and of Rx. It is immutable and safe for concurrent use.
type Dictionary struct {
	parser *dict.Parser
	types  map[key]datatype.TypeID
}

// key names an AVP: the same code means different things for different vendors (RFC 6733 4.1).
type key struct{ code, vendor uint32 }

// New loads the dictionary. It costs about a millisecond; one per process is enough.
func New() (*Dictionary, error) {
	p, err := dict.NewParser()
	if err != nil {
		return nil, fmt.Errorf("diameter dictionary: %w", err)
	}
	if err := p.Load(strings.NewReader(source)); err != nil {
		return nil, fmt.Errorf("diameter dictionary: %w", err)
	}
	d := &Dictionary{parser: p, types: make(map[key]datatype.TypeID)}
	for _, app := range p.Apps() {
		for _, a := range app.AVP {
			k := key{a.Code, a.VendorID}
			if _, twice := d.types[k]; twice {
				return nil, fmt.Errorf("diameter dictionary: AVP %d of vendor %d is listed twice", a.Code, a.VendorID)
			}
			d.types[k] = a.Data.Type
		}
	}
	return d, nil
}

// Request makes an empty request with the given command, command flags beside R, application and End-to-End id. The
// Hop-by-Hop id is 0 until the message is put on a connection.
func (d *Dictionary) Request(command uint32, flags uint8, application, endToEnd uint32) *diam.Message {
	m := diam.NewMessage(command, diam.RequestFlag|flags, application, 1, 1, d.parser)
	m.Header.HopByHopID, m.Header.EndToEndID = 0, endToEnd // NewMessage would put random numbers for zeros
	return m
}

// Answer makes an answer to req that begins as RFC 6733 6.2 wants: same ids, application and P bit, the request's
// Session-Id first, then Result-Code and the Proxy-Info AVPs in their order; the E bit for a protocol error (3xxx).
func (d *Dictionary) Answer(req *diam.Message, result uint32) *diam.Message {
	h := req.Header
	flags := h.CommandFlags & diam.ProxiableFlag
	if result/1000 == 3 {
		flags |= diam.ErrorFlag
	}
	m := diam.NewMessage(h.CommandCode, flags, h.ApplicationID, 1, 1, d.parser)
	m.Header.HopByHopID, m.Header.EndToEndID = h.HopByHopID, h.EndToEndID
	if id, ok := AVPs(req.AVP).Text(CodeSessionID, 0); ok {
		m.AddAVP(SessionID(id))
	}
	m.AddAVP(ResultCode(result))
	for _, a := range req.AVP {
		if a.Code == CodeProxyInfo && a.VendorID == 0 {
			m.AddAVP(a)
		}
	}
	return m
}
