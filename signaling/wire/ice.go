package wire

import "encoding/json"

// MethodICE asks for the ICE servers anew, before their credentials end.
const MethodICE = "session.ice"

// ICEParams are those of session.ice (none).
type ICEParams struct{}

func (ICEParams) params() {}

// ICE is what a page needs to reach the gateway through TURN servers. It answers session.ice and is part of LoginResult.
type ICE struct {
	Servers []ICEServer `json:"servers"` // never null; empty when there are none
	Expires *Timestamp  `json:"expires,omitempty"`
}

// ICEServer is one RTCIceServer of the WebRTC API.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"` // never logged
}

// MarshalJSON writes an empty list for no servers.
func (i ICE) MarshalJSON() ([]byte, error) {
	type plain ICE // without this method
	if i.Servers == nil {
		i.Servers = []ICEServer{}
	}
	return json.Marshal(plain(i))
}
