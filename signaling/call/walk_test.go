package call

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// TestRandomWalk throws inputs at calls in any order and keeps the invariants of a call's life.
func TestRandomWalk(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	modes := []PolicyMode{PolicyOff, PolicyBestEffort, PolicyRequired}
	var seen [states][inputKinds]bool
	for steps := 0; steps < 100_000; {
		w := walk{t: t, seen: &seen, c: Call{Mode: modes[rnd.IntN(3)], Limits: limits}, open: map[Request]bool{}, running: map[Timer]bool{}}
		for _, in := range opening(rnd) {
			w.step(w.named(in), epoch)
			steps++
		}
		for range 60 {
			in := randomInput(rnd)
			if ends(in) && rnd.IntN(12) != 0 {
				continue // else no walk would get far
			}
			w.step(w.named(in), epoch.Add(time.Duration(steps)*time.Second))
			steps++
		}
		if w.c.State != Idle && w.c.State != Ended {
			w.step(End{Cause{Kind: Draining}}, epoch)
			if w.c.State != Ended {
				t.Fatalf("End left the call %s", w.c.State)
			}
		}
		if len(w.open) != 0 {
			t.Fatalf("requests never answered: %v", w.open)
		}
	}
	for st := range states {
		for k := range inputKinds {
			if !seen[st][k] {
				t.Errorf("the walk never gave %s to a call that was %s", k, st)
			}
		}
	}
}

// opening is how a call begins, up to a random point: a walk of random inputs alone hardly ever gets as far as an answer.
func opening(rnd *rand.Rand) []Input {
	out := []Input{sample(kIncoming), sample(kMediaOpened), sample(kAlerting), sample(kAnswer), sample(kMediaOpened), sample(kPolicyAnswer)}
	if rnd.IntN(2) == 0 {
		out = []Input{sample(kStart), sample(kMediaOpened), sample(kProvisional), sample(kAccepted), sample(kPolicyAnswer)}
	}
	return out[:rnd.IntN(len(out)+1)]
}

// ends tells the inputs that end a call in most states.
func ends(in Input) bool {
	switch in.kind() {
	case kReject, kHangup, kMediaRefused, kAccessFailed, kFailed, kCoreEnded, kPolicyAborted, kTimeout, kCoreLost, kReferDone, kEnd:
		return true
	default:
		return false
	}
}

// named gives a browser's request a name of its own.
func (w *walk) named(in Input) Input {
	r := Request(fmt.Sprint("r", w.requests))
	w.requests++
	switch i := in.(type) {
	case Start:
		i.Request = r
		in = i
	case Alerting:
		i.Request = r
		in = i
	case Answer:
		i.Request = r
		in = i
	case Reject:
		i.Request = r
		in = i
	case Hangup:
		i.Request = r
		in = i
	case Hold:
		i.Request = r
		in = i
	case Resume:
		i.Request = r
		in = i
	case Digits:
		i.Request = r
		in = i
	case Update:
		i.Request = r
		in = i
	case Transfer:
		i.Request = r
		in = i
	}
	return in
}

func randomInput(rnd *rand.Rand) Input {
	in := sample(inputKind(rnd.IntN(int(inputKinds))))
	switch i := in.(type) {
	case PolicyAnswer:
		i.Attempt, i.Verdict = rnd.IntN(3), Verdict(rnd.IntN(4))
		in = i
	case Incoming:
		i.Preconditions, i.Replaces = rnd.IntN(2) == 0, rnd.IntN(2) == 0
		in = i
	case Transfer:
		i.With = []string{"", "other"}[rnd.IntN(2)]
		in = i
	case ReferProgress:
		i.Status = 100 + rnd.IntN(100)
		in = i
	case Lend:
		i.On = rnd.IntN(3) == 0
		in = i
	case Provisional:
		forks := []string{"a", "b", "c"}
		i.Status, i.Dialog, i.EarlyMedia = []int{100, 180, 181, 183, 199}[rnd.IntN(5)], forks[rnd.IntN(3)], rnd.IntN(2) == 0
		i.SDP = []string{"", "early", "moved"}[rnd.IntN(3)]
		in = i
	case Accepted:
		i.Dialog, i.SDP = []string{"a", "b"}[rnd.IntN(2)], []string{"", "early", "final"}[rnd.IntN(3)]
		in = i
	case CoreOffer:
		i.Dialog, i.Hold, i.Unheard = []string{"a", "b"}[rnd.IntN(2)], rnd.IntN(2) == 0, rnd.IntN(3) == 0
		in = i
	case AccessUp:
		i.Moved = rnd.IntN(2) == 0
		in = i
	case Timeout:
		i.Timer = Timer(rnd.IntN(int(timers)))
		in = i
	}
	return in
}

type walk struct {
	t        *testing.T
	c        Call
	requests int
	open     map[Request]bool
	told     bool
	ended    int
	policy   bool
	forgot   bool
	seen     *[states][inputKinds]bool
	running  map[Timer]bool
	attempt  int
	done     [5]int // how often SendInvite, AcceptCore, TellAccepted, EndCore and EndReplaced came
	closed   bool   // media is
	heard    bool   // what comes from the core is
	lending  bool   // another call is part of a transfer of this one
	wishes   int    // of the far side's that have no answer
}

