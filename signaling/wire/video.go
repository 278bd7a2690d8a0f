package wire

// Video in a call. A page adds it with the offer of call.start, call.answer or call.update, and takes it away with an offer whose
// video line is inactive. What the far party does is told by call.video.

// The method and the event of video.
const (
	MethodRefuseVideo = "call.refuseVideo"
	EventVideo        = "call.video"
)

// RefuseVideoParams are those of call.refuseVideo: the user does not want the video that call.video offered.
type RefuseVideoParams struct{ Call string }

// The states of CallVideo.
const (
	// VideoOffered: the far party wants video. The page adds it by call.update, or refuses it by call.refuseVideo.
	VideoOffered = "offered"
	// VideoOn: video is agreed with the far party, in the directions that Send and Receive say.
	VideoOn = "on"
	// VideoOff: there is no video with the far party; the call goes on with sound.
	VideoOff = "off"
)

// The reasons of VideoOff.
const (
	VideoRefused     = "refused"     // the far party did not take it
	VideoRemoved     = "removed"     // the far party, or this page, took it away
	VideoUnavailable = "unavailable" // the gateway has none: it is switched off, no codec fits, or no ports are left
	VideoBusy        = "busy"        // it would have to be converted, and as many videos are as this gateway may: try again later
)

// What a page has of a call's video, in Snapshot and ElsewhereCall.
const (
	VideoBoth    = "both"    // it sends its picture and sees the far party's
	VideoReceive = "receive" // it only sees
)

// CallVideo is the event call.video: how video stands with the far party, whenever that changes.
type CallVideo struct {
	Call    string `json:"call"`
	State   string `json:"state"`
	Send    bool   `json:"send"`             // the user's picture goes to the far party; of VideoOffered: the far party wants it
	Receive bool   `json:"receive"`          // the far party's comes
	Reason  string `json:"reason,omitempty"` // of VideoOff
}

// VideoQuality are the figures of a call's video, in CallQuality.
type VideoQuality struct {
	Access      LegQuality `json:"access"`
	Core        LegQuality `json:"core"`
	Transcoding bool       `json:"transcoding"`
}

func (RefuseVideoParams) params() {}

// CallID names the call that the request is for.
func (p RefuseVideoParams) CallID() string { return p.Call }
