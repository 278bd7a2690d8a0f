import type { Sound } from "./engine";
/** The sounds the phone makes itself, by WebAudio: no file is loaded. */
export declare class Tones {
    private context;
    private playing;
    private repeat;
    private voice;
    private sink;
    play(sound: Sound): void;
    beep(digit: string): void;
    useOutput(id: string): Promise<void>;
    unlock(): Promise<void>;
    close(): void;
    private silence;
    private note;
    private ready;
}
