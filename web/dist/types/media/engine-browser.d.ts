import { PhoneError } from "../protocol/failure";
import type { Device, DeviceKind, LegListener, MediaEngine, MediaLeg, Sound } from "./engine";
export interface BrowserEngineOptions {
    iceServers?: RTCIceServer[] | undefined;
    iceTransportPolicy?: RTCIceTransportPolicy | undefined;
    source?: (() => Promise<MediaStream> | MediaStream) | undefined;
}
/** The browser's media: microphone, devices, the phone's own sounds, and one BrowserLeg per call. */
export declare class BrowserEngine implements MediaEngine {
    private readonly options;
    private readonly legs;
    private readonly chosen;
    private readonly tones;
    private servers;
    constructor(options: BrowserEngineOptions);
    check(): void;
    leg(listener: LegListener): MediaLeg;
    useServers(servers: RTCIceServer[]): void;
    /** What the page gave stands before what the gateway told. */
    private configuration;
    devices(): Promise<{
        inputs: Device[];
        outputs: Device[];
    }>;
    select(kind: DeviceKind, id: string): Promise<void>;
    selected(kind: DeviceKind): string;
    watchDevices(fn: (lost: DeviceKind[]) => void): () => void;
    play(sound: Sound): void;
    beep(digit: string): void;
    unlock(): Promise<void>;
    close(): void;
    private camera;
    private microphone;
}
export declare const microphoneError: (thrown: unknown) => PhoneError;
export declare const cameraError: (thrown: unknown) => PhoneError;
