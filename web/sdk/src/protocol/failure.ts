import { catalogue, type ErrorName } from "./errors";

/** What every promise of this SDK rejects with, and what the "error" event carries. */
export class PhoneError extends Error {
  /** Number of the catalogue, for support and statistics. */
  readonly code: number;
  /** Name of the catalogue: branch on this. */
  override readonly name: ErrorName;
  /** A sentence that says what the user can do. */
  readonly hint: string;
  /** True when the same request may succeed later unchanged. */
  readonly retryable: boolean;
  /** Milliseconds to wait before trying again, when the gateway said so. */
  readonly retryAfter?: number;

  constructor(name: ErrorName, override: Partial<Pick<PhoneError, "code" | "message" | "hint" | "retryable" | "retryAfter">> = {}) {
    const row = catalogue[name];
    super(override.message ?? row.message);
    this.name = name;
    this.code = override.code ?? row.code;
    this.hint = override.hint ?? row.hint;
    this.retryable = override.retryable ?? row.retryable;
    if (override.retryAfter !== undefined) this.retryAfter = override.retryAfter;
  }

  /** The error the gateway sent. A name this SDK does not know yet keeps its own code, sentence and hint. */
  static fromWire(e: { code: number; message: string; name?: string; hint?: string; retryable?: boolean; retryAfter?: number }): PhoneError {
    const name = e.name !== undefined && isErrorName(e.name) ? e.name : "internal";
    return new PhoneError(name, e);
  }

  /** Anything thrown, as a PhoneError. */
  static from(thrown: unknown, fallback: ErrorName = "internal"): PhoneError {
    return thrown instanceof PhoneError ? thrown : new PhoneError(fallback);
  }
}

/** Reports whether name stands in the catalogue. */
export function isErrorName(name: string): name is ErrorName {
  return Object.prototype.hasOwnProperty.call(catalogue, name);
}
