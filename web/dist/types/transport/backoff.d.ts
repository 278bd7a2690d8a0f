/** Settings of Backoff, milliseconds. */
export interface BackoffOptions {
    first: number;
    limit: number;
}
/**
 * When to connect again: the ceiling doubles from first to limit, and half of each wait is chance, so that the pages of
 * a restarted gateway do not all come back in the same instant.
 */
export declare class Backoff {
    private readonly random;
    private readonly options;
    private tries;
    constructor(random: () => number, options?: BackoffOptions);
    /** The next wait, milliseconds; at least what the gateway asked for. */
    next(atLeast?: number): number;
    reset(): void;
}
