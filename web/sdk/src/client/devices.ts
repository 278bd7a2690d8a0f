import type { Device, DeviceKind, MediaEngine } from "../media/engine";

/** The machine's sound devices. A selection takes effect at once, also in running calls, without a new negotiation. */
export class Devices {
  constructor(private readonly engine: MediaEngine) {}

  /** Lists microphones and loudspeakers. Labels are empty until the microphone has been allowed once. */
  list(): Promise<{ inputs: Device[]; outputs: Device[] }> {
    return this.engine.devices();
  }

  /** Uses another device: "input" the microphone, "output" the far party's voice, "ring" the ring tone. "" is the default. */
  select(kind: DeviceKind, id: string): Promise<void> {
    return this.engine.select(kind, id);
  }

  /** The selected device's id; "" for the browser's default. */
  selected(kind: DeviceKind): string {
    return this.engine.selected(kind);
  }
}