func (w *walk) step(in Input, now time.Time) {
	if r := requestOf(in); r != "" {
		w.open[r] = true
	}
	before := w.c.State
	w.seen[before][in.kind()] = true
	next, actions := Step(w.c, in, now)
	again, same := Step(w.c, in, now)
	if again != next || !reflect.DeepEqual(same, actions) {
		w.t.Fatalf("Step is not pure: %s %T", before, in)
	}
	w.c = next
	if _, asked := in.(Referred); asked && before > Opening && before < Ended {
		w.wishes++
	}
	for _, a := range actions {
		w.check(before, in, a)
		w.hands(before, in, a)
	}
	if w.wishes != 0 {
		w.t.Fatalf("%s %T: %d REFERs without one answer each", before, in, w.wishes)
	}
	if (w.c.State == Ended) != w.forgot {
		w.t.Fatalf("%s %T: ended %v, forgotten %v", before, in, w.c.State == Ended, w.forgot)
	}
}

// hands checks transfers: what is lent is given back or ended, every REFER has one answer, and the replaced call ends once the new
// one is there.
func (w *walk) hands(before State, in Input, a Action) {
	switch a := a.(type) {
	case LendOther:
		if a.On == w.lending {
			w.t.Fatalf("%s %T: lent twice or given back twice", before, in)
		}
		w.lending = a.On
	case EndOther:
		w.lending = false
	case AcceptRefer, RefuseRefer:
		w.wishes--
	case EndReplaced:
		if w.once(before, in, 4, a); w.done[2] != 1 {
			w.t.Fatalf("%s %T: a call was replaced before the new one was answered", before, in)
		}
	case Forget:
		if w.lending {
			w.t.Fatalf("%s %T: forgotten with another call lent", before, in)
		}
	}
}

// once fails when something that happens once in a call's life happens again.
func (w *walk) once(before State, in Input, what int, a Action) {
	if w.done[what]++; w.done[what] > 1 {
		w.t.Fatalf("%s %T: a second %T", before, in, a)
	}
}

// lives checks what has an order or a number: media, timers, attempts, what comes once.
func (w *walk) lives(before State, in Input, a Action) {
	switch a := a.(type) {
	case ConnectCore:
		w.heard = a.Heard
	case AnswerCore:
		w.heard = a.Heard || a.Unheard && w.heard
	case AcceptCore:
		w.heard = true
	case TellAccepted:
		if !w.heard {
			w.t.Fatalf("%s %T: an answered call that nobody hears", before, in)
		}
	case TellProgress:
		if a.EarlyMedia && w.c.answered.sdp != "" && w.c.pending.sdp == "" && !w.heard {
			w.t.Fatalf("%s %T: early media that nobody hears", before, in)
		}
	}
	switch a := a.(type) {
	case SetAccess, UpdateAccess, ConnectCore, SetHold, SendDigits, OpenMedia:
		if w.closed {
			w.t.Fatalf("%s %T: %T after CloseMedia", before, in, a)
		}
	case CloseMedia:
		if w.closed {
			w.t.Fatalf("%s %T: media closed twice", before, in)
		}
		w.closed = true
	case StartTimer:
		w.running[a.Timer] = true
	case StopTimer:
		delete(w.running, a.Timer)
	case AskPolicy:
		if a.Attempt <= w.attempt {
			w.t.Fatalf("%s %T: attempt %d after %d", before, in, a.Attempt, w.attempt)
		}
		w.attempt = a.Attempt
	case SendInvite:
		w.once(before, in, 0, a)
	case AcceptCore:
		w.once(before, in, 1, a)
	case TellProgress:
		if w.done[2] != 0 {
			w.t.Fatalf("%s %T: progress of an answered call", before, in)
		}
	case TellAccepted:
		w.once(before, in, 2, a)
	case EndCore:
		w.once(before, in, 3, a)
	case Forget:
		if len(w.running) != 0 || !w.closed {
			w.t.Fatalf("%s %T: forgotten with timers %v, media closed %v", before, in, w.running, w.closed)
		}
	}
}

func (w *walk) check(before State, in Input, a Action) {
	w.lives(before, in, a)
	if _, isReply := a.(Reply); w.forgot && !isReply {
		w.t.Fatalf("%s %T: %T after Forget", before, in, a)
	}
	switch a := a.(type) {
	case Reply:
		w.answered(before, in, a.Request)
	case SendDigits:
		w.answered(before, in, a.Request)
	case UpdateAccess:
		w.answered(before, in, a.Request)
	case TellIncoming:
		w.told = true
	case TellProgress, TellAccepted:
		w.told = true
	case TellEnded:
		w.ended++
		if w.ended > 1 {
			w.t.Fatalf("%s %T: the browser was told of the end twice", before, in)
		}
	case AskPolicy:
		w.policy = true
	case ClosePolicy:
		w.policy = false
	case Forget:
		w.forgot = true
		if w.policy {
			w.t.Fatalf("%s %T: the Rx session was left open", before, in)
		}
		if w.told && w.ended != 1 {
			w.t.Fatalf("%s %T: the browser was not told of the end", before, in)
		}
	}
}

func (w *walk) answered(before State, in Input, r Request) {
	if r == "" {
		return
	}
	if !w.open[r] {
		w.t.Fatalf("%s %T: request %s answered twice or never asked", before, in, r)
	}
	delete(w.open, r)
}
