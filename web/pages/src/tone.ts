/** A sine in place of the microphone, for tests and for machines without one: ?tone=440. */
export class ToneSource {
  private context: AudioContext | null = null;

  constructor(readonly hz: number) {}

  /** The frequency asked for in the page's address, Hz; null when none or out of 20 to 7000. */
  static fromAddress(search: string): ToneSource | null {
    const text = new URLSearchParams(search).get("tone");
    const hz = Number(text);
    return text !== null && hz >= 20 && hz <= 7000 ? new ToneSource(hz) : null;
  }

  /** A new stream with the tone; the calls of a page do not share one. */
  async stream(): Promise<MediaStream> {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") void this.context.resume().catch(() => undefined);
    const tone = this.context.createOscillator();
    const gain = this.context.createGain();
    const out = this.context.createMediaStreamDestination();
    tone.frequency.value = this.hz;
    gain.gain.value = 0.5;
    tone.connect(gain).connect(out);
    tone.start();
    return out.stream;
  }
}
