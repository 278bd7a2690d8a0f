package b2bua

import (
	"context"
	"sync"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/sdp"
)

// Config is what all calls of a gateway have in common.
type Config struct {
	Policy          call.PolicyMode
	Refers          call.ReferPolicy // what becomes of a far side's wish that the user call somebody else
	Limits          call.Limits
	QualityInterval time.Duration // between two call.quality notifications of a call; 0 turns them off
	AccessCodecs    []sdp.Codec   // in order of preference, at least one
	CoreCodecs      []sdp.Codec   // the same
	VideoCodecs     []sdp.Codec   // of the access leg, in order of preference; none refuses all video
}

// Deps are the neighbours a call works with, besides its host.
type Deps struct {
	Media  Media
	Policy Policy // nil when Config.Policy is off
}

// Agent makes calls (a back-to-back user agent, RFC 7092 3.1). It is safe for concurrent use.
type Agent struct {
	config Config
	deps   Deps
	ctx    context.Context // bounds questions to the PCRF

	questions sync.WaitGroup
}

// New makes an agent. ctx bounds the questions its calls ask the PCRF.
func New(ctx context.Context, config Config, deps Deps) *Agent {
	return &Agent{config: config, deps: deps, ctx: ctx}
}

// Wait blocks until every question asked of the PCRF has its answer. The calls have to be ended before.
func (a *Agent) Wait() { a.questions.Wait() }
