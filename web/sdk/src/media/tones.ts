import type { Sound } from "./engine";

/** Frequencies of the keypad, Hz (ITU-T Q.23). */
const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  "1": [697, 1209], "2": [697, 1336], "3": [697, 1477], A: [697, 1633],
  "4": [770, 1209], "5": [770, 1336], "6": [770, 1477], B: [770, 1633],
  "7": [852, 1209], "8": [852, 1336], "9": [852, 1477], C: [852, 1633],
  "*": [941, 1209], "0": [941, 1336], "#": [941, 1477], D: [941, 1633],
};

/** What one repetition of a sound is: notes as [Hz, start s, length s, loudness], and when it repeats. */
interface Pattern {
  notes: readonly (readonly [number, number, number, number])[];
  period: number;
}

/** A soft two-note ring, the European ringback of 425 Hz, 1 s on and 4 s off, and two short ones for a call that waits (ITU-T E.180). */
const PATTERNS: Readonly<Record<Exclude<Sound, "none">, Pattern>> = {
  ring: {
    notes: [[659, 0, 0.22, 0.16], [880, 0.24, 0.34, 0.16], [659, 0.72, 0.22, 0.16], [880, 0.96, 0.5, 0.16]],
    period: 3000,
  },
  waiting: { notes: [[425, 0, 0.2, 0.05], [425, 0.4, 0.2, 0.05]], period: 5000 },
  ringback: { notes: [[425, 0, 1, 0.06]], period: 5000 },
};

/** The sounds the phone makes itself, by WebAudio: no file is loaded. */
export class Tones {
  private context: (AudioContext & { setSinkId?(id: string): Promise<void> }) | null = null;
  private playing: Sound = "none";
  private repeat: ReturnType<typeof setInterval> | null = null;
  private voice: GainNode | null = null;
  private sink = "";

  play(sound: Sound): void {
    if (sound === this.playing) return;
    this.silence();
    this.playing = sound;
    if (sound === "none") return;
    const pattern = PATTERNS[sound];
    const once = () => {
      for (const [hz, start, length, loudness] of pattern.notes) this.note(hz, start, length, loudness);
    };
    once();
    this.repeat = setInterval(once, pattern.period);
  }

  beep(digit: string): void {
    const pair = KEYS[digit.toUpperCase()];
    for (const hz of pair ?? []) this.note(hz, 0, 0.12, 0.07);
  }

  async useOutput(id: string): Promise<void> {
    this.sink = id;
    await this.context?.setSinkId?.(id);
  }

  async unlock(): Promise<void> {
    await this.ready()?.resume();
  }

  close(): void {
    this.silence();
    this.playing = "none";
    void this.context?.close().catch(() => undefined);
    this.context = null;
  }

  private silence(): void {
    if (this.repeat !== null) clearInterval(this.repeat);
    this.repeat = null;
    this.voice?.disconnect(); // notes already on their way fall silent, too
    this.voice = null;
  }

  private note(hz: number, start: number, length: number, loudness: number): void {
    const context = this.ready();
    if (!context) return;
    if (!this.voice) {
      this.voice = context.createGain();
      this.voice.connect(context.destination);
    }
    const from = context.currentTime + start;
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(loudness, from + 0.015);
    gain.gain.setValueAtTime(loudness, from + length - 0.03);
    gain.gain.linearRampToValueAtTime(0, from + length);
    tone.connect(gain).connect(this.voice);
    tone.start(from);
    tone.stop(from + length + 0.01);
  }

  private ready(): (AudioContext & { setSinkId?(id: string): Promise<void> }) | null {
    if (!this.context) {
      try {
        this.context = new AudioContext();
        if (this.sink) void this.context.setSinkId?.(this.sink).catch(() => undefined);
      } catch {
        return null;
      }
    }
    if (this.context.state === "suspended") void this.context.resume().catch(() => undefined);
    return this.context;
  }
}
