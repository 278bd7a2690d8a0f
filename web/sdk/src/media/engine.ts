// What a call needs of the browser's media. engine-browser.ts is the real one; tests bring a fake.

/** What the user wants of a call's video: nothing, to see only, or to see and be seen. */
export type VideoWish = "none" | "receive" | "both";

/** The connection of one call. */
export interface MediaLeg {
  /** Takes the microphone and makes an offer; it does not wait for candidates. Rejects with a PhoneError 4xxx. */
  offer(): Promise<string>;
  /** Makes a new offer: one that restarts ICE (RFC 8839 4.4.3), or one that only asks for the codecs anew. */
  reoffer(restart: boolean): Promise<string>;
  /** Takes the gateway's answer to the last offer. */
  accept(sdp: string): Promise<void>;
  /** Takes the microphone and answers the gateway's offer. */
  answer(sdp: string): Promise<string>;
  /**
   * Says what is wanted of video from the next offer or answer on, and takes or gives back the camera. Resolves with whether an offer is
   * needed. Rejects with a PhoneError 4xxx, and then nothing has changed.
   */
  video(wish: VideoWish): Promise<boolean>;
  /** Shows black instead of the camera's picture, or goes on. */
  setCameraMuted(muted: boolean): void;
  /** Stops or goes on sending sound; the connection stays. */
  setMuted(muted: boolean): void;
  /** Microphone and far sound from 0 to 1, for meters. */
  levels(): { microphone: number; remote: number };
  /** The browser's own statistics. */
  stats(): Promise<RTCStatsReport | null>;
  /** The far party's sound, for recording or drawing; null before it is there. */
  readonly remoteStream: MediaStream | null;
  readonly localStream: MediaStream | null;
  /** The far party's picture and the camera's; null while there is none. */
  readonly remoteVideo: MediaStream | null;
  readonly localVideo: MediaStream | null;
  close(): void;
}

/** What a leg tells its call. */
export interface LegListener {
  /** A local candidate; null ends the list. */
  candidate(candidate: { candidate: string; sdpMid: string } | null): void;
  /** The connection is there, is silent for the moment, or is gone. */
  connection(state: "connected" | "disconnected" | "failed"): void;
  /** A picture came or went. */
  pictures(): void;
  /** The browser refuses to play before the user touches the page. */
  blocked(): void;
}

export interface Device {
  id: string;
  label: string;
}

export type DeviceKind = "input" | "output" | "ring";

/** The sounds the phone itself makes. */
export type Sound = "ring" | "waiting" | "ringback" | "none";

export interface MediaEngine {
  /** Throws browser_unsupported when calls cannot work here. */
  check(): void;
  leg(listener: LegListener): MediaLeg;
  /** The gateway's TURN servers, with fresh credentials: for the next leg, and for running ones when they restart ICE. */
  useServers(servers: RTCIceServer[]): void;
  /** The machine's devices. Labels are empty until the microphone has been allowed once. */
  devices(): Promise<{ inputs: Device[]; outputs: Device[] }>;
  /** Uses another device at once, also in running calls; "" is the browser's default. */
  select(kind: DeviceKind, id: string): Promise<void>;
  selected(kind: DeviceKind): string;
  /** Calls back when devices come or go, until the returned function is called. */
  watchDevices(fn: (lost: DeviceKind[]) => void): () => void;
  /** Plays until another sound is asked for. */
  play(sound: Sound): void;
  /** Plays one keypad tone to the user, not to the far party. */
  beep(digit: string): void;
  /** Starts everything the browser blocked; to be called from a click. */
  unlock(): Promise<void>;
  close(): void;
}
