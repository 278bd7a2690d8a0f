/** Settings of Backoff, milliseconds. */
export interface BackoffOptions {
  first: number;
  limit: number;
}

/**
 * When to connect again: the ceiling doubles from first to limit, and half of each wait is chance, so that the pages of
 * a restarted gateway do not all come back in the same instant.
 */
export class Backoff {
  private tries = 0;

  constructor(
    private readonly random: () => number,
    private readonly options: BackoffOptions = { first: 500, limit: 15_000 },
  ) {}

  /** The next wait, milliseconds; at least what the gateway asked for. */
  next(atLeast = 0): number {
    const ceiling = Math.min(this.options.limit, this.options.first * 2 ** Math.min(this.tries, 16));
    this.tries++;
    return Math.max(atLeast, ceiling / 2 + (ceiling / 2) * this.random());
  }

  reset(): void {
    this.tries = 0;
  }
}
