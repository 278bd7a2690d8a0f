// The states of a call as one table. What is not listed is ignored, and the test walks every pair.
//
//   dialing ──► ringing ──► early ──┐                      ┌──► held ◄──┐
//      │           └────────────────┼──► active ◄──────────┤            │
//      └────────────────────────────┘      │ ▲             └────────────┘
//   incoming ──► connecting ───────────────┘ │                  │
//                     (active, held) ◄──► reconnecting ◄────────┘
//   every state ──► ended, once and for ever

/** Where a call stands. */
export type CallState = "dialing" | "ringing" | "early" | "incoming" | "connecting" | "active" | "held" | "reconnecting" | "ended";

/** What can happen to it. */
export type CallInput =
  | "ringing" // the far phone alerts
  | "early" // the network plays something before the answer
  | "answering" // the user takes the incoming call
  | "refused" // taking it failed (no microphone), and it still rings
  | "accepted" // both sides have agreed to talk
  | "hold" // somebody holds
  | "unhold" // nobody holds any more
  | "lost" // the audio connection is gone
  | "restored" // it is back, and nobody holds
  | "restoredHeld" // it is back, and somebody holds
  | "end";

export const callStates: readonly CallState[] = ["dialing", "ringing", "early", "incoming", "connecting", "active", "held", "reconnecting", "ended"];
export const callInputs: readonly CallInput[] = ["ringing", "early", "answering", "refused", "accepted", "hold", "unhold", "lost", "restored", "restoredHeld", "end"];

export const callTable: Readonly<Record<CallState, Readonly<Partial<Record<CallInput, CallState>>>>> = {
  dialing: { ringing: "ringing", early: "early", accepted: "active", end: "ended" },
  // A fork can make a call that had early media ring again, and the other way round (RFC 3261 13.2.2.1, RFC 5009).
  ringing: { early: "early", accepted: "active", end: "ended" },
  early: { ringing: "ringing", accepted: "active", end: "ended" },
  incoming: { answering: "connecting", end: "ended" },
  connecting: { refused: "incoming", accepted: "active", end: "ended" },
  active: { hold: "held", lost: "reconnecting", end: "ended" },
  held: { unhold: "active", lost: "reconnecting", end: "ended" },
  reconnecting: { restored: "active", restoredHeld: "held", end: "ended" },
  ended: {},
};

/** The state after an input: the same one when the input does not count there. */
export function step(state: CallState, input: CallInput): CallState {
  return callTable[state][input] ?? state;
}
