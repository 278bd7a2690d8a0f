package handset

import "time"

// Step is one thing a handset does by itself after a call is up.
type Step struct {
	After time.Duration // since the step before, or the answer
	Do    string        // hold, resume, hangup, dtmf, callback, tone, transfer, attend, hand
	Arg   string        // digits of dtmf, Hz of tone, number of a transfer
}

// Provisional is what a handset does before it answers.
type Provisional struct {
	EarlyMedia    time.Duration // play this long; 0 = no early media
	Announce      bool          // early media that moves to another port and codec by UPDATE
	Preconditions bool
	Fork          bool
}

// Script is how one number behaves.
type Script struct {
	Number      string
	Name        string
	Description string
	Codecs      []string // in order of liking: AMR-WB, AMR-WB/be, AMR-WB/oa, AMR..., G722, PCMA, PCMU; EVS/io (its AMR-WB IO mode); EVS is offered only
	PTime       int      // milliseconds of sound it wants in each packet, 0 = 20; others are a fault then
	MaxPTime    int      // and the most it takes, 0 = 240
	ModeSet     []int    // AMR modes this handset allows; empty = all
	Source      string   // echo, announcement, tone, silence
	ToneHz      float64  // for tone
	DTX         bool     // fall silent in pauses (AMR and AMR-WB)
	Ring        time.Duration
	Reject      int  // final status instead of an answer
	NeverAnswer bool // 180 for ever
	Provisional
	DivertTo    string   // number the call is diverted to: 181 with History-Info, then it rings
	Headers     []string // added to 101-299 responses to INVITE, "Name: value"
	RefuseRefer int      // final status for a REFER; 0 = it is followed
	Text        string   // what it does with texts: "" takes them, echo, plain, relay (letter.go)
	Video       *Video   // nil: none
	Then        []Step
}

// volte is what an ordinary handset speaks.
func volte() []string { return []string{"EVS", "AMR-WB", "AMR"} }

// Scripts returns the handsets of the lab.
func Scripts() []Script {
	const ring = 800 * time.Millisecond
	list := []Script{
		{Number: "+15550101", Name: "echo", Description: "sends back what it hears, 0.4 s later, and what it is written", Text: textEcho,
			Codecs: []string{"EVS", "AMR-WB/be", "AMR/be"}, Source: "echo"},
		{Number: "+15550102", Name: "announcement", Description: "speaks about Causeway, over and over"},
		{Number: "+15550103", Name: "callback", Description: "answers, hangs up after 3 s and calls you back 2 s later as an echo",
			Then: []Step{{3 * time.Second, "hangup", ""}, {2 * time.Second, "callback", ""}}},
		{Number: "+15550104", Name: "busy", Description: "answers 486 Busy Here", Reject: 486},
		{Number: "+15550105", Name: "no answer", Description: "rings for ever", NeverAnswer: true},
		{Number: "+15550106", Name: "declines", Description: "rings, then answers 603 Decline", Reject: 603},
		{Number: "+15550107", Name: "early media", Description: "speaks before it answers (183, P-Early-Media)", Provisional: Provisional{EarlyMedia: 4 * time.Second}},
		{Number: "+15550108", Name: "preconditions", Description: "183 with preconditions, waits for UPDATE, then rings", Provisional: Provisional{Preconditions: true}},
		{Number: "+15550109", Name: "fork", Description: "two early dialogs, the second one answers", Provisional: Provisional{Fork: true}},
		{Number: "+15550110", Name: "narrowband", Description: "AMR narrowband only", Codecs: []string{"AMR"}},
		{Number: "+15550111", Name: "G.711", Description: "G.711 only, and plain texts", Codecs: []string{"PCMA", "PCMU"}, Text: textPlain},
		{Number: "+15550112", Name: "octet-aligned", Description: "AMR-WB octet-aligned only", Codecs: []string{"AMR-WB/oa"}},
		{Number: "+15550113", Name: "no common codec", Description: "answers 488 Not Acceptable Here", Codecs: []string{"EVS"}},
		{Number: "+15550114", Name: "holder", Description: "holds after 3 s, resumes 3 s later",
			Then: []Step{{3 * time.Second, "hold", ""}, {3 * time.Second, "resume", ""}}},
		{Number: "+15550115", Name: "hangs up", Description: "hangs up after 5 s", Then: []Step{{5 * time.Second, "hangup", ""}}},
		{Number: "+15550116", Name: "DTMF", Description: "sends the digits 123# after 1 s", Then: []Step{{time.Second, "dtmf", "123#"}}},
		{Number: "+15550117", Name: "G.722", Description: "G.722 only", Codecs: []string{"G722"}},
		{Number: "+15550118", Name: "tone", Description: "plays a 700 Hz tone", Source: "tone", ToneHz: 700},
		{Number: "+15550119", Name: "transfers you", Description: "after 3 s asks you to call the echo",
			Then: []Step{{3 * time.Second, "transfer", "+15550101"}}},
		{Number: "+15550190", Name: "short messages", Description: "the short message centre: an SMS to the echo comes back; takes no calls", Text: textRelay, Reject: 403},
		{Number: "+15550121", Name: "video echo", Description: "sends your picture back, and your voice 0.4 s later",
			Codecs: []string{"EVS", "AMR-WB/be", "AMR/be"}, Source: "echo", Video: &Video{Mode: 1, Orientation: true}},
		{Number: "+15550120", Name: "not transferred", Description: "refuses to be transferred (603)", RefuseRefer: 603},
	}
	for i := range list {
		list[i].Ring = ring
		if list[i].Codecs == nil {
			list[i].Codecs = volte()
		}
		if list[i].Source == "" {
			list[i].Source = "announcement"
		}
	}
	return list
}
