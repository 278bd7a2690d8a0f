import type { ErrorName } from "../protocol/errors";
import { PhoneError } from "../protocol/failure";
import type { Device, DeviceKind, LegListener, MediaEngine, MediaLeg, Sound } from "./engine";
import { BrowserLeg } from "./leg-browser";
import { Tones } from "./tones";

export interface BrowserEngineOptions {
  iceServers?: RTCIceServer[] | undefined;
  iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  source?: (() => Promise<MediaStream> | MediaStream) | undefined;
}

/** The browser's media: microphone, devices, the phone's own sounds, and one BrowserLeg per call. */
export class BrowserEngine implements MediaEngine {
  private readonly legs = new Set<BrowserLeg>();
  private readonly chosen: Record<DeviceKind, string> = { input: "", output: "", ring: "" };
  private readonly tones = new Tones();
  private servers: RTCIceServer[] = [];

  constructor(private readonly options: BrowserEngineOptions) {}

  check(): void {
    const media = typeof RTCPeerConnection === "function" && typeof WebSocket === "function";
    if (!media || (!navigator.mediaDevices?.getUserMedia && !this.options.source)) throw new PhoneError("browser_unsupported");
  }

  leg(listener: LegListener): MediaLeg {
    const leg = new BrowserLeg(() => this.configuration(), listener, {
      microphone: () => this.microphone(),
      camera: () => this.camera(),
      output: () => this.chosen.output,
      closed: (l) => this.legs.delete(l),
    });
    this.legs.add(leg);
    return leg;
  }

  useServers(servers: RTCIceServer[]): void {
    this.servers = servers;
  }

  /** What the page gave stands before what the gateway told. */
  private configuration(): RTCConfiguration {
    const { iceServers, iceTransportPolicy } = this.options;
    return { iceServers: [...(iceServers ?? []), ...this.servers], ...(iceTransportPolicy ? { iceTransportPolicy } : {}) };
  }

  async devices(): Promise<{ inputs: Device[]; outputs: Device[] }> {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const pick = (kind: MediaDeviceKind): Device[] =>
      all.filter((d) => d.kind === kind && d.deviceId !== "" && d.deviceId !== "default").map((d) => ({ id: d.deviceId, label: d.label }));
    return { inputs: pick("audioinput"), outputs: pick("audiooutput") };
  }

  async select(kind: DeviceKind, id: string): Promise<void> {
    const before = this.chosen[kind];
    this.chosen[kind] = id;
    try {
      if (kind === "input") for (const leg of this.legs) await leg.useMicrophone();
      if (kind === "output") for (const leg of this.legs) await leg.useOutput(id);
      if (kind === "ring") await this.tones.useOutput(id);
    } catch (thrown) {
      this.chosen[kind] = before;
      throw PhoneError.from(thrown, "microphone_missing");
    }
  }

  selected(kind: DeviceKind): string {
    return this.chosen[kind];
  }

  watchDevices(fn: (lost: DeviceKind[]) => void): () => void {
    const media = navigator.mediaDevices;
    if (!media?.addEventListener) return () => undefined;
    const changed = async () => {
      const { inputs, outputs } = await this.devices();
      const gone = (kind: DeviceKind, list: Device[]) => this.chosen[kind] !== "" && !list.some((d) => d.id === this.chosen[kind]);
      const lost = (["input", "output", "ring"] as const).filter((kind) => gone(kind, kind === "input" ? inputs : outputs));
      for (const kind of lost) await this.select(kind, "").catch(() => undefined);
      // The default microphone may be the one that was pulled out: a leg whose track ended takes the new default.
      for (const leg of this.legs) if (leg.microphoneEnded) await leg.useMicrophone().catch(() => undefined);
      fn(lost);
    };
    const listener = () => void changed();
    media.addEventListener("devicechange", listener);
    return () => media.removeEventListener("devicechange", listener);
  }

  play(sound: Sound): void {
    this.tones.play(sound);
  }

  beep(digit: string): void {
    this.tones.beep(digit);
  }

  async unlock(): Promise<void> {
    await this.tones.unlock();
    for (const leg of this.legs) await leg.unlock();
  }

  close(): void {
    for (const leg of [...this.legs]) leg.close();
    this.tones.close();
  }

  private async camera(): Promise<MediaStream> {
    const shared = await this.options.source?.();
    const tracks = shared?.getVideoTracks() ?? [];
    if (tracks.length > 0) return new MediaStream(tracks.map((track) => track.clone()));
    try {
      // What a telephone shows: more would be wasted on it, and on its battery.
      return await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } } });
    } catch (thrown) {
      throw cameraError(thrown);
    }
  }

  private async microphone(): Promise<MediaStream> {
    if (this.options.source) {
      const shared = await this.options.source();
      return new MediaStream(shared.getAudioTracks().map((track) => track.clone())); // the page's own stays untouched
    }
    const constraints = (id: string): MediaStreamConstraints => ({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(id ? { deviceId: { exact: id } } : {}) },
    });
    try {
      return await navigator.mediaDevices.getUserMedia(constraints(this.chosen.input));
    } catch (thrown) {
      throw microphoneError(thrown);
    }
  }
}

/** The DOMException of getUserMedia (Media Capture and Streams 10.2) as an error of the catalogue. */
function deviceError(thrown: unknown, denied: ErrorName, missing: ErrorName, busy: ErrorName): PhoneError {
  switch ((thrown as { name?: string } | null)?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return new PhoneError(denied);
    case "NotFoundError":
    case "OverconstrainedError":
      return new PhoneError(missing);
    case "NotReadableError":
    case "AbortError":
      return new PhoneError(busy);
    default:
      return new PhoneError("browser_unsupported");
  }
}

export const microphoneError = (thrown: unknown) => deviceError(thrown, "microphone_denied", "microphone_missing", "microphone_busy");
export const cameraError = (thrown: unknown) => deviceError(thrown, "camera_denied", "camera_missing", "camera_busy");
