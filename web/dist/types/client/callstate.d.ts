/** Where a call stands. */
export type CallState = "dialing" | "ringing" | "early" | "incoming" | "connecting" | "active" | "held" | "reconnecting" | "ended";
/** What can happen to it. */
export type CallInput = "ringing" | "early" | "answering" | "refused" | "accepted" | "hold" | "unhold" | "lost" | "restored" | "restoredHeld" | "end";
export declare const callStates: readonly CallState[];
export declare const callInputs: readonly CallInput[];
export declare const callTable: Readonly<Record<CallState, Readonly<Partial<Record<CallInput, CallState>>>>>;
/** The state after an input: the same one when the input does not count there. */
export declare function step(state: CallState, input: CallInput): CallState;
