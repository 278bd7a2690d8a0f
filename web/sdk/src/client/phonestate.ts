// The states of a phone as one table; what is not listed is ignored.
//
//   offline ──► connecting ──► registering ◄──► ready
//      ▲            │               │             │
//      │            └──────────┐    └─► reconnecting ──► registering, ready
//    closed ◄──────────────────┴────────────┘
//      └──► connecting (start again)

export type PhoneState = "offline" | "connecting" | "registering" | "ready" | "reconnecting" | "closed";

export type PhoneInput =
  | "start"
  | "registering" // logged in, the network has not taken the registration yet
  | "registered"
  | "unregistered" // the network ended or refused it; the gateway tries again
  | "lost" // the socket is gone
  | "close";

export const phoneStates: readonly PhoneState[] = ["offline", "connecting", "registering", "ready", "reconnecting", "closed"];
export const phoneInputs: readonly PhoneInput[] = ["start", "registering", "registered", "unregistered", "lost", "close"];

export const phoneTable: Readonly<Record<PhoneState, Readonly<Partial<Record<PhoneInput, PhoneState>>>>> = {
  offline: { start: "connecting" },
  connecting: { registering: "registering", registered: "ready", close: "closed" },
  registering: { registered: "ready", lost: "reconnecting", close: "closed" },
  ready: { registering: "registering", unregistered: "registering", lost: "reconnecting", close: "closed" },
  reconnecting: { registering: "registering", registered: "ready", close: "closed" },
  closed: { start: "connecting" },
};

export function stepPhone(state: PhoneState, input: PhoneInput): PhoneState {
  return phoneTable[state][input] ?? state;
}
