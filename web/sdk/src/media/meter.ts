/** The loudness of a stream from 0 to 1. All figures are for the eye: full scale is -6 dBFS, zero is -60 dBFS. */
export class Meter {
  private readonly samples: Float32Array<ArrayBuffer>;

  private constructor(
    private readonly context: AudioContext,
    private readonly source: MediaStreamAudioSourceNode,
    private readonly analyser: AnalyserNode,
  ) {
    this.samples = new Float32Array(analyser.fftSize);
  }

  /** A meter for the stream, or null where the browser has no WebAudio. */
  static of(stream: MediaStream): Meter | null {
    try {
      const context = new AudioContext();
      const source = context.createMediaStreamSource(stream);
      const analyser = context.createAnalyser();
      analyser.fftSize = 1024;
      source.connect(analyser);
      return new Meter(context, source, analyser);
    } catch {
      return null;
    }
  }

  read(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const s of this.samples) sum += s * s;
    const db = 10 * Math.log10(sum / this.samples.length + 1e-12);
    return Math.min(1, Math.max(0, (db + 60) / 54));
  }

  async unlock(): Promise<void> {
    if (this.context.state === "suspended") await this.context.resume();
  }

  close(): void {
    this.source.disconnect();
    void this.context.close().catch(() => undefined);
  }
}
