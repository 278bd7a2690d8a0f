import { PhoneError } from "../protocol/failure";
import type { LegListener, MediaLeg, VideoWish } from "./engine";
import { Meter } from "./meter";

export interface LegEnvironment {
  /** A stream that belongs to the leg: it may switch its tracks off and stop them. */
  microphone(): Promise<MediaStream>;
  camera(): Promise<MediaStream>;
  output(): string;
  closed(leg: BrowserLeg): void;
}

type SinkElement = HTMLAudioElement & { setSinkId?(id: string): Promise<void> };

/** One RTCPeerConnection with one audio line, and one video line once that was wanted, on one transport. */
export class BrowserLeg implements MediaLeg {
  private pc: RTCPeerConnection | null = null;
  private local: MediaStream | null = null;
  private remote: MediaStream | null = null;
  private sender: RTCRtpSender | null = null;
  private player: SinkElement | null = null;
  private microphoneMeter: Meter | null = null;
  private remoteMeter: Meter | null = null;
  private camera: MediaStream | null = null;
  private picture: MediaStream | null = null;
  private wish: VideoWish = "none";
  private cameraMuted = false;
  private muted = false;
  private closed = false;

  constructor(private readonly config: () => RTCConfiguration, private readonly listener: LegListener, private readonly env: LegEnvironment) {}

  get remoteStream(): MediaStream | null {
    return this.remote;
  }
  get localStream(): MediaStream | null {
    return this.local;
  }
  get remoteVideo(): MediaStream | null {
    return this.wish === "none" ? null : this.picture;
  }
  get localVideo(): MediaStream | null {
    return this.camera;
  }
  get microphoneEnded(): boolean {
    return this.local?.getAudioTracks()[0]?.readyState === "ended";
  }

  async offer(): Promise<string> {
    const stream = await this.openMicrophone();
    const pc = this.connection();
    this.addTrack(pc, stream);
    await this.applyVideo(pc);
    await pc.setLocalDescription(await pc.createOffer());
    return this.localSDP(pc);
  }

  async reoffer(restart: boolean): Promise<string> {
    const pc = this.connection();
    if (pc.signalingState === "have-local-offer") await pc.setLocalDescription({ type: "rollback" });
    if (restart) pc.setConfiguration?.({ ...pc.getConfiguration(), ...this.config() }); // credentials may be new
    for (const line of pc.getTransceivers()) offerOrientation(line);
    await pc.setLocalDescription(await pc.createOffer({ iceRestart: restart }));
    return this.localSDP(pc);
  }

  async accept(sdp: string): Promise<void> {
    await this.connection().setRemoteDescription({ type: "answer", sdp });
  }

  async answer(sdp: string): Promise<string> {
    const stream = await this.openMicrophone();
    const pc = this.connection();
    if (pc.signalingState === "stable" && !pc.remoteDescription) await pc.setRemoteDescription({ type: "offer", sdp });
    this.addTrack(pc, stream);
    await this.applyVideo(pc);
    if (pc.signalingState === "have-remote-offer") await pc.setLocalDescription(await pc.createAnswer());
    return this.localSDP(pc);
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    this.applyMute();
  }

  async video(wish: VideoWish): Promise<boolean> {
    if (wish === "both") {
      if (this.camera?.getVideoTracks()[0]?.readyState !== "live") {
        const opened = await this.env.camera();
        if (this.closed) {
          release(opened);
          throw new PhoneError("cancelled");
        }
        this.camera = opened;
      }
    } else if (this.camera) {
      release(this.camera);
      this.camera = null;
    }
    this.wish = wish;
    for (const track of this.camera?.getVideoTracks() ?? []) track.enabled = !this.cameraMuted;
    const changed = this.pc ? await this.applyVideo(this.pc) : false;
    this.listener.pictures();
    return changed;
  }

  setCameraMuted(muted: boolean): void {
    this.cameraMuted = muted;
    for (const track of this.camera?.getVideoTracks() ?? []) track.enabled = !muted;
  }

  levels(): { microphone: number; remote: number } {
    return { microphone: this.muted ? 0 : this.microphoneMeter?.read() ?? 0, remote: this.remoteMeter?.read() ?? 0 };
  }

  async stats(): Promise<RTCStatsReport | null> {
    return this.pc ? this.pc.getStats() : null;
  }

  /** Takes the selected microphone for a running call; the connection is not negotiated again. */
  async useMicrophone(): Promise<void> {
    if (!this.local || this.closed) return;
    const old = this.local;
    const next = await this.env.microphone();
    if (this.closed) return release(next);
    await this.sender?.replaceTrack(next.getAudioTracks()[0] ?? null);
    this.local = next;
    release(old);
    this.microphoneMeter?.close();
    this.microphoneMeter = Meter.of(next);
    this.applyMute();
  }

  async useOutput(id: string): Promise<void> {
    await this.player?.setSinkId?.(id);
  }

