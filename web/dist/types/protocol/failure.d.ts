import { type ErrorName } from "./errors";
/** What every promise of this SDK rejects with, and what the "error" event carries. */
export declare class PhoneError extends Error {
    /** Number of the catalogue, for support and statistics. */
    readonly code: number;
    /** Name of the catalogue: branch on this. */
    readonly name: ErrorName;
    /** A sentence that says what the user can do. */
    readonly hint: string;
    /** True when the same request may succeed later unchanged. */
    readonly retryable: boolean;
    /** Milliseconds to wait before trying again, when the gateway said so. */
    readonly retryAfter?: number;
    constructor(name: ErrorName, override?: Partial<Pick<PhoneError, "code" | "message" | "hint" | "retryable" | "retryAfter">>);
    /** The error the gateway sent. A name this SDK does not know yet keeps its own code, sentence and hint. */
    static fromWire(e: {
        code: number;
        message: string;
        name?: string;
        hint?: string;
        retryable?: boolean;
        retryAfter?: number;
    }): PhoneError;
    /** Anything thrown, as a PhoneError. */
    static from(thrown: unknown, fallback?: ErrorName): PhoneError;
}
/** Reports whether name stands in the catalogue. */
export declare function isErrorName(name: string): name is ErrorName;
