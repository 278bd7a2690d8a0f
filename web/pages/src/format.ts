import type { CallState, Diversion, PhoneState, Remote } from "../../sdk/src/index";

/** Minutes and seconds, with hours when there are any: 1:05, 1:02:03. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** Who it is, in the best words there are. */
export function who(remote: Remote, names: ReadonlyMap<string, string>): string {
  if (remote.anonymous) return "Number withheld";
  return (remote.number && names.get(remote.number)) || remote.name || remote.number || remote.uri?.replace(/^sips?:/, "") || "Unknown";
}

/** The number or address under the name; empty when it would repeat the name. */
export function where(remote: Remote, names: ReadonlyMap<string, string>): string {
  const text = remote.anonymous ? "" : remote.number || remote.uri?.replace(/^sips?:/, "") || "";
  return text === who(remote, names) ? "" : text;
}

/** What the network says of the number; empty when it says nothing. */
export function trust(remote: Remote): string {
  switch (remote.verified) {
    case "passed":
      return "✓ The network has verified this number";
    case "failed":
      return "⚠ This number is probably false";
    case "none":
      return "The network could not verify this number";
    default:
      return "";
  }
}

const reasonText: Readonly<Record<Diversion["reason"], string>> = { unconditional: "", busy: ", busy", noAnswer: ", no answer", unreachable: ", not reachable", deflected: "", unknown: "" };

/** Who diverted a call; empty when nobody did. */
export function diverted(by: Diversion | null, names: ReadonlyMap<string, string>): string {
  return by ? `Diverted by ${by.anonymous ? "somebody" : who(by, names)}${reasonText[by.reason]}` : "";
}

export const phoneStateText: Readonly<Record<PhoneState, string>> = {
  offline: "Offline",
  connecting: "Connecting",
  registering: "Registering",
  ready: "Ready",
  reconnecting: "Reconnecting",
  closed: "Offline",
};

export const callStateText: Readonly<Record<CallState, string>> = {
  dialing: "Calling",
  ringing: "Ringing",
  early: "Calling, the network is speaking",
  incoming: "Incoming call",
  connecting: "Connecting",
  active: "Connected",
  held: "On hold",
  reconnecting: "Connection lost, reconnecting",
  ended: "Call ended",
};

/** A word and a number of bars (0 to 4) for a MOS (ITU-T G.107 Annex B). */
export function quality(mos: number): { word: string; bars: number } {
  if (mos <= 0) return { word: "Measuring", bars: 0 };
  if (mos >= 4) return { word: "Excellent", bars: 4 };
  if (mos >= 3.6) return { word: "Good", bars: 3 };
  if (mos >= 3.1) return { word: "Fair", bars: 2 };
  return { word: "Poor", bars: 1 };
}