  async unlock(): Promise<void> {
    await this.player?.play();
    await this.microphoneMeter?.unlock();
    await this.remoteMeter?.unlock();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.pc) {
      this.pc.onicecandidate = this.pc.onconnectionstatechange = this.pc.ontrack = null;
      this.pc.close();
    }
    if (this.local) release(this.local);
    if (this.camera) release(this.camera);
    this.camera = this.picture = null;
    this.microphoneMeter?.close();
    this.remoteMeter?.close();
    if (this.player) {
      this.player.srcObject = null;
      this.player = null;
    }
    this.env.closed(this);
  }

  private connection(): RTCPeerConnection {
    if (this.closed) throw new PhoneError("call_state");
    if (this.pc) return this.pc;
    const pc = new RTCPeerConnection({ ...this.config(), bundlePolicy: "max-bundle" });
    pc.onicecandidate = (ev) => {
      const c = ev.candidate;
      this.listener.candidate(c && c.candidate !== "" ? { candidate: c.candidate, sdpMid: c.sdpMid ?? "0" } : null);
    };
    pc.onconnectionstatechange = () => {
      const state = pc.connectionState;
      if (state === "connected" || state === "disconnected" || state === "failed") this.listener.connection(state);
    };
    pc.ontrack = (ev) => {
      if (ev.track.kind === "audio") return this.playRemote(new MediaStream([ev.track]));
      this.picture = new MediaStream([ev.track]);
      this.listener.pictures();
    };
    return (this.pc = pc);
  }

  private async openMicrophone(): Promise<MediaStream> {
    if (this.local && !this.microphoneEnded) return this.local;
    const opened = await this.env.microphone();
    if (this.closed) {
      release(opened);
      throw new PhoneError("cancelled");
    }
    this.local = opened;
    this.microphoneMeter = Meter.of(opened);
    this.applyMute();
    return opened;
  }

  private addTrack(pc: RTCPeerConnection, stream: MediaStream): void {
    const track = stream.getAudioTracks()[0];
    if (!track) throw new PhoneError("microphone_missing");
    this.sender ??= pc.addTrack(track, stream);
  }

  /** Brings the video line in step with the wish; true when it has to be negotiated. */
  private async applyVideo(pc: RTCPeerConnection): Promise<boolean> {
    let line = pc.getTransceivers().find((t) => t.receiver.track.kind === "video" && t.direction !== "stopped");
    if (!line) {
      if (this.wish === "none") return false;
      line = pc.addTransceiver("video", { direction: "inactive", streams: this.local ? [this.local] : [] });
    }
    await line.sender.replaceTrack(this.camera?.getVideoTracks()[0] ?? null);
    const direction = ({ none: "inactive", receive: "recvonly", both: "sendrecv" } as const)[this.wish];
    const changed = line.direction !== direction;
    line.direction = direction;
    return changed;
  }

  /** A track that is off sends silence: the connection stays alive and the far party hears nothing. */
  private applyMute(): void {
    for (const track of this.local?.getAudioTracks() ?? []) track.enabled = !this.muted;
  }

  private playRemote(stream: MediaStream): void {
    this.remote = stream;
    const player: SinkElement = new Audio();
    player.autoplay = true;
    player.srcObject = stream;
    this.player = player;
    const sink = this.env.output();
    if (sink) void player.setSinkId?.(sink).catch(() => undefined);
    player.play().catch((thrown: DOMException) => {
      if (thrown.name === "NotAllowedError") this.listener.blocked();
    });
    this.remoteMeter = Meter.of(stream);
  }

  private localSDP(pc: RTCPeerConnection): string {
    const sdp = pc.localDescription?.sdp;
    if (!sdp) throw new PhoneError("media_failed");
    return sdp;
  }
}

type Extensions = { getHeaderExtensionsToNegotiate?(): { uri: string; direction: string }[]; setHeaderExtensionsToNegotiate?(list: object[]): void };

/**
 * Offers again that the browser can say how its picture is turned (TS 26.114 7.4.5): it leaves that out for good once an answer was without
 * it, and the gateway's first answer comes before the far phone has said whether it can turn pictures.
 */
function offerOrientation(line: RTCRtpTransceiver): void {
  const { getHeaderExtensionsToNegotiate: get, setHeaderExtensionsToNegotiate: set } = line as Extensions;
  if (!get || !set || line.receiver.track.kind !== "video" || line.direction === "stopped") return;
  try {
    // The MID extension may not be left out of an offer (Chromium refuses the whole list then); the gateway's answer leaves it out.
    const wanted = ["urn:3gpp:video-orientation", "urn:ietf:params:rtp-hdrext:sdes:mid"];
    const list = get.call(line).map((e) => (wanted.includes(e.uri) ? { ...e, direction: "sendrecv" } : e));
    set.call(line, list);
  } catch {
    // Without it the browser turns the picture itself.
  }
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
