/** A small typed event source. A listener that throws does not keep the others from hearing. */
export declare class Emitter<M extends {
    [K in keyof M]: unknown[];
}> {
    private readonly listeners;
    /** Adds a listener; the returned function removes it. */
    on<K extends keyof M>(name: K, fn: (...args: M[K]) => void): () => void;
    /** Adds a listener for the next event only. */
    once<K extends keyof M>(name: K, fn: (...args: M[K]) => void): () => void;
    off<K extends keyof M>(name: K, fn: (...args: M[K]) => void): void;
    /** True when somebody listens. */
    protected heard(name: keyof M): boolean;
    protected emit<K extends keyof M>(name: K, ...args: M[K]): void;
}
