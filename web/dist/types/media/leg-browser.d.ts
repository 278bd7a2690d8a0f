import type { LegListener, MediaLeg, VideoWish } from "./engine";
export interface LegEnvironment {
    /** A stream that belongs to the leg: it may switch its tracks off and stop them. */
    microphone(): Promise<MediaStream>;
    camera(): Promise<MediaStream>;
    output(): string;
    closed(leg: BrowserLeg): void;
}
/** One RTCPeerConnection with one audio line, and one video line once that was wanted, on one transport. */
export declare class BrowserLeg implements MediaLeg {
    private readonly config;
    private readonly listener;
    private readonly env;
    private pc;
    private local;
    private remote;
    private sender;
    private player;
    private microphoneMeter;
    private remoteMeter;
    private camera;
    private picture;
    private wish;
    private cameraMuted;
    private muted;
    private closed;
    constructor(config: () => RTCConfiguration, listener: LegListener, env: LegEnvironment);
    get remoteStream(): MediaStream | null;
    get localStream(): MediaStream | null;
    get remoteVideo(): MediaStream | null;
    get localVideo(): MediaStream | null;
    get microphoneEnded(): boolean;
    offer(): Promise<string>;
    reoffer(restart: boolean): Promise<string>;
    accept(sdp: string): Promise<void>;
    answer(sdp: string): Promise<string>;
    setMuted(muted: boolean): void;
    video(wish: VideoWish): Promise<boolean>;
    setCameraMuted(muted: boolean): void;
    levels(): {
        microphone: number;
        remote: number;
    };
    stats(): Promise<RTCStatsReport | null>;
    /** Takes the selected microphone for a running call; the connection is not negotiated again. */
    useMicrophone(): Promise<void>;
    useOutput(id: string): Promise<void>;
    unlock(): Promise<void>;
    close(): void;
    private connection;
    private openMicrophone;
    private addTrack;
    /** Brings the video line in step with the wish; true when it has to be negotiated. */
    private applyVideo;
    /** A track that is off sends silence: the connection stays alive and the far party hears nothing. */
    private applyMute;
    private playRemote;
    private localSDP;
}
