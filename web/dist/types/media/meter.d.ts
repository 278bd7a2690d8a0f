/** The loudness of a stream from 0 to 1. All figures are for the eye: full scale is -6 dBFS, zero is -60 dBFS. */
export declare class Meter {
    private readonly context;
    private readonly source;
    private readonly analyser;
    private readonly samples;
    private constructor();
    /** A meter for the stream, or null where the browser has no WebAudio. */
    static of(stream: MediaStream): Meter | null;
    read(): number;
    unlock(): Promise<void>;
    close(): void;
}
