import type { Device, DeviceKind, MediaEngine } from "../media/engine";
/** The machine's sound devices. A selection takes effect at once, also in running calls, without a new negotiation. */
export declare class Devices {
    private readonly engine;
    constructor(engine: MediaEngine);
    /** Lists microphones and loudspeakers. Labels are empty until the microphone has been allowed once. */
    list(): Promise<{
        inputs: Device[];
        outputs: Device[];
    }>;
    /** Uses another device: "input" the microphone, "output" the far party's voice, "ring" the ring tone. "" is the default. */
    select(kind: DeviceKind, id: string): Promise<void>;
    /** The selected device's id; "" for the browser's default. */
    selected(kind: DeviceKind): string;
}
