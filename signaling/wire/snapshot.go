package wire

// The states of a call in a Snapshot.
const (
	CallTrying     = "trying"     // outgoing: sent, nothing heard
	CallDiverted   = "diverted"   // outgoing: the called phone sends it to another one
	CallRinging    = "ringing"    // outgoing: the far phone rings
	CallEarly      = "early"      // outgoing: early media flows
	CallIncoming   = "incoming"   // incoming: waits for the user
	CallConnecting = "connecting" // answered, the network has not confirmed yet
	CallActive     = "active"     // both parties talk, or hold
)

// Snapshot is a call as it stands, for a page that came back.
type Snapshot struct {
	Call       string    `json:"call"`
	Direction  string    `json:"direction"`
	State      string    `json:"state"`
	Remote     Remote    `json:"remote"`
	LocalHold  bool      `json:"localHold"`
	RemoteHold bool      `json:"remoteHold"`
	StartedAt  Timestamp `json:"startedAt,omitzero"` // when it was answered
	SDP        string    `json:"sdp,omitempty"`      // the gateway's offer, while an incoming call waits for its answer
	Video      string    `json:"video,omitempty"`    // VideoBoth or VideoReceive: what the page had of video; absent without
}
